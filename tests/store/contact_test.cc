// Also tests: store/merge.cc
#include "store/contact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

#include "store/record.h"
#include "tests/store/events.h"
#include "tests/store/history.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

// Events of one contact (exchange, c), folded as said and in other orders; all
// orders must give the same.
class FoldTest : public testing::Test {
 protected:
  format::EventBody& Add(const std::string& source, int64_t revised, v1::ContactData data = {}) {
    format::EventBody body;
    v1::ContactEvent& event = *body.mutable_event();
    event = About(source, absl::StrCat("e", bodies_.size()), "exchange", "c", revised);
    *event.mutable_data() = std::move(data);
    bodies_.push_back(std::move(body));
    retracted_.push_back(false);
    return bodies_.back();
  }
  void Clear(const std::string& path) {
    bodies_.back().mutable_event()->mutable_cleared()->add_paths(path);
  }
  void Retract(size_t event) { retracted_[event] = true; }

  FoldedContact Folded(bool whole = false) {
    std::vector<size_t> order(bodies_.size());
    std::iota(order.begin(), order.end(), size_t{0});
    FoldedContact first;
    std::mt19937 random(1);
    for (int round = 0; round < 30; ++round) {
      std::vector<FoldEvent> events;
      for (const size_t i : order) events.push_back({&bodies_[i], retracted_[i]});
      FoldedContact folded = Fold(events, whole);
      if (round == 0) {
        first = std::move(folded);
      } else {
        EXPECT_EQ(folded.contact.SerializeAsString(), first.contact.SerializeAsString());
        EXPECT_EQ(folded.parties.size(), first.parties.size());
      }
      std::shuffle(order.begin(), order.end(), random);
    }
    return first;
  }
  v1::ContactData Data() { return Folded().contact.data(); }
  std::vector<int> Flags() {
    const auto folded = Folded();
    return {folded.contact.flags().begin(), folded.contact.flags().end()};
  }
  // The one party's identifiers: "type value".
  std::vector<std::string> Standing() { return Texts(Folded().parties.at(0).identifiers); }
  std::vector<std::string> Contested() { return Texts(Folded().parties.at(0).contested); }

  static v1::ContactData With(const std::string& json) { return FromJson<v1::ContactData>(json); }
  static v1::ContactData Of(const std::vector<v1::Identifier>& identifiers) {
    v1::ContactData data;
    *data.add_parties() = PartyOf("customer", identifiers);
    return data;
  }

 private:
  static std::vector<std::string> Texts(const std::vector<v1::Identifier>& identifiers) {
    std::vector<std::string> texts;
    for (const auto& one : identifiers) texts.push_back(one.value());
    return texts;
  }
  std::vector<format::EventBody> bodies_;
  std::vector<bool> retracted_;
};

TEST_F(FoldTest, LatestRevisionWinsFieldByField) {
  Add("exchange", 2, With(R"({"note":"later","channel":"CHANNEL_PHONE"})"));
  Add("exchange", 1, With(R"({"note":"earlier","subject":"Paspoort"})"));
  EXPECT_EQ(Data().note(), "later");
  EXPECT_EQ(Data().subject(), "Paspoort");
  EXPECT_EQ(Data().channel(), v1::CHANNEL_PHONE);
}

TEST_F(FoldTest, EqualRevisionsGoBySourceThenEventId) {
  Add("exchange", 1, With(R"({"note":"exchange","subject":"first"})"));
  Add("desk", 1, With(R"({"note":"desk"})"));
  Add("exchange", 1, With(R"({"subject":"second"})"));
  EXPECT_EQ(Data().note(), "exchange");
  EXPECT_EQ(Data().subject(), "second");
}

TEST_F(FoldTest, EqualRevisionWithOtherValueIsFlagged) {
  Add("exchange", 1, With(R"({"note":"a"})"));
  Add("desk", 1, With(R"({"note":"b"})"));
  EXPECT_THAT(Flags(), ElementsAre(v1::CONTACT_FLAG_EQUAL_REVISION_DIFFERS));
}

