#include "clients/cpp/stop.h"

#include <thread>

#include "absl/time/clock.h"

namespace klantbeeld::client {

void Stop::Request() {
  absl::MutexLock lock(&mutex_);
  requested_ = true;
  for (grpc::ClientContext* context : contexts_) context->TryCancel();
}

void Stop::TakeBack() {
  absl::MutexLock lock(&mutex_);
  requested_ = false;
}

bool Stop::requested() const {
  absl::MutexLock lock(&mutex_);
  return requested_;
}

bool Stop::WaitFor(absl::Duration wait) {
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&requested_), wait);
}

Stop::Scope::Scope(Stop* stop, grpc::ClientContext* context) : stop_(stop), context_(context) {
  if (stop_ == nullptr) return;
  absl::MutexLock lock(&stop_->mutex_);
  stop_->contexts_.insert(context_);
  if (stop_->requested_) context_->TryCancel();
}

Stop::Scope::~Scope() {
  if (stop_ == nullptr) return;
  absl::MutexLock lock(&stop_->mutex_);
  stop_->contexts_.erase(context_);
}

struct Watchdog::Impl {
  absl::Mutex mutex;
  absl::Time due ABSL_GUARDED_BY(mutex) = absl::InfiniteFuture();
  bool changed ABSL_GUARDED_BY(mutex) = false;
  bool over ABSL_GUARDED_BY(mutex) = false;
  bool bitten ABSL_GUARDED_BY(mutex) = false;
  absl::Duration silence_max;
  std::thread thread;

  void SetDue(absl::Time time) {
    absl::MutexLock lock(&mutex);
    // Only an earlier time needs to wake the thread; a later one it sees when
    // it wakes, which saves a wake-up per frame.
    changed = changed || time < due;
    due = time;
  }

  void Run(grpc::ClientContext* context) {
    absl::MutexLock lock(&mutex);
    while (!over && !bitten) {
      mutex.AwaitWithDeadline(absl::Condition(&changed), due);
      changed = false;
      if (over || absl::Now() < due) continue;
      bitten = true;
      context->TryCancel();
    }
  }
};

Watchdog::Watchdog(grpc::ClientContext* context, absl::Duration silence_max) : impl_(new Impl) {
  impl_->silence_max = silence_max;
  impl_->thread = std::thread([this, context] { impl_->Run(context); });
}

Watchdog::~Watchdog() {
  {
    absl::MutexLock lock(&impl_->mutex);
    impl_->over = impl_->changed = true;
  }
  impl_->thread.join();
  delete impl_;
}

void Watchdog::Arm() { impl_->SetDue(absl::Now() + impl_->silence_max); }

void Watchdog::Disarm() { impl_->SetDue(absl::InfiniteFuture()); }

bool Watchdog::bitten() const {
  absl::MutexLock lock(&impl_->mutex);
  return impl_->bitten;
}

}  // namespace klantbeeld::client
