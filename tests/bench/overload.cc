// klantbeeld_overload: our server under more than it can take.
//
//   klantbeeld_overload --server PROGRAM [--seconds N] [--set KEY=VALUE] [--smoke]
//
// First how much it can take: calls that record, 64 always on their way. Then
// calls come at a half, 1, 2, 5 and 10 times that rate whatever becomes of those
// before (open loop), over four connections, while somebody else reads pages at
// an easy pace and a third follows the feed. Each event states a new person, so
// that it has to be told apart from others. Server and clients have a core each.
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "klantbeeld/v1/citizen_service.pb.h"
#include "klantbeeld/v1/contact_service.pb.h"
#include "klantbeeld/v1/feed_service.grpc.pb.h"
#include "tests/bench/load.h"
#include "tests/bench/people.h"
#include "tests/bench/process.h"

namespace klantbeeld::bench {
namespace {

constexpr char kRecord[] = "/klantbeeld.v1.ContactService/RecordContactEvent";
constexpr char kFind[] = "/klantbeeld.v1.CitizenService/FindCitizens";
constexpr int kConnections = 4;
constexpr double kReadsPerSecond = 100;

// What the marks are.
constexpr double kGoodput = 0.9;     // Of the peak, at ten times.
constexpr double kLatency = 5;       // p99 of the admitted over that at half load.
constexpr double kOthers = 2;        // Somebody else's p99 over the usual.
constexpr double kRecovery = 5;      // Seconds.

struct Answers {
  std::vector<double> good;     // Seconds each took.
  int64_t good_in_time = 0;     // Those that came while calls were sent.
  std::vector<double> refused;
  int64_t other = 0;
};

double Percentile(std::vector<double> seconds, double share) {
  if (seconds.empty()) return 0;
  const auto at = static_cast<size_t>(share * static_cast<double>(seconds.size() - 1));
  std::nth_element(seconds.begin(), seconds.begin() + static_cast<long>(at), seconds.end());
  return seconds[at];
}

std::shared_ptr<grpc::Channel> Connect(const std::string& target) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  auto channel =
      grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  if (!channel->WaitForConnected(std::chrono::system_clock::now() + std::chrono::seconds(30))) {
    Die("no connection to " + target);
  }
  return channel;
}

// Calls that are sent when it is time, whatever became of those before.
class OpenLoop {
 public:
  OpenLoop(const std::string& target, std::string method, int connections)
      : method_(std::move(method)) {
    for (int i = 0; i < connections; ++i) {
      stubs_.push_back(std::make_unique<grpc::GenericStub>(Connect(target)));
    }
  }

  // Sends `per_second` for `seconds`, then waits for every answer.
  Answers Run(double per_second, double seconds, const std::function<std::string()>& request) {
    {
      absl::MutexLock lock(&mutex_);
      answers_ = Answers();
      sending_ = true;
    }
    const double began = Seconds();
    int64_t sent = 0;
    for (double now = 0; now < seconds; now = Seconds() - began) {
      for (const auto due = static_cast<int64_t>(now * per_second); sent < due; ++sent) {
        Send(request(), static_cast<size_t>(sent));
      }
      never_.WaitForNotificationWithTimeout(absl::Microseconds(500));
    }
    absl::MutexLock lock(&mutex_);
    sending_ = false;
    mutex_.Await(absl::Condition(+[](int64_t* on_their_way) { return *on_their_way == 0; },
                                 &on_their_way_));
    sent_per_second_ = static_cast<double>(sent) / seconds;
    return std::move(answers_);
  }
  double sent_per_second() const { return sent_per_second_; }

 private:
  struct Call {
    grpc::ClientContext context;
    grpc::ByteBuffer request, reply;
    double began = 0;
  };

  void Send(const std::string& bytes, size_t number) {
    auto* call = new Call;  // Until its answer.
    const grpc::Slice slice(bytes);
    call->request = grpc::ByteBuffer(&slice, 1);
    call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    {
      absl::MutexLock lock(&mutex_);
      ++on_their_way_;
    }
    call->began = Seconds();
    stubs_[number % stubs_.size()]->UnaryCall(
        &call->context, method_, grpc::StubOptions(), &call->request, &call->reply,
        [this, call](const grpc::Status& status) {
          const double took = Seconds() - call->began;
          delete call;
          absl::MutexLock lock(&mutex_);
          if (status.ok()) {
            answers_.good.push_back(took);
            if (sending_) ++answers_.good_in_time;
          } else if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
            answers_.refused.push_back(took);
          } else {
            ++answers_.other;
          }
          --on_their_way_;
        });
  }

