#include "service/executor.h"

// Also tests: service/position_waiter.cc service/log.cc
#include <gtest/gtest.h>

#include <atomic>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "service/answer_batch.h"
#include "service/log.h"
#include "service/position_waiter.h"
#include "store/error.h"

namespace klantbeeld::service {
namespace {

TEST(Executor, TaskAndDueTimerRun) {
  Executor executor(2);
  absl::Notification task, timer;
  executor.Post([&] { task.Notify(); });
  executor.At(absl::Now(), [&] { timer.Notify(); });
  task.WaitForNotification();
  timer.WaitForNotification();
}

TEST(AnswerBatch, RunsAllInOrderAlsoWhatComesWhileOthersRun) {
  Executor executor(1);
  AnswerBatch batch(executor);
  std::vector<int> ran;
  absl::Notification hold, last;
  executor.Post([&] { hold.WaitForNotification(); });
  for (int i = 0; i < 3; ++i) batch.Add([&ran, i] { ran.push_back(i); });
  batch.Add([&] {
    ran.push_back(3);
    batch.Add([&] {
      ran.push_back(4);
      last.Notify();
    });
  });
  hold.Notify();
  last.WaitForNotification();
  EXPECT_EQ(ran, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(Executor, WhatIsPostedBehindGivesWayAllButOneTimeInEight) {
  Executor executor(1);
  absl::Notification held, hold, last;
  std::string ran;
  executor.Post([&] {
    held.Notify();
    hold.WaitForNotification();
  });
  held.WaitForNotification();
  for (int i = 0; i < 3; ++i) executor.PostBehind([&] { ran += 'b'; });
  for (int i = 0; i < 16; ++i) executor.Post([&] { ran += 't'; });
  executor.PostBehind([&] { last.Notify(); });
  hold.Notify();
  last.WaitForNotification();
  EXPECT_EQ(ran, "tttttttbtttttttbttb");
}

TEST(Executor, HalfOfTheThreadsDoNothingThatWasPostedBehind) {
  Executor executor(4);
  absl::Notification two, hold, other;
  std::atomic<int> begun{0};
  for (int i = 0; i < 8; ++i) {
    executor.PostBehind([&] {
      if (++begun == 2) two.Notify();
      hold.WaitForNotification();
    });
  }
  two.WaitForNotification();
  executor.Post([&] { other.Notify(); });
  other.WaitForNotification();
  EXPECT_EQ(begun, 2);
  hold.Notify();
  executor.Stop();
}

TEST(Executor, CancelledTimerLetsGoOfWhatItHeld) {
  Executor executor(1);
  auto held = std::make_shared<int>(1);
  const auto id = executor.At(absl::InfiniteFuture(), [held] {});
  EXPECT_EQ(held.use_count(), 2);
  executor.Cancel(id);
  EXPECT_EQ(held.use_count(), 1);
  executor.Cancel(id);
}

TEST(Executor, StopDropsWhatWaitsAndWhatComesLater) {
  Executor executor(1);
  auto held = std::make_shared<int>(1);
  executor.At(absl::InfiniteFuture(), [held] {});
  executor.Stop();
  executor.Post([held] { FAIL(); });
  EXPECT_EQ(held.use_count(), 1);
}

TEST(PositionWaiter, ReachedPositionWakesAllUpToIt) {
  Executor executor(1);
  PositionWaiter waiter(executor);
  absl::Notification at_two, at_three;
  waiter.Wait(2, absl::InfiniteFuture(), [&](absl::Status status) {
    EXPECT_TRUE(status.ok());
    at_two.Notify();
  });
  waiter.Wait(3, absl::InfiniteFuture(), [&](absl::Status) { at_three.Notify(); });
  waiter.Advance(2);
  at_two.WaitForNotification();
  EXPECT_FALSE(at_three.HasBeenNotified());
  waiter.Advance(3);
  at_three.WaitForNotification();
}

TEST(PositionWaiter, CancelledOneIsForgottenWithAllThatItHeld) {
  Executor executor(1);
  PositionWaiter waiter(executor);
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> seen = held;
  const uint64_t number = waiter.Wait(
      2, absl::InfiniteFuture(), [held = std::move(held)](absl::Status) { ADD_FAILURE(); });
  ASSERT_FALSE(seen.expired());
  waiter.Cancel(2, number);
  EXPECT_TRUE(seen.expired());
  waiter.Cancel(2, number);
  waiter.Advance(3);
}

TEST(PositionWaiter, PassedDeadlineSaysWhatWasApplied) {
  Executor executor(1);
  PositionWaiter waiter(executor);
  waiter.Advance(5);
  absl::Notification done;
  waiter.Wait(9, absl::Now(), [&](absl::Status status) {
    EXPECT_EQ(store::ReasonOf(status), v1::ERROR_REASON_POSITION_NOT_REACHED);
    done.Notify();
  });
  done.WaitForNotification();
}

TEST(Log, LineIsJsonWithWhatItWasGiven) {
  testing::internal::CaptureStderr();
  Log(Severity::kWarning, "told", {{"count", 3}, {"where", Setting{"/a\"b"}}, {"kind", "x"}});
  const std::string line = testing::internal::GetCapturedStderr();
  EXPECT_NE(
      line.find(R"("level":"warning","message":"told","count":3,"where":"/a\"b","kind":"x"})"),
      std::string::npos)
      << line;
}

}  // namespace
}  // namespace klantbeeld::service
