#include "store/sequencer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "store/error.h"

namespace klantbeeld::store {
namespace {

using testing::ElementsAre;

// A sequencer whose groups the test holds back while they are applied or
// written, and whose writes it lets fail.
class SequencerTest : public testing::Test {
 protected:
  void Start(Sequencer::Limits limits = {}) {
    sequencer_ = std::make_unique<Sequencer>(limits, [this](std::vector<Proposal>& group) {
      absl::MutexLock lock(&mutex_);
      entered_ = true;
      mutex_.Await(absl::Condition(&open_));
      std::string names;
      for (Proposal& proposal : group) {
        auto& event = std::get<Proposal::Event>(proposal.what);
        v1::RecordContactEventResponse response;
        response.set_contact_id(event.event.sealed);
        event.outcome = response;
        names += event.event.sealed;
      }
      log_.push_back("apply " + names);
      return absl::StatusOr<Sequencer::Write>(
          [this, names, size = group.size()]() -> absl::Status {
            absl::MutexLock lock(&mutex_);
            mutex_.Await(absl::Condition(&disk_));
            groups_.push_back(size);
            log_.push_back("write " + names);
            return next_;
          });
    }, [this] {
      absl::MutexLock lock(&mutex_);
      log_.push_back("mend");
      return mend_;
    });
  }
  absl::Status Submit(const std::string& name, size_t bytes = 1) {
    Proposal::Event event;
    event.event.sealed = name;
    event.done = [this, name](absl::StatusOr<v1::RecordContactEventResponse> result) {
      absl::MutexLock lock(&mutex_);
      done_.push_back(name + (result.ok() ? " " + result->contact_id() : " failed"));
      if (!result.ok()) last_ = result.status();
    };
    return sequencer_->Submit({std::move(event), bytes});
  }
  void Close() {
    absl::MutexLock lock(&mutex_);
    open_ = entered_ = false;
  }
  void Open() {
    absl::MutexLock lock(&mutex_);
    open_ = true;
  }
  void HoldDisk(bool hold) {
    absl::MutexLock lock(&mutex_);
    disk_ = !hold;
  }
  void AwaitLogged(const std::string& step) {
    absl::MutexLock lock(&mutex_);
    const auto logged = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return std::find(log_.begin(), log_.end(), step) != log_.end();
    };
    mutex_.Await(absl::Condition(&logged));
  }
  // Until a group is being applied.
  void AwaitApply() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&entered_));
  }
  void AwaitDone(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto all = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return done_.size() >= count; };
    mutex_.Await(absl::Condition(&all));
  }
  void FailWith(absl::Status status) {
    absl::MutexLock lock(&mutex_);
    next_ = std::move(status);
  }

  absl::Mutex mutex_;
  bool open_ = true;  // Groups may be applied.
  bool disk_ = true;  // Groups may be written.
  bool entered_ = false;
  absl::Status next_;
  absl::Status mend_;
  absl::Status last_;
  std::vector<size_t> groups_;
  std::vector<std::string> log_;
  std::vector<std::string> done_;
  std::unique_ptr<Sequencer> sequencer_;
};

TEST_F(SequencerTest, CommitsInOrderAndGivesEachItsOwnOutcome) {
  Start();
  for (const char* name : {"a", "b", "c"}) ASSERT_TRUE(Submit(name).ok());
  sequencer_.reset();
  EXPECT_THAT(done_, ElementsAre("a a", "b b", "c c"));
}

TEST_F(SequencerTest, LoneFactDoesNotWaitForCompany) {
  Start();
  ASSERT_TRUE(Submit("a").ok());
  AwaitDone(1);
  EXPECT_THAT(groups_, ElementsAre(1u));
}

TEST_F(SequencerTest, GathersWhileAGroupIsApplied) {
  Start({.group_facts_max = 3});
  Close();
  ASSERT_TRUE(Submit("a").ok());
  AwaitApply();
  for (const char* name : {"b", "c", "d", "e"}) ASSERT_TRUE(Submit(name).ok());
  EXPECT_EQ(sequencer_->figures().queue_facts, 4u);
  Open();
  AwaitDone(5);
  EXPECT_THAT(groups_, ElementsAre(1u, 3u, 1u));
  sequencer_.reset();
  EXPECT_THAT(done_, ElementsAre("a a", "b b", "c c", "d d", "e e"));
}

TEST_F(SequencerTest, AppliesTheNextGroupWhileOneIsWritten) {
  Start({.group_facts_max = 1});
  HoldDisk(true);
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(Submit("b").ok());
  ASSERT_TRUE(Submit("c").ok());
  AwaitLogged("apply b");
  {
    absl::MutexLock lock(&mutex_);
    EXPECT_TRUE(done_.empty());  // Nobody is told before it is written.
  }
  HoldDisk(false);
  AwaitDone(3);
  // One ahead, never two: the third stands on the second, and that on what is
  // written.
  const auto at = [&](const char* step) { return std::find(log_.begin(), log_.end(), step); };
  EXPECT_LT(at("apply b"), at("write a"));
  EXPECT_LT(at("write a"), at("apply c"));
  EXPECT_LT(at("write a"), at("write b"));
  EXPECT_LT(at("write b"), at("write c"));
  EXPECT_THAT(done_, ElementsAre("a a", "b b", "c c"));
}

