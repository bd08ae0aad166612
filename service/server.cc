#include "service/server.h"

#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_posix.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/handlers.h"
#include "service/listener.h"
#include "service/log.h"
#include "service/registry/open.h"
#include "service/shared.h"
#include "service/version.h"

namespace klantbeeld::service {
namespace {

// Left for gRPC to cut what did not end by itself, and for the store to close.
constexpr absl::Duration kShutdownShare = absl::Milliseconds(500);
// Between two slices, in times of what the last one took.
constexpr int kRestPerSlice = 3;
constexpr absl::Duration kSliceRetry = absl::Seconds(1);
// For replies that are on their way out.
constexpr absl::Duration kLastReplies = absl::Milliseconds(200);

int Threads() { return static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 2u, 8u)); }

absl::Duration TickOf(const Limits& limits) {
  return std::clamp(limits.bookmark_idle / 5, absl::Milliseconds(5), absl::Seconds(1));
}

void SetLimits(const Limits& limits, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(kMessageBytesMax);
  builder.SetMaxSendMessageSize(-1);
  // No ResourceQuota: with one that was reached, the process ended once within
  // this version of gRPC; why is not known.
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMetadataBytesMax);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, limits.streams_per_connection_max);
  // A dead peer is noticed; a client may ask as often as its own settings say,
  // down to ten seconds, without being sent away.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
}

std::vector<std::string> Enabled(const Config& config) {
  std::vector<std::string> enabled = {"feed", "link", "watch"};
  if (!config.backups.empty()) enabled.push_back("backup");
  if (!config.metrics.empty()) enabled.push_back("metrics");
  if (config.registry.on()) enabled.push_back("registry");
  if (!config.tcp.empty()) enabled.push_back("tcp");
  return enabled;
}

}  // namespace

// Destroyed from the last member up: doors, services, threads, store.
struct Server::Impl {
  explicit Impl(const Config& configured)
      : config(configured),
        executor(Threads()),
        answers(executor),
        admission(config.limits),
        positions(executor),
        hub(
            executor, [] { return absl::Now(); }, TickOf(config.limits)) {}

  absl::Status OpenStore();
  absl::Status OpenRegistry();
  absl::Status OpenDoors();
  void Rederive();
  StreamFigures Streams() const;
  void Drain();

  const Config config;
  Executor executor;
  AnswerBatch answers;
  Admission admission;
  PositionWaiter positions;
  FeedHub hub;
  Registry<OpenStream> record_streams;
  Metrics metrics;
  // Before the store, whose last answers come to the asker.
  std::unique_ptr<registry::Registry> registry;
  std::unique_ptr<registry::Asker> asker;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<FrameCache> frames;
  std::unique_ptr<Shared> shared;
  std::vector<std::unique_ptr<grpc::Service>> services;
  std::unique_ptr<grpc::Server> grpc_server;
  std::unique_ptr<Listener> listener;
  bool drained = false;
};

absl::Status Server::Impl::OpenStore() {
  auto keys = store::Keys::Load(config.keys);
  if (!keys.ok()) return keys.status();
  store::Store::Options options;
  options.data_dir = config.data;
  options.db = config.db;
  options.db.log = LogEngine;
  options.sequencer = config.sequencer;
  options.nobodys = config.nobodys;
  options.applied = [this](absl::Duration took) { metrics.Applied(took); };
  auto opened = store::Store::Open(options, *std::move(keys), [] { return absl::Now(); });
  if (!opened.ok()) return opened.status();
  store = *std::move(opened);
  frames = std::make_unique<FrameCache>(*store, config.limits.frame_cache_bytes_max);
  store->OnAdvance([this](uint64_t head) {
    positions.Advance(head);
    hub.Wake();
  });
  positions.Advance(store->head());
  return absl::OkStatus();
}

absl::Status Server::Impl::OpenRegistry() {
  const auto clock = [] { return absl::Now(); };
  auto opened = registry::Open(config.registry, clock);
  if (!opened.ok() || *opened == nullptr) return opened.status();
  registry = *std::move(opened);
  registry::Asker::Options options;
  options.timeout = config.registry.timeout;
  // A file answers at once: nobody ever goes on without its answer.
  options.budget =
      config.registry.file.empty() ? config.registry.budget : absl::InfiniteDuration();
  const registry::Book book = {
      [this](auto answer, auto done) {
        return store->RecordRegistryAnswer(std::move(answer), std::move(done));
      },
      [this](absl::string_view bsn) { return store->RegistryKnows(bsn); },
      [this](size_t max) { return store->UnansweredBsns(max); },
      [this](const store::PreparedEvent& event) { return store->SoughtsOf(event); },
      [this](size_t max) { return store->UnansweredSoughts(max); }};
  asker = std::make_unique<registry::Asker>(
      *registry, book, options, clock,
      [this](absl::Time when, auto task) { executor.At(when, std::move(task)); });
  return absl::OkStatus();
}

