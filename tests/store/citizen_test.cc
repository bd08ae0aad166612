#include "store/citizen.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "store/error.h"
#include "tests/store/events.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

class CitizenTest : public testing::Test {
 protected:
  v1::Citizen Get(const std::string& id, const std::string& more = "{}") {
    auto request = FromJson<v1::GetCitizenRequest>(more);
    request.set_citizen_id(id);
    const auto got = store_->GetCitizen(request);
    EXPECT_TRUE(got.ok()) << got.status();
    return got.ok() ? got->citizen() : v1::Citizen();
  }
  std::vector<std::string> Find(const std::string& json) {
    const auto found = store_->FindCitizens(FromJson<v1::FindCitizensRequest>(json));
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<std::string> ids;
    if (!found.ok()) return ids;
    for (const auto& citizen : found->citizens()) ids.push_back(citizen.id());
    return ids;
  }
  std::map<v1::Channel, uint64_t> Counts(const std::string& id) {
    std::map<v1::Channel, uint64_t> counts;
    const v1::Citizen shown = Get(id);
    for (const auto& count : shown.channel_counts()) counts[count.channel()] = count.contacts();
    return counts;
  }

  TempDir temp_;
  TestStore store_{temp_ / "data"};
};

// Most clients take 4 MiB in one reply.
TEST_F(CitizenTest, ContactWithLongEventsGivesTheLatestOfThem) {
  std::vector<v1::ContactEvent> events;
  for (int i = 0; i < 40; ++i) {
    v1::ContactEvent event = About("desk", absl::StrCat("n", i), "website", "a", i);
    event.mutable_data()->set_note(std::string(100'000, 'n'));
    events.push_back(std::move(event));
  }
  store_.RecordAll(events);
  v1::GetContactRequest request;
  request.mutable_ref()->set_source("website");
  request.mutable_ref()->set_id("a");
  request.set_with_events(true);
  const auto response = store_->GetContact(request);
  ASSERT_TRUE(response.ok()) << response.status();
  const v1::Contact& contact = response->contact();
  EXPECT_EQ(contact.event_count(), 40u);
  EXPECT_EQ(contact.events_size(), 31);
  EXPECT_EQ(contact.events().rbegin()->event().event_id(), "n39");
  EXPECT_LE(response->ByteSizeLong(), size_t{4} << 20);
}

TEST_F(CitizenTest, MinimumLeavesOutWhatBelongsThereLessSurely) {
  v1::ContactEvent call =
      EventOf("exchange", "call", 2, {PartyOf("customer", {Phone("+31612345678")})},
              v1::CHANNEL_PHONE);
  call.mutable_data()->mutable_parties(0)->mutable_details()->set_surname("Jansen");
  store_.RecordAll({Visit("known", 1, {Bsn(kBsnA)}), call});
  ASSERT_TRUE(store_.Link(LinkOf("l", 1, RefOf("website", "known"), RefOf("exchange", "call"))).ok());
  const std::string id = store_.CitizenOf("website", "known");
  const v1::Citizen all = Get(id);
  EXPECT_EQ(all.identifiers_size(), 2);
  EXPECT_EQ(all.details_size(), 1);
  EXPECT_EQ(all.latest_size(), 2);
  EXPECT_EQ(all.channel_counts_size(), 2);
  const v1::Citizen own = Get(id, R"({"minimumAssurance":"ASSURANCE_ESTABLISHED"})");
  EXPECT_EQ(own.id(), id);
  EXPECT_EQ(own.status(), v1::CITIZEN_STATUS_IDENTIFIED);
  ASSERT_EQ(own.identifiers_size(), 1);
  EXPECT_EQ(own.identifiers(0).identifier().type(), v1::IDENTIFIER_TYPE_BSN);
  EXPECT_EQ(own.details_size(), 0);
  ASSERT_EQ(own.latest_size(), 1);
  EXPECT_EQ(own.latest(0).contact().ref().id(), "known");
  ASSERT_EQ(own.channel_counts_size(), 1);
  EXPECT_EQ(own.channel_counts(0).channel(), v1::CHANNEL_WEB);
  EXPECT_EQ(own.claims(), 1u);
  // Of a citizen of whom nothing is as sure nothing is told.
  store_.RecordAll({Visit("other", 3, {Phone("+31687654321")})});
  const v1::Citizen none = Get(store_.CitizenOf("website", "other"),
                               R"({"minimumAssurance":"ASSURANCE_ESTABLISHED"})");
  EXPECT_EQ(none.identifiers_size() + none.latest_size() + none.channel_counts_size(), 0);
}

TEST_F(CitizenTest, IsFoundByEveryKey) {
  v1::ContactEvent event = FromJson<v1::ContactEvent>(R"({
    "source":"website","eventId":"a","data":{"channel":"CHANNEL_WEB",
    "occurredAt":"2025-03-03T10:00:00Z","cases":["Z-1"],"parties":[{"identifiers":[
      {"type":"IDENTIFIER_TYPE_BSN","value":"999990019","verified":"VERIFIED_BY_DIGID"},
      {"type":"IDENTIFIER_TYPE_EMAIL","value":"J@example.org"},
      {"type":"IDENTIFIER_TYPE_PHONE","value":"0612345678"},
      {"type":"IDENTIFIER_TYPE_SESSION","value":"s"},
      {"type":"IDENTIFIER_TYPE_COOKIE","value":"c"},
      {"type":"IDENTIFIER_TYPE_TICKET","value":"t"},
      {"type":"IDENTIFIER_TYPE_APPOINTMENT","value":"ap"},
      {"type":"IDENTIFIER_TYPE_CUSTOMER","value":"K1"},
      {"type":"IDENTIFIER_TYPE_DIGID_PSEUDONYM","value":"p"},
      {"type":"IDENTIFIER_TYPE_OTHER","value":"1","register":"crm"}],
     "details":{"surname":"van Dijk","partnerSurname":"de Boer",
      "birthDate":{"year":1980,"month":2,"day":3},
      "address":{"postcode":"1234 ab","houseNumber":5}}}]}})");
  ASSERT_TRUE(store_.Record(event).ok());
  ASSERT_TRUE(store_.Record(Visit("other", 1, {Bsn(kBsnB)})).ok());
  const std::string citizen = store_.CitizenOf("website", "a");
  for (const char* key : {
           R"({"identifier":{"type":"IDENTIFIER_TYPE_BSN","value":"9999.90.019"}})",
           R"({"identifier":{"type":"IDENTIFIER_TYPE_EMAIL","value":"j@EXAMPLE.org"}})",
           R"({"identifier":{"type":"IDENTIFIER_TYPE_PHONE","value":"+31 6 12345678"}})",
           R"({"identifier":{"type":"IDENTIFIER_TYPE_SESSION","value":"s"}})",
           R"({"identifier":{"type":"IDENTIFIER_TYPE_COOKIE","value":"c"}})",
           R"({"identifier":{"type":"IDENTIFIER_TYPE_TICKET","value":"t"}})",
           R"({"identifier":{"type":"IDENTIFIER_TYPE_APPOINTMENT","value":"ap"}})",
           R"({"identifier":{"type":"IDENTIFIER_TYPE_CUSTOMER","value":"K1"}})",
           R"({"identifier":{"type":"IDENTIFIER_TYPE_DIGID_PSEUDONYM","value":"p"}})",
           R"({"identifier":{"type":"IDENTIFIER_TYPE_OTHER","value":"1","register":"crm"}})",
           R"({"name":{"surname":"VAN DYK","birthDate":{"year":1980,"month":2,"day":3}}})",
           R"({"name":{"surname":"Boer","birthDate":{"year":1980,"month":2,"day":3}}})",
           R"({"address":{"postcode":"1234AB","houseNumber":5}})",
           R"({"caseNumber":"z-1"})",
       }) {
    EXPECT_THAT(Find(key), ElementsAre(citizen)) << key;
  }
  for (const char* key : {
           R"({"identifier":{"type":"IDENTIFIER_TYPE_PHONE","value":"0612345679"}})",
           R"({"identifier":{"type":"IDENTIFIER_TYPE_TICKET","value":"ap"}})",
           R"({"identifier":{"type":"IDENTIFIER_TYPE_OTHER","value":"1","register":"erp"}})",
           R"({"name":{"surname":"Dijk","birthDate":{"year":1950,"month":6,"day":24}}})",
           R"({"address":{"postcode":"1234AB","houseNumber":6}})",
           R"({"caseNumber":"Z-2"})",
       }) {
    EXPECT_THAT(Find(key), ElementsAre()) << key;
  }
}

TEST_F(CitizenTest, OrganisationIsFoundByItsNumbers) {
  v1::Identifier vestiging =
      Identifier(v1::IDENTIFIER_TYPE_VESTIGING, "000037314509", v1::VERIFIED_BY_EHERKENNING);
  vestiging.set_parent("68099013");
  store_.RecordAll(
      {Visit("a", 1,
             {vestiging,
              Identifier(v1::IDENTIFIER_TYPE_KVK, "68099013", v1::VERIFIED_BY_EHERKENNING)}),
       Visit("b", 2,
             {Identifier(v1::IDENTIFIER_TYPE_RSIN, "111222333", v1::VERIFIED_BY_EHERKENNING)})});
  EXPECT_THAT(Find(R"({"identifier":{"type":"IDENTIFIER_TYPE_KVK","value":"68099013"}})"),
              ElementsAre(store_.CitizenOf("website", "a")));
  EXPECT_THAT(Find(R"({"identifier":{"type":"IDENTIFIER_TYPE_VESTIGING",
                       "value":"000037314509","parent":"68099013"}})"),
              ElementsAre(store_.CitizenOf("website", "a")));
  EXPECT_THAT(Find(R"({"identifier":{"type":"IDENTIFIER_TYPE_RSIN","value":"111222333"}})"),
              ElementsAre(store_.CitizenOf("website", "b")));
}

