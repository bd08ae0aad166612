#include "clients/cpp/recorder.h"

#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "klantbeeld/v1/contact_service.grpc.pb.h"

namespace klantbeeld::client {

// One stream with a thread that reads, so that writing never waits for
// reading: both sides waiting on full buffers would stand still for ever.
class Recorder::Connection {
 public:
  Connection(const Client& client, absl::Duration wait_max)
      : scope_(client.options().stop, &context_),
        watchdog_(&context_, wait_max),
        stub_(v1::ContactService::NewStub(client.NewChannel())),
        stream_(stub_->RecordContactEvents(&context_)),
        reader_([this] { Read(); }) {}

  ~Connection() {
    context_.TryCancel();
    Join();
  }

  // False: the connection is gone, or the server took nothing for too long.
  bool Write(const v1::RecordContactEventsRequest& request) {
    watchdog_.Arm();
    const bool written = stream_->Write(request);
    watchdog_.Disarm();
    return written;
  }

  // Waits for results or the end; then what came. Empty: the end, or too late.
  std::vector<v1::RecordContactEventsResponse> Take(absl::Duration wait) {
    absl::MutexLock lock(&mutex_);
    mutex_.AwaitWithTimeout(absl::Condition(this, &Connection::Something), wait);
    return std::exchange(received_, {});
  }

  bool ended() {
    absl::MutexLock lock(&mutex_);
    return ended_ && received_.empty();
  }

  void Cancel() { context_.TryCancel(); }
  void WritesDone() { stream_->WritesDone(); }

  // Results that came before the end stay to be taken.
  grpc::Status Finish() {
    watchdog_.Arm();
    Join();
    watchdog_.Disarm();
    return stream_->Finish();
  }

  uint64_t next_index = 0;  // Of the next result, as the server counts.

 private:
  bool Something() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return ended_ || !received_.empty();
  }

  void Read() {
    v1::RecordContactEventsResponse response;
    while (stream_->Read(&response)) {
      absl::MutexLock lock(&mutex_);
      received_.push_back(std::move(response));
    }
    absl::MutexLock lock(&mutex_);
    ended_ = true;
  }

  void Join() {
    if (reader_.joinable()) reader_.join();
  }

  absl::Mutex mutex_;
  std::vector<v1::RecordContactEventsResponse> received_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext context_;
  Stop::Scope scope_;
  Watchdog watchdog_;
  std::unique_ptr<v1::ContactService::Stub> stub_;
  std::unique_ptr<
      grpc::ClientReaderWriter<v1::RecordContactEventsRequest, v1::RecordContactEventsResponse>>
      stream_;
  std::thread reader_;
};

Recorder::Recorder(Client& client, Limits limits, OnResult on_result)
    : client_(client),
      limits_(limits),
      on_result_(std::move(on_result)),
      backoff_(client.options().backoff, client.options().random) {}

Recorder::~Recorder() = default;

std::optional<Error> Recorder::Add(v1::ContactEvent event) {
  if (failed_) return failed_;
  const size_t bytes = event.ByteSizeLong();
  if (filling_.bytes + bytes > limits_.batch_bytes_max && filling_.request.events_size() > 0)
    if (auto error = SendFilling()) return error;
  *filling_.request.add_events() = std::move(event);
  filling_.bytes += bytes;
  if (filling_.request.events_size() >= limits_.batch_events_max) return SendFilling();
  return std::nullopt;
}

std::optional<Error> Recorder::Flush() {
  if (failed_) return failed_;
  if (filling_.request.events_size() > 0)
    if (auto error = SendFilling()) return error;
  if (connection_ && !TakeResults(absl::ZeroDuration())) return RecoverFromSilence();
  return std::nullopt;
}

std::optional<Error> Recorder::Finish() {
  if (auto error = Flush()) return error;
  if (auto error = WaitUntilOpenAtMost(0)) return error;
  if (connection_) {
    connection_->WritesDone();
    connection_->Finish();  // Every event has its result; how it ends changes nothing.
    connection_.reset();
  }
  return std::nullopt;
}

std::optional<Error> Recorder::SendFilling() {
  if (auto error = WaitUntilOpenAtMost(limits_.batches_in_flight_max - 1)) return error;
  open_.push_back(std::exchange(filling_, {}));
  return Send(open_.back());
}

std::unique_ptr<Recorder::Connection> Recorder::Connect() const {
  return std::make_unique<Connection>(client_, limits_.answer_wait_max);
}

std::optional<Error> Recorder::Send(const Batch& batch) {
  if (!connection_) connection_ = Connect();
  if (connection_->Write(batch.request)) return std::nullopt;
  return Recover();
}

std::optional<Error> Recorder::WaitUntilOpenAtMost(size_t batches) {
  while (open_.size() > batches)
    if (!TakeResults(limits_.answer_wait_max))
      if (auto error = RecoverFromSilence()) return error;
  return std::nullopt;
}

// False: this connection gives no more results.
bool Recorder::TakeResults(absl::Duration wait) {
  const auto responses = connection_->Take(wait);
  for (const auto& response : responses)
    for (const auto& result : response.results())
      if (!TakeResult(result)) return false;
  if (!responses.empty()) return true;
  return !connection_->ended() && wait == absl::ZeroDuration();
}

bool Recorder::TakeResult(const v1::RecordResult& result) {
  if (open_.empty() || result.index() != connection_->next_index) return false;
  if (result.has_error()) {
    Error error = ErrorOf(result.error());
    if (error.retryable()) {
      refused_ = std::move(error);
      return false;
    }
  }
  ++connection_->next_index;
  reconnects_ = 0;
  backoff_.Reset();
  on_result_(number_++, result);
  Batch& first = open_.front();
  if (++first.answered == first.request.events_size()) open_.pop_front();
  return true;
}

// A stream that did not end by itself is ended, as nothing more is expected of
// it; one that did keeps its status, which says why.
std::optional<Error> Recorder::RecoverFromSilence() {
  if (!connection_->ended()) connection_->Cancel();
  return Recover();
}

// Sends what has no result over a new connection; this one has ended or ends.
std::optional<Error> Recorder::Recover() {
  failed_ = Reconnect();
  return failed_;
}

std::optional<Error> Recorder::Reconnect() {
  for (;;) {
    const grpc::Status status = connection_->Finish();
    TakeResults(absl::ZeroDuration());
    connection_.reset();
    Error error =
        status.ok() || status.error_code() == grpc::StatusCode::CANCELLED
            ? LocalError(grpc::StatusCode::UNAVAILABLE, "the stream of results ended early")
            : ErrorOf(status);
    if (refused_) error = *std::exchange(refused_, std::nullopt);
    if (client_.stopped()) return LocalError(grpc::StatusCode::CANCELLED, "stopped");
    if (!error.retryable() || ++reconnects_ > limits_.reconnects_max) return error;
    if (!client_.Wait(backoff_.Next(error.retry_after)))
      return LocalError(grpc::StatusCode::CANCELLED, "stopped");
    if (open_.empty()) return std::nullopt;
    open_.front().request.mutable_events()->DeleteSubrange(0, open_.front().answered);
    open_.front().answered = 0;
    connection_ = Connect();
    bool written = true;
    for (const Batch& batch : open_) written = written && connection_->Write(batch.request);
    if (written) return std::nullopt;
  }
}

}  // namespace klantbeeld::client