  const std::string method_;
  const absl::Notification never_;  // Whose waiting keeps the pace.
  std::vector<std::unique_ptr<grpc::GenericStub>> stubs_;
  absl::Mutex mutex_;
  bool sending_ ABSL_GUARDED_BY(mutex_) = false;
  int64_t on_their_way_ ABSL_GUARDED_BY(mutex_) = 0;
  Answers answers_ ABSL_GUARDED_BY(mutex_);
  double sent_per_second_ = 0;
};

// Follows the feed and counts what came.
class Follower {
 public:
  explicit Follower(const std::string& target)
      : channel_(Connect(target)), stub_(v1::FeedService::NewStub(channel_)) {
    stream_ = stub_->Follow(&context_);
    v1::FollowRequest start;
    start.mutable_start()->set_position(0);
    stream_->Write(start);
    thread_ = std::thread([this] {
      v1::FollowResponse frame;
      while (stream_->Read(&frame)) {
        events_ += frame.events_size();
        v1::FollowRequest request;
        request.mutable_ack()->set_position(frame.position());
        if (!stream_->Write(request)) break;
      }
    });
  }
  ~Follower() {
    context_.TryCancel();
    thread_.join();
    static_cast<void>(stream_->Finish());
  }
  int64_t events() const { return events_; }

 private:
  grpc::ClientContext context_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::FeedService::Stub> stub_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::FollowRequest, v1::FollowResponse>> stream_;
  std::atomic<int64_t> events_{0};
  std::thread thread_;
};

void KeepTo(int core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(static_cast<size_t>(core), &cores);
  if (sched_setaffinity(0, sizeof(cores), &cores) != 0) Die("cannot keep to one core");
}

// What the program holds in memory, in MiB.
double MemoryOf(pid_t pid) {
  std::ifstream status(absl::StrCat("/proc/", pid, "/status"));
  std::string word;
  while (status >> word) {
    if (word != "VmRSS:") continue;
    double kib = 0;
    status >> kib;
    return kib / 1024;
  }
  return 0;
}

struct Load {
  double times = 0, offered = 0, goodput = 0, p50 = 0, p99 = 0, refused_p99 = 0, reads_p99 = 0;
  double memory = 0;
  int64_t refused = 0, other = 0, reads_failed = 0;
};

