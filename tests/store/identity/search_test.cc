#include "store/identity/search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "store/error.h"
#include "tests/store/events.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

// A call of somebody, named by the call's id.
v1::ContactEvent CallOf(const std::string& id, const std::string& details,
                        const std::string& phone = "") {
  v1::ContactEvent event = EventOf("exchange", id, 1, {PartyOf("customer", {})},
                                   v1::CHANNEL_PHONE);
  v1::Party& party = *event.mutable_data()->mutable_parties(0);
  *party.mutable_details() = FromJson<v1::PersonalDetails>(details);
  if (!phone.empty()) *party.add_identifiers() = Phone(phone);
  return event;
}

std::string Born(int year, int month, int day) {
  return absl::StrCat(R"("birthDate":{"year":)", year, R"(,"month":)", month, R"(,"day":)", day,
                      "}");
}
std::string Named(const std::string& surname, const std::string& more) {
  return absl::StrCat(R"({"surname":")", surname, R"(",)", more, "}");
}

class SearchTest : public testing::Test {
 protected:
  v1::FindCitizensResponse Reply(const std::string& request) {
    const auto found = store_->FindCitizens(FromJson<v1::FindCitizensRequest>(request));
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? *found : v1::FindCitizensResponse();
  }
  static std::vector<std::string> Calls(const v1::FindCitizensResponse& reply) {
    std::vector<std::string> calls;
    for (const auto& one : reply.citizens()) calls.push_back(one.latest(0).contact().ref().id());
    return calls;
  }
  // By name and birth date.
  std::vector<std::string> ByName(const std::string& surname, const std::string& born) {
    return Calls(Reply(absl::StrCat(R"({"name":)", Named(surname, born), "}")));
  }
  std::vector<std::string> Stated(const std::string& details) {
    return Calls(Reply(absl::StrCat(R"({"stated":{"details":)", details, "}}")));
  }
  static v1::Agreement On(const v1::Citizen& citizen, v1::EvidenceField field) {
    for (const auto& one : citizen.match().evidence()) {
      if (one.field() == field) return one.agreement();
    }
    return v1::AGREEMENT_UNSPECIFIED;
  }

  TempDir temp_;
  TestStore store_{temp_ / "data"};
};

TEST_F(SearchTest, FindsAMisspeltSurnameWithABirthDate) {
  store_.RecordAll({CallOf("jansen", Named("Jansen", Born(1984, 3, 12))),
                    CallOf("other", Named("Jansen", Born(1951, 7, 30)))});
  EXPECT_THAT(ByName("Jansn", Born(1984, 3, 12)), ElementsAre("jansen"));
  // Not even alike in sound.
  EXPECT_THAT(ByName("Jamsen", Born(1984, 3, 12)), ElementsAre("jansen"));
  EXPECT_THAT(ByName("Kuipers", Born(1984, 3, 12)), IsEmpty());
  EXPECT_THAT(ByName("Jansn", Born(1984, 9, 25)), IsEmpty());
}

TEST_F(SearchTest, FindsASlipInTheBirthDate) {
  store_.RecordAll({CallOf("jansen", Named("Jansen", Born(1984, 3, 12)))});
  EXPECT_THAT(ByName("Jansen", Born(1984, 12, 3)), ElementsAre("jansen")) << "places changed";
  EXPECT_THAT(ByName("Jansen", Born(1985, 3, 12)), ElementsAre("jansen"));
  EXPECT_THAT(ByName("Jansen", Born(1994, 3, 12)), ElementsAre("jansen"));
  EXPECT_THAT(ByName("Jansen", Born(1984, 8, 12)), ElementsAre("jansen"));
  EXPECT_THAT(ByName("Jansen", Born(1984, 3, 17)), ElementsAre("jansen"));
}

TEST_F(SearchTest, PutsWhoFitsExactlyFirstAndSaysWhatAgrees) {
  store_.RecordAll({CallOf("jansn", Named("Jansn", Born(1984, 3, 12))),
                    CallOf("jansen", Named("Jansen", Born(1984, 3, 12)))});
  EXPECT_THAT(ByName("jánsen", Born(1984, 3, 12)), ElementsAre("jansen")) << "one key, and had";
  const auto reply =
      Reply(absl::StrCat(R"({"stated":{"details":)", Named("jánsen", Born(1984, 3, 12)), "}}"));
  ASSERT_THAT(Calls(reply), ElementsAre("jansen", "jansn"));
  EXPECT_TRUE(reply.citizens(0).match().exact());
  EXPECT_EQ(On(reply.citizens(0), v1::EVIDENCE_FIELD_SURNAME), v1::AGREEMENT_SAME);
  EXPECT_FALSE(reply.citizens(1).match().exact());
  EXPECT_EQ(On(reply.citizens(1), v1::EVIDENCE_FIELD_SURNAME), v1::AGREEMENT_CLOSE);
  EXPECT_EQ(On(reply.citizens(1), v1::EVIDENCE_FIELD_BIRTH_DATE), v1::AGREEMENT_SAME);
  double sum = 0;
  for (const auto& one : reply.citizens(1).match().evidence()) sum += one.bits();
  EXPECT_NEAR(reply.citizens(1).match().bits(), sum, 1e-9) << "nothing is left out of it";
  EXPECT_GT(reply.citizens(0).match().bits(), reply.citizens(1).match().bits());
  EXPECT_FALSE(reply.more());
  EXPECT_FALSE(reply.too_common());
}

