#include "service/follow_stream.h"

// Also tests: service/feed_handler.cc
#include "absl/strings/str_cat.h"
#include "tests/service/events.h"
#include "tests/service/running_server.h"

namespace klantbeeld::service {
namespace {

std::vector<Override> Quick() {
  return {{"limits.bookmark_idle_ms", "50"}, {"limits.follower_stall_ms", "400"}};
}

// One call of Follow.
class Follower {
 public:
  explicit Follower(const RunningServer& server)
      : stub_(v1::FeedService::NewStub(server.Connect())) {
    SetDeadline(context_);
    stream_ = stub_->Follow(&context_);
  }
  ~Follower() {
    context_.TryCancel();
    v1::FollowResponse rest;
    while (!ended_ && stream_->Read(&rest)) {
    }
    if (!ended_) stream_->Finish();
  }
  void Start(const v1::FollowStart& start) {
    v1::FollowRequest request;
    *request.mutable_start() = start;
    stream_->Write(request);
  }
  void StartAt(uint64_t position) {
    v1::FollowStart start;
    start.set_position(position);
    Start(start);
  }
  void Ack(uint64_t position) {
    v1::FollowRequest request;
    request.mutable_ack()->set_position(position);
    stream_->Write(request);
  }
  bool Read(v1::FollowResponse* frame) {
    frame->Clear();
    return stream_->Read(frame);
  }
  v1::FollowResponse Next() {
    v1::FollowResponse frame;
    EXPECT_TRUE(Read(&frame));
    return frame;
  }
  // The next frame that has facts.
  v1::FollowResponse NextFacts() {
    v1::FollowResponse frame;
    while (Read(&frame) && frame.events().empty()) {
    }
    return frame;
  }
  grpc::Status End() {
    v1::FollowResponse rest;
    while (stream_->Read(&rest)) {
    }
    ended_ = true;
    return stream_->Finish();
  }
  void Done() { stream_->WritesDone(); }

 private:
  std::unique_ptr<v1::FeedService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::FollowRequest, v1::FollowResponse>> stream_;
  bool ended_ = false;
};

class FollowStreamTest : public testing::Test {
 protected:
  void RecordMany(int first, int count) {
    auto stub = v1::ContactService::NewStub(channel);
    grpc::ClientContext context;
    SetDeadline(context);
    auto stream = stub->RecordContactEvents(&context);
    v1::RecordContactEventsRequest batch;
    for (int i = 0; i < count; ++i) {
      v1::ContactEvent event = Call(absl::StrCat("c-", first + i));
      if ((first + i) % 2 == 0) event.mutable_data()->set_channel(v1::CHANNEL_WEB);
      *batch.add_events() = event;
    }
    stream->Write(batch);
    stream->WritesDone();
    v1::RecordContactEventsResponse response;
    while (stream->Read(&response)) {
    }
    EXPECT_TRUE(stream->Finish().ok());
  }

