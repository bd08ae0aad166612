// Followers of the real server over its restarts and its ends by force.
#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <map>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "klantbeeld/v1/contact_service.grpc.pb.h"
#include "klantbeeld/v1/info_service.grpc.pb.h"
#include "tests/e2e/server_process.h"
#include "tests/service/follower.h"

namespace klantbeeld::e2e {
namespace {

using service::Calls;
using service::Follower;

// Sends calls one by one, each until it has its answer.
class Writer {
 public:
  explicit Writer(const ServerProcess& server) : server_(server), thread_([this] { Run(); }) {}
  ~Writer() { Stop(); }
  void Stop() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  // Returns when so many have been recorded.
  bool WaitFor(uint64_t count) {
    absl::MutexLock lock(&mutex_);
    const auto there = [this, count] { return recorded_.size() >= count; };
    return mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(60));
  }
  // By position; what the server said of each.
  std::map<uint64_t, std::string> recorded() {
    absl::MutexLock lock(&mutex_);
    return recorded_;
  }

 private:
  void Run() {
    std::unique_ptr<v1::ContactService::Stub> stub;
    for (int i = 0; !over_; ++i) {
      v1::RecordContactEventRequest request;
      *request.mutable_event() = Calls(i, 1)[0];
      for (bool known = false; !known;) {
        if (stub == nullptr) stub = v1::ContactService::NewStub(server_.Connect());
        grpc::ClientContext context;
        context.set_wait_for_ready(true);
        context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(2));
        v1::RecordContactEventResponse response;
        known = stub->RecordContactEvent(&context, request, &response).ok();
        if (!known) {
          stub = nullptr;
          continue;
        }
        absl::MutexLock lock(&mutex_);
        recorded_[response.position()] = request.event().event_id();
      }
    }
  }

  const ServerProcess& server_;
  std::atomic<bool> over_{false};
  absl::Mutex mutex_;
  std::map<uint64_t, std::string> recorded_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// Follows until told to stop, resuming with the token of the last frame that it
// processed whenever the call ends.
class Faithful {
 public:
  Faithful(const ServerProcess& server, bool web_only)
      : server_(server), web_only_(web_only), thread_([this] { Run(); }) {}
  ~Faithful() { Stop(); }
  void Stop() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  bool WaitFor(uint64_t position) {
    absl::MutexLock lock(&mutex_);
    const auto there = [this, position] { return position_ >= position; };
    return mutex_.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(60));
  }
  // After Stop.
  std::vector<v1::FeedEvent> facts;
  std::vector<std::string> faults;
  int calls = 0;

 private:
  void Run() {
    v1::FollowStart start;
    if (web_only_) start.mutable_filter()->add_channels(v1::CHANNEL_WEB);
    std::shared_ptr<grpc::Channel> channel;
    uint64_t head = 0;
    while (!over_) {
      channel = server_.Connect();
      if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(1))) {
        continue;
      }
      Follower follower(channel);
      ++calls;
      follower.Start(start);
      v1::FollowResponse frame;
      while (!over_ && follower.Read(&frame)) {
        if (frame.head() < head) faults.push_back("the head went back");
        head = frame.head();
        start.set_resume_token(frame.resume_token());
        facts.insert(facts.end(), frame.events().begin(), frame.events().end());
        follower.Ack(frame.position());
        absl::MutexLock lock(&mutex_);
        if (frame.position() < position_) faults.push_back("the position went back");
        position_ = frame.position();
      }
      if (over_) return;
      const grpc::Status status = follower.End();
      if (status.error_code() != grpc::StatusCode::UNAVAILABLE) {
        faults.push_back(absl::StrCat(status.error_code(), ": ", status.error_message()));
      }
    }
  }

  const ServerProcess& server_;
  const bool web_only_;
  std::atomic<bool> over_{false};
  absl::Mutex mutex_;
  uint64_t position_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

class FeedRestartTest : public testing::Test {
 protected:
  void SetUp() override { server.Init(); }
  void Start() {
    server.Start({"--set", "limits.bookmark_idle_ms=20", "--set", "store.memtable_mib=1"});
  }
  std::string LogId() {
    const auto stub = v1::InfoService::NewStub(server.Connect());
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    v1::GetServerInfoResponse info;
    EXPECT_TRUE(stub->GetServerInfo(&context, {}, &info).ok());
    return info.log_id();
  }

  ServerProcess server;
};

