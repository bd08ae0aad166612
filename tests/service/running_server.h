// A server in this process, on a socket and a store of its own.
#ifndef KLANTBEELD_TESTS_SERVICE_RUNNING_SERVER_H_
#define KLANTBEELD_TESTS_SERVICE_RUNNING_SERVER_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "klantbeeld/v1/citizen_service.grpc.pb.h"
#include "klantbeeld/v1/contact_service.grpc.pb.h"
#include "klantbeeld/v1/feed_service.grpc.pb.h"
#include "klantbeeld/v1/identity_service.grpc.pb.h"
#include "klantbeeld/v1/info_service.grpc.pb.h"
#include "service/commands.h"
#include "service/server.h"

namespace klantbeeld::service {

// What a client sees of an error.
struct Seen {
  std::string reason, field, name, value;
  bool retry = false;
};

inline Seen See(const grpc::Status& status) {
  Seen seen;
  google::rpc::Status rpc;
  rpc.ParseFromString(status.error_details());
  for (const auto& any : rpc.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    if (any.UnpackTo(&info)) {
      seen.reason = info.reason();
      for (const auto& [name, value] : info.metadata()) {
        seen.name = name;
        seen.value = value;
      }
    } else if (any.UnpackTo(&bad) && bad.field_violations_size() > 0) {
      seen.field = bad.field_violations(0).field();
    } else if (any.Is<google::rpc::RetryInfo>()) {
      seen.retry = true;
    }
  }
  return seen;
}

class RunningServer {
 public:
  explicit RunningServer(std::vector<Override> settings = {}) : settings_(std::move(settings)) {
    std::string name = std::filesystem::temp_directory_path() / "kb-XXXXXX";
    dir_ = mkdtemp(name.data());
    settings_.insert(settings_.begin(), {{"data", dir_ + "/data"},
                                         {"keys", dir_ + "/keys"},
                                         {"socket", dir_ + "/socket"},
                                         {"log", "error"},
                                         {"store.memtable_mib", "4"},
                                         {"store.block_cache_mib", "8"},
                                         {"store.disk_reserve_mib", "1"}});
    SetLogSeverity(Severity::kError);
    CommandLine init;
    init.command = "init";
    EXPECT_TRUE(RunCommand(init, config()).ok());
    Start();
  }
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;
  ~RunningServer() {
    Stop();
    std::filesystem::remove_all(dir_);
  }

  void Start() {
    auto started = Server::Start(config());
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }
  void Stop() { server_.reset(); }
  void Drain() { server_->Drain(); }

  Config config() const { return *ParseConfig("", "", settings_); }
  const std::string& dir() const { return dir_; }

  // A connection of its own.
  std::shared_ptr<grpc::Channel> Connect() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel("unix:" + dir_ + "/socket", grpc::InsecureChannelCredentials(),
                                     arguments);
  }

 private:
  std::vector<Override> settings_;
  std::string dir_;
  std::unique_ptr<Server> server_;
};

// A test that a hang would fail, not stop.
inline void SetDeadline(grpc::ClientContext& context, int seconds = 30) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(seconds));
}

// A unary call with these bytes as its request.
inline grpc::Status CallRaw(const std::shared_ptr<grpc::Channel>& channel,
                            const std::string& method, const std::string& bytes) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  SetDeadline(context);
  grpc::CompletionQueue queue;
  grpc::Slice slice(bytes);
  auto call = stub.PrepareUnaryCall(&context, method, grpc::ByteBuffer(&slice, 1), &queue);
  call->StartCall();
  grpc::ByteBuffer reply;
  grpc::Status status;
  call->Finish(&reply, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  return status;
}

// A unary call through its stub.
template <typename Stub, typename Request, typename Response>
grpc::Status Call(Stub& stub,
                  grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response) {
  grpc::ClientContext context;
  SetDeadline(context);
  return (stub.*method)(&context, request, response);
}

// Records one event; its position.
inline uint64_t Record(const std::shared_ptr<grpc::Channel>& channel,
                       const v1::ContactEvent& event) {
  auto stub = v1::ContactService::NewStub(channel);
  v1::RecordContactEventRequest request;
  *request.mutable_event() = event;
  v1::RecordContactEventResponse response;
  grpc::ClientContext context;
  SetDeadline(context);
  const grpc::Status status = stub->RecordContactEvent(&context, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.position();
}

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_TESTS_SERVICE_RUNNING_SERVER_H_