// What was applied over a group that failed is not written either.
TEST_F(SequencerTest, FailedWriteStopsTheGroupAppliedOverIt) {
  Start({.group_facts_max = 1});
  HoldDisk(true);
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(Submit("b").ok());
  AwaitLogged("apply b");
  FailWith(absl::InternalError("disk on fire"));
  HoldDisk(false);
  AwaitDone(2);
  EXPECT_THAT(done_, ElementsAre("a failed", "b failed"));
  EXPECT_THAT(groups_, ElementsAre(1u));
}

// Full is not broken: once it is known what stands, the next group follows on it.
TEST_F(SequencerTest, AfterAFullDiskItGoesOnWhenThatWasMended) {
  Start({.group_facts_max = 1});
  HoldDisk(true);
  ASSERT_TRUE(Submit("a").ok());
  ASSERT_TRUE(Submit("b").ok());
  AwaitLogged("apply b");
  FailWith(absl::ResourceExhaustedError("no space"));
  {
    absl::MutexLock lock(&mutex_);
    mend_ = absl::ResourceExhaustedError("no space yet");
  }
  HoldDisk(false);
  AwaitDone(2);
  EXPECT_EQ(ReasonOf(last_), v1::ERROR_REASON_DISK_FULL) << last_;
  EXPECT_FALSE(sequencer_->figures().stopped);
  ASSERT_TRUE(Submit("c").ok());
  AwaitDone(3);
  FailWith(absl::OkStatus());
  {
    absl::MutexLock lock(&mutex_);
    mend_ = absl::OkStatus();
  }
  ASSERT_TRUE(Submit("d").ok());
  ASSERT_TRUE(Submit("e").ok());
  AwaitDone(5);
  EXPECT_THAT(done_, ElementsAre("a failed", "b failed", "c failed", "d d", "e e"));
  EXPECT_EQ(log_[0], "apply a");
  EXPECT_THAT(std::vector<std::string>(log_.begin() + 3, log_.end()),
              ElementsAre("mend", "mend", "apply d", testing::_, testing::_, testing::_));
}

TEST_F(SequencerTest, WhatCannotBeMendedIsStoppedForGood) {
  Start({.group_facts_max = 1});
  FailWith(absl::ResourceExhaustedError("no space"));
  ASSERT_TRUE(Submit("a").ok());
  AwaitDone(1);
  {
    absl::MutexLock lock(&mutex_);
    mend_ = absl::InternalError("disk on fire");
  }
  ASSERT_TRUE(Submit("b").ok());
  AwaitDone(2);
  EXPECT_EQ(ReasonOf(Submit("c")), v1::ERROR_REASON_WRITES_STOPPED);
  EXPECT_TRUE(sequencer_->figures().stopped);
}

TEST_F(SequencerTest, GroupIsBoundInBytesButNeverEmpty) {
  Start({.group_bytes_max = 10});
  Close();
  ASSERT_TRUE(Submit("a").ok());
  AwaitApply();
  for (const size_t bytes : {50u, 4u, 6u, 1u}) ASSERT_TRUE(Submit("x", bytes).ok());
  Open();
  AwaitDone(5);
  EXPECT_THAT(groups_, ElementsAre(1u, 1u, 2u, 1u));
}

TEST_F(SequencerTest, FullQueueRefusesAndKeepsWhatItTook) {
  Start({.queue_bytes_max = 10});
  Close();
  ASSERT_TRUE(Submit("a", 10).ok());
  AwaitApply();
  ASSERT_TRUE(Submit("b", 6).ok());
  ASSERT_TRUE(Submit("c", 4).ok());
  const absl::Status full = Submit("d", 1);
  EXPECT_EQ(full.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReasonOf(full), v1::ERROR_REASON_OVERLOADED);
  Open();
  AwaitDone(3);
  ASSERT_TRUE(Submit("e", 10).ok());
  sequencer_.reset();
  EXPECT_THAT(done_, ElementsAre("a a", "b b", "c c", "e e"));
}

TEST_F(SequencerTest, FailedCommitStopsEverythingAfterIt) {
  Start({.group_facts_max = 1});
  Close();
  ASSERT_TRUE(Submit("a").ok());
  AwaitApply();
  ASSERT_TRUE(Submit("b").ok());
  FailWith(absl::InternalError("disk on fire"));
  Open();
  AwaitDone(2);
  EXPECT_THAT(done_, ElementsAre("a failed", "b failed"));
  EXPECT_THAT(groups_, ElementsAre(1u));  // The second was never written.
  EXPECT_EQ(last_.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ReasonOf(last_), v1::ERROR_REASON_WRITES_STOPPED);
  EXPECT_THAT(std::string(last_.message()), testing::HasSubstr("disk on fire"));
  FailWith(absl::OkStatus());
  EXPECT_EQ(ReasonOf(Submit("c")), v1::ERROR_REASON_WRITES_STOPPED);
  EXPECT_TRUE(sequencer_->figures().stopped);
}

TEST_F(SequencerTest, DestructorCommitsWhatWasTaken) {
  Start({.group_facts_max = 2});
  Close();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Submit("x").ok());
  AwaitApply();
  Open();
  sequencer_.reset();
  EXPECT_EQ(done_.size(), 5u);
}

TEST_F(SequencerTest, CountsWhatItCommitted) {
  Start();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(Submit("x", 7).ok());
  AwaitDone(5);
  EXPECT_EQ(sequencer_->figures().committed_facts, 5u);
  EXPECT_EQ(sequencer_->figures().commits, groups_.size());
  EXPECT_EQ(sequencer_->figures().queue_bytes, 0u);
}

}  // namespace
}  // namespace klantbeeld::store
