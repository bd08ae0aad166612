// A server that does what a test says, over a real Unix socket.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "clients/cpp/client.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "klantbeeld/v1/citizen_service.grpc.pb.h"
#include "klantbeeld/v1/contact_service.grpc.pb.h"
#include "klantbeeld/v1/feed_service.grpc.pb.h"

namespace klantbeeld::testing {

// A status as the service makes it.
inline grpc::Status Refusal(grpc::StatusCode code, const std::string& reason, int retry_seconds = 0,
                            const std::string& field = "") {
  google::rpc::Status status;
  status.set_code(code);
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("klantbeeld");
  status.add_details()->PackFrom(info);
  if (retry_seconds > 0) {
    google::rpc::RetryInfo retry;
    retry.mutable_retry_delay()->set_seconds(retry_seconds);
    status.add_details()->PackFrom(retry);
  }
  if (!field.empty()) {
    google::rpc::BadRequest bad;
    bad.add_field_violations()->set_field(field);
    bad.mutable_field_violations(0)->set_description("wrong");
    status.add_details()->PackFrom(bad);
  }
  return grpc::Status(code, "refused", status.SerializeAsString());
}

// What a call of a server that hangs comes to.
inline grpc::Status UntilCancelled(const grpc::ServerContext& context, absl::Mutex& mutex)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
  const bool never = false;
  while (!context.IsCancelled())
    mutex.AwaitWithTimeout(absl::Condition(&never), absl::Milliseconds(5));
  return grpc::Status::CANCELLED;
}

// Records events in memory. Events of the source "bad" are refused.
class FakeContacts : public v1::ContactService::Service {
 public:
  // The next connections end after this many events, whose results go out only
  // up to `answered` of them.
  struct Cut {
    int recorded;
    int answered;
  };
  std::deque<Cut> cuts;
  int full = 0;       // So many events are refused, as by a full disk.
  bool deaf = false;  // Reads nothing, as a server that hangs.
  std::vector<std::string> recorded;  // Event ids, in order, each once.
  int connections = 0;

  grpc::Status RecordContactEvents(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::RecordContactEventsResponse, v1::RecordContactEventsRequest>*
          stream) override {
    absl::MutexLock lock(&mutex);
    ++connections;
    if (deaf) return UntilCancelled(*context, mutex);
    Cut cut{-1, -1};
    if (!cuts.empty()) {
      cut = cuts.front();
      cuts.pop_front();
    }
    uint64_t index = 0;
    v1::RecordContactEventsRequest request;
    while (stream->Read(&request)) {
      v1::RecordContactEventsResponse response;
      for (const auto& event : request.events()) {
        if (cut.recorded >= 0 && static_cast<int>(index) == cut.recorded) break;
        v1::RecordResult& result = *response.add_results();
        result.set_index(index++);
        Take(event, result);
        if (cut.recorded >= 0 && static_cast<int>(index) > cut.answered)
          response.mutable_results()->RemoveLast();
      }
      stream->Write(response);
      if (cut.recorded >= 0 && static_cast<int>(index) == cut.recorded)
        return Refusal(grpc::StatusCode::UNAVAILABLE, "RESTARTING");
    }
    return grpc::Status::OK;
  }

  absl::Mutex mutex;

 private:
  static void Refuse(grpc::StatusCode code, const std::string& reason, v1::RecordResult& result) {
    result.mutable_error()->set_code(code);
    google::rpc::ErrorInfo info;
    info.set_reason(reason);
    result.mutable_error()->add_details()->PackFrom(info);
  }

  void Take(const v1::ContactEvent& event, v1::RecordResult& result) {
    if (event.source() == "bad") {
      return Refuse(grpc::StatusCode::INVALID_ARGUMENT, "BSN_INVALID", result);
    }
    if (full > 0) {
      --full;
      return Refuse(grpc::StatusCode::RESOURCE_EXHAUSTED, "DISK_FULL", result);
    }
    const auto [at, fresh] = positions_.emplace(event.event_id(), recorded.size() + 1);
    if (fresh) recorded.push_back(event.event_id());
    result.mutable_recorded()->set_position(at->second);
    result.mutable_recorded()->set_duplicate(!fresh);
  }

  std::map<std::string, uint64_t> positions_;
};

