#include "service/watch_stream.h"

#include <utility>

#include "absl/time/clock.h"
#include "service/deadline.h"
#include "service/request_rules.h"
#include "service/status.h"
#include "service/validate.h"
#include "service/wire.h"

namespace klantbeeld::service {
namespace {

bool SaysSomething(const v1::WatchTimelineResponse& step) {
  return step.first_page() || !step.entries().empty() || !step.removed_contact_ids().empty() ||
         !step.citizen_id().empty() || !step.changes().empty();
}

}  // namespace

grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchStream::Start(Shared& shared,
                                                               MethodMetrics& metrics,
                                                               grpc::CallbackServerContext* context,
                                                               const grpc::ByteBuffer* in) {
  auto stream = std::make_shared<WatchStream>(shared, metrics, context);
  stream->self_ = stream;
  stream->Begin(*in);
  return stream.get();
}

WatchStream::WatchStream(Shared& shared, MethodMetrics& metrics,
                         grpc::CallbackServerContext* context)
    : shared_(shared), metrics_(metrics), context_(context), begun_(absl::Now()) {}

void WatchStream::Begin(const grpc::ByteBuffer& in) {
  metrics_.Started();
  metrics_.Received();
  auto place = shared_.admission.Enter(shared_.admission.watchers, *context_);
  if (!place.ok()) return End(place.status());
  place_ = *std::move(place);
  if (const absl::Status status = Understand(in); !status.ok()) return End(status);
  {
    absl::MutexLock lock(&mutex_);
    sent_at_ = shared_.clock();
  }
  shared_.hub.Add(shared_from_this());
  if (request_.min_position() <= shared_.store.head()) return Open();
  const absl::Time by = AnswerBy(*context_, absl::Now(), shared_.limits.unary_deadline);
  const uint64_t number = shared_.positions.Wait(
      request_.min_position(), by, [self = shared_from_this()](absl::Status reached) {
        if (!reached.ok()) return self->End(reached);
        self->Open();
      });
  absl::MutexLock lock(&mutex_);
  waiting_ = number;
  if (ended_) shared_.positions.Cancel(request_.min_position(), number);
}

absl::Status WatchStream::Understand(const grpc::ByteBuffer& in) {
  const ReceivedBytes bytes(in);
  if (auto fault = Parse(bytes.view(), request_)) return ToStatus(fault);
  if (auto fault = Validate(request_, UnknownFields::kIgnore)) return ToStatus(fault);
  return ToStatus(CheckRequest(request_, shared_.clock()));
}

void WatchStream::Open() {
  {
    absl::MutexLock lock(&mutex_);
    open_ = true;
  }
  shared_.hub.Schedule(shared_from_this());
}

void WatchStream::Pump() {
  uint64_t from = 0;
  bool first = false;
  std::string citizen_id;
  {
    absl::MutexLock lock(&mutex_);
    if (!open_ || ended_ || writing_) return;
    from = from_;
    first = !first_sent_;
    citizen_id = citizen_id_;
  }
  const auto step = first ? shared_.store.WatchFirst(request_)
                          : shared_.store.WatchNext(request_, citizen_id, from);
  if (!step.ok()) return End(step.status());
  SendIfDue(*step, from);
}

void WatchStream::SendIfDue(const v1::WatchTimelineResponse& step, uint64_t from) {
  {
    absl::MutexLock lock(&mutex_);
    if (ended_) return;
    from_ = step.position();
    if (!step.citizen_id().empty()) citizen_id_ = step.citizen_id();
    if (SaysSomething(step) || bookmark_due_) {
      first_sent_ = writing_ = true;
      bookmark_due_ = false;
      sent_at_ = shared_.clock();
      out_ = Serialise(step);
      metrics_.Sent();
      StartWrite(&out_);
      return;
    }
  }
  // Facts of others only: there may be more to look at.
  if (step.position() != from) shared_.hub.Schedule(shared_from_this());
}

void WatchStream::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) return EndNow(absl::CancelledError("the watcher is gone"));
  }
  shared_.hub.Schedule(shared_from_this());
}

void WatchStream::Tick(absl::Time now) {
  {
    absl::MutexLock lock(&mutex_);
    if (ended_) {
      // The end itself is stuck behind what the watcher does not read.
      if (now - ended_at_ >= shared_.limits.follower_stall_max) context_->TryCancel();
      return;
    }
    if (writing_ && now - sent_at_ >= shared_.limits.follower_stall_max) {
      shared_.hub.CountCut();
      store::ErrorDetail detail;
      detail.retry = absl::Seconds(1);
      return EndNow(store::Error(v1::ERROR_REASON_FOLLOWER_TOO_SLOW,
                                 "the timeline was not read in time; watch again", detail));
    }
    if (!first_sent_ || writing_ || now - sent_at_ < shared_.limits.bookmark_idle) return;
    bookmark_due_ = true;
  }
  shared_.hub.Schedule(shared_from_this());
}

void WatchStream::Drain() { End(Restarting()); }

uint64_t WatchStream::position() const {
  absl::MutexLock lock(&mutex_);
  return from_;
}

void WatchStream::End(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  EndNow(status);
}

void WatchStream::EndNow(const absl::Status& status) {
  if (ended_) return;
  ended_ = true;
  ended_at_ = shared_.clock();
  const grpc::Status end = ToGrpcStatus(status);
  code_ = end.error_code();
  Finish(end);
}

void WatchStream::OnCancel() {
  absl::MutexLock lock(&mutex_);
  EndNow(absl::CancelledError("the watcher is gone"));
  if (waiting_ != 0) shared_.positions.Cancel(request_.min_position(), waiting_);
}

void WatchStream::OnDone() {
  shared_.hub.Remove(this);
  place_.Leave();
  {
    absl::MutexLock lock(&mutex_);
    ended_at_ = absl::InfiniteFuture();  // A tick may still come; the context goes now.
    metrics_.Handled(code_, absl::Now() - begun_);
  }
  auto last = std::move(self_);
}

}  // namespace klantbeeld::service
