// Also tests: store/identity/identity.cc store/identity/component.cc
#include "store/identity/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "google/rpc/error_details.pb.h"
#include "store/error.h"
#include "tests/store/events.h"
#include "tests/store/history.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::ElementsAre;

v1::PartyRef Ref(const std::string& id, const std::string& party = "customer") {
  return RefOf("website", id, party);
}

class DecideTest : public testing::Test {
 protected:
  std::string Citizen(const std::string& id, const std::string& party = "customer") {
    return store_.CitizenOf("website", id, party);
  }
  v1::ErrorReason LinkRefused(const v1::LinkRequest& request) {
    return ReasonOf(store_.Link(request).status());
  }
  v1::ErrorReason UnlinkRefused(const v1::UnlinkRequest& request) {
    return ReasonOf(store_.Unlink(request).status());
  }
  TempDir temp_;
  TestStore store_{temp_ / "data"};
};

TEST_F(DecideTest, LinkListsBothWholeCitizens) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Bsn(kBsnA), Phone("+31612345678")}),
                    Visit("c", 3, {Phone("+31201234567")}),
                    Visit("d", 4, {Phone("+31201234567")})});
  ASSERT_TRUE(store_.Link(LinkOf("l", 5, Ref("a"), Ref("c"))).ok());
  const auto frame = store_->ReadFeed({}, 4);
  ASSERT_TRUE(frame.ok());
  const v1::FollowResponse response = Response(*frame);
  ASSERT_EQ(response.events_size(), 1);
  EXPECT_EQ(response.events(0).parties_a_size(), 2);
  EXPECT_EQ(response.events(0).parties_b_size(), 2);
  for (const char* id : {"b", "c", "d"}) EXPECT_EQ(Citizen(id), Citizen("a"));
}

TEST_F(DecideTest, DryRunSaysWhatWouldHappenAndWritesNothing) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), Visit("c", 3, {Phone("+31201234567")})});
  const std::string before = store_.Dump();
  v1::LinkRequest link = LinkOf("l", 5, Ref("a"), Ref("c"));
  link.set_dry_run(true);
  const auto trial = store_.Link(link);
  ASSERT_TRUE(trial.ok()) << trial.status();
  EXPECT_EQ(trial->position(), 0u);
  EXPECT_EQ(store_->head(), 2u);
  EXPECT_EQ(store_.Dump(), before);
  link.set_dry_run(false);
  const auto done = store_.Link(link);
  ASSERT_TRUE(done.ok());
  EXPECT_EQ(done->digest(), trial->digest());
  EXPECT_EQ(done->changes(0).SerializeAsString(), trial->changes(0).SerializeAsString());
}

TEST_F(DecideTest, DecisionSentAgainIsRecognised) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), Visit("c", 3, {Phone("+31201234567")}),
                    Visit("d", 4, {Phone("+31612345678")})});
  const auto first = store_.Link(LinkOf("l", 5, Ref("a"), Ref("c")));
  const auto again = store_.Link(LinkOf("l", 5, Ref("a"), Ref("c")));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->duplicate());
  EXPECT_EQ(again->position(), first->position());
  EXPECT_EQ(LinkRefused(LinkOf("l", 5, Ref("a"), Ref("d"))), v1::ERROR_REASON_CONTENT_DIFFERS);
}

TEST_F(DecideTest, WhatIsNotThereCannotBeDecidedAbout) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), Visit("c", 3, {Phone("+31201234567")})});
  EXPECT_EQ(LinkRefused(LinkOf("l", 5, Ref("a"), Ref("x"))), v1::ERROR_REASON_PARTY_NOT_FOUND);
  EXPECT_EQ(LinkRefused(LinkOf("l", 5, Ref("a"), Ref("c", "subject"))),
            v1::ERROR_REASON_PARTY_NOT_FOUND);
  EXPECT_EQ(UnlinkRefused(UnlinkOf("u", 5, {Ref("x")})), v1::ERROR_REASON_PARTY_NOT_FOUND);
  v1::LinkRequest unknown = LinkOf("l", 5, Ref("a"), Ref("c"));
  unknown.set_citizen_b(std::string(32, '0'));
  EXPECT_EQ(LinkRefused(unknown), v1::ERROR_REASON_CITIZEN_NOT_FOUND);
  google::rpc::BadRequest bad;
  ASSERT_TRUE(ToRpcStatus(store_.Link(unknown).status()).details(1).UnpackTo(&bad));
  EXPECT_EQ(bad.field_violations(0).field(), "citizen_b");
}

TEST_F(DecideTest, DecisionWithoutEffectIsRefused) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Bsn(kBsnA)}),
                    Visit("c", 3, {Phone("+31201234567")})});
  EXPECT_EQ(LinkRefused(LinkOf("l", 5, Ref("a"), Ref("b"))),
            v1::ERROR_REASON_DECISION_WITHOUT_EFFECT);
  EXPECT_EQ(UnlinkRefused(UnlinkOf("u", 5, {Ref("a"), Ref("b")})),
            v1::ERROR_REASON_DECISION_WITHOUT_EFFECT);
  EXPECT_EQ(UnlinkRefused(UnlinkOf("u", 5, {Ref("a"), Ref("c")})),
            v1::ERROR_REASON_DECISION_WITHOUT_EFFECT);
  EXPECT_EQ(store_->head(), 3u);
}

