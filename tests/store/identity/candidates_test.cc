// Also tests: store/identity/decisions.cc store/identity/registry.cc store/identity/join.cc
// Who is compared with whom, and joined by what they state.
#include "store/identity/candidates.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "store/check.h"
#include "tests/store/identity/calls.h"

namespace klantbeeld::store {
namespace {

TEST_F(CandidatesTest, SlipOfThePenIsJoinedAndSaysWhy) {
  Take(Call("a", kNoor));
  Says slip = kNoor;
  slip.surname = "Berkenbos";
  slip.identifiers = {Phone("0612345678")};
  Take(Call("b", slip));
  EXPECT_EQ(Citizen("a"), Citizen("b"));
  EXPECT_EQ(RowOf("b").assurance(), v1::ASSURANCE_PROBABLE);
  const v1::ExplainResponse why = Explained("b");
  EXPECT_EQ(why.rule(), v1::JOIN_RULE_EVIDENCE);
  EXPECT_GE(why.bits() * 100, ShippedModel().link);
  EXPECT_EQ(why.model(), ShippedModel().version);
  const auto said = [&](v1::EvidenceField field) {
    for (const auto& one : why.evidence()) {
      if (one.field() == field) return one.agreement();
    }
    return v1::AGREEMENT_UNSPECIFIED;
  };
  EXPECT_EQ(said(v1::EVIDENCE_FIELD_BIRTH_DATE), v1::AGREEMENT_SAME);
  EXPECT_EQ(said(v1::EVIDENCE_FIELD_SURNAME), v1::AGREEMENT_CLOSE);
  EXPECT_EQ(ToHex(View(EventOrContactId(keys_, "exchange", "a"))),
            why.compared_with().contact_id());
  ExpectAnyOrderGivesTheSame();
}

TEST_F(CandidatesTest, TwinsStayApart) {
  Take(Call("a", kNoor));
  Says twin = kNoor;
  twin.first_names = "Bram";
  Take(Call("b", twin));
  EXPECT_NE(Citizen("a"), Citizen("b"));
  const auto response = Suggestions("a");
  for (const auto& suggestion : response.suggestions()) {
    const auto& said = suggestion.evidence();
    EXPECT_TRUE(std::any_of(said.begin(), said.end(), [](const auto& one) {
      return one.agreement() == v1::AGREEMENT_CONTRADICTS;
    }));
  }
}

// What an edge does not say is looked up: a claim that fits both twins would
// bring them together.
TEST_F(CandidatesTest, InitialThatFitsBothTwinsJoinsNeither) {
  Says twin = kNoor, initial = kNoor;
  twin.first_names = "Nelleke";
  initial.first_names = "N.";
  Take(Call("a", kNoor));
  Take(Call("b", twin));
  Take(Call("c", initial));
  EXPECT_NE(Citizen("a"), Citizen("b"));
  EXPECT_NE(Citizen("a"), Citizen("c"));
  EXPECT_NE(Citizen("b"), Citizen("c"));
  const auto response = Suggestions("c");
  EXPECT_EQ(response.suggestions_size(), 2);
  for (const auto& suggestion : response.suggestions()) {
    EXPECT_EQ(suggestion.obstacle(), v1::OBSTACLE_ANOTHER_FITS);
  }
  ExpectAnyOrderGivesTheSame();
}

TEST_F(CandidatesTest, TwoSlipsAreABrotherOrSister) {
  Take(Call("a", kNoor));
  Says sister = kNoor;
  sister.first_names = "Noora";
  sister.day = 13;
  Take(Call("b", sister));
  EXPECT_NE(Citizen("a"), Citizen("b"));
  EXPECT_EQ(Suggestions("a").suggestions_size(), 1);
}

TEST_F(CandidatesTest, HouseholdAloneIsNotEnough) {
  Take(Call("a", {"Noor", "Berkenbosch", 0, 0, 0, "1234AB", 5, {Phone("0612345678")}}));
  Take(Call("b", {"", "Berkenbosch", 0, 0, 0, "1234AB", 5, {Phone("0612345678")}}));
  EXPECT_NE(Citizen("a"), Citizen("b"));
}

TEST_F(CandidatesTest, WhoFitsTwoIsSuggestedToBoth) {
  Says one = kNoor, other = kNoor;
  one.identifiers = {Bsn(kBsnA, v1::VERIFIED_BY_ID_DOCUMENT)};
  other.identifiers = {Bsn(kBsnB, v1::VERIFIED_BY_ID_DOCUMENT)};
  Take(Call("one", one));
  Take(Call("other", other));
  Take(Call("caller", kNoor));
  EXPECT_NE(Citizen("one"), Citizen("other"));
  EXPECT_NE(Citizen("caller"), Citizen("one"));
  EXPECT_NE(Citizen("caller"), Citizen("other"));
  const auto response = Suggestions("caller");
  ASSERT_EQ(response.suggestions_size(), 2);
  for (const auto& suggestion : response.suggestions()) {
    EXPECT_EQ(suggestion.obstacle(), v1::OBSTACLE_ANOTHER_FITS);
    EXPECT_FALSE(suggestion.evidence().empty());
  }
  ExpectAnyOrderGivesTheSame();

  // One refused: the other is not joined because it is left, and is suggested.
  KeepApart("caller", "other");
  EXPECT_NE(Citizen("caller"), Citizen("one"));
  ASSERT_EQ(Suggestions("caller").suggestions_size(), 1);
  EXPECT_EQ(Suggestions("caller").suggestions(0).citizen_id(), Citizen("one"));
  ExpectAnyOrderGivesTheSame();
}

TEST_F(CandidatesTest, RefusedSuggestionDoesNotComeBack) {
  Says other = kNoor;
  other.day = 27;
  other.postcode = "9999ZZ";
  Take(Call("a", kNoor));
  Take(Call("b", other));
  ASSERT_NE(Citizen("a"), Citizen("b"));
  ASSERT_EQ(Suggestions("a").suggestions_size(), 1);
  EXPECT_EQ(Suggestions("a").suggestions(0).citizen_id(), Citizen("b"));
  EXPECT_EQ(Suggestions("a").suggestions(0).obstacle(), v1::OBSTACLE_TOO_LITTLE);
  EXPECT_EQ(Suggestions("a").suggestions(0).second_obstacle(), v1::OBSTACLE_UNSPECIFIED);
  EXPECT_FALSE(Suggestions("a").suggestions(0).has_margin());
  EXPECT_EQ(Suggestions("b").suggestions_size(), 1);
  KeepApart("a", "b");
  EXPECT_EQ(Suggestions("a").suggestions_size(), 0);
  EXPECT_EQ(Suggestions("b").suggestions_size(), 0);
}

TEST_F(CandidatesTest, NumberTypedIsConfirmedByWhatAgrees) {
  Says known = kNoor, typed = {"", "", 1984, 4, 12};
  known.identifiers = {Bsn(kBsnA, v1::VERIFIED_BY_ID_DOCUMENT)};
  typed.identifiers = {Bsn(kBsnA, v1::VERIFIED_BY_TYPED)};
  Take(Call("known", known));
  Take(Call("typed", typed));
  EXPECT_EQ(Citizen("known"), Citizen("typed"));
  EXPECT_EQ(RowOf("known").assurance(), v1::ASSURANCE_ESTABLISHED);
  EXPECT_EQ(RowOf("typed").assurance(), v1::ASSURANCE_CONFIRMED);
  EXPECT_EQ(Explained("typed").rule(), v1::JOIN_RULE_TYPED_NUMBER);
  EXPECT_EQ(Explained("known").rule(), v1::JOIN_RULE_NUMBER);
  ExpectAnyOrderGivesTheSame();
}

TEST_F(CandidatesTest, NumberTypedByAnotherJoinsNobody) {
  Says known = kNoor, typed = {"Karel", "Steenhuis", 1951, 1, 3};
  known.identifiers = {Bsn(kBsnA, v1::VERIFIED_BY_ID_DOCUMENT)};
  typed.identifiers = {Bsn(kBsnA, v1::VERIFIED_BY_TYPED)};
  Take(Call("known", known));
  Take(Call("typed", typed));
  EXPECT_NE(Citizen("known"), Citizen("typed"));
}

// The registry knows whose number it is: a call with a name finds its citizen.
TEST_F(CandidatesTest, RegistrySaysWhoseNumberItIs) {
  RegistryAnswer answer{kBsnA, true, DetailsOf(kNoor), false, absl::FromUnixSeconds(1'740'000'000)};
  Take(answer);
  EXPECT_EQ(UnansweredBsns(batch_, 10)->size(), 0u);
  Take(Call("log-in", {"", "", 0, 0, 0, "", 0, {Bsn(kBsnA)}}));
  Take(Call("call", kNoor));
  EXPECT_EQ(Citizen("log-in"), Citizen("call"));
  EXPECT_EQ(RowOf("call").assurance(), v1::ASSURANCE_PROBABLE);
  Take(Call("other", {"", "", 0, 0, 0, "", 0, {Bsn(kBsnB)}}));
  EXPECT_EQ(*UnansweredBsns(batch_, 10), std::vector<std::string>{kBsnB});
  EXPECT_TRUE(*RegistryKnows(keys_, batch_, kBsnA));
  EXPECT_FALSE(*RegistryKnows(keys_, batch_, kBsnB));
  ExpectAnyOrderGivesTheSame();

  // It says otherwise later, and the call is nobody's that is known.
  answer.details = DetailsOf({"Karel", "Steenhuis", 1951, 1, 3, "9999ZZ", 1});
  answer.asked_at += absl::Hours(1);
  Take(answer);
  EXPECT_NE(Citizen("log-in"), Citizen("call"));
  ExpectAnyOrderGivesTheSame();
}

TEST_F(CandidatesTest, RegistryAloneIsNoCitizen) {
  Take(RegistryAnswer{kBsnA, true, DetailsOf(kNoor), false, absl::FromUnixSeconds(1'740'000'000)});
  EXPECT_FALSE(absl::StrContains(DumpOf(batch_), "citizen")) << DumpOf(batch_);
  Take(Call("log-in", {"", "", 0, 0, 0, "", 0, {Bsn(kBsnA)}}));
  Take(RetractEvent("exchange", "r", "log-in"));
  size_t standing = 0;
  ASSERT_TRUE(batch_.Scan(Family::kCitizen, "", "", [&](auto, auto value) {
    standing += !DecodeAs<format::CitizenRow>(value, "citizen")->claims().empty();
    return true;
  }).ok());
  EXPECT_EQ(standing, 0u);
}

// One telephone of very many says nothing; of fewer again, it does.
TEST_F(CandidatesTest, ValueAboveItsCapMatchesNobodyUntilBelowAgain) {
  const size_t cap = ShippedModel().candidates_max;
  const auto caller = [](size_t number) {
    return Call(absl::StrCat("c", number), {absl::StrCat("Voornaam", number),
                                            absl::StrFormat("Achternaam%d", number), 0, 0, 0, "", 0,
                                            {Phone("0201234567")}});
  };
  const auto keys = [&] {
    const Person person = *ReadPerson(keys_, batch_, ClaimOf("c0"));
    return person.phones.size() - person.generic.size();
  };
  for (size_t i = 0; i < cap; ++i) Take(caller(i));
  EXPECT_EQ(keys(), 1u);
  Take(caller(cap));
  EXPECT_EQ(keys(), 0u);
  Take(caller(cap + 1));
  EXPECT_EQ(keys(), 0u);
  Take(RetractEvent("exchange", "r1", "c3"));
  EXPECT_EQ(keys(), 0u);
  Take(RetractEvent("exchange", "r2", "c5"));
  EXPECT_EQ(keys(), 1u);
  const std::string phone = CandidateKeys(keys_, *ReadPerson(keys_, batch_, ClaimOf("c0"))).front().index;
  EXPECT_EQ(ContentsAt(batch_, phone, 1000)->size(), cap);
  ExpectAnyOrderGivesTheSame();
}

// A slip in the whole birth date is found where few are called so; where many
// are, only who may have been born the same day is compared.
TEST_F(CandidatesTest, NameOfManyFindsWhoeverMayBeBornTheSameDay) {
  const auto noor = [](const std::string& id, int year, int month, int day) {
    return Call(id, {"Noor", "Berkenbosch", year, month, day});
  };
  const auto compared = [&](const std::string& contact) {
    std::set<std::string> others;
    const auto edges = EdgesOf(batch_, ClaimOf(contact));
    for (const Edge& edge : *edges) others.insert(edge.other);
    return others;
  };
  Take(noor("a", 1984, 4, 12));
  Take(noor("b", 1951, 9, 27));
  Take(noor("slip", 1984, 4, 13));
  EXPECT_TRUE(compared("a").contains(ClaimOf("b")));
  // None of them has year, month or day in common with another.
  for (int i = 0; i < 5; ++i) Take(noor(absl::StrCat("c", i), 1990 + i, 5 + i % 4, 1 + i));
  EXPECT_TRUE(compared("a").contains(ClaimOf("b")));
  Take(noor("c5", 1935, 10, 8));
  EXPECT_EQ(compared("a"), std::set<std::string>{ClaimOf("slip")});
  EXPECT_TRUE(compared("b").empty());
  Take(noor("c6", 1936, 11, 9));
  EXPECT_TRUE(compared("c6").empty());
  ExpectAnyOrderGivesTheSame();

  Take(RetractEvent("exchange", "r1", "c6"));
  EXPECT_TRUE(compared("b").empty());
  Take(RetractEvent("exchange", "r2", "c5"));
  EXPECT_TRUE(compared("b").contains(ClaimOf("a")));
  EXPECT_EQ(compared("b").size(), 7u);
  ExpectAnyOrderGivesTheSame();
}

// Whose birth date is not known may be any of them, up to the cap.
TEST_F(CandidatesTest, NameOfManyFindsWhoseBirthDateIsNotKnown) {
  for (int i = 0; i < 12; ++i) {
    Take(Call(absl::StrCat("c", i), {"Noor", "Berkenbosch", 1990 + i, 1 + i, 1 + i}));
  }
  Take(Call("unknown", {"Noor", "Berkenbosch", 0, 0, 0, "", 0, {Phone("0612345678")}}));
  EXPECT_EQ(EdgesOf(batch_, ClaimOf("unknown"))->size(), 12u);
  ExpectAnyOrderGivesTheSame();
}

// How two compare does not depend on who else has the telephone of one of them.
TEST_F(CandidatesTest, ValueThatBecomesGenericLeavesOthersComparedAsTheyWere) {
  const size_t cap = ShippedModel().candidates_max;
  Says mobile = kNoor, desk = kNoor;
  mobile.identifiers = {Phone("0612345678")};
  desk.identifiers = {Phone("0201234567")};
  desk.day = 27;
  desk.postcode = "9999ZZ";
  Take(Call("mobile", mobile));
  Take(Call("desk", desk));
  for (size_t i = 0; i <= cap; ++i) {
    Take(Call(absl::StrCat("c", i), {absl::StrCat("Voornaam", i), absl::StrCat("Achternaam", i), 0,
                                     0, 0, "", 0, {Phone("0201234567")}}));
  }
  ExpectAnyOrderGivesTheSame();
}

// Rows are a function of what stands, whatever came and went.
TEST_F(CandidatesTest, GoneContentLeavesNoRows) {
  const auto rows = [&] {
    std::string all;
    for (const Family family : {Family::kClaim, Family::kIdentifier}) {
      EXPECT_TRUE(batch_.Scan(family, "", "", [&](auto key, auto value) {
        // Who was who before stays.
        const bool past = key[16] == kClaimFactAbout || key[16] == kClaimWas;
        if (family == Family::kClaim && past) return true;
        absl::StrAppend(&all, ToHex(key), " ", ToHex(value), "\n");
        return true;
      }).ok());
    }
    return all;
  };
  Take(Call("a", kNoor));
  const std::string before = rows();
  Says slip = kNoor;
  slip.surname = "Berkenbos";
  Take(Call("b", slip));
  ASSERT_EQ(Citizen("a"), Citizen("b"));
  ASSERT_NE(rows(), before);
  Take(RetractEvent("exchange", "r", "b"));
  EXPECT_EQ(rows(), before);
}

}  // namespace
}  // namespace klantbeeld::store
