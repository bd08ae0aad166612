// Also tests: store/identity/registry.cc
// Who gives no BSN, and is the only one in the register whom it fits.
#include "store/identity/found.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "store/identity/decide.h"
#include "store/past.h"
#include "tests/store/identity/facts.h"
#include "tests/store/identity/people.h"

namespace klantbeeld::store {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

const Stated kNoor = {.first_names = "Noor",
                      .surname = "van der Berkenbosch",
                      .year = 1984,
                      .month = 4,
                      .day = 12,
                      .postcode = "1234 ab",
                      .house_number = 5};

// --- What is sought, and whom it fits.

Stated With(void (*change)(Stated&)) {
  Stated stated = kNoor;
  change(stated);
  return stated;
}

TEST(SoughtOf, WholeStatementWithoutNumberIsSought) {
  const auto sought = SoughtOf(TestKeys(), ContentOf(kNoor));
  ASSERT_TRUE(sought.has_value());
  EXPECT_EQ(sought->details.first_names(), "noor");
  EXPECT_FALSE(sought->details.has_initials());
  EXPECT_EQ(sought->details.address().postcode(), "1234AB");
}

TEST(SoughtOf, WhoSaysTooLittleOrGivesANumberIsNot) {
  const Stated rows[] = {
      With([](Stated& s) { s.surname.clear(); }),
      With([](Stated& s) { s.first_names.clear(); }),
      With([](Stated& s) { s.day = 0; }),
      With([](Stated& s) { s.postcode.clear(); }),
      With([](Stated& s) { s.house_number = 0; }),
      With([](Stated& s) { s.identifiers = {Bsn(kBsnA, v1::VERIFIED_BY_TYPED)}; }),
      With([](Stated& s) { s.identifiers = {Identifier(v1::IDENTIFIER_TYPE_KVK, "12345678")}; })};
  for (const Stated& row : rows) EXPECT_FALSE(SoughtOf(TestKeys(), ContentOf(row)).has_value());
}

TEST(SoughtOf, WhatElseIsStatedMakesNoOtherSearch) {
  const auto sought = SoughtOf(TestKeys(), ContentOf(kNoor));
  const auto same = SoughtOf(TestKeys(), ContentOf(With([](Stated& s) {
                               s.identifiers = {Phone("0612345678")};
                               s.first_names = "Noor Elise";
                               s.city = "Lindewaard";
                             })));
  const auto other = SoughtOf(TestKeys(), ContentOf(With([](Stated& s) { s.house_number = 6; })));
  EXPECT_EQ(sought->id, same->id);
  EXPECT_NE(sought->id, other->id);
}

struct FitsRow {
  const char* name;
  Stated said;
  bool want;
};
void PrintTo(const FitsRow& row, std::ostream* out) { *out << row.name; }
class FitsTest : public testing::TestWithParam<FitsRow> {};

TEST_P(FitsTest, TheRegisteredPerson) {
  RegistryAnswer registered;
  registered.found = true;
  registered.details = DetailsOf({.first_names = "Noor Élise",
                                  .initials = "N.É.",
                                  .surname = "Berkenbosch",
                                  .partner = "de Vries",
                                  .year = 1984,
                                  .month = 4,
                                  .day = 12,
                                  .postcode = "1234AB",
                                  .house_number = 5});
  const auto sought = SoughtOf(TestKeys(), ContentOf(GetParam().said));
  ASSERT_TRUE(sought.has_value());
  EXPECT_EQ(Fits(*sought, registered), GetParam().want);
}

Stated Initials(const char* initials) {
  Stated stated = kNoor;
  stated.first_names.clear();
  stated.initials = initials;
  return stated;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, FitsTest,
    testing::ValuesIn(std::vector<FitsRow>{
        {"PrefixAndSpellingAreNothing", kNoor, true},
        {"PartnersName", With([](Stated& s) { s.surname = "Vries"; }), true},
        {"OwnNameInThePartnersPlace", With([](Stated& s) {
           s.partner = s.surname;
           s.surname = "Vries";
         }), true},
        {"FirstInitial", Initials("N."), true},
        {"Initials", Initials("NE"), true},
        {"OtherInitials", Initials("N.F."), false},
        {"InitialOfASecondName", Initials("E"), false},
        {"InitialWhereANameStands", With([](Stated& s) { s.first_names = "N."; }), true},
        {"SecondName", With([](Stated& s) { s.first_names = "Elise"; }), false},
        {"Twin", With([](Stated& s) { s.first_names = "Bram"; }), false},
        {"AnotherSurname", With([](Stated& s) { s.surname = "Berkenbos"; }), false},
        {"AnotherDay", With([](Stated& s) { s.day = 13; }), false},
        {"AnotherNumber", With([](Stated& s) { s.house_number = 7; }), false},
        {"AnotherPostcode", With([](Stated& s) { s.postcode = "1234AC"; }), false},
    }),
    [](const auto& info) { return std::string(info.param.name); });

// --- What a search joins.

v1::ContactEvent Call(const std::string& id, const Stated& stated) {
  v1::Party party = PartyOf("customer", stated.identifiers);
  *party.mutable_details() = DetailsOf(stated);
  return EventOf("exchange", id, 1, {party}, v1::CHANNEL_PHONE);
}

v1::ContactEvent LogIn(const std::string& bsn) {
  return EventOf("exchange", bsn, 1, {PartyOf("customer", {Bsn(bsn)})});
}

// With another telephone the same person is another claim.
Stated Calling(const char* phone) {
  Stated stated = kNoor;
  stated.identifiers = {Phone(phone)};
  return stated;
}

class FoundTest : public FactsTest {
 protected:
  FoundTest() : FactsTest("exchange") {}
  // The registry was searched for this person; none: nobody fits, or several.
  RegistryAnswer Searched(const Stated& stated, const std::string& bsn, int later = 0) {
    RegistryAnswer answer;
    answer.sought = SoughtOf(keys_, ContentOf(stated))->id;
    answer.found = !bsn.empty();
    answer.bsn = bsn;
    answer.asked_at = absl::FromUnixSeconds(1'740'000'000 + later);
    return answer;
  }
  size_t Unanswered() { return UnansweredSoughts(keys_, batch_, 10)->size(); }
};

TEST_F(FoundTest, JoinsWhoHasTheNumberAndSaysSo) {
  Take(LogIn(kBsnA));
  Take(Call("call", kNoor));
  EXPECT_NE(Citizen("call"), Citizen(kBsnA));
  EXPECT_EQ(Unanswered(), 1u);
  Take(Searched(kNoor, kBsnA));
  EXPECT_EQ(Unanswered(), 0u);
  Take(Call("next", Calling("0612345678")));
  for (const char* contact : {"call", "next"}) {
    EXPECT_EQ(Citizen(contact), Citizen(kBsnA));
    EXPECT_EQ(RowOf(contact).assurance(), v1::ASSURANCE_CONFIRMED);
    EXPECT_EQ(Explained(contact).rule(), v1::JOIN_RULE_REGISTRY);
  }
  EXPECT_EQ(RowOf(kBsnA).assurance(), v1::ASSURANCE_ESTABLISHED);
  ExpectAnyOrderGivesTheSame();
}

TEST_F(FoundTest, IsNoVerifiedNumberOfTheContact) {
  Take(Searched(kNoor, kBsnA));
  Take(Call("call", kNoor));
  Take(Call("next", Calling("0612345678")));
  EXPECT_EQ(Citizen("call"), Citizen("next"));
  EXPECT_NE(Citizen("call"), ToHex(std::string(View(CitizenIdOfBsn(keys_, kBsnA)))));
  EXPECT_THAT(*UnansweredBsns(batch_, 10), IsEmpty());
  EXPECT_EQ(OpenContent(ClaimOf("call"), RowOf("call"))->identifiers_size(), 0);
  // Nor does what the registry says of that number stand without a contact that verified it.
  RegistryAnswer person{kBsnA, true, DetailsOf(kNoor), false, absl::FromUnixSeconds(1'740'000'000)};
  Take(person);
  const std::string claim = *RegistryClaim(keys_, batch_, kBsnA);
  EXPECT_FALSE(batch_.Get(Family::kClaim, ClaimKey(claim, kClaimRecord))->has_value());
  ExpectAnyOrderGivesTheSame();
}

TEST_F(FoundTest, NeverTwoNumbersInOneCitizen) {
  Take(LogIn(kBsnB));
  // What the register said of B's number makes the call look like B.
  Take(RegistryAnswer{kBsnB, true, DetailsOf(kNoor), false, absl::FromUnixSeconds(1'740'000'000)});
  Take(Call("call", kNoor));
  EXPECT_EQ(Citizen("call"), Citizen(kBsnB));
  Take(Searched(kNoor, kBsnA));
  EXPECT_NE(Citizen("call"), Citizen(kBsnB));
  Take(LogIn(kBsnA));
  EXPECT_EQ(Citizen("call"), Citizen(kBsnA));
  ExpectAnyOrderGivesTheSame();
}

TEST_F(FoundTest, LaterAnswerStandsAndOneThatFindsNobodyTakesItBack) {
  Take(LogIn(kBsnA));
  Take(LogIn(kBsnB));
  Take(Call("call", kNoor));
  Take(Searched(kNoor, kBsnA, 1));
  EXPECT_EQ(Citizen("call"), Citizen(kBsnA));
  Take(Searched(kNoor, kBsnB, 0));  // Asked before.
  EXPECT_EQ(Citizen("call"), Citizen(kBsnA));
  Take(Searched(kNoor, kBsnB, 2));
  EXPECT_EQ(Citizen("call"), Citizen(kBsnB));
  Take(Searched(kNoor, "", 3));
  EXPECT_NE(Citizen("call"), Citizen(kBsnA));
  EXPECT_NE(Citizen("call"), Citizen(kBsnB));
  EXPECT_EQ(Unanswered(), 0u);
  ExpectAnyOrderGivesTheSame();
}

TEST_F(FoundTest, WhoIsSecretIsNotJoined) {
  Take(LogIn(kBsnA));
  RegistryAnswer person{kBsnA, true, DetailsOf(kNoor), false, absl::FromUnixSeconds(1'740'000'000)};
  person.details.set_secret(true);
  Take(person);
  Take(Call("call", kNoor));
  Take(Searched(kNoor, kBsnA));
  EXPECT_NE(Citizen("call"), Citizen(kBsnA));
  ExpectAnyOrderGivesTheSame();
}

// The moments of events are minutes after 21:20 on 19 February 2025.
TEST_F(FoundTest, AfterTheDeathOnlyAPersonJoinsAndWhatCameBeforeStays) {
  Take(LogIn(kBsnA));
  Take(Call("before", kNoor));
  v1::ContactEvent after = Call("after", Calling("0612345678"));
  *after.mutable_data()->mutable_occurred_at() = At(4000);
  *after.mutable_revised_at() = At(4000);
  Take(after);
  Take(Searched(kNoor, kBsnA));
  EXPECT_EQ(Citizen("after"), Citizen(kBsnA));
  RegistryAnswer died{kBsnA, true, DetailsOf(kNoor), true, absl::FromUnixSeconds(1'740'000'000)};
  died.deceased_on.set_year(2025);
  died.deceased_on.set_month(2);
  died.deceased_on.set_day(20);
  Take(died);
  EXPECT_EQ(Citizen("before"), Citizen(kBsnA));
  EXPECT_NE(Citizen("after"), Citizen(kBsnA));
  ExpectAnyOrderGivesTheSame();
}

TEST_F(FoundTest, UnlinkIsNotUndoneByTheNextOfThatNumber) {
  Take(LogIn(kBsnA));
  Take(Call("call", kNoor));
  Take(Searched(kNoor, kBsnA));
  v1::UnlinkRequest request =
      UnlinkOf("u", 1000, {RefOf("exchange", "call")});
  const auto fact = ListUnlink(keys_, ShippedModel(), batch_, request);
  ASSERT_TRUE(fact.ok()) << fact.status();
  EXPECT_THAT(fact->body.shared_values(), SizeIs(1));
  Take(FactOf(*fact));
  EXPECT_NE(Citizen("call"), Citizen(kBsnA));
  Take(RetractEvent("exchange", "r", kBsnA));
  Take(EventOf("exchange", "again", 2, {PartyOf("customer", {Bsn(kBsnA)})}));
  EXPECT_NE(Citizen("call"), Citizen("again"));
  ExpectAnyOrderGivesTheSame();
}

TEST_F(FoundTest, WhatIsGoneLeavesNothingToSeekAndNoNumberFound) {
  Take(Call("call", kNoor));
  Take(RetractEvent("exchange", "r", "call"));
  EXPECT_EQ(Unanswered(), 0u);
  Take(Searched(kNoor, kBsnA));
  Take(Call("next", kNoor));
  Take(RetractEvent("exchange", "r2", "next"));
  EXPECT_THAT(*ClaimsSoughtBy(batch_, Searched(kNoor, kBsnA).sought), IsEmpty());
  EXPECT_THAT(*ClaimsFoundAt(batch_, JoiningValueOf(keys_, kBsnA).index), IsEmpty());
  ExpectAnyOrderGivesTheSame();
}

TEST_F(FoundTest, SameAnswerAgainIsKnown) {
  const RegistryFact fact = PrepareRegistry(keys_, Searched(kNoor, kBsnA));
  EXPECT_FALSE(AnsweredAt(keys_, batch_, fact)->has_value());
  Take(FactOf(fact));
  EXPECT_EQ(*AnsweredAt(keys_, batch_, PrepareRegistry(keys_, Searched(kNoor, kBsnA, 5))), 1u);
  EXPECT_FALSE(AnsweredAt(keys_, batch_, PrepareRegistry(keys_, Searched(kNoor, kBsnB)))->has_value());
}

TEST_F(FoundTest, EventSaysWhoIsToBeSoughtUntilItIsAnswered) {
  const auto event = PrepareEvent(keys_, Call("call", kNoor));
  EXPECT_THAT(*SoughtsOf(keys_, batch_, *event), SizeIs(1));
  Take(Searched(kNoor, ""));
  EXPECT_THAT(*SoughtsOf(keys_, batch_, *event), IsEmpty());
  EXPECT_THAT(*SoughtsOf(keys_, batch_, *PrepareEvent(keys_, LogIn(kBsnA))), IsEmpty());
}

TEST_F(FoundTest, HistoryTellsWhatTheSearchDid) {
  Take(LogIn(kBsnA));
  Take(Call("call", kNoor));
  const std::string before = Citizen("call");
  Take(Searched(kNoor, kBsnA));
  v1::ListHistoryRequest history;
  history.set_citizen_id(Citizen(kBsnA));
  const auto facts = ListHistory(keys_, batch_, history);
  ASSERT_TRUE(facts.ok()) << facts.status();
  ASSERT_THAT(facts->facts(), SizeIs(1));
  EXPECT_EQ(facts->facts(0).kind(), v1::FACT_KIND_REGISTRY);
  v1::ListCitizensAtRequest at;
  at.set_citizen_id(Citizen(kBsnA));
  at.set_at_position(2);
  const auto then = ListCitizensAt(keys_, batch_, "", at);
  ASSERT_TRUE(then.ok()) << then.status();
  std::set<std::string> citizens;
  for (const auto& contact : then->contacts()) citizens.insert(contact.citizens(0).citizen_id());
  EXPECT_THAT(citizens, testing::UnorderedElementsAre(before, Citizen(kBsnA)));
}

}  // namespace
}  // namespace klantbeeld::store
