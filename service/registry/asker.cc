#include "service/registry/asker.h"

#include <algorithm>
#include <utility>

#include "service/log.h"
#include "service/registry/search.h"
#include "store/contact.h"

namespace klantbeeld::registry {
namespace {

using service::Log;
using service::Setting;
using service::Severity;

// While the store's queue is full.
constexpr absl::Duration kPauseMin = absl::Milliseconds(5);
constexpr absl::Duration kPauseMax = absl::Milliseconds(100);

// Of the book: enough that one is not asked or on its way already.
constexpr size_t kSoughtsMax = 20;

void AddOnce(Question question, Questions* questions) {
  const bool is_new = std::none_of(questions->begin(), questions->end(),
                                   [&](const Question& one) { return one.key == question.key; });
  if (is_new) questions->push_back(std::move(question));
}

const std::string& KeyOf(const store::RegistryAnswer& answer) {
  return answer.sought.empty() ? answer.bsn : answer.sought;
}

}  // namespace

Asker::Asker(Registry& registry, Book book, Options options, std::function<absl::Time()> clock,
             std::function<void(absl::Time, Task)> at)
    : registry_(registry),
      book_(std::move(book)),
      options_(options),
      clock_(std::move(clock)),
      at_(std::move(at)),
      retry_(options.retry_min),
      thread_([this] { Run(); }) {}

Asker::~Asker() { Stop(); }

void Asker::AddUnknown(const store::PreparedEvent& event, Questions* questions) {
  bool search = false;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_ || failing_) return;
    search = !search_denied_;
  }
  for (const v1::Party& party : event.body.event().data().parties()) {
    for (const v1::Identifier& one : party.identifiers()) {
      if (one.type() != v1::IDENTIFIER_TYPE_BSN || !store::IsVerified(one)) continue;
      const auto known = book_.knows(one.value());
      if (known.ok() && !*known) AddOnce(Question(one.value()), questions);
    }
  }
  if (!search) return;
  auto soughts = book_.soughts(event);
  for (size_t i = 0; soughts.ok() && i < soughts->size(); ++i) {
    AddOnce(Question(std::move((*soughts)[i])), questions);
  }
}

void Asker::Ask(Questions questions, Task go) {
  auto waiter = std::make_shared<Waiter>();
  waiter->go = std::move(go);
  absl::MutexLock lock(&mutex_);
  if (stopping_ || failing_) return Release(*waiter);
  for (Question& question : questions) {
    if (submitted_.contains(question.key)) continue;
    const auto [at, added] = waiters_.try_emplace(question.key);
    if (added) queue_.push_back(std::move(question));
    at->second.push_back(waiter);
    ++waiter->missing;
  }
  if (waiter->missing == 0) return Release(*waiter);
  if (options_.budget == absl::InfiniteDuration()) return;
  at_(clock_() + options_.budget, [this, waiter] {
    absl::MutexLock lapsed(&mutex_);
    if (waiter->go == nullptr) return;
    Release(*waiter);
    // What goes on without its answers is found in the book.
    LookAgain(options_.retry_min);
  });
}

void Asker::Release(Waiter& waiter) {
  if (waiter.go != nullptr) at_(clock_(), std::exchange(waiter.go, nullptr));
}

void Asker::ReleaseAll() {
  for (auto& [key, waiters] : waiters_) {
    for (const auto& waiter : waiters) Release(*waiter);
  }
  waiters_.clear();
  queue_.clear();
}

void Asker::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    ReleaseAll();
  }
  registry_.Stop();
  if (thread_.joinable()) thread_.join();
}

Asker::Figures Asker::figures() const {
  const auto waiting = book_.unanswered(kWaitingMax);
  const auto soughts = book_.unanswered_soughts(kWaitingMax);
  absl::MutexLock lock(&mutex_);
  Figures figures = figures_;
  if (waiting.ok()) figures.waiting = waiting->size();
  if (soughts.ok() && !search_denied_) figures.waiting = std::min(kWaitingMax, figures.waiting + soughts->size());
  return figures;
}

