#include "clients/cpp/follower.h"

#include <gtest/gtest.h>

#include "tests/clients/fake_server.h"

namespace klantbeeld::client {
namespace {

using grpc::StatusCode;
using testing::FakeServer;
using testing::Refusal;
using Positions = std::vector<uint64_t>;

// Reads until the head; the positions it got.
struct Reader {
  Positions got;
  Follower::OnFrame listener() {
    return [this](const v1::FollowResponse& frame) {
      for (const auto& event : frame.events()) got.push_back(event.position());
      return frame.position() < frame.head();
    };
  }
};

StreamLimits Limits(int reconnects = 0) {
  StreamLimits limits;
  limits.backoff = {absl::Milliseconds(1), absl::Milliseconds(2)};
  limits.reconnects_max = reconnects;
  return limits;
}

TEST(Follower, AcknowledgesWhatWasProcessed) {
  FakeServer server;
  const auto client = server.NewClient();
  Reader reader;
  Follower follower(*client, {}, Limits());
  EXPECT_FALSE(follower.Run(reader.listener()));
  EXPECT_EQ(reader.got, (Positions{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(follower.resume_token(), "t10");
  EXPECT_EQ(follower.position(), 10u);
  absl::MutexLock lock(&server.feed.mutex);
  ASSERT_GE(server.feed.acks.size(), 4u);
  EXPECT_EQ(Positions(server.feed.acks.begin(), server.feed.acks.begin() + 4),
            (Positions{2, 4, 6, 8}));
}

TEST(Follower, ResumesBehindTheLastProcessedFrame) {
  for (const auto& status : {Refusal(StatusCode::UNAVAILABLE, "RESTARTING"),
                             Refusal(StatusCode::ABORTED, "FOLLOWER_TOO_SLOW"), grpc::Status::OK}) {
    FakeServer server;
    server.feed.cut_after_frames = {1, 0, 2};
    server.feed.cut_with = status;
    const auto client = server.NewClient();
    Reader reader;
    Follower follower(*client, {}, Limits());
    EXPECT_FALSE(follower.Run(reader.listener()));
    EXPECT_EQ(reader.got, (Positions{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
    EXPECT_EQ(server.feed.starts, (std::vector<std::string>{"", "t2", "t2", "t6"}));
  }
}

TEST(Follower, StartsWhereItWasTold) {
  FakeServer server;
  const auto client = server.NewClient();
  v1::FollowStart start;
  start.set_resume_token("t6");
  Reader reader;
  EXPECT_FALSE(Follower(*client, start, Limits()).Run(reader.listener()));
  EXPECT_EQ(reader.got, (Positions{7, 8, 9, 10}));
}

TEST(Follower, PositionsThatDoNotRiseAreDataLoss) {
  FakeServer server;
  server.feed.fall_back = true;
  const auto client = server.NewClient();
  Reader reader;
  const auto error = Follower(*client, {}, Limits()).Run(reader.listener());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, StatusCode::DATA_LOSS);
  EXPECT_EQ(reader.got, (Positions{1, 2})) << "the second frame must not be processed";
}

TEST(Follower, TokenOfAnotherLogIsFinal) {
  FakeServer server;
  server.feed.cut_after_frames = {0, 0};
  server.feed.cut_with = Refusal(StatusCode::FAILED_PRECONDITION, "LOG_FOREIGN");
  const auto client = server.NewClient();
  const auto error = Follower(*client, {}, Limits()).Run(Reader().listener());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->reason, v1::ERROR_REASON_LOG_FOREIGN);
  EXPECT_EQ(server.feed.starts.size(), 1u);
}

TEST(Follower, ReconnectsAreUsedUp) {
  FakeServer server;
  server.feed.cut_after_frames = {0, 0, 0, 0};
  const auto client = server.NewClient();
  const auto error = Follower(*client, {}, Limits(2)).Run(Reader().listener());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->reason, v1::ERROR_REASON_RESTARTING);
  EXPECT_EQ(server.feed.starts.size(), 3u);
}

TEST(Follower, SilentServerCountsAsGone) {
  FakeServer server;
  server.feed.head = 0;  // Nothing to send, and no sign of life.
  const auto client = server.NewClient();
  StreamLimits limits = Limits(1);
  limits.silence_max = absl::Milliseconds(20);
  const auto error = Follower(*client, {}, limits).Run(Reader().listener());
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, StatusCode::UNAVAILABLE);
}

TEST(Follower, StopEndsIt) {
  FakeServer server;
  Stop stop;
  const auto client = server.NewClient(&stop);
  const auto error = Follower(*client, {}, Limits()).Run([&](const auto&) {
    stop.Request();
    return true;
  });
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, StatusCode::CANCELLED);
}

TEST(Watcher, FirstPageComesAgainNoOlderThanWhatWasSeen) {
  FakeServer server;
  const auto client = server.NewClient();
  int pages = 0;
  const auto error = Watcher(*client, {}, Limits()).Run([&](const v1::WatchTimelineResponse& step) {
    EXPECT_TRUE(step.first_page());
    return ++pages < 3;
  });
  EXPECT_FALSE(error);
  EXPECT_EQ(server.citizens.watched_from, (Positions{0, 10, 20}));
}

TEST(Watcher, SilentServerCountsAsGone) {
  FakeServer server;
  server.citizens.hang = true;
  const auto client = server.NewClient();
  StreamLimits limits = Limits();
  limits.silence_max = absl::Milliseconds(20);
  int pages = 0;
  const auto error = Watcher(*client, {}, limits).Run([&](const auto&) { return ++pages < 3; });
  EXPECT_FALSE(error);
  EXPECT_EQ(pages, 3);
}

}  // namespace
}  // namespace klantbeeld::client
