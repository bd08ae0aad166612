// Calls that wait for a position to be applied.
#ifndef KLANTBEELD_SERVICE_POSITION_WAITER_H_
#define KLANTBEELD_SERVICE_POSITION_WAITER_H_

#include <cstdint>
#include <map>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "service/executor.h"

namespace klantbeeld::service {

// Threads: every call may come from any thread. Owns: what waits; `executor`
// must outlive it and be stopped before it is destroyed.
class PositionWaiter {
 public:
  explicit PositionWaiter(Executor& executor) : executor_(executor) {}

  // Calls `done` once on the executor: with OK when `position` is applied, else
  // at `deadline` with POSITION_NOT_REACHED and the position that was.
  // Gives the number by which it is cancelled.
  using Done = absl::AnyInvocable<void(absl::Status) &&>;
  uint64_t Wait(uint64_t position, absl::Time deadline, Done done);
  // Forgets a call that no longer waits, with all that it holds: a deadline may
  // be a year away. Nothing happens when `done` was called or is about to be.
  void Cancel(uint64_t position, uint64_t number);

  // The store has applied everything up to `head`. Never blocks.
  void Advance(uint64_t head);

 private:
  struct Waiter {
    Done done;
    Executor::TimerId timer = 0;
  };
  using Key = std::pair<uint64_t, uint64_t>;  // Position, number of the waiter.
  void Expire(Key key);

  Executor& executor_;
  absl::Mutex mutex_;
  uint64_t head_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t next_ ABSL_GUARDED_BY(mutex_) = 1;
  std::map<Key, Waiter> waiters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_POSITION_WAITER_H_
