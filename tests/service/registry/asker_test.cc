#include "service/registry/asker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/service/registry/asked.h"

namespace klantbeeld::registry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST_F(AskerTest, OnlyVerifiedBsnsWithoutAnswerAreUnknown) {
  StartIdle();
  const auto event =
      Event({v1::VERIFIED_BY_DIGID, v1::VERIFIED_BY_TYPED, v1::VERIFIED_BY_ID_DOCUMENT});
  EXPECT_THAT(Unknown(event), ElementsAre(kBsns[0], kBsns[2]));
  AskAndWait({kBsns[0]});
  EXPECT_THAT(Unknown(event), ElementsAre(kBsns[2]));
}

TEST_F(AskerTest, AnswersStandBeforeTheCallerGoesOn) {
  StartIdle();
  AskAndWait({kBsns[0], kBsns[1]});
  const auto answers = memory_.Answers(2);
  EXPECT_FALSE(answers.at(kBsns[0]).found);
  EXPECT_TRUE(answers.at(kBsns[1]).found);
  EXPECT_EQ(answers.at(kBsns[1]).asked_at, timers_.now());
  EXPECT_EQ(registry_.deadline(), timers_.now() + absl::Seconds(2));
  const auto figures = asker_->figures();
  EXPECT_EQ(figures.asked, 2u);
  EXPECT_EQ(figures.found, 1u);
  EXPECT_EQ(figures.not_found, 1u);
  EXPECT_EQ(figures.waiting, 0u);
}

TEST_F(AskerTest, NothingToAskGoesOn) {
  StartIdle();
  AskAndWait({});
  EXPECT_EQ(registry_.calls(), 0u);
}

TEST_F(AskerTest, TwentyAtATimeAndWhoeverIsAskedAboutIsNotAskedTwice) {
  StartIdle();
  registry_.Hold(true);
  const auto first = Ask({kBsns[0]});
  registry_.Calls(1);
  const auto many = Ask(Questions(kBsns.begin(), kBsns.end()));
  const auto same = Ask({kBsns[0], kBsns[24]});
  registry_.Hold(false);
  timers_.RunUntil(*many);
  timers_.RunUntil(*same);
  timers_.RunUntil(*first);
  const auto calls = registry_.Calls(3);
  ASSERT_THAT(calls, SizeIs(3));
  EXPECT_THAT(calls[0], SizeIs(1));
  EXPECT_THAT(calls[1], SizeIs(20));
  EXPECT_THAT(calls[2], SizeIs(4));
}

TEST_F(AskerTest, AnswerThatIsNotSyncedYetIsNotAskedAgain) {
  StartIdle();
  memory_.HoldSync();
  AskAndWait({kBsns[1]});
  AskAndWait({kBsns[1]});
  EXPECT_EQ(registry_.calls(), 1u);
  memory_.Sync();
  EXPECT_THAT(memory_.Answers(1), SizeIs(1));
}

TEST_F(AskerTest, SpentBudgetLetsTheCallerGoAndTheAnswerComesLater) {
  StartIdle();
  registry_.Hold(true);
  const auto gone = Ask({kBsns[1]});
  registry_.Calls(1);
  timers_.Advance(kBudget - absl::Milliseconds(1));
  EXPECT_FALSE(gone->HasBeenNotified());
  timers_.Advance(absl::Milliseconds(1));
  EXPECT_TRUE(gone->HasBeenNotified());
  memory_.Hold(kBsns[1]);
  EXPECT_EQ(asker_->figures().waiting, 1u);
  registry_.Hold(false);
  EXPECT_THAT(memory_.Answers(1), SizeIs(1));
}

TEST_F(AskerTest, WhatNobodyWaitsForAnyMoreIsAskedFromTheBook) {
  StartIdle();
  registry_.Hold(true);
  const auto first = Ask({kBsns[1]});
  registry_.Calls(1);
  const auto second = Ask({kBsns[2]});  // Its turn does not come in time.
  timers_.Advance(kBudget);
  EXPECT_TRUE(second->HasBeenNotified());
  memory_.Hold(kBsns[2]);
  registry_.Hold(false);
  memory_.Answers(1);
  timers_.Advance(absl::Seconds(1));
  EXPECT_TRUE(memory_.Answers(2).contains(kBsns[2]));
  EXPECT_EQ(registry_.calls(), 2u);
}

TEST_F(AskerTest, InfiniteBudgetWaitsHoweverLongItTakes) {
  Start(absl::InfiniteDuration());
  registry_.Hold(true);
  const auto gone = Ask({kBsns[1]});
  registry_.Calls(1);
  timers_.Advance(absl::Hours(1));
  EXPECT_FALSE(gone->HasBeenNotified());
  registry_.Hold(false);
  timers_.RunUntil(*gone);
}