void Asker::Run() {
  while (WaitForWork()) {
    Questions batch = TakeQueued();
    if (batch.size() < kBsnsPerCallMax) AddFromBook(batch);
    std::vector<std::string> bsns;
    for (const Question& question : batch) {
      if (!question.sought) bsns.push_back(question.key);
    }
    if (!bsns.empty() && !AskBatch(bsns)) continue;
    for (const Question& question : batch) {
      if (question.sought) Search(*question.sought);
    }
  }
}

bool Asker::WaitForWork() {
  absl::MutexLock lock(&mutex_);
  const auto due = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || look_ || !queue_.empty();
  };
  mutex_.Await(absl::Condition(&due));
  return !stopping_;
}

// A search is two calls or three: whoever waits for a BSN waits for one of them
// at most, so it is the last of a batch.
Questions Asker::TakeQueued() {
  Questions batch;
  absl::MutexLock lock(&mutex_);
  while (!queue_.empty() && batch.size() < kBsnsPerCallMax &&
         (batch.empty() || !batch.back().sought)) {
    Question question = std::move(queue_.front());
    queue_.pop_front();
    const auto at = waiters_.find(question.key);
    const bool wanted = std::any_of(at->second.begin(), at->second.end(),
                                    [](const auto& one) { return one->go != nullptr; });
    if (wanted) {
      batch.push_back(std::move(question));
    } else {
      waiters_.erase(at);
    }
  }
  return batch;
}

void Asker::AddFromBook(Questions& batch) {
  bool search = batch.empty() || !batch.back().sought;
  {
    absl::MutexLock lock(&mutex_);
    if (!std::exchange(look_, false)) return;
    search = search && !search_denied_;
  }
  const size_t room = kBsnsPerCallMax - batch.size();
  const auto unanswered = book_.unanswered(room);
  bool more = unanswered.ok() && unanswered->size() == room;
  auto soughts = search ? book_.unanswered_soughts(kSoughtsMax) : std::vector<store::Sought>();
  bool added = false;
  absl::MutexLock lock(&mutex_);
  const auto add = [&](Question question) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    // Somebody waits for it and it is about to be asked, or its answer is on its way.
    if (waiters_.contains(question.key) || submitted_.contains(question.key)) return false;
    waiters_.try_emplace(question.key);
    batch.push_back(std::move(question));
    return added = true;
  };
  for (size_t i = 0; unanswered.ok() && i < unanswered->size(); ++i) add((*unanswered)[i]);
  for (size_t i = 0; soughts.ok() && i < soughts->size(); ++i) {
    more = more || soughts->size() > 1;
    if (add(std::move((*soughts)[i]))) break;
  }
  if (more && added) {
    look_ = true;
  } else {
    LookAgain(more ? options_.retry_min : options_.retry_max);
  }
  // Nothing to try the registry with: the next event does.
  if (batch.empty()) failing_ = false;
}

// False: there is no answer.
bool Asker::AskBatch(const std::vector<std::string>& bsns) {
  const absl::Time asked_at = clock_();
  auto answers = registry_.Ask(bsns, asked_at + options_.timeout);
  {
    absl::MutexLock lock(&mutex_);
    figures_.asked += bsns.size();
    if (!answers.ok()) {
      Fail(answers.status());
      return false;
    }
    AnswersAgain();
    for (const auto& answer : *answers) ++(answer.found ? figures_.found : figures_.not_found);
  }
  for (store::RegistryAnswer& answer : *answers) {
    answer.asked_at = asked_at;
    Record(answer);
  }
  return true;
}

