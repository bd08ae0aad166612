// Also tests: store/apply.cc
#include "store/commit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "store/identity/claims.h"
#include "store/contact.h"
#include "store/error.h"
#include "store/prepare.h"
#include "store/rows.h"
#include "tests/store/events.h"
#include "tests/store/history.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::ElementsAre;

// Groups put together by the test.
class CommitTest : public testing::Test {
 protected:
  CommitTest() {
    db_ = *Db::Open(temp_ / "rows", {}, true);
    EXPECT_TRUE(Acknowledged::Make(temp_ / "acknowledged").ok());
    acknowledged_ = *Acknowledged::Open(temp_ / "acknowledged");
    committer_ = std::make_unique<Committer>(
        keys_, *db_, *acknowledged_, [this] { return now_; }, format::Head());
  }
  void Add(const v1::ContactEvent& event) {
    auto prepared = PrepareEvent(keys_, event);
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    Proposal::Event proposal;
    proposal.event = *std::move(prepared);
    group_.push_back({std::move(proposal), 1});
  }
  void Add(const v1::LinkRequest& request) {
    Proposal::Link link;
    link.content_hash = keys_.IdOf("content", request.SerializeAsString());
    link.request = request;
    group_.push_back({std::move(link), 1});
  }
  // What became of each: "1", "1 again", or the reason it was refused.
  std::vector<std::string> Commit() {
    const auto applied = committer_->Apply(group_);
    EXPECT_TRUE(applied.ok() && committer_->Write(*applied).ok());
    head_ = applied->head;
    std::vector<std::string> texts;
    for (const Proposal& proposal : group_) {
      std::visit(
          [&]<typename What>(const What& what) {
            if constexpr (requires { what.outcome->duplicate(); }) texts.push_back(what.outcome.ok()
                                ? absl::StrCat(what.outcome->position(),
                                               what.outcome->duplicate() ? " again" : "")
                                : v1::ErrorReason_Name(ReasonOf(what.outcome.status())));
          },
          proposal.what);
    }
    group_.clear();
    return texts;
  }