int Run(const std::string& program, double seconds, bool smoke,
        const std::vector<std::string>& settings) {
  const TempDir dir;
  const std::string store = dir.path() + "/store", keys = dir.path() + "/keys",
                    socket = dir.path() + "/sock", tcp = absl::StrCat("127.0.0.1:", 20'000 + getpid() % 10'000);
  const bool two_cores = std::thread::hardware_concurrency() >= 2;
  RunToEnd({program, "init", "--data", store, "--keys", keys}, dir.path() + "/init.log");
  if (two_cores) KeepTo(0);
  std::vector<std::string> command = {program,    "--data", store,   "--keys", keys,
                                      "--socket", socket,   "--tcp", tcp};
  for (const std::string& setting : settings) command.insert(command.end(), {"--set", setting});
  Process server(command, dir.path() + "/server");
  if (two_cores) KeepTo(1);

  Town town(smoke ? 20'000 : 300'000);
  int next = 0;
  const auto record = [&] {
    v1::RecordContactEventRequest request;
    *request.mutable_event() = town.Fill(next++ % town.fills());
    return request.SerializeAsString();
  };
  const auto find = [&] {
    v1::FindCitizensRequest request;
    request.mutable_identifier()->set_type(v1::IDENTIFIER_TYPE_EMAIL);
    request.mutable_identifier()->set_value("p1@voorbeeld.example");
    request.set_purpose("balie");
    return request.SerializeAsString();
  };

  Follower follower(tcp);
  // The peak: the best of three, since the first fills caches.
  double peak = 0;
  for (int i = 0; i < (smoke ? 1 : 3); ++i) {
    std::vector<std::string> requests;
    for (int n = 0; n < (smoke ? 500 : 8'000); ++n) requests.push_back(record());
    peak = std::max(peak, UnaryLoad(socket, kRecord, 64).Run(requests));
  }
  std::printf("peak, 64 calls always on their way: %.0f events a second\n", peak);

  OpenLoop flood(tcp, kRecord, kConnections), reader(tcp, kFind, 1);
  const auto run = [&](double times) {
    Load load;
    load.times = times;
    absl::Notification done;
    std::thread memory([&] {
      do {
        load.memory = std::max(load.memory, MemoryOf(server.pid()));
      } while (!done.WaitForNotificationWithTimeout(absl::Milliseconds(50)));
    });
    Answers reads;
    std::thread other([&] { reads = reader.Run(kReadsPerSecond, seconds, find); });
    const Answers answers = flood.Run(times * peak, seconds, record);
    other.join();
    done.Notify();
    memory.join();
    load.offered = flood.sent_per_second();
    load.goodput = static_cast<double>(answers.good_in_time) / seconds;
    load.p50 = Percentile(answers.good, 0.5);
    load.p99 = Percentile(answers.good, 0.99);
    load.refused = static_cast<int64_t>(answers.refused.size());
    load.refused_p99 = Percentile(answers.refused, 0.99);
    load.other = answers.other;
    load.reads_p99 = Percentile(reads.good, 0.99);
    load.reads_failed = static_cast<int64_t>(reads.refused.size()) + reads.other;
    return load;
  };

  std::printf("times  offered/s  good/s  p50 ms  p99 ms  refused  p99 ms  other  reads p99 ms  "
              "failed  MiB\n");
  const auto print = [](const Load& load) {
    std::printf("%5.1f  %9.0f  %6.0f  %6.1f  %6.1f  %7lld  %6.1f  %5lld  %12.1f  %6lld  %3.0f\n",
                load.times, load.offered, load.goodput, load.p50 * 1e3, load.p99 * 1e3,
                static_cast<long long>(load.refused), load.refused_p99 * 1e3,
                static_cast<long long>(load.other), load.reads_p99 * 1e3,
                static_cast<long long>(load.reads_failed), load.memory);
  };
  std::vector<Load> loads;
  for (const double times : {0.5, 1.0, 2.0, 5.0, 10.0}) {
    loads.push_back(run(times));
    print(loads.back());
  }
  // Back to half, in steps of half a second, until it is as it was.
  const Load& half = loads.front();
  const Load& worst = loads.back();
  double recovered = 0;
  seconds = 0.5;
  for (const double began = Seconds();;) {
    const Load load = run(0.5);
    recovered = Seconds() - began;
    if ((load.p99 <= 2 * half.p99 && load.refused == 0) || recovered > 30) break;
  }
  double best = peak;
  for (const Load& load : loads) best = std::max(best, load.goodput);
  const auto mark = [](const char* what, double is, double wanted, bool met) {
    std::printf("%s: %.2f (mark %.1f): %s\n", what, is, wanted, met ? "met" : "MISSED");
  };
  mark("goodput at 10 times, of the best", worst.goodput / best, kGoodput,
       worst.goodput / best >= kGoodput);
  mark("p99 of the admitted at 10 times, over that at half", worst.p99 / half.p99, kLatency,
       worst.p99 / half.p99 <= kLatency);
  mark("somebody else's p99 at 10 times, over that at half", worst.reads_p99 / half.reads_p99,
       kOthers, worst.reads_p99 / half.reads_p99 <= kOthers);
  mark("seconds until it was as before", recovered, kRecovery, recovered <= kRecovery);
  std::printf("events that the follower had: %lld\n", static_cast<long long>(follower.events()));
  return 0;
}

int Main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const std::vector<std::string> words(argv + 1, argv + argc);
  std::string server;
  double seconds = 5;
  bool smoke = false;
  std::vector<std::string> settings;
  for (size_t i = 0; i < words.size(); ++i) {
    if (words[i] == "--smoke") {
      smoke = true;
      seconds = 0.2;
    } else if (words[i] == "--server" && i + 1 < words.size()) {
      server = words[++i];
    } else if (words[i] == "--set" && i + 1 < words.size()) {
      settings.push_back(words[++i]);
    } else if (words[i] == "--seconds" && i + 1 < words.size() &&
               absl::SimpleAtod(words[i + 1], &seconds) && seconds > 0) {
      ++i;
    } else {
      Die("usage: klantbeeld_overload --server PROGRAM [--seconds N] [--set KEY=VALUE] "
          "[--smoke]");
    }
  }
  if (server.empty()) Die("--server names our server's program");
  return Run(server, seconds, smoke, settings);
}

}  // namespace
}  // namespace klantbeeld::bench

int main(int argc, char** argv) { return klantbeeld::bench::Main(argc, argv); }
