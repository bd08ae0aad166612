#include "tests/bench/bare_server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <signal.h>

#include <atomic>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>

#include "absl/synchronization/mutex.h"
#include "klantbeeld/v1/citizen_service.grpc.pb.h"
#include "klantbeeld/v1/contact_service.grpc.pb.h"
#include "klantbeeld/v1/feed_service.grpc.pb.h"
#include "tests/bench/process.h"

namespace klantbeeld::bench {
namespace {

constexpr size_t kFramesInFlight = 4;  // As our server.

struct Reply {
  grpc::ByteBuffer bytes;
  uint64_t position = 0;  // Of a frame.
};
using Replies = std::vector<Reply>;

// One answer after another, whatever was asked.
class Turns {
 public:
  explicit Turns(const Replies& replies) : replies_(replies) {}
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, grpc::ByteBuffer* out) {
    *out = replies_[next_.fetch_add(1, std::memory_order_relaxed) % replies_.size()].bytes;
    auto* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  const Replies& replies_;
  std::atomic<size_t> next_{0};
};

class BareContacts final : public v1::ContactService::WithRawCallbackMethod_RecordContactEvent<
                               v1::ContactService::Service> {
 public:
  explicit BareContacts(const Replies& replies) : turns_(replies) {}
  grpc::ServerUnaryReactor* RecordContactEvent(grpc::CallbackServerContext* context,
                                               const grpc::ByteBuffer*,
                                               grpc::ByteBuffer* out) override {
    return turns_.Answer(context, out);
  }

 private:
  Turns turns_;
};

class BareCitizens final
    : public v1::CitizenService::WithRawCallbackMethod_ListTimeline<v1::CitizenService::Service> {
 public:
  explicit BareCitizens(const Replies& replies) : turns_(replies) {}
  grpc::ServerUnaryReactor* ListTimeline(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer*, grpc::ByteBuffer* out) override {
    return turns_.Answer(context, out);
  }

 private:
  Turns turns_;
};

class BareFollow final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  explicit BareFollow(const Replies& frames) : frames_(frames) { StartRead(&in_); }

  void OnReadDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    if (!ok) return End();
    v1::FollowRequest request;
    if (!grpc::SerializationTraits<v1::FollowRequest>::Deserialize(&in_, &request).ok()) {
      return End();
    }
    started_ = true;
    while (!open_.empty() && open_.front() <= request.ack().position()) open_.pop_front();
    Send();
    StartRead(&in_);
  }
  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (ok) Send();
  }
  void OnCancel() override {
    absl::MutexLock lock(&mutex_);
    End();
  }
  void OnDone() override { delete this; }

 private:
  void Send() {
    if (ended_ || writing_ || !started_ || next_ == frames_.size() ||
        open_.size() >= kFramesInFlight) {
      return;
    }
    const Reply& frame = frames_[next_++];
    open_.push_back(frame.position);
    writing_ = true;
    StartWrite(&frame.bytes);
  }
  void End() {
    if (std::exchange(ended_, true)) return;
    Finish(grpc::Status::OK);
  }

  const Replies& frames_;
  absl::Mutex mutex_;
  grpc::ByteBuffer in_;
  bool started_ = false, writing_ = false, ended_ = false;
  size_t next_ = 0;
  std::deque<uint64_t> open_;
};

class BareFeed final
    : public v1::FeedService::WithRawCallbackMethod_Follow<v1::FeedService::Service> {
 public:
  explicit BareFeed(const Replies& frames) : frames_(frames) {}
  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Follow(
      grpc::CallbackServerContext*) override {
    return new BareFollow(frames_);
  }

 private:
  const Replies& frames_;
};

void WriteList(std::ofstream& out, const std::vector<std::string>& list) {
  uint64_t size = list.size();
  out.write(reinterpret_cast<const char*>(&size), sizeof(size));
  for (const std::string& bytes : list) {
    size = bytes.size();
    out.write(reinterpret_cast<const char*>(&size), sizeof(size));
    out.write(bytes.data(), static_cast<std::streamsize>(size));
  }
}

Replies ReadList(std::ifstream& in, bool frames) {
  uint64_t count = 0, size = 0;
  in.read(reinterpret_cast<char*>(&count), sizeof(count));
  Replies replies(count);
  for (Reply& reply : replies) {
    in.read(reinterpret_cast<char*>(&size), sizeof(size));
    std::string bytes(size, '\0');
    in.read(bytes.data(), static_cast<std::streamsize>(size));
    const grpc::Slice slice(bytes);
    reply.bytes = grpc::ByteBuffer(&slice, 1);
    if (v1::FollowResponse frame; frames && frame.ParseFromString(bytes)) {
      reply.position = frame.position();
    }
  }
  if (!in || replies.empty()) Die("the bare server has nothing to answer");
  return replies;
}

}  // namespace

void WriteReplies(const BareReplies& replies, const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  WriteList(out, replies.records);
  WriteList(out, replies.pages);
  WriteList(out, replies.frames);
  out.close();
  if (!out) Die("cannot write " + path);
}

int ServeBare(const std::string& socket, const std::string& replies_path) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::ifstream in(replies_path, std::ios::binary);
  const Replies records = ReadList(in, false);
  const Replies pages = ReadList(in, false);
  const Replies frames = ReadList(in, true);
  BareContacts contacts(records);
  BareCitizens citizens(pages);
  BareFeed feed(frames);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("unix:" + socket, grpc::InsecureServerCredentials());
  builder.RegisterService(&contacts);
  builder.RegisterService(&citizens);
  builder.RegisterService(&feed);
  const auto server = builder.BuildAndStart();
  if (server == nullptr) Die("cannot listen on " + socket);
  TellReady();
  int received = 0;
  sigwait(&signals, &received);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  return 0;
}

}  // namespace klantbeeld::bench
