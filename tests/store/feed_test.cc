#include "store/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "store/error.h"
#include "tests/store/events.h"
#include "tests/store/history.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::ElementsAre;

v1::FeedFilter FilterOf(const std::string& json) { return FromJson<v1::FeedFilter>(json); }

class FeedTest : public testing::Test {
 protected:
  // Calls by telephone on odd minutes, web visits on even ones.
  void Record(int from, int count) {
    std::vector<v1::ContactEvent> events;
    for (int i = from; i < from + count; ++i) {
      events.push_back(EventOf("s", absl::StrCat("e", i), i, {PartyOf("customer", {Bsn(kBsnA)})},
                               i % 2 == 1 ? v1::CHANNEL_PHONE : v1::CHANNEL_WEB));
    }
    store_.RecordAll(events);
  }
  v1::FollowResponse Frame(uint64_t from, const v1::FeedFilter& filter = {}) {
    const auto frame = store_->ReadFeed(filter, from);
    EXPECT_TRUE(frame.ok()) << frame.status();
    return frame.ok() ? Response(*frame) : v1::FollowResponse();
  }
  // Positions of everything after `from`, frame by frame, each resumed by the
  // token of the one before.
  std::vector<uint64_t> Follow(uint64_t from, const v1::FeedFilter& filter = {}) {
    std::vector<uint64_t> positions;
    for (;;) {
      const v1::FollowResponse frame = Frame(from, filter);
      for (const auto& event : frame.events()) {
        EXPECT_GT(event.position(), positions.empty() ? from : positions.back());
        EXPECT_LE(event.position(), frame.position());
        positions.push_back(event.position());
      }
      if (frame.position() == from) return positions;
      v1::FollowStart start;
      start.set_resume_token(frame.resume_token());
      const auto resumed = store_->ResumePosition(start);
      EXPECT_TRUE(resumed.ok()) << resumed.status();
      EXPECT_EQ(*resumed, frame.position());
      from = *resumed;
    }
  }
  absl::StatusOr<uint64_t> Resume(const std::string& json) {
    return store_->ResumePosition(FromJson<v1::FollowStart>(json));
  }

  TempDir temp_;
  TestStore store_{temp_ / "data"};
};

TEST_F(FeedTest, IsOrderedDenseAndComplete) {
  Record(0, 20);
  const auto positions = Follow(0);
  ASSERT_EQ(positions.size(), 20u);
  for (uint64_t i = 0; i < 20; ++i) EXPECT_EQ(positions[i], i + 1);
}

TEST_F(FeedTest, EmptyFeedHasATokenThatResumes) {
  const auto frame = Frame(0);
  EXPECT_EQ(frame.events_size(), 0);
  EXPECT_EQ(frame.position(), 0u);
  Record(0, 1);
  v1::FollowStart start;
  start.set_resume_token(frame.resume_token());
  EXPECT_EQ(*store_->ResumePosition(start), 0u);
}

TEST_F(FeedTest, FromTheHeadIsEmptyUntilSomethingComes) {
  Record(0, 3);
  const auto frame = Frame(3);
  EXPECT_EQ(frame.events_size(), 0);
  EXPECT_EQ(frame.position(), 3u);
  EXPECT_EQ(frame.head(), 3u);
  EXPECT_EQ(frame.resume_token(), Frame(2).resume_token());
  Record(3, 1);
  EXPECT_THAT(Follow(3), ElementsAre(4u));
}

TEST_F(FeedTest, ResumedAtEveryPositionGivesTheRestAlsoAfterARestart) {
  Record(0, 12);
  const auto whole = Follow(0);
  for (int start = 0; start < 2; ++start) {
    for (uint64_t from = 0; from <= 12; ++from) {
      EXPECT_EQ(Follow(from), std::vector<uint64_t>(whole.begin() + from, whole.end())) << from;
      v1::FollowStart resume;
      resume.set_resume_token(*store_->ResumeToken(from));
      EXPECT_EQ(*store_->ResumePosition(resume), from);
      EXPECT_EQ(Frame(from).resume_token(), *store_->ResumeToken(12));
    }
    store_.Close();
    store_.Open();
  }
}

TEST_F(FeedTest, FilteredOutIsFilteredUpTo) {
  Record(0, 10);
  const auto calls = FilterOf(R"({"channels":["CHANNEL_PHONE"]})");
  EXPECT_THAT(Follow(0, calls), ElementsAre(2u, 4u, 6u, 8u, 10u));
  const auto none = Frame(3, FilterOf(R"({"channels":["CHANNEL_EMAIL"]})"));
  EXPECT_EQ(none.events_size(), 0);
  EXPECT_EQ(none.position(), 10u);
  EXPECT_EQ(none.resume_token(), *store_->ResumeToken(10));
}

