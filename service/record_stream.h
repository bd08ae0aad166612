// One stream of contact events in, and of results out.
#ifndef KLANTBEELD_SERVICE_RECORD_STREAM_H_
#define KLANTBEELD_SERVICE_RECORD_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "klantbeeld/v1/contact_service.pb.h"
#include "service/shared.h"
#include "service/wire.h"

namespace klantbeeld::service {

// Reads a batch, submits its events one by one, and reads the next only while
// few of this stream's events wait for their results (Limits). Where there is a
// registry it is asked first about BSNs that are new. When the
// store's queue is full it waits with the event at hand. Results go out in the
// order of the events, as many in one message as are ready; a caller that does
// not take them in time is cut, and sends again.
//
// Threads: gRPC's, the executor's and the sequencer's (Resolve). At most one of
// them takes events at a time, because nothing is read meanwhile.
// Owned by itself until OnDone, and by every event that waits for its result.
class RecordStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                           public OpenStream,
                           public std::enable_shared_from_this<RecordStream> {
 public:
  static grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Start(
      Shared& shared, MethodMetrics& metrics, grpc::CallbackServerContext* context);
  RecordStream(Shared& shared, MethodMetrics& metrics, grpc::CallbackServerContext* context);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void Drain() override;

 private:
  // An event that was taken, until its result was sent.
  struct Slot {
    bool ready = false;
    size_t bytes = 0;
    v1::RecordResult result;
  };

  void Begin();
  absl::Status SplitMessage();
  // Submits events of the message at hand; false: all are submitted or dropped.
  void TakeEvents();
  enum class Taken { kYes, kHold };
  Taken TakeEvent();
  bool PrepareAhead();
  absl::StatusOr<store::PreparedEvent> Prepare(size_t number) const;
  absl::Status Submit(uint64_t index);
  uint64_t OpenSlot(size_t bytes);
  void DropSlot();
  bool ShouldHold(const absl::Status& status);
  void Resolve(uint64_t index, absl::StatusOr<v1::RecordContactEventResponse> outcome);
  void Flush();
  void Cut();

  void ReadOrEnd() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void PostFlush() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndNow(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Shared& shared_;
  MethodMetrics& metrics_;
  grpc::CallbackServerContext* const context_;
  const absl::Time begun_;
  Places::Taken place_;

  // The message at hand; touched only by the thread that takes its events.
  grpc::ByteBuffer in_;
  std::optional<ReceivedBytes> message_;
  std::vector<absl::string_view> events_;
  size_t next_event_ = 0;
  // Prepared events from events_[next_event_] on, so that the registry is asked
  // about several at a time.
  std::deque<absl::StatusOr<store::PreparedEvent>> ahead_;
  absl::Time held_since_ = absl::InfiniteFuture();

  grpc::ByteBuffer out_;  // Touched only while `writing_`.

  absl::Mutex mutex_;
  std::deque<Slot> slots_ ABSL_GUARDED_BY(mutex_);
  uint64_t first_index_ ABSL_GUARDED_BY(mutex_) = 0;  // Of slots_.front().
  size_t slot_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reading_ ABSL_GUARDED_BY(mutex_) = false;
  bool taking_ ABSL_GUARDED_BY(mutex_) = false;  // Events of a message are being taken.
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  Executor::TimerId cut_timer_ ABSL_GUARDED_BY(mutex_) = 0;  // Of what is being written.
  bool flush_posted_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;  // Finish was called.
  // Set: nothing more is read, and the stream ends so when all results went out.
  std::optional<absl::Status> ending_ ABSL_GUARDED_BY(mutex_);
  grpc::StatusCode code_ ABSL_GUARDED_BY(mutex_) = grpc::StatusCode::UNKNOWN;
  std::shared_ptr<RecordStream> self_;
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_RECORD_STREAM_H_
