#include "service/registry/asker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "absl/synchronization/notification.h"

namespace klantbeeld::registry {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const std::vector<std::string> kBsns = {
    "999990007", "999990019", "999990020", "999990032", "999990044", "999990056", "999990068",
    "999990081", "999990093", "999990111", "999990123", "999990135", "999990147", "999990159",
    "999990160", "999990172", "999990184", "999990196", "999990202", "999990214", "999990226",
    "999990238", "999990251", "999990263", "999990275"};

// A registry whose answers the test gives.
class ScriptedRegistry final : public Registry {
 public:
  absl::StatusOr<std::vector<store::RegistryAnswer>> Ask(const std::vector<std::string>& bsns,
                                                         absl::Time deadline) override {
    absl::MutexLock lock(&mutex_);
    calls_.push_back(bsns);
    deadline_ = deadline;
    const auto open = [this] { return !held_ || stopped_; };
    mutex_.Await(absl::Condition(&open));
    if (stopped_) return Failed(Failure::kStopped, "stopped");
    if (failure_) return Failed(*failure_, "as the test says", wait_);
    std::vector<store::RegistryAnswer> answers;
    for (const std::string& bsn : bsns) {
      const auto person = persons_.find(bsn);
      answers.push_back(person != persons_.end() ? person->second : store::RegistryAnswer());
      answers.back().bsn = bsn;
      answers.back().found = bsn != kBsns[0];
    }
    return answers;
  }
  absl::StatusOr<std::vector<std::string>> Search(const Query& query, absl::Time) override {
    absl::MutexLock lock(&mutex_);
    searches_.push_back(std::get<NameAndBirth>(query));
    if (stopped_) return Failed(Failure::kStopped, "stopped");
    if (failure_) return Failed(*failure_, "as the test says", wait_);
    if (search_failure_) return Failed(*search_failure_, "as the test says");
    return hits_[searches_.back().surname];
  }
  void Stop() override {
    absl::MutexLock lock(&mutex_);
    stopped_ = true;
  }

  void Hold(bool held) {
    absl::MutexLock lock(&mutex_);
    held_ = held;
  }
  // A search for this surname finds the person, among others.
  void Register(const std::string& surname, store::RegistryAnswer person) {
    absl::MutexLock lock(&mutex_);
    hits_[surname].push_back(person.bsn);
    persons_[person.bsn] = std::move(person);
  }
  void FailSearches(std::optional<Failure> failure) {
    absl::MutexLock lock(&mutex_);
    search_failure_ = failure;
  }
  std::vector<NameAndBirth> searches() {
    absl::MutexLock lock(&mutex_);
    return searches_;
  }
  void Fail(std::optional<Failure> failure, absl::Duration wait = absl::ZeroDuration()) {
    absl::MutexLock lock(&mutex_);
    failure_ = failure;
    wait_ = wait;
  }
  // Waits until it was called so often.
  std::vector<std::vector<std::string>> Calls(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&] { return calls_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30)));
    return calls_;
  }
  size_t calls() {
    absl::MutexLock lock(&mutex_);
    return calls_.size();
  }
  absl::Time deadline() {
    absl::MutexLock lock(&mutex_);
    return deadline_;
  }

 private:
  absl::Mutex mutex_;
  bool held_ = false, stopped_ = false;
  std::optional<Failure> failure_, search_failure_;
  std::map<std::string, store::RegistryAnswer> persons_;
  std::map<std::string, std::vector<std::string>> hits_;
  std::vector<NameAndBirth> searches_;
  absl::Duration wait_;
  absl::Time deadline_;
  std::vector<std::vector<std::string>> calls_;
};

