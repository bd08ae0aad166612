#include "service/handlers.h"

// Also tests: service/wire.cc service/status.cc
#include "tests/service/events.h"
#include "tests/service/running_server.h"

namespace klantbeeld::service {
namespace {

constexpr char kRecord[] = "/klantbeeld.v1.ContactService/RecordContactEvent";

class ContactHandler : public testing::Test {
 protected:
  grpc::Status Try(const v1::ContactEvent& event) {
    v1::RecordContactEventRequest request;
    *request.mutable_event() = event;
    return CallRaw(channel, kRecord, request.SerializeAsString());
  }

  RunningServer server;
  std::shared_ptr<grpc::Channel> channel = server.Connect();
  std::unique_ptr<v1::ContactService::Stub> stub = v1::ContactService::NewStub(channel);
};

TEST_F(ContactHandler, RecordedContactIsRead) {
  EXPECT_EQ(Record(channel, klantbeeld::service::Call()), 1u);
  v1::GetContactRequest request;
  request.mutable_ref()->set_source("exchange");
  request.mutable_ref()->set_id("c-1");
  request.set_with_events(true);
  v1::GetContactResponse response;
  grpc::ClientContext context;
  ASSERT_TRUE(stub->GetContact(&context, request, &response).ok());
  EXPECT_EQ(response.contact().data().channel(), v1::CHANNEL_PHONE);
  EXPECT_EQ(response.contact().events_size(), 1);
}

TEST_F(ContactHandler, SameEventAgainAnswersTheFirstPosition) {
  EXPECT_EQ(Record(channel, klantbeeld::service::Call()), 1u);
  EXPECT_EQ(Record(channel, klantbeeld::service::Call("c-2")), 2u);
  EXPECT_EQ(Record(channel, klantbeeld::service::Call()), 1u);
}

TEST_F(ContactHandler, OtherContentIsRefusedWithTheFirstPosition) {
  v1::ContactEvent event = klantbeeld::service::Call();
  Record(channel, event);
  event.mutable_data()->set_note("other");
  const grpc::Status status = Try(event);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(See(status).reason, "CONTENT_DIFFERS");
  EXPECT_EQ(See(status).value, "1");
}

TEST_F(ContactHandler, UnknownContactIsNotFound) {
  v1::GetContactRequest request;
  request.set_contact_id(std::string(32, 'a'));
  v1::GetContactResponse response;
  grpc::ClientContext context;
  const grpc::Status status = stub->GetContact(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(See(status).reason, "CONTACT_NOT_FOUND");
}

TEST_F(ContactHandler, BsnThatFailsTheElevenTestNamesItsField) {
  v1::ContactEvent event = klantbeeld::service::Call();
  *event.mutable_data()->mutable_parties(0)->mutable_identifiers(0) =
      Number(v1::IDENTIFIER_TYPE_BSN, "999990018");
  const grpc::Status status = Try(event);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(See(status).reason, "BSN_INVALID");
  EXPECT_EQ(See(status).field, "event.data.parties[0].identifiers[0].value");
  EXPECT_EQ(status.error_message().find("999990018"), std::string::npos);
}

TEST_F(ContactHandler, TextThatIsNotUtf8NamesItsField) {
  v1::ContactEvent event = klantbeeld::service::Call();
  event.mutable_data()->set_note("MARK");
  v1::RecordContactEventRequest request;
  *request.mutable_event() = event;
  std::string bytes = request.SerializeAsString();
  bytes.replace(bytes.find("MARK"), 2, "\xC3\x28");
  const Seen seen = See(CallRaw(channel, kRecord, bytes));
  EXPECT_EQ(seen.reason, "TEXT_NOT_UTF8");
  EXPECT_EQ(seen.field, "event.data.note");
}

TEST_F(ContactHandler, BytesThatAreNoMessageAreMalformed) {
  EXPECT_EQ(See(CallRaw(channel, kRecord, "\x0A\x7F not that long")).reason, "MESSAGE_MALFORMED");
}

TEST_F(ContactHandler, UnknownFieldIsRefusedWithItsNumber) {
  const Seen seen = See(CallRaw(channel, kRecord, "\x0A\x03\xC8\x3E\x01"));
  EXPECT_EQ(seen.reason, "FIELD_UNKNOWN");
  EXPECT_EQ(seen.field, "event.1001");
}

TEST_F(ContactHandler, NothingIsWrittenOfWhatIsRefused) {
  v1::ContactEvent event = klantbeeld::service::Call();
  event.mutable_data()->set_language("X");
  EXPECT_FALSE(Try(event).ok());
  EXPECT_EQ(Record(channel, klantbeeld::service::Call()), 1u);
}

TEST_F(ContactHandler, ReadWaitsForItsPosition) {
  v1::GetContactRequest request;
  request.mutable_ref()->set_source("exchange");
  request.mutable_ref()->set_id("c-1");
  request.set_min_position(1);
  v1::GetContactResponse response;
  grpc::ClientContext context;
  SetDeadline(context);
  std::promise<grpc::Status> done;
  stub->async()->GetContact(&context, &request, &response,
                            [&done](grpc::Status status) { done.set_value(std::move(status)); });
  Record(channel, klantbeeld::service::Call());
  const grpc::Status status = done.get_future().get();
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(ContactHandler, PositionNotReachedSaysWhichWas) {
  Record(channel, klantbeeld::service::Call());
  v1::GetContactRequest request;
  request.set_contact_id(std::string(32, 'a'));
  request.set_min_position(1'000'000);
  v1::GetContactResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
  const grpc::Status status = stub->GetContact(&context, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(See(status).reason, "POSITION_NOT_REACHED");
  EXPECT_EQ(See(status).value, "1");
}

TEST(ContactHandlerLimits, TooManyCallsAtOnceAreToldToRetry) {
  RunningServer server{std::vector<Override>{{"limits.reads_in_flight_max", "1"}}};
  auto stub = v1::ContactService::NewStub(server.Connect());
  v1::GetContactRequest waits;
  waits.set_contact_id(std::string(32, 'a'));
  waits.set_min_position(5);
  v1::GetContactResponse ignored;
  grpc::ClientContext first;
  SetDeadline(first);
  std::promise<void> ended;
  stub->async()->GetContact(&first, &waits, &ignored,
                            [&ended](grpc::Status) { ended.set_value(); });
  grpc::Status status;
  do {  // Until the first call has arrived, the second finds no contact.
    grpc::ClientContext context;
    SetDeadline(context);
    v1::GetContactRequest request;
    request.set_contact_id(std::string(32, 'a'));
    status = stub->GetContact(&context, request, &ignored);
  } while (status.error_code() == grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(See(status).reason, "OVERLOADED");
  EXPECT_TRUE(See(status).retry);
  first.TryCancel();
  ended.get_future().wait();
}

}  // namespace
}  // namespace klantbeeld::service
