#include "tests/simulation/follower.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"

namespace klantbeeld::simulation {
namespace {

constexpr size_t kCacheBytes = 1 << 20;

bool Matches(const v1::FeedFilter& filter, v1::FactKind kind) {
  return filter.kinds().empty() ||
         std::find(filter.kinds().begin(), filter.kinds().end(), kind) != filter.kinds().end();
}

}  // namespace

Serving::Serving(store::Store& served)
    : store(served),
      frames(served, kCacheBytes),
      executor(1),
      // Nobody is too slow here: time stands still while they read.
      hub(executor, [] { return absl::UnixEpoch(); }, absl::Hours(24)) {
  store.OnAdvance([this](uint64_t) { hub.Wake(); });
}

Serving::~Serving() { executor.Stop(); }

void Serving::Settle() {
  // A wake posts those who are to read, and one of those may post itself again.
  for (int generation = 0; generation < 4; ++generation) {
    absl::Notification woken, read;
    executor.Post([&woken] { woken.Notify(); });
    woken.WaitForNotification();
    executor.PostBehind([&read] { read.Notify(); });
    read.WaitForNotification();
  }
}

// What came on one connection.
class Follower::Stream : public service::Subscriber {
 public:
  Stream(Serving& serving, const v1::FeedFilter& filter, uint64_t from)
      : serving_(serving), filter_(filter), filter_bytes_(filter.SerializeAsString()), at_(from) {}

  void Drain() override {}
  void Tick(absl::Time) override {}
  uint64_t position() const override {
    absl::MutexLock lock(&mutex_);
    return at_;
  }

  void Pump() override {
    for (;;) {
      const uint64_t from = position();
      auto read = serving_.frames.Read(filter_, filter_bytes_, from);
      absl::MutexLock lock(&mutex_);
      if (!read.ok()) {
        error_ = read.status();
        return;
      }
      const store::Frame& frame = (*read)->frame;
      if (frame.position == from) return;
      grpc::Slice slice = (*read)->events;
      v1::FollowResponse response;
      response.ParseFromArray(slice.begin(), static_cast<int>(slice.size()));
      response.set_position(frame.position);
      response.set_resume_token(frame.resume_token);
      frames_.push_back(std::move(response));
      at_ = frame.position;
    }
  }

  // Everything up to `head`, or an error.
  absl::StatusOr<std::vector<v1::FollowResponse>> TakeUpTo(uint64_t head) {
    serving_.Settle();
    absl::MutexLock lock(&mutex_);
    if (!error_.ok()) return error_;
    // A fact may be durable, and read, while what notes it failed.
    if (at_ < head) return absl::InternalError(absl::StrCat("at ", at_, ", the head is ", head));
    return std::exchange(frames_, {});
  }

 private:
  Serving& serving_;
  const v1::FeedFilter filter_;
  const std::string filter_bytes_;
  mutable absl::Mutex mutex_;
  uint64_t at_ ABSL_GUARDED_BY(mutex_);
  absl::Status error_ ABSL_GUARDED_BY(mutex_);
  std::vector<v1::FollowResponse> frames_ ABSL_GUARDED_BY(mutex_);
};

void Follower::Connect(Serving& serving, Oracle& oracle) {
  v1::FollowStart start;
  if (!bookmark_.token.empty()) start.set_resume_token(bookmark_.token);
  const auto from = serving.store.ResumePosition(start);
  if (!from.ok()) {
    oracle.Fault(absl::StrCat("a follower with position ", bookmark_.position,
                              " cannot go on: ", from.status().message()));
    return;
  }
  if (*from != bookmark_.position) {
    oracle.Fault(absl::StrCat("a follower with position ", bookmark_.position, " goes on after ", *from));
  }
  seen_ = bookmark_;
  stream_ = std::make_shared<Stream>(serving, filter_, *from);
  serving.hub.Add(stream_);
  serving.hub.Schedule(stream_);
}

void Follower::Disconnect(Serving& serving) {
  if (stream_ == nullptr) return;
  serving.hub.Remove(stream_.get());
  serving.Settle();
  stream_.reset();
}

void Follower::CatchUp(Serving& serving, Oracle& oracle) {
  if (stream_ == nullptr) return;
  auto frames = stream_->TakeUpTo(serving.store.head());
  if (!frames.ok()) {
    oracle.Fault(absl::StrCat("the feed ends: ", frames.status().message()));
    return;
  }
  for (const v1::FollowResponse& frame : *frames) {
    uint64_t last = seen_.position;
    for (const v1::FeedEvent& fact : frame.events()) {
      const bool dense = filter_.kinds().empty();
      if (fact.position() <= last || (dense && fact.position() != last + 1)) {
        oracle.Fault(absl::StrCat("a follower at ", last, " was given ", fact.position()));
      }
      if (!Matches(filter_, fact.kind())) oracle.Fault("a follower was given what its filter keeps out");
      last = fact.position();
      oracle.Seen(fact);
      given_.insert(last);
      ++count_;
    }
    if (frame.position() < last || (filter_.kinds().empty() && frame.position() != last)) {
      oracle.Fault(absl::StrCat("a frame up to ", frame.position(), " ends with ", last));
    }
    seen_ = {frame.resume_token(), frame.position()};
  }
}

void Follower::CheckComplete(const std::vector<v1::FeedEvent>& journal, Oracle& oracle) const {
  for (const v1::FeedEvent& fact : journal) {
    if (Matches(filter_, fact.kind()) && given_.count(fact.position()) == 0) {
      oracle.Fault(absl::StrCat("a follower was never given ", fact.position()));
    }
  }
}

absl::StatusOr<std::vector<v1::FeedEvent>> ReadJournal(const store::Store& store) {
  std::vector<v1::FeedEvent> facts;
  for (uint64_t from = 0;;) {
    const auto frame = store.ReadFeed({}, from);
    if (!frame.ok()) return frame.status();
    if (frame->position == from) return facts;
    v1::FollowResponse read = frame->events.Parse();
    for (auto& fact : *read.mutable_events()) facts.push_back(std::move(fact));
    from = frame->position;
  }
}

}  // namespace klantbeeld::simulation
