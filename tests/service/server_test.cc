#include "service/server.h"

// Also tests: service/commands.cc service/info_handler.cc service/listener.cc
// Also tests: service/feed_hub.cc
#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <future>

#include "grpc/health/v1/health.grpc.pb.h"
#include "service/listener.h"
#include "tests/service/events.h"
#include "tests/service/running_server.h"

namespace klantbeeld::service {
namespace {

TEST(Server, SaysWhatItIs) {
  RunningServer server;
  auto stub = v1::InfoService::NewStub(server.Connect());
  v1::GetServerInfoResponse info;
  grpc::ClientContext context;
  ASSERT_TRUE(stub->GetServerInfo(&context, {}, &info).ok());
  EXPECT_EQ(info.access_control(), "none");
  EXPECT_EQ(info.log_id().size(), 32u);
}

TEST(Server, IsServingUntilItDrains) {
  RunningServer server;
  auto stub = grpc::health::v1::Health::NewStub(server.Connect());
  grpc::health::v1::HealthCheckResponse response;
  grpc::ClientContext context;
  SetDeadline(context);
  auto watch = stub->Watch(&context, {});
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING);
  server.Drain();
  ASSERT_TRUE(watch->Read(&response));
  EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::NOT_SERVING);
}

TEST(Server, WhatWasRecordedIsThereAfterARestart) {
  RunningServer server;
  EXPECT_EQ(Record(server.Connect(), Call("c-1")), 1u);
  server.Stop();
  server.Start();
  EXPECT_EQ(Record(server.Connect(), Call("c-1")), 1u);
  EXPECT_EQ(Record(server.Connect(), Call("c-2")), 2u);
}

TEST(Server, OtherKeysAreRefused) {
  RunningServer server;
  server.Stop();
  Config config = server.config();
  config.keys = server.dir() + "/others";
  ASSERT_TRUE(store::Keys::Make(config.keys).ok());
  EXPECT_FALSE(Server::Start(config).ok());
}

TEST(Server, CommandsCheckAndRebuildWhatWasRecorded) {
  RunningServer server;
  Record(server.Connect(), Call("c-1"));
  server.Stop();
  CommandLine line;
  for (const char* command : {"check", "rebuild", "check", "check-config"}) {
    line.command = command;
    EXPECT_TRUE(RunCommand(line, server.config()).ok()) << command;
  }
  line.command = "dump";
  EXPECT_FALSE(RunCommand(line, server.config()).ok());
  line.canonical = true;
  EXPECT_TRUE(RunCommand(line, server.config()).ok());
}

TEST(CommandLineTest, FlagsBecomeSettings) {
  const char* arguments[] = {"klantbeeld-server", "check", "--data", "/d", "--set", "log=debug"};
  const auto line = ReadCommandLine(6, arguments);
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->command, "check");
  EXPECT_EQ(line->settings, (std::vector<Override>{{"data", "/d"}, {"log", "debug"}}));
  const char* wrong[] = {"klantbeeld-server", "--daat", "/d"};
  EXPECT_FALSE(ReadCommandLine(3, wrong).ok());
}

class ListenerTest : public testing::Test {
 protected:
  ListenerTest() {
    std::string name = std::filesystem::temp_directory_path() / "kb-XXXXXX";
    dir = mkdtemp(name.data());
    options.path = dir + "/socket";
  }
  ~ListenerTest() override { std::filesystem::remove_all(dir); }
  auto Open() {
    return Listener::Open(options, [](int fd) { close(fd); });
  }
  std::string dir;
  Listener::Options options;
};

TEST_F(ListenerTest, FileIsForOwnerAndGroupAndGoesWithIt) {
  {
    const auto listener = Open();
    ASSERT_TRUE(listener.ok()) << listener.status();
    struct stat file {};
    ASSERT_EQ(stat(options.path.c_str(), &file), 0);
    EXPECT_EQ(file.st_mode & 0777u, 0660u);
  }
  EXPECT_FALSE(std::filesystem::exists(options.path));
}

TEST_F(ListenerTest, SecondListenerIsRefusedAndStaleFileReplaced) {
  {
    const auto first = Open();
    EXPECT_EQ(Open().status().code(), absl::StatusCode::kFailedPrecondition);
  }
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  options.path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  close(fd);  // As after a crash: the file stands, nobody listens.
  EXPECT_TRUE(Open().ok());
}

