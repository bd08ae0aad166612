#include "service/position_waiter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/error.h"

namespace klantbeeld::service {

uint64_t PositionWaiter::Wait(uint64_t position, absl::Time deadline, Done done) {
  absl::MutexLock lock(&mutex_);
  if (position <= head_) {
    executor_.Post([done = std::move(done)]() mutable { std::move(done)(absl::OkStatus()); });
    return next_++;
  }
  const Key key{position, next_++};
  Waiter& waiter = waiters_[key];
  waiter.done = std::move(done);
  waiter.timer = executor_.At(deadline, [this, key] { Expire(key); });
  return key.second;
}

void PositionWaiter::Cancel(uint64_t position, uint64_t number) {
  Waiter dropped;  // Destroyed after the lock: it may hold the last owner of a call.
  absl::MutexLock lock(&mutex_);
  const auto it = waiters_.find({position, number});
  if (it == waiters_.end()) return;
  dropped = std::move(it->second);
  executor_.Cancel(dropped.timer);
  waiters_.erase(it);
}

void PositionWaiter::Advance(uint64_t head) {
  absl::MutexLock lock(&mutex_);
  head_ = std::max(head_, head);
  while (!waiters_.empty() && waiters_.begin()->first.first <= head_) {
    Waiter& waiter = waiters_.begin()->second;
    executor_.Cancel(waiter.timer);
    executor_.Post(
        [done = std::move(waiter.done)]() mutable { std::move(done)(absl::OkStatus()); });
    waiters_.erase(waiters_.begin());
  }
}

void PositionWaiter::Expire(Key key) {
  Done done;
  uint64_t head = 0;
  {
    absl::MutexLock lock(&mutex_);
    const auto it = waiters_.find(key);
    if (it == waiters_.end()) return;
    done = std::move(it->second.done);
    head = head_;
    waiters_.erase(it);
  }
  store::ErrorDetail detail;
  detail.field = "min_position";
  detail.name = "position";
  detail.value = absl::StrCat(head);
  detail.retry = absl::Milliseconds(100);
  std::move(done)(store::Error(
      v1::ERROR_REASON_POSITION_NOT_REACHED,
      absl::StrCat("position ", key.first, " is not applied yet, ", head, " is"), detail));
}

}  // namespace klantbeeld::service