// A store that keeps answers in memory and knows whom contacts hold.
class MemoryBook {
 public:
  Book book() {
    return {[this](auto answer, auto done) { return Record(answer, std::move(done)); },
            [this](absl::string_view bsn) -> absl::StatusOr<bool> {
              absl::MutexLock lock(&mutex_);
              return answers_.contains(std::string(bsn));
            },
            [this](size_t max) -> absl::StatusOr<std::vector<std::string>> {
              absl::MutexLock lock(&mutex_);
              ++looks_;
              std::vector<std::string> bsns;
              for (const std::string& bsn : held_) {
                if (!answers_.contains(bsn) && bsns.size() < max) bsns.push_back(bsn);
              }
              return bsns;
            },
            [this](const store::PreparedEvent& event) -> absl::StatusOr<std::vector<store::Sought>> {
              absl::MutexLock lock(&mutex_);
              std::vector<store::Sought> soughts;
              for (const v1::Party& party : event.body.event().data().parties()) {
                if (!party.details().has_surname()) continue;
                store::Sought sought{party.details().surname(), party.details()};
                if (!answers_.contains(sought.id)) soughts.push_back(std::move(sought));
              }
              return soughts;
            },
            [this](size_t max) -> absl::StatusOr<std::vector<store::Sought>> {
              absl::MutexLock lock(&mutex_);
              std::vector<store::Sought> soughts;
              for (const store::Sought& sought : sought_) {
                if (!answers_.contains(sought.id) && soughts.size() < max) soughts.push_back(sought);
              }
              return soughts;
            }};
  }
  // A contact of whom this says was recorded.
  void Seek(const store::Sought& sought) {
    absl::MutexLock lock(&mutex_);
    sought_.push_back(sought);
  }
  // A contact with this BSN was recorded.
  void Hold(const std::string& bsn) {
    absl::MutexLock lock(&mutex_);
    held_.insert(bsn);
  }
  void Refuse(absl::Status status, int times) {
    absl::MutexLock lock(&mutex_);
    refusal_ = std::move(status);
    refusals_ = times;
  }
  // Answers are synced only when the test says so.
  void HoldSync() {
    absl::MutexLock lock(&mutex_);
    sync_held_ = true;
  }
  void Sync() {
    std::vector<std::pair<store::RegistryAnswer, Done>> all;
    {
      absl::MutexLock lock(&mutex_);
      all.swap(unsynced_);
      for (const auto& [answer, done] : all) answers_[KeyOf(answer)] = answer;
    }
    for (auto& [answer, done] : all) std::move(done)(1);
  }
  // Waits until so many answers are there; by BSN.
  std::map<std::string, store::RegistryAnswer> Answers(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&] { return answers_.size() >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30)));
    return answers_;
  }
  // Waits until it was looked at so often for what is unanswered.
  void Looks(size_t count) {
    absl::MutexLock lock(&mutex_);
    const auto enough = [&] { return looks_ >= count; };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(30)));
  }
  size_t looks() {
    absl::MutexLock lock(&mutex_);
    return looks_;
  }

 private:
  using Done = absl::AnyInvocable<void(absl::StatusOr<uint64_t>) &&>;
  static std::string KeyOf(const store::RegistryAnswer& answer) {
    return answer.sought.empty() ? answer.bsn : answer.sought;
  }
  absl::Status Record(const store::RegistryAnswer& answer, Done done) {
    {
      absl::MutexLock lock(&mutex_);
      if (refusals_ > 0) {
        --refusals_;
        return refusal_;
      }
      if (sync_held_) {
        unsynced_.emplace_back(answer, std::move(done));
        return absl::OkStatus();
      }
      answers_[KeyOf(answer)] = answer;
    }
    std::move(done)(1);
    return absl::OkStatus();
  }

  absl::Mutex mutex_;
  std::set<std::string> held_;
  std::vector<store::Sought> sought_;
  std::map<std::string, store::RegistryAnswer> answers_;
  std::vector<std::pair<store::RegistryAnswer, Done>> unsynced_;
  absl::Status refusal_;
  int refusals_ = 0;
  bool sync_held_ = false;
  size_t looks_ = 0;
};

// Time that the test turns. Tasks that are due run on a thread that turns it.
class Timers {
 public:
  absl::Time now() {
    absl::MutexLock lock(&mutex_);
    return now_;
  }
  void At(absl::Time when, Asker::Task task) {
    absl::MutexLock lock(&mutex_);
    tasks_.emplace(when, std::move(task));
  }
  void Advance(absl::Duration by) {
    {
      absl::MutexLock lock(&mutex_);
      now_ += by;
    }
    RunDue();
  }
  // Runs what is due until `done` was notified.
  void RunUntil(absl::Notification& done) {
    const auto end = absl::Now() + absl::Seconds(30);
    while (!done.HasBeenNotified() && absl::Now() < end) {
      RunDue();
      absl::MutexLock lock(&mutex_);
      const auto due = [this] { return !tasks_.empty() && tasks_.begin()->first <= now_; };
      mutex_.AwaitWithTimeout(absl::Condition(&due), absl::Milliseconds(20));
    }
    EXPECT_TRUE(done.HasBeenNotified());
  }
  // Waits until a task is to run after exactly so long.
  void AwaitTimer(absl::Duration after) {
    absl::MutexLock lock(&mutex_);
    const auto there = [&] { return tasks_.contains(now_ + after); };
    EXPECT_TRUE(mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(30)));
  }

 private:
  void RunDue() {
    while (true) {
      Asker::Task task;
      {
        absl::MutexLock lock(&mutex_);
        if (tasks_.empty() || tasks_.begin()->first > now_) return;
        task = std::move(tasks_.begin()->second);
        tasks_.erase(tasks_.begin());
      }
      std::move(task)();
    }
  }

  absl::Mutex mutex_;
  absl::Time now_ = absl::FromUnixSeconds(1'741'000'000);
  std::multimap<absl::Time, Asker::Task> tasks_;
};