TEST_F(FeedRestartTest, FollowersOverKillsAndTermsSeeEverythingOnceInOrder) {
  Start();
  const std::string log_id = LogId();
  EXPECT_EQ(log_id.size(), 32u);
  Writer writer(server);
  Faithful all(server, false), another(server, false), web(server, true);
  uint64_t wanted = 0;
  for (const int signal : {SIGKILL, SIGTERM, SIGKILL, SIGKILL, SIGTERM, SIGKILL}) {
    ASSERT_TRUE(writer.WaitFor(wanted += 120));
    ASSERT_TRUE(all.WaitFor(wanted - 60));
    EXPECT_EQ(server.Kill(signal), signal == SIGTERM ? 0 : 128 + signal);
    Start();
    EXPECT_EQ(LogId(), log_id);
  }
  ASSERT_TRUE(writer.WaitFor(wanted += 60));
  writer.Stop();
  const auto recorded = writer.recorded();
  const uint64_t head = recorded.rbegin()->first;
  EXPECT_EQ(recorded.size(), head) << "a call has two positions, or a position no call";
  for (Faithful* one : {&all, &another, &web}) {
    EXPECT_TRUE(one->WaitFor(head));
    one->Stop();
    EXPECT_EQ(one->faults, std::vector<std::string>{});
    EXPECT_GE(one->calls, 7) << "it was never interrupted";
  }
  service::ExpectDense(all.facts, 0, head);
  service::ExpectDense(another.facts, 0, head);
  size_t of_web = 0;
  for (const auto& fact : all.facts) {
    EXPECT_EQ(fact.event().event_id(), recorded.at(fact.position()));
    if (fact.event().data().channel() != v1::CHANNEL_WEB) continue;
    ASSERT_LT(of_web, web.facts.size());
    EXPECT_EQ(web.facts[of_web++].SerializeAsString(), fact.SerializeAsString());
  }
  EXPECT_EQ(web.facts.size(), of_web);
}

TEST_F(FeedRestartTest, TermGivesTheTokenThatGoesOnBehindWhatWasAcknowledged) {
  Start();
  Follower follower(server);
  follower.StartAt(0);
  std::string token;
  for (int i = 0; i < 4; ++i) {
    service::RecordAll(server.Connect(), Calls(i, 1));
    const auto frame = follower.NextFacts();
    if (i == 0) token = frame.resume_token();
  }
  service::RecordAll(server.Connect(), Calls(4, 1));
  follower.Ack(1);
  // The credit was used up, so the acknowledgement has been read when this comes.
  EXPECT_EQ(follower.NextFacts().position(), 5u);
  auto ended = std::async(std::launch::async, [&] { return follower.End(); });
  EXPECT_EQ(server.Kill(SIGTERM), 0);
  const grpc::Status status = ended.get();
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_NE(status.error_details().find(token), std::string::npos);
  Start();
  Follower again(server);
  again.Resume(token);
  service::ExpectDense(again.Catch(5), 1, 5);
}

// Followers that lag far behind and take nothing more cost a frame each, not
// what they lag.
TEST_F(FeedRestartTest, LaggingFollowersCostTheirWindowAndNotTheirLag) {
  server.Start({"--set", "store.memtable_mib=4", "--set", "store.block_cache_mib=8"});
  auto events = Calls(0, 3000);
  for (auto& event : events) event.mutable_data()->set_note(std::string(3800, 'n'));
  service::RecordAll(server.Connect(), events);
  const auto resident = [&] {
    std::ifstream file(absl::StrCat("/proc/", server.pid(), "/statm"));
    size_t all = 0, pages = 0;
    file >> all >> pages;
    return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
  };
  const auto read_all = [&] {
    Follower one(server);
    one.StartAt(0);
    EXPECT_EQ(one.Catch(3000).size(), 3000u);
  };
  read_all();
  const size_t before = resident();
  std::vector<std::unique_ptr<Follower>> lagging;
  for (int i = 0; i < 60; ++i) {
    lagging.push_back(std::make_unique<Follower>(server));
    lagging.back()->StartAt(0);
    EXPECT_LE(lagging.back()->Next().ByteSizeLong(), size_t{264} << 10);
  }
  read_all();  // Nobody is held up, and meanwhile they got what they may get.
  const size_t grown = resident() - std::min(before, resident());
  EXPECT_LT(grown, size_t{120} << 20) << "60 followers that lag 11 MiB each";
}

}  // namespace
}  // namespace klantbeeld::e2e
