#include "service/follow_stream.h"

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/service/events.h"
#include "tests/service/follower.h"
#include "tests/service/running_server.h"

namespace klantbeeld::service {
namespace {

std::vector<Override> Quick() {
  return {{"limits.bookmark_idle_ms", "50"}, {"limits.follower_stall_ms", "400"}};
}

class FollowStreamTest : public testing::Test {
 protected:
  void RecordMany(int first, int count) { RecordAll(channel, Calls(first, count)); }

  RunningServer server{Quick()};
  std::shared_ptr<grpc::Channel> channel = server.Connect();
};

TEST_F(FollowStreamTest, FreshFeedIsToldAtOnceWhereItStands) {
  // Markers on time are an hour away: what comes was not waited for.
  RunningServer patient{std::vector<Override>{{"limits.bookmark_idle_ms", "3600000"},
                                              {"limits.follower_stall_ms", "7200000"}}};
  Follower follower(patient);
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
  const auto frame = follower.NextFacts();
  follower.Ack(frame.position());
  // The acknowledgement has arrived when the next fact comes.
  RecordMany(3, 1);
  follower.NextFacts();
  // It reads meanwhile: gRPC's client takes nothing in by itself.
  auto ended = std::async(std::launch::async, [&] { return follower.End(); });
  server.Drain();
  const grpc::Status status = ended.get();
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

// Facts of some kilobytes, so that a few frames are more than gRPC takes in.
class SlowFollowerTest : public testing::Test {
 protected:
  static constexpr uint64_t kFacts = 400;
  explicit SlowFollowerTest(const std::vector<Override>& more = {})
      : server(WithStall(more)), channel(server.Connect()) {
    auto events = Calls(0, kFacts);
    for (auto& event : events) event.mutable_data()->set_note(std::string(3800, 'n'));
    RecordAll(channel, events, 100);
  }
  static std::vector<Override> WithStall(std::vector<Override> more) {
    more.insert(more.end(),
                {{"limits.bookmark_idle_ms", "50"}, {"limits.follower_stall_ms", "1500"}});
    return more;
  }
  // Takes in no more than 64 KiB that the application has not asked for.
  std::shared_ptr<grpc::Channel> NarrowChannel() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
    arguments.SetInt(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 65536);
    return grpc::CreateCustomChannel("unix:" + server.dir() + "/socket",
                                     grpc::InsecureChannelCredentials(), arguments);
  }
  // Returns when this follower was cut, without reading what it got.
  void WaitForTheCutOf(Follower& follower) {
    follower.WaitForTheFirstFrame();
    Follower later(channel);
    later.StartAt(0);
    EXPECT_EQ(See(later.End()).reason, "FOLLOWER_TOO_SLOW");
    // The round that cut the later one may reach the first last: two signs of
    // life are of two more rounds.
    Follower idle(channel);
    idle.StartAt(kFacts);
    for (int frames = 0; frames < 3; ++frames) EXPECT_EQ(idle.Next().position(), kFacts);
  }

  RunningServer server;
  std::shared_ptr<grpc::Channel> channel;
};

TEST_F(SlowFollowerTest, WhoNeverReadsHoldsOneFrameAndIsCut) {
  Follower follower(NarrowChannel());
  follower.StartAt(0);
  WaitForTheCutOf(follower);
  // What stands in the way is one frame, and behind it the end: no more was made.
  const auto frame = follower.Next();
  EXPECT_GT(frame.ByteSizeLong(), size_t{128} << 10);
  EXPECT_LE(frame.ByteSizeLong(), size_t{264} << 10);
  v1::FollowResponse more;
  ASSERT_FALSE(follower.Read(&more)) << "up to " << more.position();
  const grpc::Status status = follower.End();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(See(status).reason, "FOLLOWER_TOO_SLOW");
  EXPECT_EQ(See(status).name, "resume_token");
  EXPECT_TRUE(See(status).retry);

  Follower again(channel);
  again.Resume(See(status).value);
  ExpectDense(again.Catch(kFacts), 0, kFacts);
}

TEST_F(SlowFollowerTest, WhoNeverAcknowledgesGetsFourFramesAndResumesExactlyOnce) {
  std::vector<v1::FeedEvent> facts;
  std::string token;
  for (int cuts = 0; cuts < 2; ++cuts) {
    Follower follower(channel);
    cuts == 0 ? follower.StartAt(0) : follower.Resume(token);
    v1::FollowResponse frame = follower.Next();
    facts.insert(facts.end(), frame.events().begin(), frame.events().end());
    follower.Ack(frame.position());
    const std::string acknowledged = frame.resume_token();
    int frames = 0;
    while (follower.Read(&frame)) ++frames;
    EXPECT_EQ(frames, 4) << "more than the credit, or less";
    const grpc::Status status = follower.End();
    EXPECT_EQ(See(status).reason, "FOLLOWER_TOO_SLOW");
    token = See(status).value;
    EXPECT_EQ(token, acknowledged);
  }
  Follower follower(channel);
  follower.Resume(token);
  for (const auto& fact : follower.Catch(kFacts)) facts.push_back(fact);
  ExpectDense(facts, 0, kFacts);
}

TEST_F(SlowFollowerTest, WhoNeverStartsIsEnded) {
  Follower silent(channel);
  const grpc::Status status = silent.End();
  EXPECT_EQ(See(status).reason, "ORDER_OF_MESSAGES") << status.error_message();
}

class OneFollowerTest : public SlowFollowerTest {
 protected:
  OneFollowerTest() : SlowFollowerTest({{"limits.followers_max", "1"}}) {}
};

TEST_F(OneFollowerTest, WhoNeverReadsAtAllLosesItsPlaceToOthers) {
  Follower stuck(NarrowChannel());
  stuck.StartAt(0);
  // Refused until the stuck one was not only told, but cut off.
  const absl::Time end = absl::Now() + absl::Seconds(20);
  while (absl::Now() < end) {
    Follower next(channel);
    next.StartAt(kFacts);
    v1::FollowResponse place;
    if (next.Read(&place)) return;
    ASSERT_EQ(See(next.End()).reason, "OVERLOADED");
  }
  FAIL() << "the place was never given back";
}

}  // namespace
}  // namespace klantbeeld::service