// Fails a number of times, then answers.
class FakeCitizens : public v1::CitizenService::Service {
 public:
  std::deque<grpc::Status> failures;
  bool hang = false;
  int calls = 0;
  std::vector<uint64_t> watched_from;  // min_position of every WatchTimeline.

  grpc::Status GetCitizen(grpc::ServerContext* context, const v1::GetCitizenRequest*,
                          v1::GetCitizenResponse* response) override {
    absl::MutexLock lock(&mutex);
    ++calls;
    // Until the caller's deadline has passed; it is cancelled then.
    if (hang) UntilCancelled(*context, mutex);
    if (!failures.empty()) {
      const grpc::Status status = failures.front();
      failures.pop_front();
      return status;
    }
    response->set_position(7);
    return grpc::Status::OK;
  }

  // A page at position 10 times the number of calls; the first call ends then.
  grpc::Status WatchTimeline(grpc::ServerContext* context, const v1::WatchTimelineRequest* request,
                             grpc::ServerWriter<v1::WatchTimelineResponse>* writer) override {
    absl::MutexLock lock(&mutex);
    watched_from.push_back(request->min_position());
    v1::WatchTimelineResponse step;
    step.set_first_page(true);
    step.set_position(10 * watched_from.size());
    writer->Write(step);
    if (hang) return UntilCancelled(*context, mutex);
    return Refusal(grpc::StatusCode::UNAVAILABLE, "RESTARTING");
  }

  absl::Mutex mutex;
};

// Gives the positions 1..`head` in frames of two; token "t7" resumes after 7.
class FakeFeed : public v1::FeedService::Service {
 public:
  uint64_t head = 10;
  std::deque<int> cut_after_frames;  // Per connection; none: stays open.
  grpc::Status cut_with = Refusal(grpc::StatusCode::UNAVAILABLE, "RESTARTING");
  bool fall_back = false;  // A frame with positions already given.
  std::vector<uint64_t> acks;
  std::vector<std::string> starts;

  grpc::Status Follow(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<v1::FollowResponse, v1::FollowRequest>* stream) override {
    absl::MutexLock lock(&mutex);
    v1::FollowRequest request;
    stream->Read(&request);
    const std::string token = request.start().resume_token();
    starts.push_back(token);
    uint64_t at = 0;
    if (!token.empty()) (void)absl::SimpleAtoi(token.substr(1), &at);
    int frames = -1;
    if (!cut_after_frames.empty()) {
      frames = cut_after_frames.front();
      cut_after_frames.pop_front();
    }
    while (at < head) {
      if (frames-- == 0) return cut_with;
      v1::FollowResponse frame;
      for (int i = 0; i < 2 && at < head; ++i) frame.add_events()->set_position(++at);
      frame.set_position(at);
      frame.set_head(head);
      frame.set_resume_token(absl::StrCat("t", at));
      stream->Write(frame);
      if (fall_back) at = 0;
      // One frame on its way: what comes next must be its acknowledgement.
      if (!stream->Read(&request)) return grpc::Status::CANCELLED;
      acks.push_back(request.ack().position());
    }
    while (stream->Read(&request)) acks.push_back(request.ack().position());
    return grpc::Status::OK;
  }

  absl::Mutex mutex;
};

// The services on a socket in a directory of their own, and a client of them
// whose retries wait next to nothing.
class FakeServer {
 public:
  FakeServer() {
    char pattern[] = "/tmp/klantbeeld-fake-XXXXXX";
    directory_ = mkdtemp(pattern);
    address = absl::StrCat("unix:", directory_, "/s");
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials());
    builder.RegisterService(&contacts);
    builder.RegisterService(&citizens);
    builder.RegisterService(&feed);
    server_ = builder.BuildAndStart();
  }
  ~FakeServer() {
    server_->Shutdown(std::chrono::system_clock::now());
    std::filesystem::remove_all(directory_);
  }

  std::unique_ptr<client::Client> NewClient(client::Stop* stop = nullptr,
                                            absl::Duration deadline = absl::Seconds(20)) const {
    client::Client::Options options;
    options.server = address;
    options.deadline = deadline;
    options.backoff = {absl::Milliseconds(1), absl::Milliseconds(2)};
    options.random = [] { return 0.5; };
    options.stop = stop;
    return std::move(client::Client::Create(options).value());
  }

  FakeContacts contacts;
  FakeCitizens citizens;
  FakeFeed feed;
  std::string address;

 private:
  std::string directory_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace klantbeeld::testing