TEST_F(SearchTest, TellsApartByWhatMoreIsStated) {
  store_.RecordAll(
      {CallOf("piet", Named("Jansen", R"("firstNames":"Piet",)" + Born(1984, 3, 12))),
       CallOf("anna", Named("Jansen", R"("firstNames":"Anna",)" + Born(1984, 3, 12))),
       CallOf("johannes", Named("Janssen", R"("firstNames":"Johannes",)" + Born(1984, 3, 12)))});
  EXPECT_THAT(Stated(Named("Jansen", R"("firstNames":"Anna",)" + Born(1984, 3, 12))).front(),
              "anna");
  const auto jan = Stated(Named("Jansen", R"("firstNames":"Jan",)" + Born(1984, 3, 12)));
  EXPECT_EQ(jan.front(), "johannes") << "a short form of his name";
  EXPECT_THAT(jan, testing::Contains("anna")) << "the surname and birth date are hers exactly";
}

// Somebody who married is found by the name that he had.
TEST_F(SearchTest, FindsAnotherSurnameWhereTheFirstNameAgrees) {
  store_.RecordAll(
      {CallOf("anna", Named("Kuipers", R"("firstNames":"Anna",)" + Born(1984, 3, 12))),
       CallOf("piet", Named("Kuipers", R"("firstNames":"Piet",)" + Born(1984, 3, 12)))});
  EXPECT_THAT(Stated(Named("Jansen", R"("firstNames":"Anna",)" + Born(1984, 3, 12))),
              ElementsAre("anna"));
}

TEST_F(SearchTest, ShortSurnameIsFoundAsItStands) {
  store_.RecordAll({CallOf("li", Named("Li", Born(1984, 3, 12))),
                    CallOf("lie", Named("Lie", Born(1984, 3, 12)))});
  EXPECT_THAT(Stated(Named("Li", Born(1984, 3, 12))), ElementsAre("li"));
}

TEST_F(SearchTest, FindsByNameFirstNameAndTownAndByAddress) {
  const std::string home =
      R"("address":{"postcode":"1234AB","houseNumber":5,"street":"Kerkstraat","city":"Ons Dorp"})";
  store_.RecordAll({CallOf("jansen", Named("Jansen", R"("firstNames":"Piet",)" + home))});
  EXPECT_THAT(
      Stated(R"({"surname":"Jansn","firstNames":"Piet","address":{"city":"Ons Dorp"}})"),
      ElementsAre("jansen"));
  EXPECT_THAT(
      Stated(R"({"address":{"street":"Kerkstr.","houseNumber":5,"city":"Ons Dorp"}})"),
      ElementsAre("jansen"));
  EXPECT_THAT(Stated(R"({"address":{"postcode":"1234 ab","houseNumber":5}})"),
              ElementsAre("jansen"));
}

// However well all else agrees.
TEST_F(SearchTest, AnotherNumberIsAnotherPerson) {
  const std::string all = absl::StrCat(
      R"("firstNames":"Marijke","address":{"postcode":"1234AB","houseNumber":5},)",
      Born(1984, 3, 12));
  v1::ContactEvent login = CallOf("login", Named("Jansen", all));
  *login.mutable_data()->mutable_parties(0)->add_identifiers() = Bsn(kBsnA);
  store_.RecordAll({login});
  const auto with = [&](const std::string& bsn) {
    return Calls(Reply(absl::StrCat(
        R"({"stated":{"details":)", Named("Jansn", all),
        R"(,"identifiers":[{"type":"IDENTIFIER_TYPE_BSN","value":")", bsn, R"("}]}})")));
  };
  EXPECT_THAT(with(kBsnA), ElementsAre("login"));
  EXPECT_THAT(with(kBsnB), IsEmpty());
}