void Asker::Search(const store::Sought& sought) {
  const absl::Time asked_at = clock_();
  auto answer = LookFor(registry_, sought, asked_at + options_.timeout);
  {
    absl::MutexLock lock(&mutex_);
    if (!answer.ok() && FailureOf(answer.status()) == Failure::kDenied) {
      ++figures_.failed[static_cast<size_t>(Failure::kDenied)];
      search_denied_ = true;
      Settle(sought.id);
      Log(Severity::kWarning,
          "the registry allows no search by name and birth date; restart when it does",
          {{"error", Setting{std::string(answer.status().message())}}});
      return;
    }
    if (!answer.ok()) return Fail(answer.status());
    AnswersAgain();
    ++(answer->found ? figures_.searched_found : figures_.searched_not_found);
  }
  answer->asked_at = asked_at;
  Record(*answer);
}

void Asker::Record(const store::RegistryAnswer& answer) {
  absl::Duration step = kPauseMin;
  const absl::Time end = clock_() + options_.timeout;
  absl::Status status = Submit(answer);
  while (status.code() == absl::StatusCode::kResourceExhausted && clock_() < end && Pause(step)) {
    step = std::min(2 * step, kPauseMax);
    status = Submit(answer);
  }
  absl::MutexLock lock(&mutex_);
  Settle(KeyOf(answer));
  if (status.ok()) {
    retry_ = options_.retry_min;
    return;
  }
  Log(Severity::kWarning, "an answer of the registry was not recorded, it is asked again",
      {{"error", Setting{std::string(status.message())}}});
  BackOff(retry_);
}

absl::Status Asker::Submit(const store::RegistryAnswer& answer) {
  const std::string& key = KeyOf(answer);
  {
    absl::MutexLock lock(&mutex_);
    submitted_.insert(key);
  }
  const absl::Status status = book_.record(answer, [this, key](absl::StatusOr<uint64_t> outcome) {
    absl::MutexLock lock(&mutex_);
    submitted_.erase(key);
    if (!outcome.ok()) LookAgain(options_.retry_min);
  });
  if (!status.ok()) {
    absl::MutexLock lock(&mutex_);
    submitted_.erase(key);
  }
  return status;
}

void Asker::AnswersAgain() {
  if (!std::exchange(failing_, false)) return;
  search_denied_ = false;  // It may have been the key's fault.
  Log(Severity::kInfo, "the registry answers again");
}

// False: the asker stops.
bool Asker::Pause(absl::Duration step) {
  absl::MutexLock lock(&mutex_);
  resume_ = false;
  at_(clock_() + step, [this] {
    absl::MutexLock over(&mutex_);
    resume_ = true;
  });
  const auto over = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || resume_;
  };
  mutex_.Await(absl::Condition(&over));
  return !stopping_;
}

void Asker::Settle(const std::string& key) {
  const auto at = waiters_.find(key);
  if (at == waiters_.end()) return;  // Everyone was let go.
  for (const auto& waiter : at->second) {
    if (--waiter->missing == 0) Release(*waiter);
  }
  waiters_.erase(at);
}

void Asker::Fail(const absl::Status& status) {
  const Failure failure = FailureOf(status);
  if (failure == Failure::kStopped) return;
  ++figures_.failed[static_cast<size_t>(failure)];
  failing_ = true;
  const absl::Duration wait = std::max(retry_, WaitOf(status));
  not_before_ = clock_() + wait;
  ReleaseAll();
  BackOff(wait);
  Log(Severity::kWarning, "the registry gives no answers",
      {{"error", Setting{std::string(status.message())}},
       {"again_in_ms", absl::ToInt64Milliseconds(wait)}});
}

void Asker::BackOff(absl::Duration wait) {
  retry_ = std::min(2 * retry_, options_.retry_max);
  look_ = false;
  LookAgain(wait);
}

void Asker::LookAgain(absl::Duration after) {
  const absl::Time when = std::max(clock_() + after, failing_ ? not_before_ : absl::InfinitePast());
  if (stopping_ || when >= look_at_) return;  // It is looked at before that.
  look_at_ = when;
  at_(when, [this, when] {
    absl::MutexLock lock(&mutex_);
    if (look_at_ == when) look_at_ = absl::InfiniteFuture();
    if (failing_ && when < not_before_) return LookAgain(absl::ZeroDuration());
    look_ = true;
  });
}

}  // namespace klantbeeld::registry
