// Also tests: store/identity/surroundings.cc
// Why a party is in its citizen, whatever the rule, and whom else it may be.
#include "store/identity/explain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/store/identity/calls.h"

namespace klantbeeld::store {
namespace {

v1::Identifier Session(const std::string& value) {
  v1::Identifier session;
  session.set_type(v1::IDENTIFIER_TYPE_SESSION);
  session.set_value(value);
  session.set_verified(v1::VERIFIED_BY_DIGID);
  return session;
}

// Every rule says with which contact, of what the same, by which model, and what
// comparing the two says field by field.
class ExplainTest : public CandidatesTest {
 protected:
  void ExpectWhy(const std::string& contact, v1::JoinRule rule, const std::string& with,
                 const std::vector<v1::IdentifierType>& same) {
    const v1::ExplainResponse why = Explained(contact);
    EXPECT_EQ(why.rule(), rule) << contact;
    EXPECT_EQ(why.compared_with().contact_id(),
              with.empty() ? "" : ToHex(View(EventOrContactId(keys_, "exchange", with))))
        << contact;
    EXPECT_EQ(std::vector<int>(why.same().begin(), why.same().end()),
              std::vector<int>(same.begin(), same.end()))
        << contact;
    EXPECT_EQ(why.model(), ShippedModel().version);
    EXPECT_EQ(100 * why.bits_needed(), ShippedModel().link);
    EXPECT_EQ(100 * why.margin_needed(), ShippedModel().margin);
    double bits = 0;
    for (const auto& one : why.evidence()) bits += one.bits();
    EXPECT_NEAR(bits, why.bits(), 0.011) << contact;
    EXPECT_EQ(why.has_margin(), why.has_runner_up() && !why.evidence().empty()) << contact;
  }
  bool Weighs(const std::string& contact, v1::EvidenceField field) {
    const v1::ExplainResponse why = Explained(contact);
    return std::any_of(why.evidence().begin(), why.evidence().end(),
                       [&](const auto& one) { return one.field() == field; });
  }
};

TEST_F(ExplainTest, NumberNamesItsKindAndAnotherContact) {
  Says known = kNoor, married = kNoor;
  known.identifiers = {Bsn(kBsnA, v1::VERIFIED_BY_DIGID)};
  married.surname = "Verhulsdonck";
  married.identifiers = {Bsn(kBsnA, v1::VERIFIED_BY_ID_DOCUMENT)};
  Take(Call("a", known));
  ExpectWhy("a", v1::JOIN_RULE_NUMBER, "", {v1::IDENTIFIER_TYPE_BSN});
  EXPECT_TRUE(Explained("a").evidence().empty());
  Take(Call("b", married));
  ExpectWhy("a", v1::JOIN_RULE_NUMBER, "b", {v1::IDENTIFIER_TYPE_BSN});
  ExpectWhy("b", v1::JOIN_RULE_NUMBER, "a", {v1::IDENTIFIER_TYPE_BSN});
  EXPECT_TRUE(Weighs("a", v1::EVIDENCE_FIELD_SURNAME));
  EXPECT_TRUE(Weighs("a", v1::EVIDENCE_FIELD_NUMBER));
}

TEST_F(ExplainTest, SameNumberAloneInTwoContacts) {
  Take(Call("a", {.identifiers = {Bsn(kBsnA, v1::VERIFIED_BY_DIGID)}}));
  Take(Call("b", {.identifiers = {Bsn(kBsnA, v1::VERIFIED_BY_DIGID)}}));
  ExpectWhy("a", v1::JOIN_RULE_NUMBER, "b", {v1::IDENTIFIER_TYPE_BSN});
  ExpectWhy("b", v1::JOIN_RULE_NUMBER, "a", {v1::IDENTIFIER_TYPE_BSN});
}

TEST_F(ExplainTest, SessionNamesAnotherContact) {
  Take(Call("a", {.first_names = "Noor", .surname = "Ravensteyn", .identifiers = {Session("s")}}));
  Take(Call("b", {.identifiers = {Session("s"), Phone("0612345678")}}));
  ExpectWhy("a", v1::JOIN_RULE_SESSION, "b", {v1::IDENTIFIER_TYPE_SESSION});
  ExpectWhy("b", v1::JOIN_RULE_SESSION, "a", {v1::IDENTIFIER_TYPE_SESSION});
}

TEST_F(ExplainTest, LinkNamesAContactOfTheOtherSide) {
  Says moved = kNoor;
  moved.first_names = "Sanne";
  moved.postcode = "9876ZX";
  moved.year = 1951;
  Take(Call("a", kNoor));
  Take(Call("b", moved));
  const auto link = ListLink(
      keys_, batch_, LinkOf("d", 1000, RefOf("exchange", "a"), RefOf("exchange", "b")));
  ASSERT_TRUE(link.ok()) << link.status();
  Take(*link);
  ExpectWhy("a", v1::JOIN_RULE_LINK, "b", {});
  ExpectWhy("b", v1::JOIN_RULE_LINK, "a", {});
  EXPECT_TRUE(Weighs("a", v1::EVIDENCE_FIELD_BIRTH_DATE));
  EXPECT_LT(Explained("a").bits(), 0);  // It was a person who knew better.
}

// They are one claim: what says the same is not by itself.
TEST_F(ExplainTest, ContactsOfOneTelephoneShareIt) {
  Take(Call("a", {.identifiers = {Phone("0612345678")}}));
  ExpectWhy("a", v1::JOIN_RULE_ALONE, "", {});
  Take(Call("b", {.identifiers = {Phone("0612345678")}}));
  ASSERT_EQ(Citizen("a"), Citizen("b"));
  ExpectWhy("a", v1::JOIN_RULE_CONTENT, "b", {v1::IDENTIFIER_TYPE_PHONE});
  ExpectWhy("b", v1::JOIN_RULE_CONTENT, "a", {v1::IDENTIFIER_TYPE_PHONE});
  EXPECT_TRUE(Weighs("a", v1::EVIDENCE_FIELD_PHONE));
}

TEST_F(ExplainTest, EvidenceComesWithItsRunnerUpAndTheMargin) {
  Says slip = kNoor, like = kNoor;
  slip.surname = "Berkenbos";
  like.day = 27;
  like.postcode = "9999ZZ";
  Take(Call("a", kNoor));
  Take(Call("b", slip));
  Take(Call("like", like));
  ASSERT_EQ(Citizen("a"), Citizen("b"));
  ASSERT_NE(Citizen("a"), Citizen("like"));
  ExpectWhy("a", v1::JOIN_RULE_EVIDENCE, "b", {});
  const v1::ExplainResponse why = Explained("a");
  ASSERT_TRUE(why.has_runner_up());
  EXPECT_EQ(why.runner_up().citizen_id(), Citizen("like"));
  EXPECT_FALSE(why.runner_up().evidence().empty());
  EXPECT_DOUBLE_EQ(why.margin(), why.bits() - why.runner_up().bits());
  EXPECT_GE(why.margin(), why.margin_needed());
}

// Whoever is joined to nobody for want of evidence is not kept from it by a rival.
TEST_F(ExplainTest, TooLittleIsSaidBeforeWhoElseFits) {
  Says twin = kNoor, nameless = kNoor;
  twin.first_names = "Bram";
  nameless.first_names = "";
  Take(Call("a", kNoor));
  Take(Call("b", twin));
  Take(Call("c", nameless));
  const auto response = Suggestions("c");
  ASSERT_EQ(response.suggestions_size(), 2);
  for (const auto& suggestion : response.suggestions()) {
    EXPECT_LT(100 * suggestion.bits(), ShippedModel().link);
    EXPECT_EQ(suggestion.obstacle(), v1::OBSTACLE_TOO_LITTLE);
    EXPECT_EQ(suggestion.second_obstacle(), v1::OBSTACLE_ANOTHER_FITS);
    EXPECT_TRUE(suggestion.has_margin());
  }
}

// What was taken back is not suggested again.
TEST_F(ExplainTest, LinkTakenBackIsNoSuggestion) {
  Says other = kNoor;
  other.day = 27;
  other.postcode = "9999ZZ";
  Take(Call("a", kNoor));
  Take(Call("b", other));
  ASSERT_EQ(Suggestions("a").suggestions_size(), 1);
  const auto link = ListLink(
      keys_, batch_, LinkOf("d", 1000, RefOf("exchange", "a"), RefOf("exchange", "b")));
  ASSERT_TRUE(link.ok()) << link.status();
  Take(*link);
  ASSERT_EQ(Citizen("a"), Citizen("b"));
  const auto unlink = ListUnlink(keys_, ShippedModel(), batch_,
                                 UnlinkOf("u", 1001, {RefOf("exchange", "b")}));
  ASSERT_TRUE(unlink.ok()) << unlink.status();
  Take(*unlink);
  EXPECT_NE(Citizen("a"), Citizen("b"));
  EXPECT_EQ(Suggestions("a").suggestions_size(), 0);
  EXPECT_EQ(Suggestions("b").suggestions_size(), 0);
  ExpectAnyOrderGivesTheSame();
}

TEST_F(ExplainTest, FurtherAreThoseOfTheHouseholdAndOnlyIfAskedFor) {
  const Says anna = {.first_names = "Anna", .surname = "Ravensteyn", .year = 1980,
                     .postcode = "1234AB", .house_number = 7};
  Says bert = anna, apart = anna, far = anna;
  bert.first_names = "Bert";
  bert.year = 1951;
  bert.month = 9;
  bert.day = 30;
  apart = bert;
  apart.first_names = "Cor";
  far.first_names = "Dora";
  far.postcode = "9876ZX";
  far.year = 1933;
  Take(Call("anna", anna));
  Take(Call("bert", bert));
  Take(Call("apart", apart));
  Take(Call("far", far));
  KeepApart("anna", "apart");
  const std::string stood = DumpOf(batch_);
  EXPECT_EQ(Suggestions("anna").suggestions_size(), 0);
  EXPECT_EQ(Suggestions("anna").further_size(), 0);
  const auto response = Suggestions("anna", true);
  EXPECT_EQ(response.suggestions_size(), 0);
  ASSERT_EQ(response.further_size(), 1);
  EXPECT_EQ(response.further(0).citizen_id(), Citizen("bert"));
  EXPECT_LT(100 * response.further(0).bits(), ShippedModel().suggest);
  EXPECT_EQ(response.further(0).obstacle(), v1::OBSTACLE_TOO_LITTLE);
  EXPECT_EQ(response.further(0).second_obstacle(), v1::OBSTACLE_DISAGREES);
  EXPECT_EQ(DumpOf(batch_), stood);
}

TEST_F(ExplainTest, FurtherHasNobodyWithAnotherNumberAndNoSuggestionTwice) {
  const Says anna = {.first_names = "Sierra", .surname = "Ravensteyn", .year = 1980,
                     .postcode = "1234AB", .house_number = 7,
                     .identifiers = {Bsn(kBsnA, v1::VERIFIED_BY_ID_DOCUMENT)}};
  Says bert = anna, sister = anna;
  bert.first_names = "Bert";
  bert.year = 1951;
  bert.identifiers = {Bsn(kBsnB, v1::VERIFIED_BY_ID_DOCUMENT)};
  sister.first_names = "Serena";
  sister.identifiers = {};
  Take(Call("anna", anna));
  Take(Call("bert", bert));
  Take(Call("sister", sister));
  const auto response = Suggestions("anna", true);
  ASSERT_EQ(response.suggestions_size(), 1);
  EXPECT_EQ(response.suggestions(0).citizen_id(), Citizen("sister"));
  EXPECT_EQ(response.further_size(), 0);
}

TEST_F(ExplainTest, FurtherFindsNamesInEachOthersPlaceWithASlip) {
  Take(Call("as-is", {.first_names = "Gillian", .surname = "Blake", .year = 1972,
                      .postcode = "1234AB", .house_number = 131}));
  Take(Call("swapped", {.first_names = "Blake", .surname = "Gillisn", .year = 1972,
                        .postcode = "9876ZX", .house_number = 13}));
  ASSERT_NE(Citizen("as-is"), Citizen("swapped"));
  EXPECT_EQ(Suggestions("as-is").suggestions_size(), 0);
  const auto response = Suggestions("as-is", true);
  ASSERT_EQ(response.further_size(), 1);
  EXPECT_EQ(response.further(0).citizen_id(), Citizen("swapped"));
}

}  // namespace
}  // namespace klantbeeld::store