TEST_F(CitizenTest, LookUpWithoutKeyOrWithABadOneIsRefused) {
  EXPECT_EQ(ReasonOf(store_->FindCitizens({}).status()), v1::ERROR_REASON_FIELD_REQUIRED);
  EXPECT_EQ(
      ReasonOf(store_
                   ->FindCitizens(FromJson<v1::FindCitizensRequest>(
                       R"({"identifier":{"type":"IDENTIFIER_TYPE_BSN","value":"123456789"}})"))
                   .status()),
      v1::ERROR_REASON_BSN_INVALID);
}

TEST_F(CitizenTest, TenAreFoundLatestFirstAndElevenAreTooMany) {
  const auto neighbour = [](int i) {
    v1::ContactEvent event = Visit(absl::StrCat("n", i), (i * 7) % 11,
                                   {Phone(absl::StrCat("+3161234567", i % 10)),
                                    Identifier(v1::IDENTIFIER_TYPE_CUSTOMER, absl::StrCat(i))});
    auto& address = *event.mutable_data()->mutable_parties(0)->mutable_details()->mutable_address();
    address.set_postcode("1234AB");
    address.set_house_number(5);
    return event;
  };
  const std::string key = R"({"address":{"postcode":"1234AB","houseNumber":5}})";
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(store_.Record(neighbour(i)).ok());
  const auto found = store_->FindCitizens(FromJson<v1::FindCitizensRequest>(key));
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->citizens_size(), 10);
  for (int i = 1; i < 10; ++i) {
    ASSERT_EQ(found->citizens(i).latest_size(), 1);
    EXPECT_GE(found->citizens(i - 1).latest(0).contact().happened_at().seconds(),
              found->citizens(i).latest(0).contact().happened_at().seconds());
  }
  ASSERT_TRUE(store_.Record(neighbour(10)).ok());
  const auto many = store_->FindCitizens(FromJson<v1::FindCitizensRequest>(key));
  EXPECT_EQ(ReasonOf(many.status()), v1::ERROR_REASON_TOO_MANY_RESULTS);
  EXPECT_EQ(many.status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(CitizenTest, ManyClaimsOfOneCitizenAreOneHit) {
  std::vector<v1::ContactEvent> events;
  for (int i = 0; i < 30; ++i) {
    events.push_back(
        Visit(absl::StrCat("e", i), i,
              {Bsn(kBsnA), Identifier(v1::IDENTIFIER_TYPE_CUSTOMER, absl::StrCat("k", i))}));
  }
  store_.RecordAll(events);
  EXPECT_EQ(Find(R"({"identifier":{"type":"IDENTIFIER_TYPE_BSN","value":"999990019"}})").size(),
            1u);
}

TEST_F(CitizenTest, BsnIsMaskedEverywhereUnlessRevealed) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}),
                    Visit("b", 2, {Bsn(kBsnA, v1::VERIFIED_BY_TYPED), Phone("+31612345678")})});
  const std::string citizen = store_.CitizenOf("website", "a");
  v1::GetContactRequest contact;
  *contact.mutable_ref() = FromJson<v1::ContactRef>(R"({"source":"website","id":"a"})");
  contact.set_with_events(true);
  const auto found = store_->FindCitizens(FromJson<v1::FindCitizensRequest>(
      R"({"identifier":{"type":"IDENTIFIER_TYPE_BSN","value":"999990019"}})"));
  const auto read = store_->GetContact(contact);
  ASSERT_TRUE(found.ok() && read.ok());
  for (const std::string& bytes :
       {found->SerializeAsString(), read->SerializeAsString(), Get(citizen).SerializeAsString(),
        Get(citizen, R"({"reveal":["IDENTIFIER_TYPE_RSIN"]})").SerializeAsString()}) {
    EXPECT_THAT(bytes, testing::Not(testing::HasSubstr(kBsnA)));
    EXPECT_THAT(bytes, testing::HasSubstr("******019"));
  }
  const auto shown = Get(citizen, R"({"reveal":["IDENTIFIER_TYPE_BSN"]})");
  EXPECT_EQ(shown.identifiers(0).identifier().value(), kBsnA);
  EXPECT_FALSE(shown.identifiers(0).identifier().has_masked());
}

