#include "klantbeeld/v1/info_service.grpc.pb.h"
#include "service/handlers.h"
#include "service/unary.h"
#include "service/version.h"

namespace klantbeeld::service {
namespace {

class InfoHandler final
    : public v1::InfoService::WithRawCallbackMethod_GetServerInfo<v1::InfoService::Service> {
 public:
  InfoHandler(Shared& shared, std::vector<std::string> enabled)
      : shared_(shared),
        info_(shared, "klantbeeld.v1.InfoService", "GetServerInfo", Access::kRead,
              [&shared, enabled = std::move(enabled)](auto&, auto done) {
                v1::GetServerInfoResponse info;
                info.set_version(kVersion);
                info.set_log_id(shared.store.log_id());
                info.set_head(shared.store.head());
                for (const std::string& name : enabled) info.add_enabled(name);
                info.set_access_control("none");
                info.set_followers(static_cast<uint32_t>(shared.admission.followers.taken()));
                info.set_watchers(static_cast<uint32_t>(shared.admission.watchers.taken()));
                const auto in_effect = shared.store.model();
                if (!in_effect.ok()) return in_effect.status();
                info.set_model(in_effect->model->version);
                if (const std::string& shipped = store::ShippedModel().version;
                    shipped != info.model()) {
                  info.set_shipped_model(shipped);
                }
                info.set_model_facts_left(in_effect->left());
                std::move(done)(std::move(info));
                return absl::OkStatus();
              }) {}

  grpc::ServerUnaryReactor* GetServerInfo(grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* in,
                                          grpc::ByteBuffer* out) override {
    return UnaryCall<v1::GetServerInfoRequest, v1::GetServerInfoResponse>::Start(shared_, info_,
                                                                                 context, in, out);
  }

 private:
  Shared& shared_;
  const UnaryMethod<v1::GetServerInfoRequest, v1::GetServerInfoResponse> info_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeInfoService(Shared& shared, std::vector<std::string> enabled) {
  return std::make_unique<InfoHandler>(shared, std::move(enabled));
}

}  // namespace klantbeeld::service
