#include "service/feed_hub.h"

#include <utility>

#include "absl/time/clock.h"

namespace klantbeeld::service {

FeedHub::FeedHub(Executor& executor, Clock clock, absl::Duration tick)
    : executor_(executor), clock_(std::move(clock)), tick_(tick) {
  StartTick();
}

void FeedHub::StartTick() {
  executor_.At(absl::Now() + tick_, [this] {
    const absl::Time now = clock_();
    for (const auto& subscriber : subscribers_.All()) subscriber->Tick(now);
    StartTick();
  });
}

void FeedHub::Add(std::shared_ptr<Subscriber> subscriber) {
  subscribers_.Add(std::move(subscriber));
}

void FeedHub::Remove(Subscriber* subscriber) { subscribers_.Remove(subscriber); }

void FeedHub::Schedule(std::shared_ptr<Subscriber> subscriber) {
  std::atomic<int>& state = subscriber->state_;
  int seen = state.load();
  while (true) {
    if (seen == Subscriber::kQueued || seen == Subscriber::kAgain) return;
    const int next = seen == Subscriber::kIdle ? Subscriber::kQueued : Subscriber::kAgain;
    if (state.compare_exchange_weak(seen, next)) break;
  }
  if (seen == Subscriber::kRunning) return;  // The thread that runs it will see kAgain.
  executor_.PostBehind([this, subscriber = std::move(subscriber)]() mutable {
    RunPump(this, std::move(subscriber));
  });
}

void FeedHub::RunPump(FeedHub* hub, std::shared_ptr<Subscriber> subscriber) {
  std::atomic<int>& state = subscriber->state_;
  state = Subscriber::kRunning;
  subscriber->Pump();
  int running = Subscriber::kRunning;
  if (state.compare_exchange_strong(running, Subscriber::kIdle)) return;
  // To the end of the line, so that one busy subscriber holds up nobody.
  state = Subscriber::kQueued;
  hub->executor_.PostBehind(
      [hub, subscriber = std::move(subscriber)]() mutable { RunPump(hub, std::move(subscriber)); });
}

void FeedHub::Wake() {
  if (wake_posted_.exchange(true)) return;
  executor_.Post([this] {
    wake_posted_ = false;
    for (auto& subscriber : subscribers_.All()) Schedule(std::move(subscriber));
  });
}

}  // namespace klantbeeld::service
