// Also tests: store/identity/clusters.cc
// The rules of who is who, one row per rule and per edge, each in many orders
// of claims and decisions.
#include "store/identity/partition.h"

#include <gtest/gtest.h>

#include <map>
#include <ostream>

#include "tests/store/scenario.h"

namespace klantbeeld::store {
namespace {

struct Row {
  const char* name;
  Scenario scenario;
  const char* want;
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class Rules : public testing::TestWithParam<Row> {};

TEST_P(Rules, HoldInAnyOrder) {
  std::mt19937 random(1);
  for (int order = 0; order < 60; ++order) {
    const PartitionInput input = InputOf(GetParam().scenario, order == 0 ? nullptr : &random);
    ASSERT_EQ(TextOf(input, Partition(input).citizens), GetParam().want) << "order " << order;
  }
}

std::string NameOf(const testing::TestParamInfo<Row>& info) { return info.param.name; }

const Row kNumberRows[] = {
    {"SameVerifiedBsnJoins", {"a!bsn1 b!bsn1"}, "ab=citizen of bsn1"},
    {"TwoBsnsNever", {"a!bsn1 b!bsn2"}, "a=citizen of bsn1 b=citizen of bsn2"},
    {"UnverifiedBsnNeverJoins", {"a?bsn1 b?bsn1"}, "a b"},
    {"UnverifiedBsnDoesNotJoinAVerifiedOne", {"a?bsn1 b!bsn1"}, "a b=citizen of bsn1"},
    {"SameRsinJoins", {"a!rsin1 b!rsin1"}, "ab"},
    {"RsinWithTwoKvksJoinsNobody", {"a!rsin1?kvk1 b!rsin1?kvk2 c!rsin1"}, "a b c"},
    {"RsinWithOneKvkJoins", {"a!rsin1?kvk1 b!rsin1 c!rsin1?kvk1"}, "abc"},
    {"SameKvkAndVestigingJoins", {"a?kvk1?vest11!/1/11 b?kvk1?vest11!/1/11"}, "ab"},
    {"TwoVestigingenAreTwo", {"a?kvk1?vest11@s b?kvk1?vest12@s"}, "a b"},
    {"ContestedNumbersJoinNobody",
     {"a#bsn1,bsn2 b!bsn1 c!bsn2"},
     "a b=citizen of bsn1 c=citizen of bsn2"},
    {"PersonAndOrganisationStayApart", {"a!bsn1@s b!kvk1@s"}, "a=citizen of bsn1 b"},
    {"BsnHeldByPersonAndOrganisationNamesNeither", {"a!bsn1 b!bsn1?kvk1"}, "a b"},
};

const Row kLoginRows[] = {
    {"SameSessionJoins", {"a@s b@s"}, "ab"},
    {"SessionTakesTheNameOfItsBsn", {"a@s b!bsn1@s c@s"}, "abc=citizen of bsn1"},
    {"SessionWithTwoBsnsJoinsNobody",
     {"a!bsn1@s b!bsn2@s c@s"},
     "a=citizen of bsn1 b=citizen of bsn2 c"},
    {"UnverifiedBsnCountsTowardsTwo", {"a!bsn1@s b?bsn2@s c@s"}, "a=citizen of bsn1 b c"},
    {"SessionWithTwoBsnsSpoilsNoOther",
     {"a!bsn1@s@t b!bsn2@s d@t"},
     "ad=citizen of bsn1 b=citizen of bsn2"},
    {"SessionsThatTogetherHoldTwoBsnsJoinNobody",
     {"a!bsn1@s b@s@t c!bsn2@t"},
     "a=citizen of bsn1 b c=citizen of bsn2"},
    {"SessionJoinsThroughTheHub", {"a!bsn1@s b!bsn1@t c@s d@t"}, "abcd=citizen of bsn1"},
};

const Row kLinkRows[] = {
    {"LinkJoins", {"a* b*", "a+b@1"}, "ab"},
    {"LinkOfTwoBsnsNever", {"a!bsn1* b!bsn2*", "a+b@1"}, "a=citizen of bsn1 b=citizen of bsn2"},
    {"UnverifiedBsnForbidsALink", {"a?bsn1* b!bsn2*", "a+b@1"}, "a b=citizen of bsn2"},
    {"OlderOfTwoContradictingLinksHolds",
     {"a!bsn1* b* c!bsn2*", "a+b@1 b+c@2"},
     "ab=citizen of bsn1 c=citizen of bsn2"},
    {"OlderOfTwoContradictingLinksHoldsTheOtherWay",
     {"a!bsn1* b* c!bsn2*", "a+b@2 b+c@1"},
     "a=citizen of bsn1 bc=citizen of bsn2"},
    {"EquallyOldLinksGoById",
     {"a!bsn1* b* c!bsn2*", "b+c@1 a+b@1"},
     "ab=citizen of bsn1 c=citizen of bsn2"},
    {"LinkIsWholeOrNotAtAll",
     {"a!bsn1* b* c!bsn2*", "ab+c@1"},
     "a=citizen of bsn1 b c=citizen of bsn2"},
    {"BsnJoinsBeforeALinkSplits",
     {"a!bsn1* b* c!bsn2* d!bsn1", "b+c@1 a+b@2"},
     "ad=citizen of bsn1 bc=citizen of bsn2"},
    {"LinkTakesASessionAlong", {"a@s* c@s b!bsn1*", "a+b@1"}, "abc=citizen of bsn1"},
    {"ContestedPartyCannotBeLinked", {"a#bsn1,bsn2* b*", "a+b@1"}, "a b"},
    {"LinkOfPersonAndOrganisationNever", {"a?bsn1* b?kvk1*", "a+b@1"}, "a b"},
};

const Row kUnlinkRows[] = {
    {"UnlinkBeatsTheSameBsn", {"a!bsn1* b!bsn1*", "a-b@1:bsn1"}, "a b=citizen of bsn1"},
    {"UnlinkBeatsTheSameSession", {"a@s* b@s*", "a-b@1:s"}, "a b"},
    {"SuspendedSessionStillSpeaksAgainstAnotherBsn",
     {"a!bsn1@s* c@s* d!bsn2@s", "a-c@1:s"},
     "a=citizen of bsn1 c d=citizen of bsn2"},
    {"UnlinkBeatsTheSameContent", {"a=x* b=x*", "a-b@1:x"}, "a b"},
    {"UnlinkBeatsAnEarlierLink", {"a* b*", "a+b@1 a-b@2"}, "a b"},
    {"UnlinkHoldsAlthoughABridgeIsLinkedLater", {"a* b* x*", "a-b@1 a+x@2 x+b@3"}, "ax b"},
    {"UnlinkHoldsAgainstASharedThird",
     {"a!bsn1* b!bsn1* x!bsn1", "a-b@1:bsn1"},
     "a bx=citizen of bsn1"},
    {"NextOfTheSameBsnJoinsTheKeptSide",
     {"b!bsn1* c!bsn1* a!bsn1", "b-c@1:bsn1"},
     "ac=citizen of bsn1 b"},
    {"TakenOutTogetherStayTogether",
     {"a!bsn1* b!bsn1* c!bsn1*", "ab-c@1:bsn1"},
     "ab c=citizen of bsn1"},
    {"TakenOutOneAfterTheOtherPart",
     {"a!bsn1* b!bsn1* c!bsn1*", "a-bc@1:bsn1 b-c@2:bsn1"},
     "a b c=citizen of bsn1"},
    {"ValueSharedOnlyLaterIsTreatedAlike", {"a@s* b@s* c@s", "a-b@1"}, "a bc"},
    {"ValueNotSharedStillJoins", {"a!bsn1@t* b!bsn1* c@t", "a-b@1:bsn1"}, "ac b=citizen of bsn1"},
    {"SuspendedBsnStillVetoes",
     {"a!bsn1* b!bsn1* c!bsn2*", "a-b@1:bsn1 a+c@2"},
     "a b=citizen of bsn1 c=citizen of bsn2"},
    {"LaterLinkEndsTheDispute", {"a!bsn1* b!bsn1*", "a-b@1:bsn1 a+b@2"}, "ab=citizen of bsn1"},
    {"EarlierLinkDoesNot", {"a!bsn1* b!bsn1*", "a+b@1 a-b@2:bsn1"}, "a b=citizen of bsn1"},
    {"LaterLinkEndsItForThatPartyOnly",
     {"a!bsn1* b!bsn1* c!bsn1*", "ab-c@1:bsn1 a+c@2"},
     "ac=citizen of bsn1 b"},
    {"LinkWithAnyOfTheKeptSideEndsIt",
     {"a!bsn1* b!bsn1* c!bsn1*", "a-bc@1:bsn1 a+c@2"},
     "abc=citizen of bsn1"},
    {"UnlinkAfterTheRelinkCountsAgain",
     {"a!bsn1* b!bsn1*", "a-b@1:bsn1 a+b@2 a-b@3:bsn1"},
     "a b=citizen of bsn1"},
    {"UnlinkTheOtherWayRoundTakesTheOtherOut",
     {"a!bsn1* b!bsn1*", "b-a@1:bsn1"},
     "a=citizen of bsn1 b"},
    {"LinkOfOneWhoIsNotTakenOutEndsNothing",
     {"a!bsn1* b!bsn1* d*", "a-b@1:bsn1 d+b@2"},
     "a bd=citizen of bsn1"},
    {"WholeSideIsTakenOutOfALinkedGroup", {"a* b* c*", "ab+c@1 a-bc@2"}, "a bc"},
    {"LinkTakenBackHoldsNeitherSideTogether", {"a* b* c*", "ab+c@1 c-ab@2"}, "a b c"},
    {"LinkTakenBackLeavesASessionThatJoinedNobody",
     {"a*@s b*@s c@s", "a+b@1 b-a@2:s", "ab"},
     "a b c"},
    {"LinkTakenBackEndsNoEarlierUnlink",
     {"a!bsn1* b!bsn1* c!bsn1", "a-b@1:bsn1 a+b@2 b-a@3:bsn1"},
     "a bc=citizen of bsn1"},
    {"UnlinkThatTakesALinkBackWakesWhereTheyWouldBeOne",
     {"a!bsn1* b!bsn1* c!bsn1", "a+b@1 b-a@2"},
     "ac=citizen of bsn1 b"},
};

const Row kContentRows[] = {
    {"OwnClaimFallsBackToItsContent", {"a=x* b=x"}, "ab"},
    {"NotWhileALinkHoldsIt", {"a=x* b=x c=y*", "a+c@1"}, "ac b"},
    {"ButWhenTheLinkHasNoEffect",
     {"a=x?bsn1* b=x?bsn1 c=y!bsn2*", "a+c@1"},
     "ab c=citizen of bsn2"},
    {"NeverAgainstAnUnlink", {"a=x* b=x c=x*", "a-c@1:x"}, "a bc"},
    {"AfterLinkAndUnlinkItFallsBack", {"a=x* b=x c=y*", "a+c@1 a-c@2"}, "ab c"},
    {"ContentIsTheWeakestClass", {"a=x@s* b=x?bsn1 c!bsn2@s"}, "ac=citizen of bsn2 b"},
    {"OneThatIsAloneAnywayDoesNotFallBack", {"a=x% b=x"}, "a b"},
};

const Row kCoPartyRows[] = {
    {"PartiesOfOneContactStayApart", {"a@s b@s", "", "ab"}, "a b"},
    {"UnlessTheyShareABsn", {"a!bsn1 b!bsn1", "", "ab"}, "ab=citizen of bsn1"},
    {"SameBsnWithoutOthersIsNotSpoilt", {"a!bsn1 b!bsn1 c!bsn1", "", "ab"}, "abc=citizen of bsn1"},
    {"TwoNumbersOfOneOrganisationAreNotTheSame", {"a!rsin1 b!/1/ c!rsin1!/1/", "", "ab"}, "a b c"},
    {"OrAPersonLinkedThem", {"a* b*", "a+b@1", "ab"}, "ab"},
    {"NotByALinkThatListsOneOfThem", {"a* b@s* c@s*", "a+c@1", "ab"}, "a bc"},
    {"LinkThatListsBothTakesThemTogether", {"a* b* c*", "a+c@1 b+ac@2", "ab"}, "abc"},
    {"SecondOfTwoLinksToOneThirdIsRefused", {"a* b* c*", "a+c@1 b+c@2", "ab"}, "ac b"},
    {"ContentDoesNotJoinThem", {"a=x* b=x*", "", "ab"}, "a b"},
};

const Row kFoundRows[] = {
    {"FoundJoinsWhoHasTheNumber", {"a!bsn1 b~bsn1"}, "ab=citizen of bsn1"},
    {"FoundAloneNamesNobody", {"a~bsn1 b~bsn1"}, "ab"},
    {"FoundNeverJoinsAnotherNumber", {"a!bsn2@s b~bsn1@s"}, "a=citizen of bsn2 b"},
    {"FoundForbidsALinkWithAnother", {"a~bsn1* b!bsn2*", "a+b@1"}, "a b=citizen of bsn2"},
    {"TypedNumberIsNobodysToJoin", {"a?bsn1 b~bsn1"}, "a b"},
    {"LinkedComesAlong", {"a* b~bsn1* c!bsn1", "a+b@1"}, "abc=citizen of bsn1"},
    {"LinkedToAnotherNumberStays", {"a* b~bsn1 c!bsn2* d!bsn1", "a+c@1"},
     "ac=citizen of bsn2 bd=citizen of bsn1"},
    {"UnlinkBeatsIt", {"a~bsn1* b!bsn1*", "a-b@1"}, "a b=citizen of bsn1"},
    {"UnlinkBeatsItAlsoWithTheNextOfThatNumber",
     {"a~bsn1* b* c!bsn1", "a-b@1:bsn1"},
     "a b c=citizen of bsn1"},
    {"FoundAndTakenOutTogetherStayTogether",
     {"a~bsn1* b~bsn1* c!bsn1*", "ab-c@1:bsn1"},
     "ab c=citizen of bsn1"},
    {"LaterLinkEndsTheDisputeOfOneFound", {"a~bsn1* b!bsn1*", "a-b@1 a+b@2"}, "ab=citizen of bsn1"},
    {"PartyOfTheSameContactIsLeftOut", {"a~bsn1 b!bsn1 c~bsn1", "", "ab"}, "a bc=citizen of bsn1"},
    {"TwoFoundInOneContactAreBothLeftOut",
     {"a~bsn1 b~bsn1 c~bsn1 d!bsn1", "", "ab"},
     "a b cd=citizen of bsn1"},
};

INSTANTIATE_TEST_SUITE_P(Found, Rules, testing::ValuesIn(kFoundRows), NameOf);
INSTANTIATE_TEST_SUITE_P(Number, Rules, testing::ValuesIn(kNumberRows), NameOf);
INSTANTIATE_TEST_SUITE_P(Login, Rules, testing::ValuesIn(kLoginRows), NameOf);
INSTANTIATE_TEST_SUITE_P(Link, Rules, testing::ValuesIn(kLinkRows), NameOf);
INSTANTIATE_TEST_SUITE_P(Unlink, Rules, testing::ValuesIn(kUnlinkRows), NameOf);
INSTANTIATE_TEST_SUITE_P(Content, Rules, testing::ValuesIn(kContentRows), NameOf);
INSTANTIATE_TEST_SUITE_P(CoParty, Rules, testing::ValuesIn(kCoPartyRows), NameOf);

struct IssueRow {
  const char* name;
  Scenario scenario;
  std::map<char, std::set<v1::CitizenIssue>> want;
};

void PrintTo(const IssueRow& row, std::ostream* out) { *out << row.name; }

class Issues : public testing::TestWithParam<IssueRow> {};

TEST_P(Issues, AreRaisedWithThoseConcerned) {
  std::mt19937 random(1);
  for (int order = 0; order < 20; ++order) {
    const PartitionInput input = InputOf(GetParam().scenario, &random);
    const auto parts = Partition(input).citizens;
    for (const auto& [claim, issues] : GetParam().want) {
      ASSERT_EQ(IssuesOf(input, parts, claim), issues) << claim << ", order " << order;
    }
  }
}

const IssueRow kIssueRows[] = {
    {"None", {"a!bsn1@s b@s"}, {{'a', {}}}},
    {"SessionWithTwoBsns",
     {"a!bsn1@s b!bsn2@s c@s d@t"},
     {{'a', {v1::CITIZEN_ISSUE_SESSION_TWO_NUMBERS}},
      {'b', {v1::CITIZEN_ISSUE_SESSION_TWO_NUMBERS}},
      {'c', {v1::CITIZEN_ISSUE_SESSION_TWO_NUMBERS}},
      {'d', {}}}},
    {"LinkWithoutEffect",
     {"a!bsn1* b* c!bsn2*", "a+b@1 b+c@2"},
     {{'a', {v1::CITIZEN_ISSUE_LINK_TWO_NUMBERS}}, {'c', {v1::CITIZEN_ISSUE_LINK_TWO_NUMBERS}}}},
    {"ContestedNumber", {"a#bsn1,bsn2"}, {{'a', {v1::CITIZEN_ISSUE_NUMBER_CONTESTED}}}},
    {"LinkOfPartiesOfOneContactBySomeoneElse",
     {"a* b* c*", "a+c@1 b+c@2", "ab"},
     {{'a', {v1::CITIZEN_ISSUE_PARTIES_OF_ONE_CONTACT}},
      {'b', {v1::CITIZEN_ISSUE_PARTIES_OF_ONE_CONTACT}}}},
    {"ContentThatContradictsIsNobodysWork", {"a=x?bsn1* b=x?bsn2*"}, {{'a', {}}, {'b', {}}}},
};

INSTANTIATE_TEST_SUITE_P(All, Issues, testing::ValuesIn(kIssueRows),
                         [](const auto& info) { return std::string(info.param.name); });

std::map<std::string, v1::Assurance> Assurances(const Scenario& scenario) {
  const PartitionInput input = InputOf(scenario);
  std::map<std::string, v1::Assurance> got;
  const PartitionResult result = Partition(input);
  for (const CitizenPart& part : result.citizens) {
    for (size_t i = 0; i < part.claims.size(); ++i) {
      got[input.claims[part.claims[i]].id] = part.assurances[i];
    }
  }
  return got;
}

TEST(Assurance, SaysByWhatAClaimBelongs) {
  auto got = Assurances({"a!bsn1@s* b@s c=x* d=x e*", "a+e@1"});
  EXPECT_EQ(got["a"], v1::ASSURANCE_ESTABLISHED);
  EXPECT_EQ(got["b"], v1::ASSURANCE_ESTABLISHED);
  EXPECT_EQ(got["e"], v1::ASSURANCE_CONFIRMED);
  EXPECT_EQ(got["c"], v1::ASSURANCE_PROBABLE);
}

TEST(Assurance, FoundInTheRegistryIsConfirmed) {
  auto got = Assurances({"a!bsn1 b~bsn1 c~bsn2 d~bsn2"});
  EXPECT_EQ(got["a"], v1::ASSURANCE_ESTABLISHED);
  EXPECT_EQ(got["b"], v1::ASSURANCE_CONFIRMED);
  EXPECT_EQ(got["c"], v1::ASSURANCE_CONFIRMED);
}

TEST(Assurance, LogInThatAPersonLinkedIsConfirmedOnly) {
  auto got = Assurances({"a!bsn1* b@s* c@s d@t", "a+b@1"});
  EXPECT_EQ(got["a"], v1::ASSURANCE_ESTABLISHED);
  EXPECT_EQ(got["b"], v1::ASSURANCE_CONFIRMED);
  EXPECT_EQ(got["c"], v1::ASSURANCE_CONFIRMED);
  EXPECT_EQ(got["d"], v1::ASSURANCE_ESTABLISHED);
}

// Claims of one session, and two of one BSN among them.
PartitionInput Crowd(size_t claims) {
  PartitionInput input;
  for (size_t i = 0; i < claims; ++i) {
    ClaimNode node = ClaimOf(i < 2 ? "a!bsn1@s" : "a@s");
    node.id = node.least_party = absl::StrCat("claim ", 100'000 + i);
    input.claims.push_back(std::move(node));
  }
  return input;
}

TEST(Component, UpToTheCapJoins) {
  const auto parts = Partition(Crowd(kComponentClaimsMax)).citizens;
  ASSERT_EQ(parts.size(), 1u);
  EXPECT_EQ(parts[0].id, "citizen of bsn1");
  EXPECT_TRUE(parts[0].issues.empty());
}

TEST(Component, OverTheCapJoinsByNumberOnly) {
  const auto parts = Partition(Crowd(kComponentClaimsMax + 1)).citizens;
  EXPECT_EQ(parts.size(), kComponentClaimsMax);
  size_t with_bsn = 0;
  for (const CitizenPart& part : parts) {
    EXPECT_TRUE(part.issues.contains(v1::CITIZEN_ISSUE_COMPONENT_TOO_LARGE));
    if (part.id == "citizen of bsn1") with_bsn = part.claims.size();
  }
  EXPECT_EQ(with_bsn, 2u);
}

}  // namespace
}  // namespace klantbeeld::store