class AskerTest : public testing::Test {
 protected:
  static constexpr absl::Duration kBudget = absl::Milliseconds(300);

  void Start(absl::Duration budget = kBudget) {
    Asker::Options options;
    options.budget = budget;
    options.timeout = absl::Seconds(2);
    asker_ = std::make_unique<Asker>(
        registry_, memory_.book(), options, [this] { return timers_.now(); },
        [this](absl::Time when, Asker::Task task) { timers_.At(when, std::move(task)); });
  }
  // Starts, and waits for the look at the book that a start begins with.
  void StartIdle() {
    Start();
    memory_.Looks(1);
    timers_.AwaitTimer(absl::Minutes(5));
  }
  std::unique_ptr<absl::Notification> Ask(const std::vector<std::string>& bsns) {
    return Ask(Questions(bsns.begin(), bsns.end()));
  }
  std::unique_ptr<absl::Notification> Ask(Questions questions) {
    auto gone = std::make_unique<absl::Notification>();
    asker_->Ask(std::move(questions), [&gone = *gone] { gone.Notify(); });
    return gone;
  }
  void AskAndWait(const std::vector<std::string>& bsns) { timers_.RunUntil(*Ask(bsns)); }

  static store::PreparedEvent Event(const std::vector<v1::VerifiedBy>& verified) {
    store::PreparedEvent event;
    auto& data = *event.body.mutable_event()->mutable_data();
    for (size_t i = 0; i < verified.size(); ++i) {
      v1::Identifier& bsn = *data.add_parties()->add_identifiers();
      bsn.set_type(v1::IDENTIFIER_TYPE_BSN);
      bsn.set_value(kBsns[i]);
      bsn.set_verified(verified[i]);
    }
    return event;
  }
  std::vector<std::string> Unknown(const store::PreparedEvent& event) {
    Questions questions;
    asker_->AddUnknown(event, &questions);
    std::vector<std::string> keys;
    for (const Question& question : questions) keys.push_back(question.key);
    return keys;
  }

  ScriptedRegistry registry_;
  MemoryBook memory_;
  Timers timers_;
  std::unique_ptr<Asker> asker_;
};

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
  const auto many = Ask(kBsns);
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

// --- Searches.

v1::PersonalDetails Details(const std::string& first_name, int house_number) {
  v1::PersonalDetails details;
  details.set_surname("van der Hoogenkamp");
  details.set_first_names(first_name);
  details.mutable_birth_date()->set_year(1984);
  details.mutable_birth_date()->set_month(4);
  details.mutable_birth_date()->set_day(12);
  details.mutable_address()->set_postcode("1234AB");
  details.mutable_address()->set_house_number(house_number);
  return details;
}

const store::Sought kNoor{"who Noor is", Details("noor", 5)};

store::RegistryAnswer Person(const std::string& bsn, v1::PersonalDetails details) {
  store::RegistryAnswer person;
  person.bsn = bsn;
  person.details = std::move(details);
  return person;
}

class SearchTest : public AskerTest {
 protected:
  store::RegistryAnswer Found() {
    const auto answer = LookFor(registry_, kNoor, absl::InfiniteFuture());
    EXPECT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->sought, kNoor.id);
    EXPECT_EQ(answer->found, !answer->bsn.empty());
    EXPECT_FALSE(answer->details.has_surname());
    return *answer;
  }
  void Register(const std::string& bsn, v1::PersonalDetails details) {
    registry_.Register("hoogenkamp", Person(bsn, std::move(details)));
  }
};

