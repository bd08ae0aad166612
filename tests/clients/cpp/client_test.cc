// Also tests: clients/cpp/error.cc clients/cpp/stop.cc
#include "clients/cpp/client.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/clients/fake_server.h"

namespace klantbeeld::client {
namespace {

using grpc::StatusCode;
using testing::FakeServer;
using testing::Refusal;

TEST(Client, UnavailableTwiceThenAnswered) {
  FakeServer server;
  server.citizens.failures = {Refusal(StatusCode::UNAVAILABLE, "RESTARTING"),
                              Refusal(StatusCode::RESOURCE_EXHAUSTED, "OVERLOADED")};
  const auto reply = server.NewClient()->GetCitizen({});
  ASSERT_TRUE(reply.ok());
  EXPECT_EQ(reply.value().position(), 7u);
  EXPECT_EQ(server.citizens.calls, 3);
}

TEST(Client, ThirdFailureIsTheAnswer) {
  FakeServer server;
  for (int i = 0; i < 3; ++i)
    server.citizens.failures.push_back(Refusal(StatusCode::RESOURCE_EXHAUSTED, "OVERLOADED"));
  const auto reply = server.NewClient()->GetCitizen({});
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().reason, v1::ERROR_REASON_OVERLOADED);
  EXPECT_EQ(server.citizens.calls, 3);
}

TEST(Client, RestartIsWaitedForWithinTheDeadline) {
  FakeServer server;
  for (int i = 0; i < 6; ++i)
    server.citizens.failures.push_back(Refusal(StatusCode::UNAVAILABLE, "RESTARTING"));
  EXPECT_TRUE(server.NewClient()->GetCitizen({}).ok());
  EXPECT_EQ(server.citizens.calls, 7);
}

TEST(Stop, TakenBackLetsWhatBeginsAfterwardsRun) {
  FakeServer server;
  Stop stop;
  Client::Options options;
  options.server = server.NewClient()->options().server;
  options.stop = &stop;
  const auto client = std::move(Client::Create(std::move(options)).value());
  stop.Request();
  EXPECT_EQ(client->GetCitizen({}).error().code, StatusCode::CANCELLED);
  stop.TakeBack();
  EXPECT_TRUE(client->GetCitizen({}).ok());
}

TEST(Client, RefusalIsNotRepeatedAndNamesTheField) {
  FakeServer server;
  server.citizens.failures = {
      Refusal(StatusCode::INVALID_ARGUMENT, "FIELD_REQUIRED", 0, "citizen_id")};
  const auto reply = server.NewClient()->GetCitizen({});
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(reply.error().reason, v1::ERROR_REASON_FIELD_REQUIRED);
  ASSERT_EQ(reply.error().fields.size(), 1u);
  EXPECT_EQ(reply.error().fields[0].field, "citizen_id");
  EXPECT_EQ(server.citizens.calls, 1);
}

TEST(Client, WaitThatTheServerAsksBeyondTheDeadlineIsNotWaited) {
  FakeServer server;
  server.citizens.failures = {Refusal(StatusCode::RESOURCE_EXHAUSTED, "OVERLOADED", 3600)};
  const auto reply = server.NewClient()->GetCitizen({});
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().retry_after, absl::Hours(1));
  EXPECT_EQ(server.citizens.calls, 1);
}

TEST(Client, SilentServerMeetsTheDeadline) {
  FakeServer server;
  server.citizens.hang = true;
  const auto reply = server.NewClient(nullptr, absl::Milliseconds(200))->GetCitizen({});
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, StatusCode::DEADLINE_EXCEEDED);
}

TEST(Client, StopEndsACallThatHangs) {
  FakeServer server;
  server.citizens.hang = true;
  Stop stop;
  const auto client = server.NewClient(&stop, absl::Hours(1));
  std::thread other([&] { stop.Request(); });
  const auto reply = client->GetCitizen({});
  other.join();
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, StatusCode::CANCELLED);
}

TEST(Client, NoServerIsUnavailable) {
  Client::Options options;
  options.server = "unix:/nonexistent/klantbeeld.sock";
  options.backoff = {absl::Milliseconds(1), absl::Milliseconds(2)};
  const auto reply = Client::Create(options).value()->GetCitizen({});
  ASSERT_FALSE(reply.ok());
  EXPECT_EQ(reply.error().code, StatusCode::UNAVAILABLE);
  EXPECT_TRUE(reply.error().retryable());
}

TEST(Client, OnlySocketsAndTheLoopbackAreServers) {
  const auto allowed = [](const std::string& server) {
    Client::Options options;
    options.server = server;
    return Client::Create(options).ok();
  };
  EXPECT_TRUE(allowed("unix:/run/k.sock"));
  EXPECT_TRUE(allowed("localhost:7000"));
  EXPECT_TRUE(allowed("127.0.0.1:7000"));
  EXPECT_FALSE(allowed("unix:"));
  EXPECT_FALSE(allowed("example.org:7000"));
  EXPECT_FALSE(allowed("localhost.example.org:7000"));
  EXPECT_FALSE(allowed(""));
}

}  // namespace
}  // namespace klantbeeld::client
