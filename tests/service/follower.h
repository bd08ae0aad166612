// A follower of the feed that does only what the test says, and ways to write
// what it follows.
#ifndef KLANTBEELD_TESTS_SERVICE_FOLLOWER_H_
#define KLANTBEELD_TESTS_SERVICE_FOLLOWER_H_

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "klantbeeld/v1/contact_service.grpc.pb.h"
#include "klantbeeld/v1/feed_service.grpc.pb.h"
#include "tests/service/events.h"

namespace klantbeeld::service {

// One call of Follow. Threads: one.
class Follower {
 public:
  explicit Follower(std::shared_ptr<grpc::Channel> channel)
      : stub_(v1::FeedService::NewStub(std::move(channel))) {
    // A test that a hang would fail, not stop.
    context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    stream_ = stub_->Follow(&context_);
  }
  // Anything that has Connect().
  template <typename Server>
  explicit Follower(const Server& server) : Follower(server.Connect()) {}
  ~Follower() {
    context_.TryCancel();
    if (!ended_) End();
  }
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

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
  void Resume(const std::string& token) {
    v1::FollowStart start;
    start.set_resume_token(token);
    Start(start);
  }
  void Ack(uint64_t position) {
    v1::FollowRequest request;
    request.mutable_ack()->set_position(position);
    stream_->Write(request);
  }
  // Returns when the server has begun to send, and takes in nothing.
  void WaitForTheFirstFrame() { stream_->WaitForInitialMetadata(); }
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
  // The facts up to this position, each frame acknowledged as it comes.
  std::vector<v1::FeedEvent> Catch(uint64_t until) {
    std::vector<v1::FeedEvent> facts;
    v1::FollowResponse frame;
    do {
      if (!Read(&frame)) {
        ADD_FAILURE() << "ended before position " << until;
        break;
      }
      facts.insert(facts.end(), frame.events().begin(), frame.events().end());
      Ack(frame.position());
    } while (frame.position() < until);
    return facts;
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

// Every position from `from` + 1 to `to`, once, in order.
inline void ExpectDense(const std::vector<v1::FeedEvent>& facts, uint64_t from, uint64_t to) {
  ASSERT_EQ(facts.size(), to - from);
  for (const auto& fact : facts) ASSERT_EQ(fact.position(), ++from);
}

// Calls c-`first` and on; the even ones are visits to the website.
inline std::vector<v1::ContactEvent> Calls(int first, int count) {
  std::vector<v1::ContactEvent> events;
  for (int i = first; i < first + count; ++i) {
    events.push_back(Call(absl::StrCat("c-", i)));
    if (i % 2 == 0) events.back().mutable_data()->set_channel(v1::CHANNEL_WEB);
  }
  return events;
}

// Records them in messages of so many; how many were not refused.
inline int RecordAll(const std::shared_ptr<grpc::Channel>& channel,
                     const std::vector<v1::ContactEvent>& events, size_t at_once = 1000) {
  const auto stub = v1::ContactService::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
  const auto stream = stub->RecordContactEvents(&context);
  int recorded = 0;
  for (size_t done = 0; done < events.size(); done += at_once) {
    v1::RecordContactEventsRequest batch;
    const size_t end = std::min(events.size(), done + at_once);
    for (size_t i = done; i < end; ++i) *batch.add_events() = events[i];
    stream->Write(batch);
    v1::RecordContactEventsResponse results;
    for (size_t answered = done; answered < end;
         answered += static_cast<size_t>(results.results_size())) {
      if (!stream->Read(&results)) {
        ADD_FAILURE() << "the stream of events ended";
        return recorded;
      }
      for (const auto& result : results.results()) recorded += result.has_recorded();
    }
  }
  stream->WritesDone();
  v1::RecordContactEventsResponse rest;
  EXPECT_FALSE(stream->Read(&rest));
  EXPECT_TRUE(stream->Finish().ok());
  return recorded;
}

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_TESTS_SERVICE_FOLLOWER_H_
