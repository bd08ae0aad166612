#include "service/follow_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/request_rules.h"
#include "service/status.h"
#include "service/validate.h"
#include "service/wire.h"

namespace klantbeeld::service {
namespace {

// Positions filtered away after which progress is told without waiting.
constexpr uint64_t kFilteredTold = 4096;

absl::Status WrongOrder(absl::string_view what) {
  return store::Error(v1::ERROR_REASON_ORDER_OF_MESSAGES, what);
}

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* FollowStream::Start(
    Shared& shared, MethodMetrics& metrics, grpc::CallbackServerContext* context) {
  auto stream = std::make_shared<FollowStream>(shared, metrics, context);
  stream->self_ = stream;
  stream->Begin();
  return stream.get();
}

FollowStream::FollowStream(Shared& shared, MethodMetrics& metrics,
                           grpc::CallbackServerContext* context)
    : shared_(shared), metrics_(metrics), context_(context), begun_(absl::Now()) {}

void FollowStream::Begin() {
  metrics_.Started();
  auto place = shared_.admission.Enter(shared_.admission.followers, *context_);
  if (!place.ok()) return End(place.status());
  place_ = *std::move(place);
  shared_.hub.Add(shared_from_this());
  absl::MutexLock lock(&mutex_);
  sent_at_ = moved_at_ = shared_.clock();
  if (!ended_) StartRead(&in_);
}

void FollowStream::OnReadDone(bool ok) {
  if (!ok) {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
    if (!writing_) EndNow(absl::OkStatus());
    return;
  }
  metrics_.Received();
  v1::FollowRequest request;
  MaybeFault fault;
  {
    const ReceivedBytes bytes(in_);
    fault = Parse(bytes.view(), request);
  }
  if (!fault) fault = Validate(request, UnknownFields::kIgnore);
  const absl::Status status = fault ? ToStatus(fault) : Take(request);
  {
    absl::MutexLock lock(&mutex_);
    if (!status.ok()) EndNow(status);
    if (ended_) return;
    StartRead(&in_);
  }
  shared_.hub.Schedule(shared_from_this());
}

absl::Status FollowStream::Take(const v1::FollowRequest& request) {
  switch (request.request_case()) {
    case v1::FollowRequest::kStart:
      return TakeStart(request.start());
    case v1::FollowRequest::kAck:
      return TakeAck(request.ack());
    default:
      return ToStatus(Fault{v1::ERROR_REASON_FIELD_REQUIRED, "start", "is required, or ack"});
  }
}

absl::Status FollowStream::TakeStart(const v1::FollowStart& start) {
  {
    absl::MutexLock lock(&mutex_);
    if (started_) return WrongOrder("start comes once, then acknowledgements");
  }
  if (auto fault = CheckRequest(start, shared_.clock())) {
    fault->path = JoinPath("start", fault->path);
    return ToStatus(fault);
  }
  const auto from = shared_.store.ResumePosition(start);
  if (!from.ok()) return from.status();
  const auto token = shared_.store.ResumeToken(*from);
  if (!token.ok()) return token.status();
  filter_ = start.filter();
  filter_bytes_ = filter_.SerializeAsString();
  absl::MutexLock lock(&mutex_);
  started_ = true;
  from_ = sent_ = *from;
  resume_ = {*from, *token};
  if (start.from_case() != v1::FollowStart::kNow || ended_) return absl::OkStatus();
  // "From now on" is a place too, and the follower must learn it at once: what
  // is recorded before its first acknowledgement is not to be lost.
  Send(grpc::Slice(), *from, *token, *from);
  return absl::OkStatus();
}

absl::Status FollowStream::TakeAck(const v1::FollowAck& ack) {
  absl::MutexLock lock(&mutex_);
  if (!started_) return WrongOrder("the first message is a start");
  if (ack.position() > sent_) {
    return ToStatus(Fault{v1::ERROR_REASON_FIELD_INVALID, "ack.position",
                          absl::StrCat("is ", ack.position(), ", sent was up to ", sent_)});
  }
  while (!unacknowledged_.empty() && unacknowledged_.front().position <= ack.position()) {
    resume_ = std::move(unacknowledged_.front());
    unacknowledged_.pop_front();
    moved_at_ = shared_.clock();
  }
  return absl::OkStatus();
}

void FollowStream::Pump() {
  while (Step()) {
  }
}

bool FollowStream::MayRead(uint64_t& from) {
  absl::MutexLock lock(&mutex_);
  from = from_;
  return started_ && !ended_ && !closing_ && !writing_ &&
         unacknowledged_.size() < shared_.limits.follower_frames_max;
}

bool FollowStream::Step() {
  uint64_t from = 0;
  if (!MayRead(from)) return false;
  const auto read = shared_.frames.Read(filter_, filter_bytes_, from);
  if (!read.ok()) {
    End(read.status());
    return false;
  }
  const SharedFrame& shared = **read;
  const bool at_head = shared.frame.count == 0 && shared.frame.position == from;
  if (SendIfDue(shared, at_head) || at_head) return false;
  // Many facts were looked at and none fit: others may go first.
  shared_.hub.Schedule(shared_from_this());
  return false;
}

bool FollowStream::ShouldSend(const store::Frame& frame, bool at_head) {
  if (frame.count > 0 || bookmark_due_) return true;
  if (at_head && !greeted_) return true;
  return frame.position - sent_ >= kFilteredTold;
}

void FollowStream::Send(const grpc::Slice& events, uint64_t position, const std::string& token,
                        uint64_t head) {
  v1::FollowResponse rest;
  rest.set_position(position);
  rest.set_resume_token(token);
  rest.set_head(head);
  const grpc::Slice slices[] = {events, grpc::Slice(rest.SerializeAsString())};
  out_ = grpc::ByteBuffer(slices, 2);
  greeted_ = writing_ = true;
  metrics_.Sent();
  StartWrite(&out_);
}

bool FollowStream::SendIfDue(const SharedFrame& shared, bool at_head) {
  const store::Frame& frame = shared.frame;
  absl::MutexLock lock(&mutex_);
  if (ended_ || closing_) return true;
  from_ = frame.position;
  if (!ShouldSend(frame, at_head)) return false;
  const absl::Time now = shared_.clock();
  Sent sent{frame.position, frame.resume_token};
  if (unacknowledged_.empty()) moved_at_ = now;
  if (frame.count > 0) {
    unacknowledged_.push_back(std::move(sent));
  } else if (unacknowledged_.empty()) {
    resume_ = std::move(sent);  // All before it was acknowledged or filtered.
  }
  bookmark_due_ = false;
  sent_ = frame.position;
  sent_at_ = now;
  // A frame may have been read before the head moved on.
  Send(shared.events, frame.position, frame.resume_token,
       std::max(frame.head, shared_.store.head()));
  return true;
}

void FollowStream::OnWriteDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) return EndNow(absl::CancelledError("the follower is gone"));
    if (closing_) return EndNow(absl::OkStatus());
  }
  shared_.hub.Schedule(shared_from_this());
}

