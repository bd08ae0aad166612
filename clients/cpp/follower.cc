#include "clients/cpp/follower.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "klantbeeld/v1/citizen_service.grpc.pb.h"
#include "klantbeeld/v1/feed_service.grpc.pb.h"

namespace klantbeeld::client {
namespace {

using grpc::StatusCode;

// A stream that ends without being asked, or that was cut for silence or
// slowness, is worth another connection.
bool WorthReconnecting(const Error& error) {
  return error.retryable() ||
         (error.code == StatusCode::ABORTED && error.reason == v1::ERROR_REASON_UNSPECIFIED);
}

Error ErrorOfEnd(const grpc::Status& status, bool silent) {
  if (silent) return LocalError(StatusCode::UNAVAILABLE, "the server gave no sign of life");
  if (status.ok()) return LocalError(StatusCode::UNAVAILABLE, "the server ended the stream");
  return ErrorOf(status);
}

// Runs `once` until it stopped by itself, or failed in a way that another
// connection does not mend. `once` returns nothing when it stopped, and sets
// `progress` when a message came.
template <class Once>
std::optional<Error> RunWithReconnects(const Client& client, const StreamLimits& limits,
                                       const Once& once) {
  Backoff backoff(limits.backoff, client.options().random);
  int reconnects = 0;
  for (;;) {
    bool progress = false;
    std::optional<Error> error = once(progress);
    if (!error) return error;
    if (client.stopped()) return LocalError(StatusCode::CANCELLED, "stopped");
    if (!WorthReconnecting(*error)) return error;
    if (progress) {
      reconnects = 0;
      backoff.Reset();
    }
    if (limits.reconnects_max > 0 && ++reconnects > limits.reconnects_max) return error;
    if (!client.Wait(backoff.Next(error->retry_after)))
      return LocalError(StatusCode::CANCELLED, "stopped");
  }
}

}  // namespace

struct Follower::Ended {
  std::optional<Error> error;
  bool progress = false;
};

Follower::Follower(Client& client, v1::FollowStart start, StreamLimits limits)
    : client_(client), start_(std::move(start)), limits_(limits) {
  if (start_.from_case() == v1::FollowStart::kPosition) position_ = start_.position();
}

std::optional<Error> Follower::Run(const OnFrame& on_frame) {
  return RunWithReconnects(client_, limits_, [&](bool& progress) {
    Ended ended = RunOnce(on_frame);
    progress = ended.progress;
    return ended.error;
  });
}

Follower::Ended Follower::RunOnce(const OnFrame& on_frame) {
  grpc::ClientContext context;
  Stop::Scope scope(client_.options().stop, &context);
  const auto stub = v1::FeedService::NewStub(client_.NewChannel());
  const auto stream = stub->Follow(&context);
  Watchdog watchdog(&context, limits_.silence_max);
  v1::FollowRequest request;
  *request.mutable_start() = start_;
  stream->Write(request);
  Ended ended;
  v1::FollowResponse frame;
  for (;;) {
    watchdog.Arm();
    const bool read = stream->Read(&frame);
    watchdog.Disarm();
    if (!read) break;
    ended.error = Check(frame);
    if (ended.error) {
      context.TryCancel();
      stream->Finish();
      return ended;
    }
    const bool go_on = on_frame(frame);
    ended.progress = true;
    position_ = frame.position();
    start_.set_resume_token(frame.resume_token());
    request.mutable_ack()->set_position(frame.position());
    const bool written = stream->Write(request);
    if (go_on && written) continue;
    if (!go_on) context.TryCancel();
    const grpc::Status status = stream->Finish();
    if (go_on) ended.error = ErrorOfEnd(status, watchdog.bitten());
    return ended;
  }
  ended.error = ErrorOfEnd(stream->Finish(), watchdog.bitten());
  return ended;
}

std::optional<Error> Follower::Check(const v1::FollowResponse& frame) const {
  uint64_t last = position_;
  for (const auto& event : frame.events()) {
    if (event.position() <= last)
      return LocalError(
          StatusCode::DATA_LOSS,
          absl::StrCat("feed gives position ", event.position(), " after position ", last));
    last = event.position();
  }
  if (frame.position() < last)
    return LocalError(
        StatusCode::DATA_LOSS,
        absl::StrCat("frame stands at position ", frame.position(), " behind position ", last));
  return std::nullopt;
}

Watcher::Watcher(Client& client, v1::WatchTimelineRequest request, StreamLimits limits)
    : client_(client), request_(std::move(request)), limits_(limits) {}

std::optional<Error> Watcher::Run(const OnStep& on_step) {
  return RunWithReconnects(client_, limits_, [&](bool& progress) -> std::optional<Error> {
    grpc::ClientContext context;
    Stop::Scope scope(client_.options().stop, &context);
    const auto stub = v1::CitizenService::NewStub(client_.NewChannel());
    const auto stream = stub->WatchTimeline(&context, request_);
    Watchdog watchdog(&context, limits_.silence_max);
    v1::WatchTimelineResponse step;
    for (;;) {
      watchdog.Arm();
      const bool read = stream->Read(&step);
      watchdog.Disarm();
      if (!read) break;
      progress = true;
      request_.set_min_position(std::max(request_.min_position(), step.position()));
      if (on_step(step)) continue;
      context.TryCancel();
      stream->Finish();
      return std::nullopt;
    }
    return ErrorOfEnd(stream->Finish(), watchdog.bitten());
  });
}

}  // namespace klantbeeld::client
