// The one way that every unary call goes: admission, parsing, checking, waiting
// for its position, one call of the store, reply.
#ifndef KLANTBEELD_SERVICE_UNARY_H_
#define KLANTBEELD_SERVICE_UNARY_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "service/deadline.h"
#include "service/request_rules.h"
#include "service/shared.h"
#include "service/status.h"
#include "service/validate.h"
#include "service/wire.h"

namespace klantbeeld::service {

enum class Access { kRead, kWrite };

// A method as its handler sets it up, once.
template <typename Request, typename Response>
struct UnaryMethod {
  using Done = store::Store::Done<Response>;
  // Answers through `done`, once, now or later. Not OK: this is the answer and
  // `done` is dropped.
  using Run = std::function<absl::Status(Request&, Done)>;

  UnaryMethod(Shared& shared, const std::string& service, const std::string& name, Access how,
              Run what)
      : metrics(shared.metrics.Method(service, name, "unary")), access(how), run(std::move(what)) {}

  std::unique_ptr<MethodMetrics> metrics;
  Access access;
  Run run;
};

// One call. Owned by itself until OnDone, and by whoever will still answer it.
template <typename Request, typename Response>
class UnaryCall final : public grpc::ServerUnaryReactor,
                        public std::enable_shared_from_this<UnaryCall<Request, Response>> {
 public:
  using Method = UnaryMethod<Request, Response>;

  static grpc::ServerUnaryReactor* Start(Shared& shared, const Method& method,
                                         grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* in, grpc::ByteBuffer* out) {
    auto call = std::make_shared<UnaryCall>(shared, method, context, out);
    call->self_ = call;
    call->Begin(*in);
    return call.get();
  }

  UnaryCall(Shared& shared, const Method& method, grpc::CallbackServerContext* context,
            grpc::ByteBuffer* out)
      : shared_(shared), method_(method), context_(context), out_(out), begun_(absl::Now()) {}

  void OnCancel() override {
    End(absl::CancelledError("the caller is gone"));
    if (const uint64_t number = waiting_) StopWaiting(number);
  }

  void OnDone() override {
    if (timer_ != 0) shared_.executor.Cancel(timer_);
    {
      absl::MutexLock lock(&mutex_);
      done_ = true;  // A timer may still come; the context goes now.
    }
    place_.Leave();
    method_.metrics->Handled(code_, absl::Now() - begun_);
    auto last = std::move(self_);
  }

 private:
  void Begin(const grpc::ByteBuffer& in) {
    method_.metrics->Started();
    method_.metrics->Received();
    Admission& admission = shared_.admission;
    auto place = admission.Enter(
        method_.access == Access::kRead ? admission.reads : admission.writes, *context_);
    if (!place.ok()) return End(place.status());
    place_ = *std::move(place);
    if (const absl::Status status = Understand(in); !status.ok()) return End(status);
    if constexpr (requires(const Request& r) { r.min_position(); }) {
      if (request_.min_position() > shared_.store.head()) return WaitForPosition();
    }
    Run();
  }

  absl::Status Understand(const grpc::ByteBuffer& in) {
    const ReceivedBytes bytes(in);
    if (auto fault = Parse(bytes.view(), request_)) return ToStatus(fault);
    const auto unknown =
        method_.access == Access::kWrite ? UnknownFields::kRefuse : UnknownFields::kIgnore;
    if (auto fault = Validate(request_, unknown)) return ToStatus(fault);
    return ToStatus(CheckRequest(request_, shared_.clock()));
  }

  void WaitForPosition() {
    if constexpr (requires(const Request& r) { r.min_position(); }) {
      const absl::Time by = AnswerBy(*context_, absl::Now(), shared_.limits.unary_deadline);
      const uint64_t number =
          shared_.positions.Wait(request_.min_position(), by,
                                 [self = this->shared_from_this()](absl::Status reached) {
                                   if (!reached.ok()) return self->End(reached);
                                   self->Run();
                                 });
      waiting_ = number;
      if (ended_) StopWaiting(number);  // The caller went just before.
    }
  }

  void StopWaiting(uint64_t number) {
    if constexpr (requires(const Request& r) { r.min_position(); }) {
      shared_.positions.Cancel(request_.min_position(), number);
    }
  }

  void Run() {
    if (ended_) return;  // The caller went while the call waited.
    auto self = this->shared_from_this();
    if (method_.access == Access::kRead) {
      const absl::Status status = method_.run(
          request_, [self](absl::StatusOr<Response> reply) { self->Answer(std::move(reply)); });
      if (!status.ok()) End(status);
      return;
    }
    if (!HasDeadline(*context_)) StartTimer();
    // The store answers on the sequencer's thread, which has other work to do.
    const absl::Status status = method_.run(request_, [self](absl::StatusOr<Response> reply) {
      self->shared_.answers.Add(
          [self, reply = std::move(reply)]() mutable { self->Answer(std::move(reply)); });
    });
    if (!status.ok()) End(status);
  }

  void StartTimer() {
    timer_ = shared_.executor.At(
        absl::Now() + shared_.limits.unary_deadline, [self = this->shared_from_this()] {
          self->End(absl::DeadlineExceededError(
              "no answer in the server's own time; whether it was recorded is not known"));
        });
  }

  // An answer that the caller lets nobody send would keep its place for good.
  void CutUnlessTaken() {
    const Executor::TimerId before = timer_.exchange(shared_.executor.At(
        absl::Now() + shared_.limits.follower_stall_max, [self = this->shared_from_this()] {
          absl::MutexLock lock(&self->mutex_);
          if (self->done_) return;
          self->shared_.hub.CountCut();
          self->context_->TryCancel();
        }));
    if (before != 0) shared_.executor.Cancel(before);
  }

  void Answer(absl::StatusOr<Response> reply) {
    if (!reply.ok()) return End(reply.status());
    if (ended_.exchange(true)) return;
    *out_ = Serialise(*std::move(reply));
    method_.metrics->Sent();
    code_ = grpc::StatusCode::OK;
    CutUnlessTaken();
    this->Finish(grpc::Status::OK);
  }

  void End(const absl::Status& status) {
    if (ended_.exchange(true)) return;
    const grpc::Status end = ToGrpcStatus(status);
    code_ = end.error_code();
    this->Finish(end);
  }

  Shared& shared_;
  const Method& method_;
  grpc::CallbackServerContext* const context_;
  grpc::ByteBuffer* const out_;
  const absl::Time begun_;
  Request request_;
  Places::Taken place_;
  std::atomic<bool> ended_{false};
  std::atomic<uint64_t> waiting_{0};  // For its position, under this number.
  std::atomic<Executor::TimerId> timer_{0};
  absl::Mutex mutex_;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::StatusCode code_ = grpc::StatusCode::UNKNOWN;
  std::shared_ptr<UnaryCall> self_;
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_UNARY_H_