void FollowStream::Tick(absl::Time now) {
  {
    absl::MutexLock lock(&mutex_);
    if (ended_) {
      // The end itself is stuck behind what the follower does not read.
      if (now - ended_at_ >= shared_.limits.follower_stall_max) context_->TryCancel();
      return;
    }
    const bool stalled = now - moved_at_ >= shared_.limits.follower_stall_max;
    // Who says nothing keeps nobody else out.
    if (!started_ && stalled) return EndNow(WrongOrder("no start came in time"));
    if ((writing_ || !unacknowledged_.empty()) && stalled) {
      shared_.hub.CountCut();
      return EndNow(store::Error(v1::ERROR_REASON_FOLLOWER_TOO_SLOW,
                                 "frames were neither read nor acknowledged in time; resume",
                                 ResumeDetail()));
    }
    if (!started_ || writing_ || now - sent_at_ < shared_.limits.bookmark_idle) return;
    bookmark_due_ = true;
  }
  shared_.hub.Schedule(shared_from_this());
}

store::ErrorDetail FollowStream::ResumeDetail() {
  store::ErrorDetail detail;
  if (!resume_.token.empty()) {
    detail.name = "resume_token";
    detail.value = resume_.token;
  }
  detail.retry = absl::Seconds(1);
  return detail;
}

void FollowStream::Drain() {
  absl::MutexLock lock(&mutex_);
  EndNow(Restarting(ResumeDetail()));
}

uint64_t FollowStream::position() const {
  absl::MutexLock lock(&mutex_);
  return from_;
}

void FollowStream::End(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  EndNow(status);
}

void FollowStream::EndNow(const absl::Status& status) {
  if (ended_) return;
  ended_ = true;
  ended_at_ = shared_.clock();
  const grpc::Status end = ToGrpcStatus(status);
  code_ = end.error_code();
  Finish(end);
}

void FollowStream::OnCancel() { End(absl::CancelledError("the follower is gone")); }

void FollowStream::OnDone() {
  if (place_) shared_.hub.Remove(this);
  place_.Leave();
  {
    absl::MutexLock lock(&mutex_);
    ended_at_ = absl::InfiniteFuture();  // A tick may still come; the context goes now.
    metrics_.Handled(code_, absl::Now() - begun_);
  }
  auto last = std::move(self_);
}

}  // namespace klantbeeld::service