TEST_F(FeedTest, FiltersGoByKindProductAndDepartment) {
  v1::ContactEvent event = Visit("a", 1, {Bsn(kBsnA)});
  event.mutable_data()->mutable_product()->set_code("PP");
  event.mutable_data()->mutable_product()->set_name("Paspoort");
  event.mutable_data()->set_department("Burgerzaken");
  ASSERT_TRUE(store_.Record(event).ok());
  ASSERT_TRUE(store_.Record(Visit("b", 2, {Phone("+31612345678")})).ok());
  ASSERT_TRUE(store_.Link(LinkOf("d", 3, RefOf("website", "a"), RefOf("website", "b"))).ok());
  EXPECT_THAT(Follow(0, FilterOf(R"({"kinds":["FACT_KIND_LINK"]})")), ElementsAre(3u));
  EXPECT_THAT(Follow(0, FilterOf(R"({"kinds":["FACT_KIND_LINK","FACT_KIND_CONTACT_EVENT"]})")),
              ElementsAre(1u, 2u, 3u));
  EXPECT_THAT(Follow(0, FilterOf(R"({"products":["pp"]})")), ElementsAre(1u));
  EXPECT_THAT(Follow(0, FilterOf(R"({"products":["PASPOORT"]})")), ElementsAre(1u));
  EXPECT_THAT(Follow(0, FilterOf(R"({"departments":["burgerzaken"]})")), ElementsAre(1u));
  EXPECT_THAT(Follow(0, FilterOf(R"({"departments":["x"]})")), ElementsAre());
  EXPECT_THAT(
      Follow(0, FilterOf(R"({"channels":["CHANNEL_WEB"],"products":["pp"],"departments":["x"]})")),
      ElementsAre());
}

// A follower also learns what left its view.
TEST_F(FeedTest, FilterPassesWhatMatchedBeforeOrAfter) {
  const auto change = [&](const std::string& id, int minute, v1::Channel channel) {
    v1::ContactEvent event = About("s", id, "s", "c", minute);
    event.mutable_data()->set_channel(channel);
    ASSERT_TRUE(store_.Record(event).ok());
  };
  change("c", 1, v1::CHANNEL_WEB);
  change("e2", 2, v1::CHANNEL_PHONE);
  change("e3", 3, v1::CHANNEL_PHONE);
  change("e4", 4, v1::CHANNEL_CHAT);
  change("e5", 5, v1::CHANNEL_CHAT);
  ASSERT_TRUE(store_.Record(RetractContact("s", "r", "c")).ok());
  EXPECT_THAT(Follow(0, FilterOf(R"({"channels":["CHANNEL_PHONE"]})")), ElementsAre(2u, 3u, 4u));
  EXPECT_THAT(Follow(0, FilterOf(R"({"channels":["CHANNEL_CHAT"]})")), ElementsAre(4u, 5u, 6u));
}

TEST_F(FeedTest, FrameHoldsAtMost256Facts) {
  Record(0, 600);
  EXPECT_EQ(Frame(0).events_size(), 256);
  EXPECT_EQ(Frame(0).position(), 256u);
  EXPECT_EQ(Frame(0).head(), 600u);
  EXPECT_EQ(Follow(0).size(), 600u);
}