TEST_F(DecideTest, UnlinkBeatsTheSameBsnAlsoForWhatComesNext) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Bsn(kBsnA)})});
  const std::string person = Citizen("a");
  ASSERT_TRUE(store_.Unlink(UnlinkOf("u", 5, {Ref("a")})).ok());
  EXPECT_NE(Citizen("a"), Citizen("b"));
  EXPECT_EQ(Citizen("b"), person);  // The name goes with the BSN that is undisputed.
  store_.RecordAll({Visit("c", 3, {Bsn(kBsnA)})});
  EXPECT_EQ(Citizen("c"), person);
  store_.ExpectConsistent();
  ASSERT_TRUE(store_.Link(LinkOf("l", 6, Ref("a"), Ref("b"))).ok());
  EXPECT_EQ(Citizen("a"), person);
  store_.ExpectConsistent();
}

TEST_F(DecideTest, UnlinkOfABridgeNeedsTheDigest) {
  // c hangs on a, b hangs on c by another link.
  store_.RecordAll({Visit("a", 1, {Phone("+31612345671")}), Visit("b", 2, {Phone("+31612345672")}),
                    Visit("c", 3, {Phone("+31612345673")})});
  // Said of one party each: made before the other link, applied after.
  v1::ContactEvent session_a = About("website", "a2", "website", "a", 9);
  *session_a.mutable_data()->add_parties() = PartyOf("customer", {Session("s")});
  v1::ContactEvent session_c = About("website", "c2", "website", "c", 9);
  *session_c.mutable_data()->add_parties() = PartyOf("customer", {Session("s"), Session("t")});
  v1::ContactEvent session_b = About("website", "b2", "website", "b", 9);
  *session_b.mutable_data()->add_parties() = PartyOf("customer", {Session("t")});
  store_.RecordAll({session_a, session_b, session_c});
  ASSERT_EQ(Citizen("a"), Citizen("b"));
  v1::UnlinkRequest unlink = UnlinkOf("u", 10, {Ref("c")});
  EXPECT_EQ(UnlinkRefused(unlink), v1::ERROR_REASON_DIGEST_REQUIRED);
  EXPECT_EQ(store_->head(), 6u);
  unlink.set_dry_run(true);
  const auto trial = store_.Unlink(unlink);
  ASSERT_TRUE(trial.ok()) << trial.status();
  EXPECT_TRUE(trial->digest_required());
  EXPECT_EQ(store_->head(), 6u);
  unlink.set_dry_run(false);
  unlink.set_digest("0123");
  EXPECT_EQ(UnlinkRefused(unlink), v1::ERROR_REASON_DIGEST_REQUIRED);
  unlink.set_digest(trial->digest());
  ASSERT_TRUE(store_.Unlink(unlink).ok());
  EXPECT_NE(Citizen("a"), Citizen("b"));
  EXPECT_NE(Citizen("a"), Citizen("c"));
  EXPECT_NE(Citizen("b"), Citizen("c"));
  store_.ExpectConsistent();
}

TEST_F(DecideTest, SimpleUnlinkNeedsNoDigest) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Bsn(kBsnA)})});
  v1::UnlinkRequest unlink = UnlinkOf("u", 5, {Ref("a")});
  unlink.set_dry_run(true);
  const auto trial = store_.Unlink(unlink);
  ASSERT_TRUE(trial.ok());
  EXPECT_FALSE(trial->digest_required());
  EXPECT_EQ(trial->changes(0).kind(), v1::CitizenChange::KIND_SPLIT);
  // One that is given is compared all the same.
  unlink.set_dry_run(false);
  unlink.set_digest("0123");
  EXPECT_EQ(UnlinkRefused(unlink), v1::ERROR_REASON_DIGEST_REQUIRED);
  unlink.set_digest(trial->digest());
  EXPECT_TRUE(store_.Unlink(unlink).ok());
}

TEST_F(DecideTest, TooManyPartiesAtOnceAreRefused) {
  std::vector<v1::ContactEvent> events;
  for (size_t i = 0; i <= kDecisionPartiesMax; ++i) {
    events.push_back(Visit(absl::StrCat("e", i), 1, {Bsn(kBsnA)}));
  }
  events.push_back(Visit("other", 1, {Phone("+31612345678")}));
  store_.RecordAll(events);
  EXPECT_EQ(LinkRefused(LinkOf("l", 5, Ref("e0"), Ref("other"))),
            v1::ERROR_REASON_DECISION_TOO_LARGE);
}

