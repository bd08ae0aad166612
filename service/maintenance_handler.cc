#include <sys/resource.h>

#include <atomic>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "klantbeeld/v1/maintenance_service.grpc.pb.h"
#include "service/executor.h"
#include "service/handlers.h"
#include "service/log.h"
#include "service/request_rules.h"
#include "service/status.h"
#include "service/validate.h"
#include "service/wire.h"
#include "store/db_pace.h"

namespace klantbeeld::service {
namespace {

constexpr int64_t kMibPerSecondDefault = 16;
constexpr absl::Duration kBetweenProgress = absl::Seconds(1);

v1::ScrubResponse ToProto(const store::ScrubResult& found, int64_t bytes) {
  v1::ScrubResponse response;
  v1::ScrubResult& result = *response.mutable_result();
  result.set_position(found.facts);
  result.set_files(found.files);
  result.set_bytes(static_cast<uint64_t>(bytes));
  for (const auto& family : found.families) {
    v1::ScrubRows& rows = *result.add_rows();
    rows.set_kind(family.family);
    rows.set_rows(family.rows);
    rows.set_missing(family.missing);
    rows.set_extra(family.extra);
    rows.set_different(family.different);
  }
  for (const std::string& line : found.first_differences) result.add_differences(line);
  return response;
}

void LogEnd(const absl::StatusOr<store::ScrubResult>& found, int64_t bytes) {
  if (!found.ok()) {
    Log(Severity::kWarning, "a scrub was broken off",
        {{"bytes", bytes}, {"why", Setting{std::string(found.status().message())}}});
  } else if (found->ok()) {
    Log(Severity::kInfo, "scrubbed, the store is whole", {{"facts", found->facts}, {"bytes", bytes}});
  } else {
    Log(Severity::kError, "scrubbed, the store is damaged: stop and run `klantbeeld-server check`",
        {{"facts", found->facts}, {"bytes", bytes}});
  }
}

// One call of Scrub. The work runs on a thread that the handler has for it;
// the caller's going, or a drain, ends the work, and the work's end the call.
//
// Owned by itself until OnDone, and by the work.
class ScrubStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                          public OpenStream,
                          public std::enable_shared_from_this<ScrubStream> {
 public:
  ScrubStream(Shared& shared, MethodMetrics& metrics)
      : shared_(shared), metrics_(metrics), begun_(absl::Now()) {}

  void Begin(const grpc::CallbackServerContext& context, const grpc::ByteBuffer& in,
             std::atomic<bool>& running, Executor& apart) {
    self_ = shared_from_this();
    metrics_.Started();
    metrics_.Received();
    auto place = shared_.admission.Enter(shared_.admission.reads, context);
    absl::Status status = place.status();
    if (place.ok()) {
      place_ = *std::move(place);
      status = Understand(in);
    }
    if (status.ok() && running.exchange(true)) {
      status = store::Error(v1::ERROR_REASON_OVERLOADED, "a scrub runs; wait for it or end it",
                            {.retry = absl::Minutes(1)});
    }
    if (!status.ok()) return End(status, std::nullopt);
    shared_.record_streams.Add(shared_from_this());
    apart.Post([self = shared_from_this(), &running] {
      auto found = self->Work();
      running = false;
      self->Answer(std::move(found));
    });
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok) {
      pace_->Stop();
      last_.reset();
    }
    if (ending_) SendEnd();
  }
  void OnCancel() override {
    if (pace_) pace_->Stop();
  }
  void Drain() override {
    {
      absl::MutexLock lock(&mutex_);
      draining_ = true;
    }
    pace_->Stop();
  }
  void OnDone() override {
    shared_.record_streams.Remove(this);
    place_.Leave();
    {
      absl::MutexLock lock(&mutex_);
      metrics_.Handled(code_, absl::Now() - begun_);
    }
    auto last = std::move(self_);
  }

