#include "service/executor.h"

#include <pthread.h>

#include "absl/time/clock.h"

namespace klantbeeld::service {
namespace {

constexpr unsigned kTurns = 8;  // Of which what was posted behind has one.

}  // namespace

Executor::Executor(int threads) : behind_max_((threads + 1) / 2) {
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
}

Executor::~Executor() { Stop(); }

void Executor::Post(Task task) {
  absl::MutexLock lock(&mutex_);
  Add(tasks_, std::move(task));
}

void Executor::PostBehind(Task task) {
  absl::MutexLock lock(&mutex_);
  Add(behind_, std::move(task));
}

void Executor::Add(std::deque<Task>& tasks, Task task) {
  if (stopping_) return;
  tasks.push_back(std::move(task));
  if (idle_ > 0) wake_.Signal();
}

Executor::TimerId Executor::At(absl::Time when, Task task) {
  absl::MutexLock lock(&mutex_);
  if (stopping_) return 0;
  const TimerId id = next_timer_++;
  // Only a new earliest timer changes how long the threads may sleep.
  const bool earliest = timers_.empty() || when < timers_.begin()->first.first;
  timers_.emplace(TimerKey{when, id}, std::move(task));
  due_.emplace(id, when);
  if (earliest) wake_.Signal();
  return id;
}

void Executor::Cancel(TimerId id) {
  Task dropped;  // Destroyed after the lock: it may hold the last owner of much.
  absl::MutexLock lock(&mutex_);
  const auto it = due_.find(id);
  if (it == due_.end()) return;
  const auto timer = timers_.find({it->second, id});
  dropped = std::move(timer->second);
  timers_.erase(timer);
  due_.erase(it);
}

void Executor::Stop() {
  std::deque<Task> tasks, behind;
  std::map<TimerKey, Task> timers;
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    tasks.swap(tasks_);
    behind.swap(behind_);
    timers.swap(timers_);
    due_.clear();
    wake_.SignalAll();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

bool Executor::Next(Task& task, bool& behind) {
  absl::MutexLock lock(&mutex_);
  if (behind) --behind_running_;
  behind = false;
  while (!stopping_) {
    if (!timers_.empty() && timers_.begin()->first.first <= absl::Now()) {
      const auto timer = timers_.begin();
      due_.erase(timer->first.second);
      task = std::move(timer->second);
      timers_.erase(timer);
      return true;
    }
    const bool may = !behind_.empty() && behind_running_ < behind_max_;
    if (!tasks_.empty() || may) {
      behind = tasks_.empty() || (may && ++turn_ % kTurns == 0);
      if (behind) ++behind_running_;
      std::deque<Task>& from = behind ? behind_ : tasks_;
      task = std::move(from.front());
      from.pop_front();
      return true;
    }
    ++idle_;
    if (timers_.empty()) {
      wake_.Wait(&mutex_);
    } else {
      wake_.WaitWithDeadline(&mutex_, timers_.begin()->first.first);
    }
    --idle_;
  }
  return false;
}

void Executor::Run() {
  pthread_setname_np(pthread_self(), "executor");
  Task task;
  bool behind = false;
  while (Next(task, behind)) {
    std::move(task)();
    task = nullptr;
  }
}

}  // namespace klantbeeld::service