TEST_F(CitizenTest, ShowsWhereEverythingCameFrom) {
  v1::ContactEvent visit = Visit("a", 1, {Bsn(kBsnA), Phone("+31612345678")});
  visit.mutable_data()->mutable_parties(0)->mutable_details()->set_surname("Jansen");
  v1::ContactEvent counter =
      EventOf("queue", "b", 5, {PartyOf("customer", {Bsn(kBsnA), Phone("+31612345678")})},
              v1::CHANNEL_COUNTER);
  counter.mutable_data()->mutable_parties(0)->mutable_details()->set_surname("Jansen-Smit");
  store_.RecordAll({visit, counter});
  const auto shown = Get(store_.CitizenOf("website", "a"));
  EXPECT_EQ(shown.status(), v1::CITIZEN_STATUS_IDENTIFIED);
  ASSERT_EQ(shown.identifiers_size(), 2);
  EXPECT_EQ(shown.identifiers(0).identifier().type(), v1::IDENTIFIER_TYPE_BSN);
  EXPECT_EQ(shown.identifiers(1).source(), "queue");
  EXPECT_EQ(shown.identifiers(1).seen_at().seconds(), At(5).seconds());
  ASSERT_EQ(shown.details_size(), 2);
  EXPECT_EQ(shown.details(0).details().surname(), "Jansen-Smit");
  EXPECT_EQ(shown.details(0).source(), "queue");
  EXPECT_EQ(shown.details(1).source(), "website");
  EXPECT_EQ(shown.claims(), 2u);
  EXPECT_EQ(shown.latest_size(), 2);
  EXPECT_EQ(shown.latest(0).contact().ref().id(), "b");
}