 private:
  absl::Status Understand(const grpc::ByteBuffer& in) {
    const ReceivedBytes bytes(in);
    v1::ScrubRequest request;
    if (auto fault = Parse(bytes.view(), request)) return ToStatus(fault);
    if (auto fault = Validate(request, UnknownFields::kRefuse)) return ToStatus(fault);
    const int64_t rate = request.mib_per_second();
    pace_.emplace((rate == 0 ? kMibPerSecondDefault : rate) << 20);
    return absl::OkStatus();
  }

  absl::StatusOr<store::ScrubResult> Work() {
    return shared_.store.Scrub(*pace_, [this](const store::ScrubStep& step) { Tell(step); });
  }

  void Tell(const store::ScrubStep& step) {
    absl::MutexLock lock(&mutex_);
    const absl::Time now = shared_.clock();
    if (writing_ || now - told_at_ < kBetweenProgress) return;
    told_at_ = now;
    v1::ScrubResponse response;
    v1::ScrubProgress& progress = *response.mutable_progress();
    progress.set_files(step.files);
    progress.set_files_total(step.files_total);
    progress.set_position(step.position);
    progress.set_head(step.head);
    progress.set_bytes(static_cast<uint64_t>(pace_->bytes()));
    Write(Serialise(response));
  }

  void Answer(const absl::StatusOr<store::ScrubResult>& found) {
    LogEnd(found, pace_->bytes());
    bool draining = false;
    {
      absl::MutexLock lock(&mutex_);
      draining = draining_;
    }
    if (found.ok()) return End(absl::OkStatus(), Serialise(ToProto(*found, pace_->bytes())));
    End(draining ? Restarting() : found.status(), std::nullopt);
  }

  void End(const absl::Status& status, std::optional<grpc::ByteBuffer> last) {
    absl::MutexLock lock(&mutex_);
    ending_ = status;
    last_ = std::move(last);
    if (!writing_) SendEnd();
  }

  void SendEnd() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (last_) return Write(*std::exchange(last_, std::nullopt));
    const grpc::Status end = ToGrpcStatus(*ending_);
    code_ = end.error_code();
    Finish(end);
  }

  void Write(grpc::ByteBuffer bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    writing_ = true;
    out_ = std::move(bytes);
    metrics_.Sent();
    StartWrite(&out_);
  }

  Shared& shared_;
  MethodMetrics& metrics_;
  const absl::Time begun_;
  Places::Taken place_;
  std::optional<store::Pace> pace_;  // Set once, before the work begins.
  grpc::ByteBuffer out_;             // Touched only while `writing_`.

  absl::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Time told_at_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::optional<absl::Status> ending_ ABSL_GUARDED_BY(mutex_);  // The work is over.
  std::optional<grpc::ByteBuffer> last_ ABSL_GUARDED_BY(mutex_);
  grpc::StatusCode code_ ABSL_GUARDED_BY(mutex_) = grpc::StatusCode::UNKNOWN;
  std::shared_ptr<ScrubStream> self_;
};

class MaintenanceHandler final : public v1::MaintenanceService::WithRawCallbackMethod_Scrub<
                                     v1::MaintenanceService::Service> {
 public:
  explicit MaintenanceHandler(Shared& shared)
      : shared_(shared),
        metrics_(shared.metrics.Method("klantbeeld.v1.MaintenanceService", "Scrub",
                                       "server_stream")) {
    // Whatever else wants the processor goes first. Linux has this by thread.
    apart_.Post([] { static_cast<void>(setpriority(PRIO_PROCESS, 0, 19)); });
  }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Scrub(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* in) override {
    auto stream = std::make_shared<ScrubStream>(shared_, *metrics_);
    stream->Begin(*context, *in, running_, apart_);
    return stream.get();
  }

 private:
  Shared& shared_;
  const std::unique_ptr<MethodMetrics> metrics_;
  std::atomic<bool> running_{false};
  Executor apart_{1};  // It takes hours, and the other threads are few.
};

}  // namespace

std::unique_ptr<grpc::Service> MakeMaintenanceService(Shared& shared) {
  return std::make_unique<MaintenanceHandler>(shared);
}

}  // namespace klantbeeld::service