TEST_F(SearchTest, ShowsTenAndSaysThatThereAreMore) {
  std::vector<v1::ContactEvent> events;
  for (int i = 0; i < 12; ++i) {
    events.push_back(CallOf(absl::StrCat("c", i), Named("Jansen", Born(1984, 3, 12)),
                            absl::StrCat("+316123456", 10 + i)));
  }
  store_.RecordAll(events);
  const std::string near = absl::StrCat(R"({"name":)", Named("Jansn", Born(1984, 3, 12)), "}");
  const auto reply = Reply(near);
  EXPECT_EQ(reply.citizens_size(), 10);
  EXPECT_TRUE(reply.more());
  EXPECT_EQ(Calls(reply), Calls(Reply(near))) << "always the same ten";
  // One key that more than ten have is refused, as it always was; whoever
  // states more is told apart by it.
  const auto exact = store_->FindCitizens(FromJson<v1::FindCitizensRequest>(
      absl::StrCat(R"({"name":)", Named("Jansen", Born(1984, 3, 12)), "}")));
  EXPECT_EQ(ReasonOf(exact.status()), v1::ERROR_REASON_TOO_MANY_RESULTS);
  const auto told = Reply(absl::StrCat(
      R"({"stated":{"details":)", Named("Jansen", Born(1984, 3, 12)),
      R"(,"identifiers":[{"type":"IDENTIFIER_TYPE_PHONE","value":"0612345613"}]}})"));
  ASSERT_GE(told.citizens_size(), 1);
  EXPECT_EQ(Calls(told).front(), "c3");
}

// More than 64 share the number: it says nothing, and the answer tells so.
TEST_F(SearchTest, SaysThatWhatWasStatedIsTooCommon) {
  std::vector<v1::ContactEvent> events;
  for (int i = 0; i < 65; ++i) {
    events.push_back(CallOf(absl::StrCat("c", i), Named(absl::StrCat("Naam", i), Born(1900 + i, 1, 2)),
                            "+31201234567"));
  }
  store_.RecordAll(events);
  const std::string phone = R"("identifiers":[{"type":"IDENTIFIER_TYPE_PHONE","value":"0201234567"}])";
  const auto alone = Reply(absl::StrCat(R"({"stated":{"details":{},)", phone, "}}"));
  EXPECT_THAT(Calls(alone), IsEmpty());
  EXPECT_TRUE(alone.too_common());
  const auto named = Reply(absl::StrCat(R"({"stated":{"details":)", Named("Naam7", Born(1907, 1, 2)),
                                        ",", phone, "}}"));
  ASSERT_THAT(Calls(named), testing::Not(IsEmpty()));
  EXPECT_EQ(Calls(named).front(), "c7");
  EXPECT_EQ(On(named.citizens(0), v1::EVIDENCE_FIELD_PHONE), v1::AGREEMENT_UNSPECIFIED);
}

TEST_F(SearchTest, IsTheSameInWhateverOrderContactsCame) {
  std::vector<v1::ContactEvent> events;
  for (const char* surname : {"Jansen", "Janssen", "Jansse", "Hansen", "Jonsen"}) {
    for (const int day : {12, 13}) {
      events.push_back(
          CallOf(absl::StrCat(surname, day), Named(surname, Born(1984, 3, day))));
    }
  }
  std::string first;
  std::mt19937 random(1);
  for (int order = 0; order < 3; ++order) {
    TestStore store(temp_ / absl::StrCat("order", order));
    std::shuffle(events.begin(), events.end(), random);
    store.RecordAll(events);
    const auto found = store->FindCitizens(FromJson<v1::FindCitizensRequest>(
        absl::StrCat(R"({"stated":{"details":)", Named("Jansen", Born(1984, 3, 12)), "}}")));
    ASSERT_TRUE(found.ok());
    ASSERT_GE(found->citizens_size(), 3);
    std::string lines;
    for (const auto& citizen : found->citizens()) {
      absl::StrAppend(&lines, citizen.id(), " ", citizen.match().bits(), "\n");
    }
    if (first.empty()) first = lines;
    EXPECT_EQ(lines, first);
  }
}

TEST_F(SearchTest, RefusesANumberThatIsNone) {
  const auto found = store_->FindCitizens(FromJson<v1::FindCitizensRequest>(
      R"({"stated":{"details":{},"identifiers":[
          {"type":"IDENTIFIER_TYPE_EMAIL","value":"a@example.org"},
          {"type":"IDENTIFIER_TYPE_BSN","value":"123456789"}]}})"));
  EXPECT_EQ(ReasonOf(found.status()), v1::ERROR_REASON_BSN_INVALID);
}

}  // namespace
}  // namespace klantbeeld::store