TEST_F(CitizenTest, OfANumberOnlyIsUnidentified) {
  store_.RecordAll(
      {Visit("a", 1, {Phone("+31612345678")}), Visit("b", 2, {Bsn(kBsnA, v1::VERIFIED_BY_TYPED)})});
  EXPECT_EQ(Get(store_.CitizenOf("website", "a")).status(), v1::CITIZEN_STATUS_UNIDENTIFIED);
  EXPECT_EQ(Get(store_.CitizenOf("website", "b")).status(), v1::CITIZEN_STATUS_UNIDENTIFIED);
}

TEST_F(CitizenTest, CountsEachContactOncePerChannel) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Bsn(kBsnA)}),
                    EventOf("s", "c", 3, {PartyOf("customer", {Bsn(kBsnA)})}, v1::CHANNEL_PHONE)});
  const std::string citizen = store_.CitizenOf("website", "a");
  EXPECT_THAT(Counts(citizen), UnorderedElementsAre(std::pair(v1::CHANNEL_WEB, 2u),
                                                    std::pair(v1::CHANNEL_PHONE, 1u)));
  // Two parties of one contact that are this citizen.
  store_.RecordAll({EventOf(
      "s", "d", 4,
      {PartyOf("customer", {Bsn(kBsnA)}), PartyOf("subject", {Bsn(kBsnA), Phone("+31612345678")})},
      v1::CHANNEL_PHONE)});
  EXPECT_THAT(Counts(citizen), UnorderedElementsAre(std::pair(v1::CHANNEL_WEB, 2u),
                                                    std::pair(v1::CHANNEL_PHONE, 2u)));
  store_.RecordAll({RetractContact("website", "r", "b")});
  v1::ContactEvent moved = About("website", "a2", "website", "a", 9);
  moved.mutable_data()->set_channel(v1::CHANNEL_CHAT);
  store_.RecordAll({moved});
  EXPECT_THAT(Counts(citizen), UnorderedElementsAre(std::pair(v1::CHANNEL_CHAT, 1u),
                                                    std::pair(v1::CHANNEL_PHONE, 2u)));
}

