// An asker whose registry, store and time the test has in hand.
#ifndef KLANTBEELD_TESTS_SERVICE_REGISTRY_ASKED_H_
#define KLANTBEELD_TESTS_SERVICE_REGISTRY_ASKED_H_

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "service/registry/asker.h"

namespace klantbeeld::registry {

inline const std::vector<std::string> kBsns = {
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
  std::unique_ptr<absl::Notification> Ask(Questions questions) {
    auto gone = std::make_unique<absl::Notification>();
    asker_->Ask(std::move(questions), [&gone = *gone] { gone.Notify(); });
    return gone;
  }
  void AskAndWait(Questions questions) { timers_.RunUntil(*Ask(std::move(questions))); }

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

}  // namespace klantbeeld::registry

#endif  // KLANTBEELD_TESTS_SERVICE_REGISTRY_ASKED_H_