  RunningServer server{Quick()};
  std::shared_ptr<grpc::Channel> channel = server.Connect();
};

TEST_F(FollowStreamTest, FreshFeedIsToldAtOnceWhereItStands) {
  Follower follower(server);
  follower.StartAt(0);
  const auto frame = follower.Next();
  EXPECT_TRUE(frame.events().empty());
  EXPECT_EQ(frame.position(), 0u);
  EXPECT_FALSE(frame.resume_token().empty());
}

TEST_F(FollowStreamTest, CaughtUpAndLiveAreDenseAndInOrder) {
  RecordMany(0, 700);
  Follower follower(server);
  follower.StartAt(0);
  uint64_t position = 0;
  bool live = false;
  while (position < 900) {
    const auto frame = follower.Next();
    for (const auto& event : frame.events()) ASSERT_EQ(event.position(), ++position);
    ASSERT_EQ(frame.position(), position);
    follower.Ack(position);
    if (position == 700 && !std::exchange(live, true)) RecordMany(700, 200);
  }
}

TEST_F(FollowStreamTest, ResumesAtEveryPosition) {
  RecordMany(0, 12);
  for (uint64_t from = 0; from <= 12; ++from) {
    Follower follower(server);
    follower.StartAt(from);
    const auto frame = follower.Next();
    ASSERT_EQ(frame.events_size(), static_cast<int>(12 - from));
    if (from < 12) {
      EXPECT_EQ(frame.events(0).position(), from + 1);
    }
  }
}

TEST_F(FollowStreamTest, TokenResumesAfterARestart) {
  RecordMany(0, 5);
  std::string token;
  {
    Follower follower(server);
    follower.StartAt(0);
    token = follower.Next().resume_token();
  }
  RecordMany(5, 1);
  server.Stop();
  server.Start();
  Follower follower(server);
  v1::FollowStart start;
  start.set_resume_token(token);
  follower.Start(start);
  EXPECT_EQ(follower.NextFacts().events(0).position(), 6u);
}

TEST_F(FollowStreamTest, TokenOfAnotherLogIsRefused) {
  RunningServer other;
  std::string token;
  {
    Follower follower(other);
    follower.StartAt(0);
    token = follower.Next().resume_token();
  }
  Follower follower(server);
  v1::FollowStart start;
  start.set_resume_token(token);
  follower.Start(start);
  EXPECT_EQ(See(follower.End()).reason, "LOG_FOREIGN");
}

TEST_F(FollowStreamTest, PositionAheadIsRefusedWithTheHead) {
  RecordMany(0, 3);
  Follower follower(server);
  follower.StartAt(4);
  const grpc::Status status = follower.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(See(status).reason, "POSITION_AHEAD");
  EXPECT_EQ(See(status).field, "start.position");
  EXPECT_EQ(See(status).value, "3");
}

TEST_F(FollowStreamTest, FromNowSaysWhereNowIsFirst) {
  RecordMany(0, 3);
  Follower follower(server);
  v1::FollowStart start;
  start.set_now(true);
  follower.Start(start);
  const auto place = follower.Next();
  EXPECT_TRUE(place.events().empty());
  EXPECT_EQ(place.position(), 3u);
  RecordMany(3, 1);
  EXPECT_EQ(follower.NextFacts().events(0).position(), 4u);
}

TEST_F(FollowStreamTest, FilteredFeedTellsItsProgress) {
  RecordMany(0, 400);
  Follower follower(server);
  v1::FollowStart start;
  start.mutable_filter()->add_channels(v1::CHANNEL_EMAIL);
  follower.Start(start);
  const auto frame = follower.Next();
  EXPECT_TRUE(frame.events().empty());
  EXPECT_EQ(frame.position(), 400u);
  RecordMany(400, 10);
  EXPECT_EQ(follower.Next().position(), 410u);  // After the idle time, by itself.
}

TEST_F(FollowStreamTest, FilterPassesExactlyItsChannel) {
  RecordMany(0, 100);
  Follower follower(server);
  v1::FollowStart start;
  start.mutable_filter()->add_channels(v1::CHANNEL_WEB);
  follower.Start(start);
  const auto frame = follower.NextFacts();
  EXPECT_EQ(frame.events_size(), 50);
  for (const auto& event : frame.events()) EXPECT_EQ(event.position() % 2, 1u);
}

TEST_F(FollowStreamTest, FourFramesAndThenItWaitsForAcknowledgement) {
  RunningServer patient{std::vector<Override>{{"limits.bookmark_idle_ms", "20"}}};
  auto writer = patient.Connect();
  auto stub = v1::ContactService::NewStub(writer);
  Follower follower(patient);
  follower.StartAt(0);
  follower.Next();
  for (uint64_t i = 1; i <= 4; ++i) {
    Record(writer, Call(absl::StrCat("c-", i)));
    EXPECT_EQ(follower.NextFacts().position(), i);
  }
  Record(writer, Call("c-5"));
  Record(writer, Call("c-6"));
  follower.Ack(1);
  // One credit came back, so one frame goes out, and it holds what came since.
  const auto frame = follower.NextFacts();
  EXPECT_EQ(frame.events(0).position(), 5u);
  EXPECT_EQ(frame.position(), 6u);
}

TEST_F(FollowStreamTest, WhoDoesNotAcknowledgeIsCutWithTheTokenToResumeFrom) {
  RecordMany(0, 1000);
  std::string token;
  Follower follower(server);
  follower.StartAt(0);
  const auto first = follower.Next();
  follower.Ack(first.position());
  const grpc::Status status = follower.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(See(status).reason, "FOLLOWER_TOO_SLOW");
  EXPECT_EQ(See(status).name, "resume_token");
  EXPECT_EQ(See(status).value, first.resume_token());
}

TEST_F(FollowStreamTest, DrainSaysRestartingWithTheToken) {
  RecordMany(0, 3);
  Follower follower(server);
  follower.StartAt(0);
  const auto frame = follower.Next();
  follower.Ack(frame.position());
  // The acknowledgement has arrived when the next fact comes.
  RecordMany(3, 1);
  follower.NextFacts();
  server.Drain();
  const grpc::Status status = follower.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(See(status).reason, "RESTARTING");
  EXPECT_FALSE(See(status).value.empty());
}

TEST_F(FollowStreamTest, MessagesInTheWrongOrderAreRefused) {
  Follower early(server);
  early.Ack(0);
  EXPECT_EQ(See(early.End()).reason, "ORDER_OF_MESSAGES");
  Follower twice(server);
  twice.StartAt(0);
  twice.StartAt(0);
  EXPECT_EQ(See(twice.End()).reason, "ORDER_OF_MESSAGES");
  Follower beyond(server);
  beyond.StartAt(0);
  beyond.Ack(7);
  EXPECT_EQ(See(beyond.End()).field, "ack.position");
}

TEST_F(FollowStreamTest, WhoIsDoneEndsWell) {
  Follower follower(server);
  follower.StartAt(0);
  follower.Next();
  follower.Done();
  EXPECT_TRUE(follower.End().ok());
}

TEST_F(FollowStreamTest, TooManyFollowersAreToldToRetry) {
  RunningServer small{std::vector<Override>{{"limits.followers_max", "1"}}};
  Follower first(small);
  first.StartAt(0);
  first.Next();
  Follower second(small);
  second.StartAt(0);
  EXPECT_EQ(See(second.End()).reason, "OVERLOADED");
}

}  // namespace
}  // namespace klantbeeld::service