// Two parties that look exactly alike have claims of their own, and the BSN
// joins them.
TEST_F(CitizenTest, PartiesAlikeInOneContactCountOnce) {
  store_.RecordAll(
      {EventOf("s", "d", 4, {PartyOf("customer", {Bsn(kBsnA)}), PartyOf("subject", {Bsn(kBsnA)})}),
       Visit("a", 5, {Bsn(kBsnA)})});
  const std::string citizen = store_.CitizenOf("website", "a");
  EXPECT_EQ(store_.CitizenOf("s", "d"), citizen);
  EXPECT_EQ(store_.CitizenOf("s", "d", "subject"), citizen);
  EXPECT_THAT(Counts(citizen), ElementsAre(std::pair(v1::CHANNEL_WEB, 2u)));
  store_.ExpectConsistent();
}

TEST_F(CitizenTest, FormerIdLeadsToTheOneItBecame) {
  store_.RecordAll({Visit("a", 1, {Phone("+31612345678")}), Visit("b", 2, {Bsn(kBsnA)})});
  const std::string former = store_.CitizenOf("website", "a");
  ASSERT_TRUE(store_.Link(LinkOf("l", 3, RefOf("website", "a"), RefOf("website", "b"))).ok());
  const auto shown = Get(former);
  EXPECT_EQ(shown.id(), store_.CitizenOf("website", "b"));
  EXPECT_THAT(shown.former_ids(), ElementsAre(former));
}

TEST_F(CitizenTest, IdWithoutSuccessorIsNotFound) {
  store_.RecordAll({Visit("a", 1, {Phone("+31612345678")})});
  v1::GetCitizenRequest request;
  request.set_citizen_id(store_.CitizenOf("website", "a"));
  store_.RecordAll({RetractContact("website", "r", "a")});
  EXPECT_EQ(ReasonOf(store_->GetCitizen(request).status()), v1::ERROR_REASON_CITIZEN_NOT_FOUND);
}

// A session held three visits together until it turned out to be two people's.
TEST_F(CitizenTest, SplitOneNamesItsSuccessors) {
  store_.RecordAll({Visit("a", 1, {Session("s")}), Visit("b", 2, {Session("s")})});
  v1::GetCitizenRequest request;
  request.set_citizen_id(store_.CitizenOf("website", "a"));
  store_.RecordAll({Visit("c", 3, {Session("s"), Bsn(kBsnA)})});
  EXPECT_EQ(Get(request.citizen_id()).id(), store_.CitizenOf("website", "c"));
  store_.RecordAll({Visit("d", 4, {Session("s"), Bsn(kBsnB)})});
  EXPECT_NE(store_.CitizenOf("website", "a"), store_.CitizenOf("website", "b"));
  EXPECT_THAT(Get(store_.CitizenOf("website", "c")).issues(),
              ElementsAre(v1::CITIZEN_ISSUE_SESSION_TWO_NUMBERS));
  store_.ExpectConsistent();
}

TEST_F(CitizenTest, ContactReadsAsItStoodAtAPosition) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), RetractContact("website", "r", "a")});
  v1::GetContactRequest request;
  *request.mutable_ref() = FromJson<v1::ContactRef>(R"({"source":"website","id":"a"})");
  request.set_at_position(1);
  EXPECT_FALSE(store_->GetContact(request)->contact().retracted());
  request.set_at_position(2);
  EXPECT_TRUE(store_->GetContact(request)->contact().retracted());
  request.set_at_position(3);
  EXPECT_EQ(ReasonOf(store_->GetContact(request).status()), v1::ERROR_REASON_POSITION_AHEAD);
  request.mutable_ref()->set_id("unknown");
  request.set_at_position(0);
  EXPECT_EQ(ReasonOf(store_->GetContact(request).status()), v1::ERROR_REASON_CONTACT_NOT_FOUND);
}

}  // namespace
}  // namespace klantbeeld::store
