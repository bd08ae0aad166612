#include "klantbeeld/v1/citizen_service.grpc.pb.h"
#include "service/handlers.h"
#include "service/unary.h"
#include "service/watch_stream.h"

namespace klantbeeld::service {
namespace {

using Citizens = v1::CitizenService;
constexpr char kName[] = "klantbeeld.v1.CitizenService";

class CitizenHandler final
    : public Citizens::WithRawCallbackMethod_FindCitizens<
          Citizens::WithRawCallbackMethod_GetCitizen<Citizens::WithRawCallbackMethod_ListTimeline<
              Citizens::WithRawCallbackMethod_WatchTimeline<Citizens::Service>>>> {
 public:
  explicit CitizenHandler(Shared& shared)
      : shared_(shared),
        find_(shared, kName, "FindCitizens", Access::kRead,
              [&store = shared.store](auto& request, auto done) {
                std::move(done)(store.FindCitizens(request));
                return absl::OkStatus();
              }),
        get_(shared, kName, "GetCitizen", Access::kRead,
             [&store = shared.store](auto& request, auto done) {
               std::move(done)(store.GetCitizen(request));
               return absl::OkStatus();
             }),
        list_(shared, kName, "ListTimeline", Access::kRead,
              [&store = shared.store](auto& request, auto done) {
                std::move(done)(store.ListTimeline(request));
                return absl::OkStatus();
              }),
        watch_metrics_(shared.metrics.Method(kName, "WatchTimeline", "server_stream")) {}

  grpc::ServerUnaryReactor* FindCitizens(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* in,
                                         grpc::ByteBuffer* out) override {
    return UnaryCall<v1::FindCitizensRequest, v1::FindCitizensResponse>::Start(shared_, find_,
                                                                               context, in, out);
  }

  grpc::ServerUnaryReactor* GetCitizen(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    return UnaryCall<v1::GetCitizenRequest, v1::GetCitizenResponse>::Start(shared_, get_, context,
                                                                           in, out);
  }

  grpc::ServerUnaryReactor* ListTimeline(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* in,
                                         grpc::ByteBuffer* out) override {
    return UnaryCall<v1::ListTimelineRequest, store::Encoded<v1::ListTimelineResponse>>::Start(
        shared_, list_, context, in, out);
  }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* WatchTimeline(grpc::CallbackServerContext* context,
                                                            const grpc::ByteBuffer* in) override {
    return WatchStream::Start(shared_, *watch_metrics_, context, in);
  }

 private:
  Shared& shared_;
  const UnaryMethod<v1::FindCitizensRequest, v1::FindCitizensResponse> find_;
  const UnaryMethod<v1::GetCitizenRequest, v1::GetCitizenResponse> get_;
  const UnaryMethod<v1::ListTimelineRequest, store::Encoded<v1::ListTimelineResponse>> list_;
  const std::unique_ptr<MethodMetrics> watch_metrics_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeCitizenService(Shared& shared) {
  return std::make_unique<CitizenHandler>(shared);
}

}  // namespace klantbeeld::service
