// One follower of the feed.
#ifndef KLANTBEELD_SERVICE_FOLLOW_STREAM_H_
#define KLANTBEELD_SERVICE_FOLLOW_STREAM_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <deque>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "klantbeeld/v1/feed_service.pb.h"
#include "service/shared.h"

namespace klantbeeld::service {

// Reads the journal from where the follower is, a frame at a time, and sends
// while fewer than a few frames are unacknowledged: that a write returned says
// nothing about what the follower has processed. Empty frames carry progress,
// need no acknowledgement and take no credit: the first when there is nothing
// to send, then one when much was filtered and one after some idle time. Who
// neither reads nor acknowledges is ended, with the token to resume from.
//
// Threads: gRPC's and the hub's. Holds one frame at a time, whatever the lag.
class FollowStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                           public Subscriber,
                           public std::enable_shared_from_this<FollowStream> {
 public:
  static grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Start(
      Shared& shared, MethodMetrics& metrics, grpc::CallbackServerContext* context);
  FollowStream(Shared& shared, MethodMetrics& metrics, grpc::CallbackServerContext* context);

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  void Pump() override;
  void Tick(absl::Time now) override;
  void Drain() override;
  uint64_t position() const override;

 private:
  struct Sent {
    uint64_t position = 0;
    std::string token;
  };

  void Begin();
  absl::Status Take(const v1::FollowRequest& request);
  absl::Status TakeStart(const v1::FollowStart& start);
  absl::Status TakeAck(const v1::FollowAck& ack);
  // What Pump does next. False: nothing until it is scheduled again.
  bool Step();
  bool MayRead(uint64_t& from);
  // True: `frame` was sent.
  bool SendIfDue(const SharedFrame& shared, bool at_head);
  bool ShouldSend(const store::Frame& frame, bool at_head) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Send(const grpc::Slice& events, uint64_t position, const std::string& token, uint64_t head)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Where to resume: after the last frame that was acknowledged.
  store::ErrorDetail ResumeDetail() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EndNow(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void End(const absl::Status& status);

  Shared& shared_;
  MethodMetrics& metrics_;
  grpc::CallbackServerContext* const context_;
  const absl::Time begun_;
  Places::Taken place_;
  grpc::ByteBuffer in_;    // Touched only between StartRead and OnReadDone.
  grpc::ByteBuffer out_;   // Touched only while `writing_`.
  v1::FeedFilter filter_;  // Set before `started_`, constant after it; and its bytes.
  std::string filter_bytes_;

  mutable absl::Mutex mutex_;
  bool started_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;  // The follower said that it is done.
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;    // Finish was called.
  bool greeted_ ABSL_GUARDED_BY(mutex_) = false;  // Something was sent.
  bool bookmark_due_ ABSL_GUARDED_BY(mutex_) = false;
  uint64_t from_ ABSL_GUARDED_BY(mutex_) = 0;  // Read up to here.
  uint64_t sent_ ABSL_GUARDED_BY(mutex_) = 0;  // Position of the last frame.
  std::deque<Sent> unacknowledged_ ABSL_GUARDED_BY(mutex_);
  Sent resume_ ABSL_GUARDED_BY(mutex_);
  absl::Time sent_at_ ABSL_GUARDED_BY(mutex_);   // Of the last frame.
  absl::Time moved_at_ ABSL_GUARDED_BY(mutex_);  // Last sign that the follower reads.
  absl::Time ended_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  grpc::StatusCode code_ ABSL_GUARDED_BY(mutex_) = grpc::StatusCode::UNKNOWN;
  std::shared_ptr<FollowStream> self_;
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_FOLLOW_STREAM_H_