absl::Status Server::Impl::OpenDoors() {
  shared =
      std::make_unique<Shared>(Shared{*store, config.limits, [] { return absl::Now(); }, executor, answers,
                                      admission, positions, hub, *frames, record_streams, metrics,
                                      asker.get()});
  services.push_back(MakeContactService(*shared));
  services.push_back(MakeCitizenService(*shared));
  services.push_back(MakeIdentityService(*shared));
  services.push_back(MakeHistoryService(*shared));
  services.push_back(MakeFeedService(*shared));
  services.push_back(MakeBackupService(*shared, config.backups));
  services.push_back(MakeMaintenanceService(*shared));
  services.push_back(MakeInfoService(*shared, Enabled(config)));

  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  SetLimits(config.limits, builder);
  int port = 1;
  if (!config.tcp.empty()) {
    builder.AddListeningPort(config.tcp, grpc::InsecureServerCredentials(), &port);
  }
  for (const auto& service : services) builder.RegisterService(service.get());
  grpc_server = builder.BuildAndStart();
  if (grpc_server == nullptr || port == 0) {
    return absl::InvalidArgumentError(absl::StrCat("tcp: cannot listen on ", config.tcp));
  }
  if (!config.metrics.empty()) {
    const absl::Status exposed = metrics.Expose(
        config.metrics, [this] { return store->figures(); }, [this] { return Streams(); },
        asker.get());
    if (!exposed.ok()) return exposed;
  }
  if (config.socket.empty()) return absl::OkStatus();
  auto opened =
      Listener::Open({config.socket, config.socket_group, config.limits.connections_max,
                      config.limits.follower_stall_max},
                     [this](int fd) { grpc::AddInsecureChannelFromFd(grpc_server.get(), fd); });
  if (!opened.ok()) return opened.status();
  listener = *std::move(opened);
  return absl::OkStatus();
}

// After another model was adopted, one slice after the other of those recorded
// before it. A slice holds up what comes behind it, so there is rest between.
void Server::Impl::Rederive() {
  const absl::Time began = absl::Now();
  const auto again = [this](absl::Duration rest) {
    executor.At(absl::Now() + rest, [this] { Rederive(); });
  };
  const absl::Status taken = store->Rederive([=](absl::StatusOr<uint64_t> left) {
    if (left.ok() && *left > 0) return again(kRestPerSlice * (absl::Now() - began));
    if (left.ok()) Log(Severity::kInfo, "everyone is told apart by the model in effect");
  });
  if (taken.code() == absl::StatusCode::kResourceExhausted) again(kSliceRetry);
}

StreamFigures Server::Impl::Streams() const {
  StreamFigures figures;
  figures.followers = static_cast<uint64_t>(admission.followers.taken());
  figures.watchers = static_cast<uint64_t>(admission.watchers.taken());
  figures.streams_cut = hub.cut();
  const uint64_t head = store->head();
  for (const auto& subscriber : hub.All()) {
    const uint64_t position = subscriber->position();
    if (position < head) figures.feed_lag = std::max(figures.feed_lag, head - position);
  }
  return figures;
}

void Server::Impl::Drain() {
  if (std::exchange(drained, true)) return;
  const absl::Time end = absl::Now() + config.limits.drain_max;
  if (grpc_server != nullptr) {
    if (auto* health = grpc_server->GetHealthCheckService()) health->Shutdown();
  }
  // Its web server takes two seconds to stop; it does so meanwhile.
  std::thread metrics_closer([this] { metrics.Close(); });
  admission.Close();
  if (listener != nullptr) listener->Stop();
  // What waits for the registry goes on without it.
  if (asker != nullptr) asker->Stop();
  for (const auto& subscriber : hub.All()) subscriber->Drain();
  for (const auto& stream : record_streams.All()) stream->Drain();
  const absl::Time patience = end - kShutdownShare;
  const bool quiet =
      record_streams.WaitEmpty(patience - absl::Now()) && hub.WaitEmpty(patience - absl::Now());
  if (!quiet) Log(Severity::kWarning, "some streams did not end in time and are cut");
  // With nothing of ours open only health watches are left, which never end.
  const bool calls = admission.reads.taken() + admission.writes.taken() > 0;
  const absl::Time cut = calls ? patience : absl::Now() + kLastReplies;
  if (grpc_server != nullptr) grpc_server->Shutdown(absl::ToChronoTime(std::min(cut, patience)));
  metrics_closer.join();
  // Tasks use the store, and the store's last answers only post tasks.
  executor.Stop();
  store.reset();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() { Drain(); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const Config& config) {
  auto impl = std::make_unique<Impl>(config);
  absl::Status status = impl->OpenStore();
  if (status.ok()) status = impl->OpenRegistry();
  if (status.ok()) status = impl->OpenDoors();
  const auto model = status.ok() ? impl->store->model() : status;
  if (status.ok()) status = model.status();
  if (!status.ok()) {
    impl->Drain();
    return status;
  }
  if (!model->settled()) impl->Rederive();
  Log(Severity::kInfo, "serving",
      {{"version", Literal(kVersion)},
       {"head", impl->store->head()},
       {"log_id", Setting{impl->store->log_id()}},
       {"model", Setting{model->model->version}},
       {"shipped_model", Setting{store::ShippedModel().version}},
       {"model_facts_left", model->left()},
       {"socket", Setting{config.socket}},
       {"tcp", Setting{config.tcp}},
       {"metrics", Setting{config.metrics}}});
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

void Server::Drain() { impl_->Drain(); }

}  // namespace klantbeeld::service