TEST_F(FeedTest, FrameHoldsAtMost256KiBButNeverNothing) {
  std::vector<v1::ContactEvent> events;
  for (int i = 0; i < 60; ++i) {
    events.push_back(Visit(absl::StrCat("e", i), i, {}));
    events.back().mutable_data()->set_note(std::string(10'000, 'n'));
  }
  store_.RecordAll(events);
  const auto frame = Frame(0);
  EXPECT_LE(frame.ByteSizeLong(), kFrameBytesMax + 4096);
  EXPECT_NEAR(frame.events_size(), 26, 1);
  EXPECT_EQ(frame.position(), static_cast<uint64_t>(frame.events_size()));
  EXPECT_EQ(Follow(0).size(), 60u);
}

TEST_F(FeedTest, EventSaysWhoseTimelineItIsInAndLeft) {
  ASSERT_TRUE(store_.Record(Visit("a", 1, {Bsn(kBsnA)})).ok());
  const std::string before = store_.CitizenOf("website", "a");
  v1::ContactEvent corrected = About("website", "b", "website", "a", 2);
  *corrected.mutable_data()->add_parties() = PartyOf("customer", {Bsn(kBsnB)});
  ASSERT_TRUE(store_.Record(corrected).ok());
  const auto frame = Frame(0);
  ASSERT_EQ(frame.events_size(), 2);
  EXPECT_THAT(frame.events(0).citizen_ids(), ElementsAre(before));
  EXPECT_FALSE(frame.events(0).has_contact());
  EXPECT_THAT(frame.events(1).citizen_ids(), ElementsAre(store_.CitizenOf("website", "a")));
  EXPECT_THAT(frame.events(1).left_citizen_ids(), ElementsAre(before));
  EXPECT_EQ(frame.events(1).contact().event_count(), 2u);
}

// What came later must not show in how a contact stood.
TEST_F(FeedTest, ContactStandsAsItStoodAfterEachFact) {
  for (int i = 1; i <= 3; ++i) {
    v1::ContactEvent event = About("website", absl::StrCat("e", i), "website", "c", i);
    event.mutable_data()->set_note(absl::StrCat("note ", i));
    ASSERT_TRUE(store_.Record(event).ok());
  }
  const auto frame = Frame(0);
  EXPECT_FALSE(frame.events(0).has_contact());
  EXPECT_EQ(frame.events(1).contact().data().note(), "note 2");
  EXPECT_EQ(frame.events(2).contact().data().note(), "note 3");
}

TEST_F(FeedTest, EventThatWasTakenBackBeforeItCameStandsForNothing) {
  store_.RecordAll({RetractEvent("website", "r1", "a"), Visit("a", 1, {Bsn(kBsnA)}),
                    RetractContact("website", "r2", "b"), Visit("b", 2, {Bsn(kBsnA)}),
                    Visit("c", 3, {Bsn(kBsnA)})});
  const auto frame = Frame(0);
  ASSERT_EQ(frame.events_size(), 5);
  EXPECT_TRUE(frame.events(1).contact().retracted());
  EXPECT_TRUE(frame.events(3).contact().retracted());
  EXPECT_FALSE(frame.events(4).has_contact());
}

TEST_F(FeedTest, DecisionCarriesItsPartiesAndConsequences) {
  ASSERT_TRUE(store_.Record(Visit("a", 1, {Bsn(kBsnA)})).ok());
  ASSERT_TRUE(store_.Record(Visit("b", 2, {Phone("+31612345678")})).ok());
  ASSERT_TRUE(store_.Link(LinkOf("d", 3, RefOf("website", "a"), RefOf("website", "b"))).ok());
  const auto link = Frame(2).events(0);
  EXPECT_EQ(link.kind(), v1::FACT_KIND_LINK);
  EXPECT_EQ(link.decision().reason(), "gezien");
  EXPECT_EQ(link.parties_a_size(), 1);
  EXPECT_EQ(link.parties_b_size(), 1);
  ASSERT_EQ(link.changes_size(), 1);
  EXPECT_EQ(link.changes(0).kind(), v1::CitizenChange::KIND_MERGED);
}

// --- Where to begin.

TEST_F(FeedTest, StartsWhereAsked) {
  Record(0, 4);
  EXPECT_EQ(*Resume("{}"), 0u);
  EXPECT_EQ(*Resume(R"({"position":"4"})"), 4u);
  EXPECT_EQ(*Resume(R"({"now":true})"), 4u);
}

TEST_F(FeedTest, AheadOfTheHeadIsRefusedWithTheHead) {
  Record(0, 4);
  const auto ahead = Resume(R"({"position":"5"})");
  EXPECT_EQ(ReasonOf(ahead.status()), v1::ERROR_REASON_POSITION_AHEAD);
  EXPECT_THAT(std::string(ahead.status().message()), testing::HasSubstr("head, 4"));
  EXPECT_FALSE(store_->ResumeToken(5).ok());
}

TEST_F(FeedTest, StartsAtTheFirstFactRecordedAtOrAfterATime) {
  for (int i = 0; i < 5; ++i) {
    // Two facts at each moment but the first.
    if (i % 2 == 1) store_.now += absl::Seconds(10);
    Record(i, 1);
  }
  const std::vector<std::pair<const char*, uint64_t>> rows = {
      {"2025-12-31T23:59:59Z", 0}, {"2026-01-01T00:00:00Z", 0},       {"2026-01-01T00:00:01Z", 1},
      {"2026-01-01T00:00:10Z", 1}, {"2026-01-01T00:00:11Z", 3},       {"2026-01-01T00:00:20Z", 3},
      {"2026-01-01T00:00:21Z", 5}, {"2026-01-01T00:00:10.000001Z", 3}};
  for (const auto& [time, position] : rows) {
    EXPECT_EQ(*Resume(absl::StrCat(R"({"recordedAt":")", time, R"("})")), position) << time;
  }
}

TEST_F(FeedTest, RecordedTimeNeverRunsBackwards) {
  Record(0, 1);
  store_.now -= absl::Hours(1);
  Record(1, 1);
  const auto frame = Frame(0);
  EXPECT_EQ(frame.events(1).recorded_at().seconds(), frame.events(0).recorded_at().seconds());
}

TEST_F(FeedTest, WhatIsNoTokenIsRefused) {
  for (const char* bad : {"", "x", "AAAA"}) {
    v1::FollowStart start;
    start.set_resume_token(bad);
    EXPECT_EQ(ReasonOf(store_->ResumePosition(start).status()), v1::ERROR_REASON_FIELD_INVALID);
  }
}

TEST_F(FeedTest, TokenOfAnotherLogIsRefused) {
  Record(0, 2);
  v1::FollowStart start;
  start.set_resume_token(ResumeToken(std::string(16, 'M'), 1, std::string(16, 'h')));
  EXPECT_EQ(ReasonOf(store_->ResumePosition(start).status()), v1::ERROR_REASON_LOG_FOREIGN);
}

// A copy of the directory that took another way is the same log by name only.
TEST_F(FeedTest, TokenOfALogThatDivergedIsRefused) {
  Record(0, 2);
  store_.Close();
  std::filesystem::copy(temp_ / "data", temp_ / "copy", std::filesystem::copy_options::recursive);
  TestStore copy(temp_ / "copy", 'k', false);
  store_.Open();
  Record(2, 2);
  ASSERT_TRUE(copy.Record(Visit("other", 9, {})).ok());
  v1::FollowStart start;
  start.set_resume_token(*store_->ResumeToken(2));
  EXPECT_EQ(*copy->ResumePosition(start), 2u);
  start.set_resume_token(*store_->ResumeToken(3));
  EXPECT_EQ(ReasonOf(copy->ResumePosition(start).status()), v1::ERROR_REASON_LOG_DIVERGED);
  start.set_resume_token(*store_->ResumeToken(4));
  EXPECT_EQ(ReasonOf(copy->ResumePosition(start).status()), v1::ERROR_REASON_POSITION_AHEAD);
}

// --- Straight on rows.

class FrameTest : public testing::Test {
 protected:
  void Fill(int facts) {
    for (int i = 0; i < facts; ++i) {
      JournalRecord record;
      record.header.set_kind(v1::FACT_KIND_LINK);
      record.header.set_chain(std::string(16, static_cast<char>('a' + i % 26)));
      head_.set_position(head_.position() + 1);
      batch_.Put(Family::kJournal, BigEndian(head_.position()), EncodeJournal(record));
    }
    batch_.Put(Family::kMeta, "head", Encode(head_));
  }
  const NoRows none_;
  Batch batch_{&none_};
  format::Head head_;
  const std::string log_ = std::string(16, 'L');
};

TEST_F(FrameTest, LooksAtABoundedNumberAndGoesOn) {
  Fill(2 * static_cast<int>(kFrameLooksMax) + 1);
  const auto calls = FilterOf(R"({"channels":["CHANNEL_PHONE"]})");
  uint64_t from = 0;
  for (const uint64_t want : {kFrameLooksMax, 2 * kFrameLooksMax, 2 * kFrameLooksMax + 1}) {
    const auto frame = ReadFrame(batch_, log_, calls, from);
    ASSERT_TRUE(frame.ok()) << frame.status();
    EXPECT_EQ(frame->position, want);
    EXPECT_EQ(frame->count, 0);
    from = frame->position;
  }
}

TEST_F(FrameTest, HoleIsNeverSkipped) {
  Fill(5);
  batch_.Delete(Family::kJournal, BigEndian(3));
  const auto calls = FilterOf(R"({"channels":["CHANNEL_PHONE"]})");
  const auto frame = ReadFrame(batch_, log_, calls, 0);
  EXPECT_EQ(frame.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(frame.status().message()), testing::HasSubstr("position 3"));
  EXPECT_FALSE(ReadFrame(batch_, log_, calls, 2).ok());
  EXPECT_TRUE(ReadFrame(batch_, log_, calls, 4).ok());
}

}  // namespace
}  // namespace klantbeeld::store
