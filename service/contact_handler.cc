#include "klantbeeld/v1/contact_service.grpc.pb.h"
#include "service/handlers.h"
#include "service/record_stream.h"
#include "service/unary.h"

namespace klantbeeld::service {
namespace {

using Contacts = v1::ContactService;
constexpr char kName[] = "klantbeeld.v1.ContactService";

class ContactHandler final
    : public Contacts::WithRawCallbackMethod_RecordContactEvent<
          Contacts::WithRawCallbackMethod_RecordContactEvents<
              Contacts::WithRawCallbackMethod_GetContact<Contacts::Service>>> {
 public:
  explicit ContactHandler(Shared& shared)
      : shared_(shared),
        record_(shared, kName, "RecordContactEvent", Access::kWrite,
                [&store = shared.store](auto& request, auto done) {
                  auto event = store.Prepare(std::move(*request.mutable_event()));
                  if (!event.ok()) return store::WithFieldPrefix(event.status(), "event.");
                  return store.Record(*std::move(event), std::move(done));
                }),
        get_(shared, kName, "GetContact", Access::kRead,
             [&store = shared.store](auto& request, auto done) {
               std::move(done)(store.GetContact(request));
               return absl::OkStatus();
             }),
        stream_metrics_(shared.metrics.Method(kName, "RecordContactEvents", "bidi_stream")) {}

  grpc::ServerUnaryReactor* RecordContactEvent(grpc::CallbackServerContext* context,
                                               const grpc::ByteBuffer* in,
                                               grpc::ByteBuffer* out) override {
    return UnaryCall<v1::RecordContactEventRequest, v1::RecordContactEventResponse>::Start(
        shared_, record_, context, in, out);
  }

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* RecordContactEvents(
      grpc::CallbackServerContext*) override {
    return RecordStream::Start(shared_, *stream_metrics_);
  }

  grpc::ServerUnaryReactor* GetContact(grpc::CallbackServerContext* context,
                                       const grpc::ByteBuffer* in, grpc::ByteBuffer* out) override {
    return UnaryCall<v1::GetContactRequest, v1::GetContactResponse>::Start(shared_, get_, context,
                                                                           in, out);
  }

 private:
  Shared& shared_;
  const UnaryMethod<v1::RecordContactEventRequest, v1::RecordContactEventResponse> record_;
  const UnaryMethod<v1::GetContactRequest, v1::GetContactResponse> get_;
  const std::unique_ptr<MethodMetrics> stream_metrics_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeContactService(Shared& shared) {
  return std::make_unique<ContactHandler>(shared);
}

}  // namespace klantbeeld::service