TEST_F(FoldTest, EqualRevisionWithSameOrOtherFieldsIsNot) {
  Add("exchange", 1, With(R"({"note":"a"})"));
  Add("desk", 1, With(R"({"note":"a","subject":"b"})"));
  Add("desk", 2, With(R"({"note":"c"})"));
  EXPECT_THAT(Flags(), ElementsAre());
}

TEST_F(FoldTest, ClearedAtTheSameMomentAsSaidIsFlagged) {
  Add("desk", 1);
  Clear("note");
  Add("exchange", 1, With(R"({"note":"a"})"));
  EXPECT_EQ(Data().note(), "a");
  EXPECT_THAT(Flags(), ElementsAre(v1::CONTACT_FLAG_EQUAL_REVISION_DIFFERS));
}

TEST_F(FoldTest, NotSaidIsNotTakenBackButClearedIs) {
  Add("exchange", 1, With(R"({"note":"a","subject":"s","product":{"name":"p","code":"c"}})"));
  Add("exchange", 2);
  EXPECT_EQ(Data().note(), "a");
  Add("desk", 3);
  Clear("note");
  Clear("product.code");
  Clear("no_such_field");
  EXPECT_FALSE(Data().has_note());
  EXPECT_EQ(Data().subject(), "s");
  EXPECT_EQ(Data().product().name(), "p");
  EXPECT_FALSE(Data().product().has_code());
}

TEST_F(FoldTest, OneEventThatClearsAndSaysLeavesWhatItSays) {
  Add("exchange", 1, With(R"({"note":"a"})"));
  Add("exchange", 2, With(R"({"note":"b"})"));
  Clear("note");
  EXPECT_EQ(Data().note(), "b");
}

TEST_F(FoldTest, PresenceOfFalseAndZeroIsKept) {
  Add("exchange", 1, With(R"({"reached":true,"confidential":true})"));
  Add("exchange", 2, With(R"({"reached":false})"));
  EXPECT_TRUE(Data().has_reached());
  EXPECT_FALSE(Data().reached());
  EXPECT_TRUE(Data().confidential());
}

TEST_F(FoldTest, ListIsReplacedWhole) {
  Add("exchange", 1, With(R"({"tags":["a","b"],"cases":["z1"]})"));
  Add("exchange", 2, With(R"({"tags":["c"]})"));
  EXPECT_THAT(Data().tags(), ElementsAre("c"));
  EXPECT_THAT(Data().cases(), ElementsAre("z1"));
}

TEST_F(FoldTest, TimesAreReplacedNotMerged) {
  Add("exchange", 1, With(R"({"occurredAt":"2025-03-03T10:00:00.5Z","waited":"10.5s"})"));
  Add("exchange", 2, With(R"({"occurredAt":"2025-03-03T11:00:00Z","waited":"3s"})"));
  EXPECT_EQ(Data().occurred_at().nanos(), 0);
  EXPECT_EQ(Data().waited().seconds(), 3);
  EXPECT_EQ(Data().waited().nanos(), 0);
}

TEST_F(FoldTest, LaterKindOfChannelDetailsStands) {
  Add("exchange", 1, With(R"({"call":{"transfers":1}})"));
  Add("desk", 2, With(R"({"letter":{"registration":"r"}})"));
  EXPECT_EQ(Data().channel_details_case(), v1::ContactData::kLetter);
  Add("exchange", 3, With(R"({"call":{"transfers":2}})"));
  EXPECT_EQ(Data().channel_details_case(), v1::ContactData::kCall);
  EXPECT_EQ(Data().call().transfers(), 2);
}

TEST_F(FoldTest, PartiesFoldByKeyAndFieldByField) {
  Add("exchange", 1, With(R"({"parties":[{"key":"customer","initiator":true,"details":
      {"surname":"Jansen","address":{"postcode":"1234AB","houseNumber":1}}}]})"));
  Add("desk", 2, With(R"({"parties":[{"key":"subject"},{"key":"customer","details":
      {"initials":"J","address":{"houseNumber":2}}}]})"));
  const FoldedContact folded = Folded();
  ASSERT_EQ(folded.parties.size(), 2u);
  const auto& details = folded.parties[0].details;
  EXPECT_EQ(folded.parties[0].key, "customer");
  EXPECT_EQ(details.surname(), "Jansen");
  EXPECT_EQ(details.initials(), "J");
  EXPECT_EQ(details.address().postcode(), "1234AB");
  EXPECT_EQ(details.address().house_number(), 2);
  EXPECT_TRUE(folded.contact.data().parties(0).initiator());
  EXPECT_EQ(folded.contact.data().parties(1).role(), v1::PARTY_ROLE_SUBJECT);
}

