#include "klantbeeld/v1/identity_service.grpc.pb.h"
#include "service/handlers.h"
#include "service/unary.h"

namespace klantbeeld::service {
namespace {

using Identities = v1::IdentityService;
constexpr char kName[] = "klantbeeld.v1.IdentityService";

class IdentityHandler final
    : public Identities::WithRawCallbackMethod_Link<Identities::WithRawCallbackMethod_Unlink<
          Identities::WithRawCallbackMethod_ListSuggestions<
              Identities::WithRawCallbackMethod_Explain<Identities::Service>>>> {
 public:
  explicit IdentityHandler(Shared& shared)
      : shared_(shared),
        link_(shared, kName, "Link", Access::kWrite,
              [&store = shared.store](auto& request, auto done) {
                return store.Link(std::move(request), std::move(done));
              }),
        unlink_(shared, kName, "Unlink", Access::kWrite,
                [&store = shared.store](auto& request, auto done) {
                  return store.Unlink(std::move(request), std::move(done));
                }),
        suggestions_(shared, kName, "ListSuggestions", Access::kRead,
                     [&store = shared.store](auto& request, auto done) {
                       std::move(done)(store.ListSuggestions(request));
                       return absl::OkStatus();
                     }),
        explain_(shared, kName, "Explain", Access::kRead,
                 [&store = shared.store](auto& request, auto done) {
                   std::move(done)(store.Explain(request));
                   return absl::OkStatus();
                 }) {}

  grpc::ServerUnaryReactor* Link(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                 grpc::ByteBuffer* out) override {
    return UnaryCall<v1::LinkRequest, v1::LinkResponse>::Start(shared_, link_, context, in, out);
  }

  grpc::ServerUnaryReactor* Unlink(grpc::CallbackServerContext* context, const grpc::ByteBuffer* in,
                                   grpc::ByteBuffer* out) override {
    return UnaryCall<v1::UnlinkRequest, v1::UnlinkResponse>::Start(shared_, unlink_, context, in,
                                                                   out);
  }

  grpc::ServerUnaryReactor* ListSuggestions(grpc::CallbackServerContext* context,
                                            const grpc::ByteBuffer* in,
                                            grpc::ByteBuffer* out) override {
    return UnaryCall<v1::ListSuggestionsRequest, v1::ListSuggestionsResponse>::Start(
        shared_, suggestions_, context, in, out);
  }

  grpc::ServerUnaryReactor* Explain(grpc::CallbackServerContext* context,
                                    const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    return UnaryCall<v1::ExplainRequest, v1::ExplainResponse>::Start(shared_, explain_, context, in,
                                                                     out);
  }

 private:
  Shared& shared_;
  const UnaryMethod<v1::LinkRequest, v1::LinkResponse> link_;
  const UnaryMethod<v1::UnlinkRequest, v1::UnlinkResponse> unlink_;
  const UnaryMethod<v1::ListSuggestionsRequest, v1::ListSuggestionsResponse> suggestions_;
  const UnaryMethod<v1::ExplainRequest, v1::ExplainResponse> explain_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeIdentityService(Shared& shared) {
  return std::make_unique<IdentityHandler>(shared);
}

}  // namespace klantbeeld::service
