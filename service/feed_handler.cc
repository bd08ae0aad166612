#include "klantbeeld/v1/feed_service.grpc.pb.h"
#include "service/follow_stream.h"
#include "service/handlers.h"

namespace klantbeeld::service {
namespace {

class FeedHandler final
    : public v1::FeedService::WithRawCallbackMethod_Follow<v1::FeedService::Service> {
 public:
  explicit FeedHandler(Shared& shared)
      : shared_(shared),
        metrics_(shared.metrics.Method("klantbeeld.v1.FeedService", "Follow", "bidi_stream")) {}

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Follow(
      grpc::CallbackServerContext* context) override {
    return FollowStream::Start(shared_, *metrics_, context);
  }

 private:
  Shared& shared_;
  const std::unique_ptr<MethodMetrics> metrics_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeFeedService(Shared& shared) {
  return std::make_unique<FeedHandler>(shared);
}

}  // namespace klantbeeld::service