TEST_F(FoldTest, BirthDateIsReplacedWhole) {
  Add("exchange", 1, With(R"({"parties":[{"key":"customer","details":{"birthDate":
      {"year":1980,"month":2,"day":3}}}]})"));
  Add("desk", 2, With(R"({"parties":[{"key":"customer","details":{"birthDate":{"year":1981}}}]})"));
  const auto details = Folded().parties.at(0).details;
  EXPECT_EQ(details.birth_date().year(), 1981);
  EXPECT_FALSE(details.birth_date().has_month());
}

TEST_F(FoldTest, PartyMaskTakesBackItsOwnFieldsOnly) {
  Add("exchange", 1, With(R"({"parties":[
      {"key":"customer","initiator":true,"details":{"surname":"A","initials":"B"}},
      {"key":"subject","details":{"surname":"C"}}]})"));
  Add("desk", 2, With(R"({"parties":[{"key":"customer","cleared":"details.surname,initiator"}]})"));
  const FoldedContact folded = Folded();
  EXPECT_FALSE(folded.parties[0].details.has_surname());
  EXPECT_EQ(folded.parties[0].details.initials(), "B");
  EXPECT_FALSE(folded.contact.data().parties(0).has_initiator());
  EXPECT_EQ(folded.parties[1].details.surname(), "C");
  EXPECT_FALSE(folded.contact.data().parties(0).has_cleared());
}

TEST_F(FoldTest, FoldedNamesFollowTheNamesTheyWereMadeOf) {
  format::EventBody& first = Add(
      "exchange", 1,
      With(R"({"parties":[{"key":"customer","details":{"surname":"de Boer","initials":"B"}}]})"));
  auto* names = first.add_names();
  names->set_party_key("customer");
  names->set_surname("boer");
  names->set_initials("b");
  Add("desk", 2, With(R"({"parties":[{"key":"customer","cleared":"details.initials"}]})"));
  const auto folded = Folded().parties.at(0).names;
  EXPECT_EQ(folded.surname(), "boer");
  EXPECT_FALSE(folded.has_initials());
}

// --- Identifiers.

TEST_F(FoldTest, LatestNumberOfASourceStands) {
  Add("exchange", 1, Of({Bsn(kBsnA)}));
  Add("exchange", 2, Of({Bsn(kBsnB, v1::VERIFIED_BY_TYPED)}));
  EXPECT_THAT(Standing(), ElementsAre(kBsnB));
}

TEST_F(FoldTest, BestVerifiedNumberOverSourcesStands) {
  Add("exchange", 1, Of({Bsn(kBsnA)}));
  Add("desk", 2, Of({Bsn(kBsnB, v1::VERIFIED_BY_CONTROL_QUESTIONS)}));
  Add("crm", 3, Of({Bsn(kBsnC, v1::VERIFIED_BY_TYPED)}));
  EXPECT_THAT(Standing(), ElementsAre(kBsnA));
  EXPECT_THAT(Contested(), ElementsAre());
  EXPECT_THAT(Flags(), ElementsAre());
}

TEST_F(FoldTest, EquallyVerifiedDifferentNumbersAreContested) {
  Add("exchange", 1, Of({Bsn(kBsnA)}));
  Add("desk", 2, Of({Bsn(kBsnB, v1::VERIFIED_BY_ID_DOCUMENT)}));
  EXPECT_THAT(Standing(), ElementsAre());
  EXPECT_THAT(Contested(), UnorderedElementsAre(kBsnA, kBsnB));
  EXPECT_THAT(Flags(), ElementsAre(v1::CONTACT_FLAG_IDENTIFIER_CONTESTED));
  EXPECT_EQ(Data().parties(0).identifiers_size(), 2);
}

