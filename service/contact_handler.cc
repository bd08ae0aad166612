#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "klantbeeld/v1/contact_service.grpc.pb.h"
#include "service/handlers.h"
#include "service/record_stream.h"
#include "service/unary.h"

namespace klantbeeld::service {
namespace {

using Contacts = v1::ContactService;
constexpr char kName[] = "klantbeeld.v1.ContactService";

using Recorded = store::Store::Done<v1::RecordContactEventResponse>;

absl::Status Record(Shared& shared, v1::RecordContactEventRequest& request, Recorded done) {
  auto event = shared.store.Prepare(std::move(*request.mutable_event()));
  if (!event.ok()) return store::WithFieldPrefix(event.status(), "event.");
  registry::Questions unknown;
  if (shared.asker != nullptr) shared.asker->AddUnknown(*event, &unknown);
  if (unknown.empty()) return shared.store.Record(*std::move(event), std::move(done));
  shared.asker->Ask(std::move(unknown), [&store = shared.store, event = *std::move(event),
                                         done = std::move(done)]() mutable {
    // Of the store or of this: one of them answers.
    auto answer = std::make_shared<Recorded>(std::move(done));
    const absl::Status status = store.Record(std::move(event), [answer](auto outcome) {
      std::move (*answer)(std::move(outcome));
    });
    if (!status.ok()) std::move (*answer)(status);
  });
  return absl::OkStatus();
}

class ContactHandler final
    : public Contacts::WithRawCallbackMethod_RecordContactEvent<
          Contacts::WithRawCallbackMethod_RecordContactEvents<
              Contacts::WithRawCallbackMethod_GetContact<Contacts::Service>>> {
 public:
  explicit ContactHandler(Shared& shared)
      : shared_(shared),
        record_(shared, kName, "RecordContactEvent", Access::kWrite,
                [&shared](auto& request, auto done) {
                  return Record(shared, request, std::move(done));
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
      grpc::CallbackServerContext* context) override {
    return RecordStream::Start(shared_, *stream_metrics_, context);
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
