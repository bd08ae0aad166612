// Wakes those who follow the journal, and finds the ones who no longer read.
#ifndef KLANTBEELD_SERVICE_FEED_HUB_H_
#define KLANTBEELD_SERVICE_FEED_HUB_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "service/executor.h"

namespace klantbeeld::service {

// One open call that a drain can end. Shared: the call itself and whoever is
// calling it hold it.
class OpenStream {
 public:
  virtual ~OpenStream() = default;
  // Ends the call as soon as what was accepted has its answer. Never blocks.
  virtual void Drain() = 0;
};

// One open call that reads the journal as it grows. Live and catching up are
// the same: Pump reads storage from where the call is.
class Subscriber : public OpenStream {
 public:
  // Sends what can be sent now. Runs on the hub's executor, never twice at
  // once, and again after every Schedule() that came while it ran.
  virtual void Pump() = 0;
  // Some time passed: a sign of life may be due, or a reader too slow.
  virtual void Tick(absl::Time now) = 0;
  // Last position that was sent, for the lag.
  virtual uint64_t position() const = 0;

 private:
  friend class FeedHub;
  enum State : int { kIdle, kQueued, kRunning, kAgain };
  std::atomic<int> state_{kIdle};
};

// All streams of one kind, so that a drain finds every one. Thread-safe.
template <typename T>
class Registry {
 public:
  void Add(std::shared_ptr<T> stream) {
    absl::MutexLock lock(&mutex_);
    T* const key = stream.get();
    streams_.emplace(key, std::move(stream));
  }
  void Remove(T* stream) {
    std::shared_ptr<T> last;  // Let go after the lock.
    absl::MutexLock lock(&mutex_);
    const auto it = streams_.find(stream);
    if (it == streams_.end()) return;
    last = std::move(it->second);
    streams_.erase(it);
  }
  std::vector<std::shared_ptr<T>> All() const {
    absl::MutexLock lock(&mutex_);
    std::vector<std::shared_ptr<T>> all;
    all.reserve(streams_.size());
    for (const auto& [key, stream] : streams_) all.push_back(stream);
    return all;
  }
  bool WaitEmpty(absl::Duration timeout) const {
    absl::MutexLock lock(&mutex_);
    const auto empty = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return streams_.empty(); };
    return mutex_.AwaitWithTimeout(absl::Condition(&empty), timeout);
  }

 private:
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<T*, std::shared_ptr<T>> streams_ ABSL_GUARDED_BY(mutex_);
};

// Threads: every call may come from any thread. `executor` must outlive the hub
// and be stopped before it is destroyed.
class FeedHub {
 public:
  using Clock = std::function<absl::Time()>;
  FeedHub(Executor& executor, Clock clock, absl::Duration tick);

  void Add(std::shared_ptr<Subscriber> subscriber);
  void Remove(Subscriber* subscriber);
  std::vector<std::shared_ptr<Subscriber>> All() const { return subscribers_.All(); }
  bool WaitEmpty(absl::Duration timeout) const { return subscribers_.WaitEmpty(timeout); }

  // Runs the subscriber's Pump soon.
  void Schedule(std::shared_ptr<Subscriber> subscriber);
  // The head moved: schedules everyone. Never blocks; many calls become one.
  void Wake();

  // A stream was ended for being too slow.
  void CountCut() { cut_.fetch_add(1, std::memory_order_relaxed); }
  uint64_t cut() const { return cut_.load(std::memory_order_relaxed); }

 private:
  void StartTick();
  static void RunPump(FeedHub* hub, std::shared_ptr<Subscriber> subscriber);

  Executor& executor_;
  const Clock clock_;
  const absl::Duration tick_;
  Registry<Subscriber> subscribers_;
  std::atomic<bool> wake_posted_{false};
  std::atomic<uint64_t> cut_{0};
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_FEED_HUB_H_