TEST_F(FoldTest, SameNumberOverSourcesIsNotContested) {
  Add("exchange", 1, Of({Bsn(kBsnA)}));
  Add("desk", 2, Of({Bsn(kBsnA, v1::VERIFIED_BY_ID_DOCUMENT)}));
  EXPECT_THAT(Standing(), ElementsAre(kBsnA));
}

TEST_F(FoldTest, SameVestigingNumberUnderAnotherKvkIsContested) {
  v1::Identifier one = Identifier(v1::IDENTIFIER_TYPE_VESTIGING, "000000000001"), other = one;
  one.set_parent("11111111");
  other.set_parent("22222222");
  Add("exchange", 1, Of({one}));
  Add("desk", 1, Of({other}));
  EXPECT_EQ(Contested().size(), 2u);
}

TEST_F(FoldTest, OtherIdentifiersAreTheUnionOfEachSourcesLatestList) {
  Add("exchange", 1, Of({Phone("+31612345678"), Phone("+31201234567")}));
  Add("desk", 2, Of({Session("s"), Identifier(v1::IDENTIFIER_TYPE_EMAIL, "a@b.nl")}));
  Add("exchange", 3, Of({Phone("+31612345678")}));
  EXPECT_THAT(Standing(), UnorderedElementsAre("+31612345678", "s", "a@b.nl"));
}

TEST_F(FoldTest, ReexportOfOnlyTheNumberKeepsWhatTheAgentVerified) {
  Add("exchange", 1, Of({Phone("+31612345678")}));
  Add("desk", 2, Of({Bsn(kBsnA, v1::VERIFIED_BY_ID_DOCUMENT)}));
  Add("exchange", 3, Of({Phone("+31612345678")}));
  EXPECT_THAT(Standing(), UnorderedElementsAre(kBsnA, "+31612345678"));
}

TEST_F(FoldTest, EmptyListSaysNothing) {
  Add("exchange", 1, Of({Phone("+31612345678")}));
  Add("exchange", 2, Of({}));
  EXPECT_THAT(Standing(), ElementsAre("+31612345678"));
}

TEST_F(FoldTest, ClearingTakesTheClearingSourcesListOnly) {
  Add("exchange", 1, Of({Phone("+31612345678"), Bsn(kBsnA, v1::VERIFIED_BY_TYPED)}));
  Add("desk", 1, Of({Phone("+31201234567")}));
  v1::ContactData cleared = Of({});
  cleared.mutable_parties(0)->mutable_cleared()->add_paths("identifiers");
  Add("exchange", 2, cleared);
  EXPECT_THAT(Standing(), ElementsAre("+31201234567"));
}

TEST_F(FoldTest, BetterVerifiedSightingOfTheSameValueStands) {
  Add("exchange", 1, Of({Session("s", v1::VERIFIED_BY_UNSPECIFIED)}));
  Add("desk", 1, Of({Session("s", v1::VERIFIED_BY_DIGID)}));
  ASSERT_EQ(Standing().size(), 1u);
  EXPECT_EQ(Folded().parties[0].identifiers[0].verified(), v1::VERIFIED_BY_DIGID);
}

TEST_F(FoldTest, OtherRegistersDoNotCollide) {
  v1::Identifier a = Identifier(v1::IDENTIFIER_TYPE_OTHER, "1"), b = a;
  a.set_register_("crm");
  b.set_register_("erp");
  Add("exchange", 1, Of({a, b}));
  EXPECT_EQ(Standing().size(), 2u);
}

// --- The whole contact.

TEST_F(FoldTest, RetractedEventSaysNothing) {
  Add("exchange", 1, With(R"({"note":"a","channel":"CHANNEL_PHONE"})"));
  Add("desk", 2, With(R"({"note":"b"})"));
  Retract(1);
  EXPECT_EQ(Data().note(), "a");
  Retract(0);
  EXPECT_TRUE(Folded().contact.retracted());
}

TEST_F(FoldTest, ContactTakenBackHasNothing) {
  Add("exchange", 1, Of({Bsn(kBsnA)}));
  const FoldedContact folded = Folded(true);
  EXPECT_TRUE(folded.contact.retracted());
  EXPECT_FALSE(folded.contact.has_data());
  EXPECT_TRUE(folded.parties.empty());
}