TEST_F(SearchTest, OneWhoFitsAmongNamesakesIsFound) {
  Register(kBsns[1], Details("Noor Elise", 5));
  Register(kBsns[2], Details("Bram", 5));
  Register(kBsns[3], Details("Noor", 7));
  EXPECT_EQ(Found().bsn, kBsns[1]);
  const auto searches = registry_.searches();
  ASSERT_THAT(searches, SizeIs(1));
  EXPECT_EQ(searches[0].first_names, "noor*");
  EXPECT_EQ(searches[0].birth_date, absl::CivilDay(1984, 4, 12));
}

TEST_F(SearchTest, NobodyOrSeveralIsAnAnswer) {
  EXPECT_FALSE(Found().found);
  EXPECT_EQ(registry_.calls(), 0u);
  Register(kBsns[1], Details("Noor", 5));
  Register(kBsns[2], Details("Noor", 5));
  EXPECT_FALSE(Found().found);
}

TEST_F(SearchTest, WhoIsSecretOrDiedIsNotFound) {
  auto secret = Details("Noor", 5);
  secret.set_secret(true);
  Register(kBsns[1], secret);
  EXPECT_FALSE(Found().found);
  registry_.Register("hoogenkamp", Person(kBsns[2], Details("Noor", 5)));
  EXPECT_FALSE(Found().found) << "with a secret one there are two";
}

TEST_F(SearchTest, TooManyAndRefusedAreAnswersAndAnOutageIsNone) {
  for (const Failure failure : {Failure::kTooManyResults, Failure::kRefused}) {
    registry_.FailSearches(failure);
    EXPECT_FALSE(Found().found);
  }
  registry_.FailSearches(Failure::kOutage);
  EXPECT_FALSE(LookFor(registry_, kNoor, absl::InfiniteFuture()).ok());
}

TEST_F(SearchTest, AnswerStandsBeforeTheCallerGoesOn) {
  Register(kBsns[1], Details("Noor", 5));
  StartIdle();
  timers_.RunUntil(*Ask(Questions{kNoor}));
  const auto answers = memory_.Answers(1);
  EXPECT_EQ(answers.at(kNoor.id).bsn, kBsns[1]);
  EXPECT_EQ(answers.at(kNoor.id).asked_at, timers_.now());
  EXPECT_EQ(asker_->figures().searched_found, 1u);
}

TEST_F(SearchTest, PartyIsSoughtOnceForAnEvent) {
  StartIdle();
  store::PreparedEvent event = Event({v1::VERIFIED_BY_DIGID});
  for (int i = 0; i < 2; ++i) {
    *event.body.mutable_event()->mutable_data()->add_parties()->mutable_details() = kNoor.details;
  }
  EXPECT_THAT(Unknown(event), ElementsAre(kBsns[0], kNoor.details.surname()));
}

TEST_F(SearchTest, OutageLetsTheCallerGoAndItIsSearchedLater) {
  Register(kBsns[1], Details("Noor", 5));
  StartIdle();
  registry_.Fail(Failure::kOutage);
  timers_.RunUntil(*Ask(Questions{kNoor}));
  memory_.Seek(kNoor);
  EXPECT_EQ(asker_->figures().waiting, 1u);
  registry_.Fail(std::nullopt);
  timers_.AwaitTimer(absl::Seconds(1));
  timers_.Advance(absl::Seconds(1));
  EXPECT_EQ(memory_.Answers(1).at(kNoor.id).bsn, kBsns[1]);
  EXPECT_EQ(asker_->figures().waiting, 0u);
}

TEST_F(SearchTest, StartSearchesWhatIsUnansweredOneAfterTheOther) {
  for (const char* id : {"a", "b", "c"}) memory_.Seek({id, kNoor.details});
  memory_.Hold(kBsns[4]);
  Start();
  EXPECT_THAT(memory_.Answers(4), SizeIs(4));
}

TEST_F(SearchTest, RegistryThatAllowsNoSearchIsAskedAboutNumbersAllTheSame) {
  StartIdle();
  registry_.FailSearches(Failure::kDenied);
  timers_.RunUntil(*Ask(Questions{kNoor}));
  memory_.Seek(kNoor);
  store::PreparedEvent event = Event({v1::VERIFIED_BY_DIGID});
  *event.body.mutable_event()->mutable_data()->add_parties()->mutable_details() = kNoor.details;
  EXPECT_THAT(Unknown(event), ElementsAre(kBsns[0]));
  AskAndWait({kBsns[1]});
  EXPECT_THAT(memory_.Answers(1), SizeIs(1));
  EXPECT_THAT(registry_.searches(), SizeIs(1));
  EXPECT_EQ(asker_->figures().waiting, 0u);
}

}  // namespace
}  // namespace klantbeeld::registry