TEST_F(AskerTest, OutageLetsEveryoneGoAndNobodyWaitsUntilItIsOver) {
  StartIdle();
  registry_.Fail(Failure::kOutage);
  AskAndWait({kBsns[1]});
  memory_.Hold(kBsns[1]);
  timers_.AwaitTimer(absl::Seconds(1));
  EXPECT_THAT(Unknown(Event({v1::VERIFIED_BY_DIGID})), IsEmpty());
  AskAndWait({kBsns[2]});
  EXPECT_EQ(registry_.calls(), 1u);
  EXPECT_EQ(asker_->figures().failed[static_cast<size_t>(Failure::kOutage)], 1u);

  // Tried again after one second, then after two, and so on.
  for (size_t tries = 2, seconds = 1; tries < 6; ++tries, seconds *= 2) {
    const absl::Duration wait = absl::Seconds(seconds);
    timers_.AwaitTimer(wait);
    timers_.Advance(wait - absl::Milliseconds(1));
    EXPECT_EQ(registry_.calls(), tries - 1);
    timers_.Advance(absl::Milliseconds(1));
    registry_.Calls(tries);
  }
  registry_.Fail(std::nullopt);
  timers_.AwaitTimer(absl::Seconds(16));
  timers_.Advance(absl::Seconds(16));
  EXPECT_THAT(memory_.Answers(1), SizeIs(1));
  EXPECT_THAT(Unknown(Event({v1::VERIFIED_BY_DIGID})), ElementsAre(kBsns[0]));
  AskAndWait({kBsns[3]});
  EXPECT_THAT(memory_.Answers(2), SizeIs(2));
}

TEST_F(AskerTest, RegistryThatSaysHowLongIsLeftAloneForSoLong) {
  StartIdle();
  registry_.Fail(Failure::kTooManyRequests, absl::Seconds(60));
  memory_.Hold(kBsns[1]);
  AskAndWait({kBsns[1]});
  registry_.Fail(std::nullopt);
  timers_.AwaitTimer(absl::Seconds(60));
  timers_.Advance(absl::Seconds(59));
  EXPECT_EQ(registry_.calls(), 1u);
  timers_.Advance(absl::Seconds(1));
  EXPECT_THAT(memory_.Answers(1), SizeIs(1));
}

TEST_F(AskerTest, OutageIsOverWithTheNextEventWhenNothingElseIsToAsk) {
  StartIdle();
  registry_.Fail(Failure::kTimeOut);
  AskAndWait({kBsns[1]});
  registry_.Fail(std::nullopt);
  timers_.AwaitTimer(absl::Seconds(1));
  const size_t looks = memory_.looks();
  timers_.Advance(absl::Seconds(1));
  memory_.Looks(looks + 1);
  timers_.AwaitTimer(absl::Minutes(5));
  EXPECT_THAT(Unknown(Event({v1::VERIFIED_BY_DIGID})), ElementsAre(kBsns[0]));
}

TEST_F(AskerTest, StartAsksWhatIsUnansweredInBatchesToTheEnd) {
  for (const std::string& bsn : kBsns) memory_.Hold(bsn);
  Start();
  EXPECT_THAT(memory_.Answers(kBsns.size()), SizeIs(kBsns.size()));
  const auto calls = registry_.Calls(2);
  ASSERT_THAT(calls, SizeIs(2));
  EXPECT_THAT(calls[0], SizeIs(20));
  EXPECT_THAT(calls[1], SizeIs(5));
}

TEST_F(AskerTest, FullQueueOfTheStoreIsWaitedFor) {
  StartIdle();
  memory_.Refuse(absl::ResourceExhaustedError("full"), 2);
  const auto gone = Ask({kBsns[1]});
  timers_.AwaitTimer(absl::Milliseconds(5));
  EXPECT_FALSE(gone->HasBeenNotified());
  timers_.Advance(absl::Milliseconds(5));
  timers_.AwaitTimer(absl::Milliseconds(10));
  timers_.Advance(absl::Milliseconds(10));
  timers_.RunUntil(*gone);
  EXPECT_THAT(memory_.Answers(1), SizeIs(1));
  EXPECT_EQ(registry_.calls(), 1u);
}

TEST_F(AskerTest, AnswerThatTheStoreRefusesIsAskedAgainLater) {
  StartIdle();
  memory_.Hold(kBsns[1]);
  memory_.Refuse(absl::UnavailableError("writes stopped"), 1);
  AskAndWait({kBsns[1]});
  timers_.AwaitTimer(absl::Seconds(1));
  timers_.Advance(absl::Seconds(1));
  EXPECT_THAT(memory_.Answers(1), SizeIs(1));
  EXPECT_EQ(registry_.calls(), 2u);
}

TEST_F(AskerTest, StopLetsEveryoneGo) {
  StartIdle();
  registry_.Hold(true);
  const auto asked = Ask({kBsns[1]});
  registry_.Calls(1);
  const auto queued = Ask({kBsns[2]});
  asker_->Stop();
  timers_.RunUntil(*asked);
  timers_.RunUntil(*queued);
  AskAndWait({kBsns[3]});
  EXPECT_EQ(registry_.calls(), 1u);
}

}  // namespace
}  // namespace klantbeeld::registry