TEST_F(DecideTest, LinkOfAsManyPartiesAsMayBeListedHolds) {
  std::vector<v1::ContactEvent> events;
  for (size_t i = 1; i < kDecisionPartiesMax; ++i) {
    events.push_back(Visit(absl::StrCat("e", i), 1, {Phone("+31612345678")}));
  }
  events.push_back(Visit("other", 1, {Bsn(kBsnA)}));
  store_.RecordAll(events);
  const auto linked = store_.Link(LinkOf("l", 5, Ref("e1"), Ref("other")));
  ASSERT_TRUE(linked.ok()) << linked.status();
  ASSERT_TRUE(store_.Record(Visit("later", 9, {Bsn(kBsnA), Phone("+31201234567")})).ok());
  EXPECT_EQ(Citizen("e1"), Citizen("later"));
  EXPECT_EQ(Citizen("e1999"), Citizen("other"));
}

TEST_F(DecideTest, LinkAmongMoreThanIsComparedSaysSo) {
  const NoRows none;
  Batch rows(&none);
  DecisionFact fact;
  for (const char name : {'a', 'b'}) {
    const std::string id(16, name);
    format::ContactRow contact;
    contact.add_standings()->set_party_key("customer");
    contact.mutable_standings(0)->set_claim_id(id);
    rows.Put(Family::kContact, id, Encode(contact));
    format::ClaimRow claim;
    claim.set_citizen_id(id);
    rows.Put(Family::kClaim, ClaimKey(id, kClaimRecord), Encode(claim));
    format::CitizenRow citizen;
    citizen.add_claims(id);
    if (name == 'b') citizen.add_issues(v1::CITIZEN_ISSUE_COMPONENT_TOO_LARGE);
    rows.Put(Family::kCitizen, id, Encode(citizen));
    auto& side = name == 'a' ? *fact.body.mutable_parties_a() : *fact.body.mutable_parties_b();
    side.Add()->set_contact_id(id);
    side.Mutable(0)->set_party_key("customer");
  }
  EXPECT_EQ(ReasonOf(CheckLinked(rows, fact, "parties_b")), v1::ERROR_REASON_DECISION_TOO_LARGE);
}

TEST_F(DecideTest, LateBsnSeparatesWhatALinkHeldAndIsReported) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Phone("+31612345678")})});
  ASSERT_TRUE(store_.Link(LinkOf("l", 5, Ref("a"), Ref("b"))).ok());
  v1::ContactEvent late = About("desk", "n", "website", "b", 9);
  *late.mutable_data()->add_parties() = PartyOf("customer", {Bsn(kBsnB)});
  ASSERT_TRUE(store_.Record(late).ok());
  EXPECT_NE(Citizen("a"), Citizen("b"));
  v1::GetCitizenRequest request;
  request.set_citizen_id(Citizen("b"));
  EXPECT_THAT(store_->GetCitizen(request)->citizen().issues(),
              ElementsAre(v1::CITIZEN_ISSUE_LINK_TWO_NUMBERS));
  store_.ExpectConsistent();
}

// A party that would have a claim of its own anyway joins nobody by its
// content because a person once decided about it.
TEST_F(DecideTest, LinkAndUnlinkDoNotJoinSessionsThatStoodApart) {
  const auto session = [] { return Session("s", v1::VERIFIED_BY_UNSPECIFIED); };
  store_.RecordAll({Visit("a", 1, {session()}), Visit("b", 2, {session()}),
                    Visit("x", 3, {Phone("+31612345671")}),
                    Visit("y", 4, {Phone("+31612345672")})});
  ASSERT_NE(Citizen("a"), Citizen("b"));
  ASSERT_TRUE(store_.Link(LinkOf("l1", 5, Ref("a"), Ref("x"))).ok());
  ASSERT_TRUE(store_.Unlink(UnlinkOf("u1", 6, {Ref("a")})).ok());
  ASSERT_TRUE(store_.Link(LinkOf("l2", 7, Ref("b"), Ref("y"))).ok());
  ASSERT_TRUE(store_.Unlink(UnlinkOf("u2", 8, {Ref("b")})).ok());
  EXPECT_NE(Citizen("a"), Citizen("b"));
  store_.ExpectConsistent();
}

TEST_F(DecideTest, LinkAndUnlinkDoNotJoinPartiesThatLookAlike) {
  store_.RecordAll({EventOf("website", "two", 1,
                            {PartyOf("customer", {Phone("+31612345678")}),
                             PartyOf("subject", {Phone("+31612345678")})}),
                    Visit("b", 2, {Phone("+31612345678")}),
                    Visit("x", 3, {Phone("+31612345671")})});
  ASSERT_NE(Citizen("two"), Citizen("b"));
  ASSERT_TRUE(store_.Link(LinkOf("l1", 5, Ref("two"), Ref("x"))).ok());
  ASSERT_TRUE(store_.Unlink(UnlinkOf("u1", 6, {Ref("two")})).ok());
  EXPECT_NE(Citizen("two"), Citizen("b"));
  EXPECT_NE(Citizen("two"), Citizen("two", "subject"));
  store_.ExpectConsistent();
}

}  // namespace
}  // namespace klantbeeld::store
