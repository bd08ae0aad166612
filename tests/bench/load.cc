#include "tests/bench/load.h"

#include <google/protobuf/io/coded_stream.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <thread>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "clients/cpp/client.h"
#include "clients/cpp/recorder.h"
#include "klantbeeld/v1/feed_service.pb.h"
#include "tests/bench/process.h"

namespace klantbeeld::bench {
namespace {

constexpr auto kPatience = std::chrono::seconds(60);

std::shared_ptr<grpc::Channel> NewChannel(const std::string& socket) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);  // A connection of its own.
  arguments.SetMaxReceiveMessageSize(-1);
  auto channel =
      grpc::CreateCustomChannel("unix:" + socket, grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + kPatience)) {
    Die("no connection to " + socket);
  }
  return channel;
}

grpc::ByteBuffer ToBuffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToString(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  buffer.Dump(&slices);
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

// Requests in turn, over and over the same slots, until all have an answer.
class UnaryRun {
 public:
  UnaryRun(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
           const std::vector<std::string>& requests, std::vector<std::string>* replies)
      : stub_(channel), method_(method), requests_(requests), replies_(replies) {}

  void Run(int in_flight) {
    std::vector<Slot> slots(std::min(static_cast<size_t>(in_flight), requests_.size()));
    running_ = slots.size();
    for (Slot& slot : slots) Next(slot);
    done_.WaitForNotification();
  }

 private:
  struct Slot {
    std::optional<grpc::ClientContext> context;
    grpc::ByteBuffer request, reply;
    size_t number = 0;
  };

  void Next(Slot& slot) {
    slot.number = next_.fetch_add(1);
    if (slot.number >= requests_.size()) {
      if (running_.fetch_sub(1) == 1) done_.Notify();
      return;
    }
    slot.context.emplace();
    slot.context->set_deadline(std::chrono::system_clock::now() + kPatience);
    slot.request = ToBuffer(requests_[slot.number]);
    slot.reply.Clear();
    stub_.UnaryCall(&*slot.context, method_, grpc::StubOptions(), &slot.request, &slot.reply,
                    [this, &slot](grpc::Status status) {
                      if (!status.ok()) Die(method_ + ": " + status.error_message());
                      if (replies_ != nullptr) (*replies_)[slot.number] = ToString(slot.reply);
                      Next(slot);
                    });
  }

  grpc::GenericStub stub_;
  const std::string& method_;
  const std::vector<std::string>& requests_;
  std::vector<std::string>* const replies_;
  std::atomic<size_t> next_{0};
  std::atomic<size_t> running_{0};
  absl::Notification done_;
};

class FollowRun : public grpc::ClientBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  FollowRun(const std::shared_ptr<grpc::Channel>& channel, int64_t events,
            std::vector<std::string>* frames)
      : stub_(channel), wanted_(events), frames_(frames) {
    stub_.PrepareBidiStreamingCall(&context_, "/klantbeeld.v1.FeedService/Follow",
                                   grpc::StubOptions(), this);
    v1::FollowRequest start;
    start.mutable_start()->set_position(0);
    out_ = ToBuffer(start.SerializeAsString());
    writing_ = true;
    StartWrite(&out_);
    StartRead(&in_);
    StartCall();
  }

  void Wait() { done_.WaitForNotification(); }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    if (frames_ != nullptr) frames_->push_back(ToString(in_));
    const uint64_t position = Look(in_);
    if (seen_ >= wanted_) return context_.TryCancel();
    {
      absl::MutexLock lock(&mutex_);
      acknowledge_ = position;
      if (!writing_) Acknowledge();
    }
    in_.Clear();
    StartRead(&in_);
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = false;
    if (ok && acknowledge_ != 0) Acknowledge();
  }

  void OnDone(const grpc::Status& status) override {
    if (seen_ < wanted_) Die("the feed ended early: " + status.error_message());
    done_.Notify();
  }

 private:
  void Acknowledge() {
    v1::FollowRequest ack;
    ack.mutable_ack()->set_position(acknowledge_);
    acknowledge_ = 0;
    out_ = ToBuffer(ack.SerializeAsString());
    writing_ = true;
    StartWrite(&out_);
  }

  // Counts the frame's events and gives its position, without parsing events.
  uint64_t Look(grpc::ByteBuffer frame) {
    grpc::ProtoBufferReader reader(&frame);
    google::protobuf::io::CodedInputStream in(&reader);
    uint64_t position = 0;
    while (const uint32_t tag = in.ReadTag()) {
      uint64_t value = 0;
      in.ReadVarint64(&value);
      if ((tag & 7) == 2) in.Skip(static_cast<int>(value));
      if (tag == ((v1::FollowResponse::kEventsFieldNumber << 3) | 2)) ++seen_;
      if (tag == (v1::FollowResponse::kPositionFieldNumber << 3)) position = value;
    }
    return position;
  }

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  const int64_t wanted_;
  std::vector<std::string>* const frames_;
  int64_t seen_ = 0;
  grpc::ByteBuffer in_, out_;
  absl::Mutex mutex_;
  bool writing_ = false;
  uint64_t acknowledge_ = 0;
  absl::Notification done_;
};

void RecordPart(const std::string& socket, const std::vector<v1::ContactEvent>& events,
                size_t first, size_t step, size_t in_flight) {
  client::Client::Options options;
  options.server = "unix:" + socket;
  auto client = client::Client::Create(options);
  if (!client.ok()) Die(client.error().message);
  client::Recorder::Limits limits;
  limits.batches_in_flight_max = in_flight;
  client::Recorder recorder(*client.value(), limits, [](uint64_t, const v1::RecordResult& result) {
    if (!result.has_recorded()) Die("refused: " + result.error().message());
    if (result.recorded().duplicate()) Die("an event of this benchmark stood already");
  });
  for (size_t i = first; i < events.size(); i += step) {
    if (const auto error = recorder.Add(events[i])) Die(error->message);
  }
  if (const auto error = recorder.Finish()) Die(error->message);
}

}  // namespace

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

UnaryLoad::UnaryLoad(const std::string& socket, std::string method, int in_flight)
    : channel_(NewChannel(socket)), method_(std::move(method)), in_flight_(in_flight) {}

double UnaryLoad::Run(const std::vector<std::string>& requests, std::vector<std::string>* replies) {
  if (replies != nullptr) replies->assign(requests.size(), "");
  UnaryRun run(channel_, method_, requests, replies);
  const double began = Seconds();
  run.Run(in_flight_);
  return static_cast<double>(requests.size()) / (Seconds() - began);
}

double FollowLoad(const std::string& socket, int64_t events, std::vector<std::string>* frames) {
  const auto channel = NewChannel(socket);
  const double began = Seconds();
  FollowRun run(channel, events, frames);
  run.Wait();
  return static_cast<double>(events) / (Seconds() - began);
}

double StreamLoad(const std::string& socket, const std::vector<v1::ContactEvent>& events,
                  int streams, size_t in_flight) {
  const double began = Seconds();
  std::vector<std::thread> threads;
  for (int i = 0; i < streams; ++i) {
    threads.emplace_back([&, i] {
      RecordPart(socket, events, static_cast<size_t>(i), static_cast<size_t>(streams), in_flight);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(events.size()) / (Seconds() - began);
}

}  // namespace klantbeeld::bench