TEST_F(FoldTest, IncompleteUntilItsOwnSourceAndAChannelSpoke) {
  Add("desk", 1, With(R"({"channel":"CHANNEL_PHONE"})"));
  EXPECT_TRUE(Folded().contact.incomplete());
  Add("exchange", 2);
  EXPECT_FALSE(Folded().contact.incomplete());
  Retract(0);
  EXPECT_TRUE(Folded().contact.incomplete());
}

TEST_F(FoldTest, HappenedIsOccurredElsePlannedElseTheEarliestRevision) {
  Add("exchange", 7);
  Add("desk", 5);
  EXPECT_EQ(Folded().happened_us, ToMicros(At(5)));
  EXPECT_TRUE(Folded().contact.happened_at_revision());
  v1::ContactData planned;
  *planned.mutable_planned_at() = At(60);
  Add("desk", 8, planned);
  EXPECT_EQ(Folded().happened_us, ToMicros(At(60)));
  EXPECT_FALSE(Folded().contact.happened_at_revision());
  v1::ContactData occurred;
  *occurred.mutable_occurred_at() = At(61);
  Add("desk", 9, occurred);
  EXPECT_EQ(Folded().happened_us, ToMicros(At(61)));
}

TEST_F(FoldTest, EndBeforeStartOverTwoSourcesIsFlagged) {
  v1::ContactData start, end;
  *start.mutable_occurred_at() = At(10);
  *end.mutable_ended_at() = At(10);
  Add("exchange", 1, start);
  Add("desk", 2, end);
  EXPECT_THAT(Flags(), ElementsAre());
  *end.mutable_ended_at() = At(9);
  Add("desk", 3, end);
  EXPECT_THAT(Flags(), ElementsAre(v1::CONTACT_FLAG_ENDS_BEFORE_START));
}

TEST_F(FoldTest, NinthPartyIsFlaggedAndTheFirstEightByKeyStand) {
  for (int i = 8; i >= 0; --i) {
    if (i == 0) {
      EXPECT_THAT(Flags(), ElementsAre());
    }
    v1::ContactData data;
    *data.add_parties() = PartyOf(absl::StrCat("p", i), {});
    Add(absl::StrCat("source", i), 1, data);
  }
  EXPECT_THAT(Flags(), ElementsAre(v1::CONTACT_FLAG_TOO_MANY_PARTIES));
  const FoldedContact folded = Folded();
  ASSERT_EQ(folded.parties.size(), 8u);
  EXPECT_EQ(folded.parties.back().key, "p7");
}

TEST_F(FoldTest, OneEventAloneStandsAsSaid) {
  Add("exchange", 1,
      With(
          R"({"note":"a","channel":"CHANNEL_WEB","occurredAt":"2025-03-03T10:00:00Z","parties":[{"key":"customer",
      "identifiers":[{"type":"IDENTIFIER_TYPE_BSN","value":"999990019"}]}]})"));
  const FoldedContact alone = Folded();
  // Beside an event that says nothing it goes the long way, and must end alike.
  Add("exchange", 0);
  EXPECT_EQ(Folded().contact.SerializeAsString(), alone.contact.SerializeAsString());
}

TEST(Roles, FollowTheKeyWhereNotSaid) {
  EXPECT_EQ(RoleOf(PartyOf("representative", {})), v1::PARTY_ROLE_REPRESENTATIVE);
  EXPECT_EQ(RoleOf(PartyOf("mother", {})), v1::PARTY_ROLE_CUSTOMER);
  v1::Party said = PartyOf("customer", {});
  said.set_role(v1::PARTY_ROLE_SUBJECT);
  EXPECT_EQ(RoleOf(said), v1::PARTY_ROLE_SUBJECT);
  EXPECT_EQ(KeyOfRole(v1::PARTY_ROLE_CONTACT_PERSON), "contact_person");
  EXPECT_EQ(KeyOfRole(v1::PARTY_ROLE_UNSPECIFIED), "customer");
}

}  // namespace
}  // namespace klantbeeld::store
