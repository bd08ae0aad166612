// Who may come in, of several at once, over real connections.
#include "service/admission.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/service/world.h"

namespace klantbeeld::service {
namespace {

// A read that waits for a position which does not come, until it is let go.
class Waiting {
 public:
  explicit Waiting(const std::shared_ptr<grpc::Channel>& channel)
      : stub_(v1::ContactService::NewStub(channel)) {
    SetDeadline(context_, 60);
    request_.set_contact_id(std::string(32, 'a'));
    request_.set_min_position(1'000'000);
    stub_->async()->GetContact(&context_, &request_, &response_,
                               [this](grpc::Status) { ended_.set_value(); });
  }
  ~Waiting() {
    context_.TryCancel();
    ended_.get_future().wait();
  }

 private:
  std::unique_ptr<v1::ContactService::Stub> stub_;
  grpc::ClientContext context_;
  v1::GetContactRequest request_;
  v1::GetContactResponse response_;
  std::promise<void> ended_;
};

// What a read that waits for nothing gets: NOT_FOUND where there is room.
grpc::Status Read(const std::shared_ptr<grpc::Channel>& channel) {
  auto stub = v1::ContactService::NewStub(channel);
  grpc::ClientContext context;
  SetDeadline(context);
  v1::GetContactRequest request;
  request.set_contact_id(std::string(32, 'a'));
  v1::GetContactResponse response;
  return stub->GetContact(&context, request, &response);
}

// Until those that wait have arrived.
grpc::Status ReadUntilRefused(const std::shared_ptr<grpc::Channel>& channel) {
  for (;;) {
    grpc::Status status = Read(channel);
    if (status.error_code() != grpc::StatusCode::NOT_FOUND) return status;
  }
}

TEST(Admission, ReadsThatWaitKeepNoWriteOut) {
  World world{std::vector<Override>{{"limits.reads_in_flight_max", "2"}}};
  const Waiting one(world.channel), other(world.server.Connect());
  const grpc::Status refused = ReadUntilRefused(world.server.Connect());
  EXPECT_EQ(See(refused).reason, "OVERLOADED") << refused.error_message();
  EXPECT_TRUE(See(refused).retry);
  world.RecordPhone("c-1", "0612345678");
}

TEST(Admission, OneConnectionHasHalfAndLeavesTheRest) {
  World world{std::vector<Override>{{"limits.reads_in_flight_max", "6"}}};
  const auto flood = world.server.Connect(), honest = world.server.Connect();
  std::vector<std::unique_ptr<Waiting>> waiting;
  for (int i = 0; i < 3; ++i) waiting.push_back(std::make_unique<Waiting>(flood));
  const grpc::Status refused = ReadUntilRefused(flood);
  EXPECT_EQ(See(refused).reason, "OVERLOADED");
  EXPECT_EQ(See(refused).value, "3");
  EXPECT_NE(refused.error_message().find("on one connection"), std::string::npos)
      << refused.error_message();
  EXPECT_EQ(Read(honest).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST(Admission, PlacesComeBackWhenCallersGo) {
  World world{std::vector<Override>{{"limits.reads_in_flight_max", "2"}}};
  for (int i = 0; i < 20; ++i) {
    const Waiting gone(world.channel);
    EXPECT_EQ(See(ReadUntilRefused(world.channel)).reason, "OVERLOADED");
  }
  grpc::Status status;
  do {  // The caller knows that it is gone before the server does.
    status = Read(world.channel);
  } while (See(status).reason == "OVERLOADED");
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND) << status.error_message();
}

}  // namespace
}  // namespace klantbeeld::service