TEST_F(ListenerTest, OtherFileInTheWayIsLeftAlone) {
  std::ofstream(options.path) << "mine";
  EXPECT_EQ(Open().status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(std::filesystem::exists(options.path));
}

TEST(MayConnect, RootOurselvesAndTheGroupOnly) {
  const uid_t other = geteuid() + 1000;
  const gid_t group = 4242, stranger = 4243;
  EXPECT_TRUE(MayConnect({1, 0, stranger}, {}, group));
  EXPECT_TRUE(MayConnect({1, geteuid(), stranger}, {}, group));
  EXPECT_TRUE(MayConnect({1, other, group}, {}, group));
  EXPECT_TRUE(MayConnect({1, other, stranger}, {7, group}, group));
  EXPECT_FALSE(MayConnect({1, other, stranger}, {7, 8}, group));
}

// The file's mode keeps others out; should somebody have changed it, the
// credentials do.
TEST_F(ListenerTest, StrangerIsRefusedThoughTheFileIsOpenToAll) {
  std::atomic<int> accepted{0};
  const auto listener = Listener::Open(options, [&](int fd) {
    ++accepted;
    close(fd);
  });
  ASSERT_TRUE(listener.ok()) << listener.status();
  ASSERT_EQ(chmod(options.path.c_str(), 0666), 0);
  ASSERT_EQ(chmod(dir.c_str(), 0755), 0);
  const bool stranger = geteuid() == 0;  // Only root can become somebody else.
  const pid_t child = fork();
  if (child == 0) {
    if (stranger && (setgroups(0, nullptr) != 0 || setgid(65534) != 0 || setuid(65534) != 0)) {
      _exit(2);
    }
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    options.path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) _exit(3);
    char byte = 0;
    _exit(read(fd, &byte, 1) == 0 ? 0 : 4);  // Closed, by whichever of the two.
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(accepted, stranger ? 0 : 1);
}

// One end of a connection, and the server's.
class UnreadConnection : public ListenerTest {
 protected:
  UnreadConnection() {
    options.unread_max = absl::Milliseconds(300);
    auto opened = Listener::Open(options, [this](int fd) { accepted.set_value(fd); });
    EXPECT_TRUE(opened.ok()) << opened.status();
    listener = *std::move(opened);
    peer = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    options.path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    ours = accepted.get_future().get();
  }
  ~UnreadConnection() override {
    close(peer);
    close(ours);
  }
  // As much as fits.
  void Fill() const {
    const std::string some(4096, 'x');
    while (write(ours, some.data(), some.size()) > 0) {
    }
  }
  bool IsCutWithin(int milliseconds) const {
    pollfd cut{peer, POLLRDHUP, 0};
    return poll(&cut, 1, milliseconds) == 1;
  }

  std::promise<int> accepted;
  std::unique_ptr<Listener> listener;
  int peer = -1, ours = -1;
};

TEST_F(UnreadConnection, IsCut) {
  Fill();
  EXPECT_TRUE(IsCutWithin(30'000));
  // Its count is given back when it is gone.
  const absl::Time end = absl::Now() + absl::Seconds(30);
  while (listener->connections() > 0 && absl::Now() < end) IsCutWithin(0);
  EXPECT_EQ(listener->connections(), 0);
}

TEST_F(UnreadConnection, WhoReadsSlowlyIsNotCut) {
  std::string some(64 << 10, '\0');
  for (int i = 0; i < 20; ++i) {
    Fill();
    ASSERT_FALSE(IsCutWithin(50)) << "after " << i;
    // gRPC writes again when most of it was read.
    for (int read = 0; read < (256 << 10);) {
      const auto bytes = recv(peer, some.data(), some.size(), MSG_DONTWAIT);
      if (bytes <= 0) break;
      read += static_cast<int>(bytes);
    }
  }
}

TEST_F(UnreadConnection, WhoHasLittleToReadIsNotCut) {
  ASSERT_EQ(write(ours, "x", 1), 1);
  EXPECT_FALSE(IsCutWithin(1'000));
}

TEST_F(ListenerTest, ConnectionOverTheLimitIsClosed) {
  RunningServer server{std::vector<Override>{{"limits.connections_max", "1"}}};
  auto first = server.Connect();
  EXPECT_EQ(Record(first, Call("c-1")), 1u);
  const auto second = server.Connect();
  auto stub = v1::InfoService::NewStub(second);
  v1::GetServerInfoResponse info;
  {
    grpc::ClientContext context;
    SetDeadline(context);
    EXPECT_EQ(stub->GetServerInfo(&context, {}, &info).error_code(), grpc::StatusCode::UNAVAILABLE);
  }
  // When one goes there is room again.
  first.reset();
  grpc::ClientContext context;
  SetDeadline(context);
  context.set_wait_for_ready(true);
  EXPECT_TRUE(stub->GetServerInfo(&context, {}, &info).ok());
}

}  // namespace
}  // namespace klantbeeld::service
