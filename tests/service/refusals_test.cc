// What must never be recorded about who is who, sent by a client to a real
// server: refused with field, reason and what to do, and nothing written.
// Also tests: service/event_rules.cc store/identity/decide.cc store/identity/veto.cc
#include <gmock/gmock.h>

#include <functional>
#include <vector>

#include "klantbeeld/v1/info_service.grpc.pb.h"
#include "tests/service/events.h"
#include "tests/service/world.h"

namespace klantbeeld::service {
namespace {

using testing::HasSubstr;

constexpr char kNobody[] = "0123456789abcdef0123456789abcdef";

uint64_t Head(World& world) {
  v1::GetServerInfoResponse info;
  EXPECT_TRUE(service::Call(*v1::InfoService::NewStub(world.channel),
                            &v1::InfoService::Stub::GetServerInfo, v1::GetServerInfoRequest(),
                            &info)
                  .ok());
  return info.head();
}

v1::Party& Customer(v1::ContactEvent& event) { return *event.mutable_data()->mutable_parties(0); }

// A contact whose one party gives this number, verified by DigiD or not.
v1::ContactEvent Of(const std::string& id, v1::IdentifierType type, const std::string& value,
                    v1::VerifiedBy verified) {
  v1::ContactEvent event = service::Call(id);
  v1::Identifier& number = *Customer(event).mutable_identifiers(0);
  number = Number(type, value);
  number.set_verified(verified);
  return event;
}

grpc::Status LinkCitizens(World& world, const std::string& a, const std::string& b,
                          bool dry_run = false) {
  v1::LinkRequest request;
  *request.mutable_decision() = world.Decision();
  request.set_citizen_a(a);
  request.set_citizen_b(b);
  request.set_dry_run(dry_run);
  v1::LinkResponse response;
  return service::Call(*world.identities, &v1::IdentityService::Stub::Link, request, &response);
}

grpc::Status UnlinkCitizens(World& world, const std::string& citizen, const std::string& from) {
  v1::UnlinkRequest request;
  *request.mutable_decision() = world.Decision();
  request.set_citizen(citizen);
  request.set_apart_from(from);
  v1::UnlinkResponse response;
  return service::Call(*world.identities, &v1::IdentityService::Stub::Unlink, request, &response);
}

struct Row {
  std::string name;
  std::function<grpc::Status(World&)> send;
  std::string reason;
  std::string field;
  std::string says;  // Part of the message: what to do.
};

std::vector<Row> BadEvents() {
  const auto party = [](auto change) {
    return [change](World& world) {
      v1::ContactEvent event = service::Call("bad");
      change(Customer(event));
      return world.Try(event);
    };
  };
  const auto birth = [](v1::Party& p, int year, int month, int day) {
    v1::PartialDate& date = *p.mutable_details()->mutable_birth_date();
    date.set_year(year);
    if (month != 0) date.set_month(month);
    if (day != 0) date.set_day(day);
  };
  return {
      {"BsnThatFailsTheTest",
       party([](auto& p) { *p.add_identifiers() = Number(v1::IDENTIFIER_TYPE_BSN, "123456789"); }),
       "BSN_INVALID", "event.data.parties[0].identifiers[1].value", "correct it"},
      {"BsnOfZeros",
       party([](auto& p) { *p.add_identifiers() = Number(v1::IDENTIFIER_TYPE_BSN, "000000000"); }),
       "BSN_INVALID", "event.data.parties[0].identifiers[1].value", "correct it"},
      {"BsnAndOrganisation",
       party([](auto& p) {
         *p.add_identifiers() = Number(v1::IDENTIFIER_TYPE_BSN, "999990019");
         *p.add_identifiers() = Number(v1::IDENTIFIER_TYPE_KVK, "12345678");
       }),
       "FIELD_INVALID", "event.data.parties[0].identifiers[2]", "are two parties"},
      {"OrganisationThatWasBorn",
       party([birth](auto& p) {
         *p.add_identifiers() = Number(v1::IDENTIFIER_TYPE_KVK, "12345678");
         birth(p, 1984, 4, 12);
       }),
       "FIELD_INVALID", "event.data.parties[0].details.birth_date", "a party of its own"},
      {"BornTomorrow", party([birth](auto& p) { birth(p, 9999, 12, 31); }), "TIME_IN_FUTURE",
       "event.data.parties[0].details.birth_date", "correct it, or leave it out"},
      {"BornInAYearToCome", party([birth](auto& p) { birth(p, 9999, 0, 0); }), "TIME_IN_FUTURE",
       "event.data.parties[0].details.birth_date", "correct it, or leave it out"},
  };
}

std::vector<Row> BadDecisions() {
  using W = World&;
  const auto by = [](const std::string& author) {
    return [author](W w) {
      v1::UnlinkRequest request;
      *request.mutable_decision() = w.Decision();
      request.mutable_decision()->set_author(author);
      *request.add_parties() = w.Party("bsn-a");
      v1::UnlinkResponse response;
      return service::Call(*w.identities, &v1::IdentityService::Stub::Unlink, request, &response);
    };
  };
  return {
      {"LinkByNobody",
       [](W w) {
         v1::LinkRequest request;
         *request.mutable_decision() = w.Decision();
         request.mutable_decision()->clear_author();
         *request.add_parties_a() = w.Party("phone");
         *request.add_parties_b() = w.Party("pseudonym");
         v1::LinkResponse response;
         return service::Call(*w.identities, &v1::IdentityService::Stub::Link, request, &response);
       },
       "FIELD_REQUIRED", "decision.author", "is required"},
      {"UnlinkByNobody", by(""), "FIELD_REQUIRED", "decision.author", "is required"},
      {"UnlinkByABlank", by("  "), "FIELD_REQUIRED", "decision.author", "who decides"},
      {"LinkOfTwoVerifiedBsns", [](W w) { return w.Link({"bsn-a"}, {"bsn-b"}); }, "LINK_FORBIDDEN",
       "parties_b", "a person has one BSN; if one of them was mistyped, correct it"},
      {"LinkOfTwoBsnsOneTyped", [](W w) { return w.Link({"bsn-a"}, {"typed-b"}); },
       "LINK_FORBIDDEN", "parties_b", "verified or not"},
      {"LinkOfTwoBsnsBothTyped", [](W w) { return w.Link({"typed-b"}, {"typed-c"}); },
       "LINK_FORBIDDEN", "parties_b", "verified or not"},
      {"LinkOfPersonAndOrganisation", [](W w) { return w.Link({"bsn-a"}, {"kvk"}); },
       "LINK_FORBIDDEN", "parties_b", "record both as parties of the contact"},
      {"LinkOfOrganisationAndPersonByBirthDate", [](W w) { return w.Link({"kvk"}, {"born"}); },
       "LINK_FORBIDDEN", "parties_b", "record both as parties of the contact"},
      {"LinkOfPersonByPseudonymAndOrganisation",
       [](W w) { return w.Link({"pseudonym"}, {"kvk"}); }, "LINK_FORBIDDEN", "parties_b",
       "record both as parties of the contact"},
      {"LinkToNoContact", [](W w) { return w.Link({"bsn-a"}, {"never-recorded"}); },
       "PARTY_NOT_FOUND", "parties_b[0]", "name it by the source and id"},
      {"LinkToNoParty",
       [](W w) {
         v1::LinkRequest request;
         *request.mutable_decision() = w.Decision();
         *request.add_parties_a() = w.Party("bsn-a");
         *request.add_parties_b() = w.Party("phone");
         request.mutable_parties_b(0)->set_party_key("buurman");
         v1::LinkResponse response;
         return service::Call(*w.identities, &v1::IdentityService::Stub::Link, request, &response);
       },
       "PARTY_NOT_FOUND", "parties_b[0]", "named by their keys"},
      {"LinkOfNoCitizen", [](W w) { return LinkCitizens(w, kNobody, w.CitizenOf("0612345678")); },
       "CITIZEN_NOT_FOUND", "citizen_a", "look for the citizen anew"},
      {"LinkToNoCitizen", [](W w) { return LinkCitizens(w, w.CitizenOf("0612345678"), kNobody); },
       "CITIZEN_NOT_FOUND", "citizen_b", "look for the citizen anew"},
      {"DryRunOfALinkToNoCitizen",
       [](W w) { return LinkCitizens(w, w.CitizenOf("0612345678"), kNobody, true); },
       "CITIZEN_NOT_FOUND", "citizen_b", "look for the citizen anew"},
      {"UnlinkOfNoContact", [](W w) { return w.Unlink("never-recorded"); }, "PARTY_NOT_FOUND",
       "parties[0]", "name it by the source and id"},
      {"UnlinkOfNoCitizen",
       [](W w) { return UnlinkCitizens(w, kNobody, w.CitizenOf("0612345678")); },
       "CITIZEN_NOT_FOUND", "citizen", "look for the citizen anew"},
      {"UnlinkFromNoCitizen",
       [](W w) { return UnlinkCitizens(w, w.CitizenOf("0612345678"), kNobody); },
       "CITIZEN_NOT_FOUND", "apart_from", "look for the citizen anew"},
  };
}

class Refusal : public testing::TestWithParam<Row> {};

TEST_P(Refusal, NamesFieldReasonAndWhatToDoAndWritesNothing) {
  World world;
  for (const auto& event :
       {Of("bsn-a", v1::IDENTIFIER_TYPE_BSN, "999990019", v1::VERIFIED_BY_DIGID),
        Of("bsn-b", v1::IDENTIFIER_TYPE_BSN, "999990020", v1::VERIFIED_BY_DIGID),
        Of("typed-b", v1::IDENTIFIER_TYPE_BSN, "999990020", v1::VERIFIED_BY_TYPED),
        Of("typed-c", v1::IDENTIFIER_TYPE_BSN, "999990032", v1::VERIFIED_BY_TYPED),
        Of("kvk", v1::IDENTIFIER_TYPE_KVK, "12345678", v1::VERIFIED_BY_EHERKENNING),
        Of("pseudonym", v1::IDENTIFIER_TYPE_DIGID_PSEUDONYM, "p-1", v1::VERIFIED_BY_DIGID)}) {
    ASSERT_TRUE(world.Try(event).ok());
  }
  v1::ContactEvent born = service::Call("born");
  Customer(born).clear_identifiers();
  Customer(born).mutable_details()->set_surname("Verhulsdonck");
  Customer(born).mutable_details()->mutable_birth_date()->set_year(1984);
  ASSERT_TRUE(world.Try(born).ok());
  world.RecordPhone("phone", "0612345678");
  const uint64_t before = Head(world);
  ASSERT_EQ(before, 8u);

  const grpc::Status status = GetParam().send(world);
  const Seen seen = See(status);
  EXPECT_EQ(seen.reason, GetParam().reason) << status.error_message();
  EXPECT_EQ(seen.field, GetParam().field);
  EXPECT_THAT(status.error_message(), HasSubstr(GetParam().says));
  EXPECT_EQ(Head(world), before) << "something was written";
}

std::string NameOf(const testing::TestParamInfo<Row>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Event, Refusal, testing::ValuesIn(BadEvents()), NameOf);
INSTANTIATE_TEST_SUITE_P(Decision, Refusal, testing::ValuesIn(BadDecisions()), NameOf);

}  // namespace
}  // namespace klantbeeld::service
