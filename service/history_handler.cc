#include "klantbeeld/v1/history_service.grpc.pb.h"
#include "service/handlers.h"
#include "service/unary.h"

namespace klantbeeld::service {
namespace {

using Histories = v1::HistoryService;
constexpr char kName[] = "klantbeeld.v1.HistoryService";

class HistoryHandler final : public Histories::WithRawCallbackMethod_ListHistory<
                                 Histories::WithRawCallbackMethod_ListCitizensAt<
                                     Histories::Service>> {
 public:
  explicit HistoryHandler(Shared& shared)
      : shared_(shared),
        history_(shared, kName, "ListHistory", Access::kRead,
                 [&store = shared.store](auto& request, auto done) {
                   std::move(done)(store.ListHistory(request));
                   return absl::OkStatus();
                 }),
        citizens_at_(shared, kName, "ListCitizensAt", Access::kRead,
                     [&store = shared.store](auto& request, auto done) {
                       std::move(done)(store.ListCitizensAt(request));
                       return absl::OkStatus();
                     }) {}

  grpc::ServerUnaryReactor* ListHistory(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* in,
                                        grpc::ByteBuffer* out) override {
    return UnaryCall<v1::ListHistoryRequest, v1::ListHistoryResponse>::Start(shared_, history_,
                                                                             context, in, out);
  }

  grpc::ServerUnaryReactor* ListCitizensAt(grpc::CallbackServerContext* context,
                                           const grpc::ByteBuffer* in,
                                           grpc::ByteBuffer* out) override {
    return UnaryCall<v1::ListCitizensAtRequest, v1::ListCitizensAtResponse>::Start(
        shared_, citizens_at_, context, in, out);
  }

 private:
  Shared& shared_;
  const UnaryMethod<v1::ListHistoryRequest, v1::ListHistoryResponse> history_;
  const UnaryMethod<v1::ListCitizensAtRequest, v1::ListCitizensAtResponse> citizens_at_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeHistoryService(Shared& shared) {
  return std::make_unique<HistoryHandler>(shared);
}

}  // namespace klantbeeld::service