  TempDir temp_;
  const Keys keys_ = TestKeys();
  absl::Time now_ = absl::FromUnixSeconds(1'767'000'000);
  std::unique_ptr<Db> db_;
  std::unique_ptr<Acknowledged> acknowledged_;
  std::unique_ptr<Committer> committer_;
  std::vector<Proposal> group_;
  format::Head head_;
};

TEST_F(CommitTest, DuplicateInTheSameGroupAndInALaterOne) {
  Add(Visit("a", 1, {Bsn(kBsnA)}));
  Add(Visit("b", 2, {Bsn(kBsnA)}));
  Add(Visit("a", 1, {Bsn(kBsnA)}));
  EXPECT_THAT(Commit(), ElementsAre("1", "2", "1 again"));
  Add(Visit("b", 2, {Bsn(kBsnA)}));
  EXPECT_THAT(Commit(), ElementsAre("2 again"));
  EXPECT_EQ(head_.position(), 2u);
}

// A group is applied while the one before it is still being written.
TEST_F(CommitTest, StandsOnAGroupThatIsNotWrittenYet) {
  std::vector<Committer::Group> groups;
  const auto apply = [&] {
    groups.push_back(*committer_->Apply(group_));
    const auto last = std::get<Proposal::Event>(group_.back().what).outcome;
    group_.clear();
    return absl::StrCat(last->position(), last->duplicate() ? " again" : "");
  };
  Add(Visit("a", 1, {Bsn(kBsnA)}));
  EXPECT_EQ(apply(), "1");
  Add(Visit("b", 2, {Bsn(kBsnA)}));
  Add(Visit("a", 1, {Bsn(kBsnA)}));
  EXPECT_EQ(apply(), "1 again");
  EXPECT_FALSE(db_->Get(Family::kJournal, BigEndian(1))->has_value());
  ASSERT_TRUE(committer_->Write(groups[0]).ok());
  Add(Visit("b", 2, {Bsn(kBsnA)}));
  EXPECT_EQ(apply(), "2 again");
  ASSERT_TRUE(committer_->Write(groups[1]).ok());
  ASSERT_TRUE(committer_->Write(groups[2]).ok());
  EXPECT_EQ(ReadHead(*db_)->position(), 2u);
  const auto citizen = ReadRow<format::CitizenRow>(
      *db_, Family::kCitizen, View(CitizenIdOfBsn(keys_, kBsnA)));
  ASSERT_TRUE(citizen.ok() && citizen->has_value());
  EXPECT_EQ((*citizen)->claims_size(), 1);
}

TEST_F(CommitTest, SaysWhetherTheContactHadOtherEvents) {
  const auto changed = [&] {
    EXPECT_TRUE(committer_->Write(*committer_->Apply(group_)).ok());
    const auto outcome = std::get<Proposal::Event>(group_.front().what).outcome;
    group_.clear();
    return outcome->changed_contact();
  };
  v1::ContactEvent note = Visit("note", 2, {});
  note.mutable_contact()->set_source(note.source());
  note.mutable_contact()->set_id("a");
  Add(Visit("a", 1, {}));
  EXPECT_FALSE(changed());
  Add(note);
  EXPECT_TRUE(changed());
  Add(note);
  EXPECT_FALSE(changed()) << "a duplicate changes nothing";
}

TEST_F(CommitTest, WritesOnlyItsOwnRows) {
  std::vector<size_t> bytes;
  for (int i = 0; i < 3; ++i) {
    Add(Visit(absl::StrCat("visit", i), 1, {Session(absl::StrCat("session", i))}));
    auto group = *committer_->Apply(group_);
    group_.clear();
    bytes.push_back(group.batch->bytes());
    if (i == 0) {
      ASSERT_TRUE(committer_->Write(group).ok());
    }
  }
  // Less than half as much again: rows of one event, not of two.
  EXPECT_LT(bytes[1], bytes[0] + bytes[0] / 2);
  EXPECT_LT(bytes[2], bytes[0] + bytes[0] / 2);
}

TEST_F(CommitTest, OtherContentIsRefusedWithTheFirstPosition) {
  Add(Visit("a", 1, {}));
  Add(Visit("a", 2, {}));
  EXPECT_THAT(Commit(), ElementsAre("1", "ERROR_REASON_CONTENT_DIFFERS"));
}

// As an export gives it: defaults filled in, identifiers in normal form.
TEST_F(CommitTest, SameInNormalFormIsTheSameEvent) {
  const v1::ContactEvent sent = Visit("a", 1, {Phone("06-12345678")});
  Add(sent);
  EXPECT_THAT(Commit(), ElementsAre("1"));
  const auto record = ReadFact(*db_, 1);
  ASSERT_TRUE(record.ok());
  const v1::ContactEvent stored = OpenEvent(*record)->event();
  ASSERT_NE(stored.SerializeAsString(), sent.SerializeAsString());
  Add(stored);
  Add(Visit("a", 1, {Phone("+31612345678")}));
  Add(Visit("a", 1, {Phone("0612345679")}));
  EXPECT_THAT(Commit(), ElementsAre("1 again", "1 again", "ERROR_REASON_CONTENT_DIFFERS"));
}

TEST_F(CommitTest, RefusedOnesDoNotSpoilTheGroupAndTakeNoPosition) {
  Add(Visit("a", 1, {Bsn(kBsnA)}));
  Add(Visit("b", 2, {Bsn(kBsnB)}));
  Add(Visit("a", 9, {Bsn(kBsnA)}));
  Add(LinkOf("l", 3, RefOf("website", "a"), RefOf("website", "b")));
  Add(LinkOf("m", 3, RefOf("website", "a"), RefOf("website", "unknown")));
  Add(Visit("c", 3, {Phone("+31612345678")}));
  Add(LinkOf("n", 3, RefOf("website", "a"), RefOf("website", "c")));
  EXPECT_THAT(Commit(),
              ElementsAre("1", "2", "ERROR_REASON_CONTENT_DIFFERS", "ERROR_REASON_LINK_FORBIDDEN",
                          "ERROR_REASON_PARTY_NOT_FOUND", "3", "4"));
  EXPECT_FALSE(db_->Get(Family::kJournal, BigEndian(5))->has_value());
  for (uint64_t position = 1; position <= 4; ++position) {
    EXPECT_TRUE(ReadFact(*db_, position).ok());
  }
}

TEST_F(CommitTest, RetractionOfAnEventIsAnsweredWithItsContact) {
  const auto answered = [&](const v1::ContactEvent& event) {
    Add(event);
    EXPECT_TRUE(committer_->Write(*committer_->Apply(group_)).ok());
    const auto group = std::exchange(group_, {});
    return std::get<Proposal::Event>(group[0].what).outcome->contact_id();
  };
  EXPECT_EQ(answered(RetractEvent("desk", "early", "n")), "");
  const std::string contact = answered(About("desk", "n", "exchange", "c", 1));
  EXPECT_EQ(answered(RetractEvent("desk", "late", "n")), contact);
  EXPECT_EQ(answered(RetractEvent("desk", "late", "n")), contact);
  EXPECT_EQ(answered(RetractContact("exchange", "rc", "c")), contact);
}

TEST_F(CommitTest, ContactHolds256EventsAndRetractionsBeside) {
  for (size_t i = 0; i < kContactEventsMax; ++i) {
    Add(About("desk", absl::StrCat("e", i), "exchange", "c", 1));
  }
  EXPECT_EQ(Commit().back(), absl::StrCat(kContactEventsMax));
  Add(About("desk", "one more", "exchange", "c", 1));
  Add(RetractEvent("desk", "r", "e0"));
  Add(RetractContact("exchange", "rc", "c"));
  Add(About("desk", "elsewhere", "exchange", "d", 1));
  EXPECT_THAT(Commit(), ElementsAre("ERROR_REASON_CONTACT_FULL", "257", "258", "259"));
}

// The limit counts whoever comes last, also the source whose contact it is.
TEST_F(CommitTest, ContactsOwnEventCountsTowardsTheLimit) {
  for (size_t i = 0; i < kContactEventsMax; ++i) {
    Add(About("desk", absl::StrCat("e", i), "exchange", "c", 1));
  }
  Add(EventOf("exchange", "c", 1));
  EXPECT_EQ(Commit().back(), "ERROR_REASON_CONTACT_FULL");
}

TEST_F(CommitTest, LimitHoldsWithinOneGroup) {
  for (size_t i = 0; i < kContactEventsMax + 1; ++i) {
    Add(About("desk", absl::StrCat("e", i), "exchange", "c", 1));
  }
  const auto outcomes = Commit();
  EXPECT_EQ(outcomes[kContactEventsMax - 1], absl::StrCat(kContactEventsMax));
  EXPECT_EQ(outcomes[kContactEventsMax], "ERROR_REASON_CONTACT_FULL");
}

TEST_F(CommitTest, GroupOfRefusalsWritesNothing) {
  Add(LinkOf("m", 3, RefOf("website", "a"), RefOf("website", "unknown")));
  EXPECT_THAT(Commit(), ElementsAre("ERROR_REASON_PARTY_NOT_FOUND"));
  EXPECT_FALSE(db_->Get(Family::kMeta, "head")->has_value());
}

TEST_F(CommitTest, HeadChainAndTimeGoOnWithEachFact) {
  Add(Visit("a", 1, {}));
  Add(Visit("b", 1, {}));
  Commit();
  now_ -= absl::Hours(2);
  Add(Visit("c", 1, {}));
  Commit();
  std::string chain(16, '\0');
  int64_t recorded = 0;
  for (uint64_t position = 1; position <= 3; ++position) {
    const auto fact = ReadFact(*db_, position);
    ASSERT_TRUE(fact.ok());
    EXPECT_EQ(fact->header.chain(), NextChain(chain, position, fact->header, fact->body));
    EXPECT_GE(fact->header.recorded_at_us(), recorded);
    chain = fact->header.chain();
    recorded = fact->header.recorded_at_us();
  }
  EXPECT_EQ(ReadHead(*db_)->chain(), chain);
}

TEST_F(CommitTest, WhatIsAcknowledgedIsNoted) {
  Add(Visit("a", 1, {}));
  Commit();
  acknowledged_.reset();
  EXPECT_EQ((*Acknowledged::Open(temp_ / "acknowledged"))->noted().position(), 1u);
  acknowledged_ = *Acknowledged::Open(temp_ / "acknowledged");
}

// --- Apply takes any fact in any order.

struct Order {
  const char* name;
  std::vector<v1::ContactEvent> events;
  bool retracted;  // Of contact (website, a), at the end.
};

TEST(Apply, RetractionsHoldInEveryOrder) {
  const Order orders[] = {
      {"event", {Visit("a", 1, {}), RetractEvent("website", "r", "a")}, true},
      {"contact", {Visit("a", 1, {}), RetractContact("website", "r", "a")}, true},
      {"of a retraction",
       {Visit("a", 1, {}), RetractEvent("website", "r", "a"), RetractEvent("website", "rr", "r")},
       true},
      {"of another source", {Visit("a", 1, {}), RetractEvent("desk", "r", "a")}, false},
      {"twice",
       {Visit("a", 1, {}), RetractEvent("website", "r", "a"), RetractEvent("website", "s", "a")},
       true},
      {"of one of two",
       {Visit("a", 1, {}), About("website", "b", "website", "a", 2),
        RetractEvent("website", "r", "b")},
       false},
      {"contact with events that come later",
       {RetractContact("website", "r", "a"), Visit("a", 1, {}),
        About("desk", "n", "website", "a", 9)},
       true},
  };
  const Keys keys = TestKeys();
  for (Order order : orders) {
    std::sort(order.events.begin(), order.events.end(),
              [](const auto& a, const auto& b) { return a.event_id() < b.event_id(); });
    do {
      const NoRows none;
      Batch batch(&none);
      format::Head head;
      for (const auto& event : order.events) {
        const auto prepared = PrepareEvent(keys, event);
        auto applied = ApplyEvent(keys, ModelInEffect(), batch, head.position() + 1, *prepared);
        ASSERT_TRUE(applied.ok()) << order.name << ": " << applied.status();
        const auto record =
            MakeRecord(head, v1::FACT_KIND_CONTACT_EVENT, 1, *std::move(applied), prepared->sealed);
        batch.Put(Family::kJournal, BigEndian(head.position()), EncodeJournal(record));
      }
      const Id id = EventOrContactId(keys, "website", "a");
      const auto row = ReadRow<format::ContactRow>(batch, Family::kContact, View(id));
      ASSERT_TRUE(row.ok() && row->has_value()) << order.name;
      EXPECT_EQ((*row)->classification().exists(), !order.retracted) << order.name;
    } while (std::next_permutation(
        order.events.begin(), order.events.end(),
        [](const auto& a, const auto& b) { return a.event_id() < b.event_id(); }));
  }
}

}  // namespace
}  // namespace klantbeeld::store
