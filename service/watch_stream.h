// One watched timeline.
#ifndef KLANTBEELD_SERVICE_WATCH_STREAM_H_
#define KLANTBEELD_SERVICE_WATCH_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "klantbeeld/v1/citizen_service.pb.h"
#include "service/shared.h"

namespace klantbeeld::service {

// Sends the first page, then what changes, a step at a time: the next step is
// read when the last was written, so a slow reader costs one step of memory and
// misses nothing. A step with only a position is the sign of life.
//
// Threads: gRPC's and the hub's.
class WatchStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer>,
                          public Subscriber,
                          public std::enable_shared_from_this<WatchStream> {
 public:
  static grpc::ServerWriteReactor<grpc::ByteBuffer>* Start(Shared& shared, MethodMetrics& metrics,
                                                           grpc::CallbackServerContext* context,
                                                           const grpc::ByteBuffer* in);
  WatchStream(Shared& shared, MethodMetrics& metrics, grpc::CallbackServerContext* context);

  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void Pump() override;
  void Tick(absl::Time now) override;
  void Drain() override;
  uint64_t position() const override;

 private:
  void Begin(const grpc::ByteBuffer& in);
  absl::Status Understand(const grpc::ByteBuffer& in);
  void Open();
  void SendIfDue(const v1::WatchTimelineResponse& step, uint64_t from);
  void EndNow(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(const absl::Status& status);

  Shared& shared_;
  MethodMetrics& metrics_;
  grpc::CallbackServerContext* const context_;
  const absl::Time begun_;
  Places::Taken place_;
  grpc::ByteBuffer out_;  // Touched only while `writing_`.
  v1::WatchTimelineRequest request_;

  mutable absl::Mutex mutex_;
  bool open_ ABSL_GUARDED_BY(mutex_) = false;  // The position waited for is there.
  bool first_sent_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;  // Finish was called.
  bool bookmark_due_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t waiting_ ABSL_GUARDED_BY(mutex_) = 0;  // For its position, under this number.
  uint64_t from_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string citizen_id_ ABSL_GUARDED_BY(mutex_);
  absl::Time sent_at_ ABSL_GUARDED_BY(mutex_);
  absl::Time ended_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  grpc::StatusCode code_ ABSL_GUARDED_BY(mutex_) = grpc::StatusCode::UNKNOWN;
  std::shared_ptr<WatchStream> self_;
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_WATCH_STREAM_H_
