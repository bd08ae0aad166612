#include "service/metrics.h"

#include <prometheus/metric_family.h>

#include <exception>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace klantbeeld::service {
namespace {

constexpr std::array<const char*, std::tuple_size_v<ByCode>> kCodeNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

prometheus::Counter* AddCounter(prometheus::Registry& registry, const char* name, const char* help,
                                const prometheus::Labels& labels) {
  return &prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}

// One for each code, so that the first that comes is an increase.
ByCode AddCounters(prometheus::Registry& registry, const char* name, const char* help,
                   prometheus::Labels labels) {
  ByCode counters;
  for (size_t code = 0; code < counters.size(); ++code) {
    labels["grpc_code"] = kCodeNames[code];
    counters[code] = AddCounter(registry, name, help, labels);
  }
  return counters;
}

// A code that gRPC does not know is UNKNOWN.
prometheus::Counter& At(const ByCode& counters, grpc::StatusCode code) {
  const auto at = static_cast<size_t>(code);
  return *counters[at < counters.size() ? at : size_t{grpc::StatusCode::UNKNOWN}];
}

// Turns figures into families when Prometheus asks.
class FiguresCollector : public prometheus::Collectable {
 public:
  FiguresCollector(std::function<store::Store::Figures()> store,
                   std::function<StreamFigures()> streams, const registry::Asker* asker)
      : store_(std::move(store)), streams_(std::move(streams)), asker_(asker) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    const store::Store::Figures store = store_();
    const StreamFigures streams = streams_();
    std::vector<prometheus::MetricFamily> all;
    const auto counter = [&all](const char* name, const char* help, double value) {
      all.push_back(Family(name, help, prometheus::MetricType::Counter, value));
    };
    const auto gauge = [&all](const char* name, const char* help, double value) {
      all.push_back(Family(name, help, prometheus::MetricType::Gauge, value));
    };
    const auto number = [](auto value) { return static_cast<double>(value); };
    gauge("klantbeeld_head", "Last position that is synced.", number(store.head));
    counter("klantbeeld_commits_total", "Synced batches.", number(store.commits));
    counter("klantbeeld_commit_facts_total", "Facts in synced batches.",
            number(store.committed_facts));
    counter("klantbeeld_commit_seconds_total", "Time spent committing.", store.commit_seconds);
    gauge("klantbeeld_queue_facts", "Facts that wait for the sequencer.",
          number(store.queue_facts));
    gauge("klantbeeld_queue_bytes", "Bytes that wait for the sequencer.",
          number(store.queue_bytes));
    gauge("klantbeeld_writes_stopped", "1 after a failed write, until a restart.",
          store.writes_stopped ? 1 : 0);
    gauge("klantbeeld_write_stalled", "1 while RocksDB holds writes back.",
          store.write_stalled ? 1 : 0);
    gauge("klantbeeld_disk_free_bytes", "Free on the disk of the data directory.",
          number(store.disk_free_bytes));
    gauge("klantbeeld_disk_reserve_bytes", "Nothing is recorded while less is free.",
          number(store.disk_reserve_bytes));
    AddScrubs(store, all);
    gauge("klantbeeld_model_facts_left",
          "Facts of before the model was adopted whose contacts are yet to be compared by it.",
          number(store.model_facts_left));
    gauge("klantbeeld_followers", "Followers of the feed.", number(streams.followers));
    gauge("klantbeeld_watchers", "Watched timelines.", number(streams.watchers));
    gauge("klantbeeld_feed_lag_facts", "Facts that the slowest follower has yet to get.",
          number(streams.feed_lag));
    counter("klantbeeld_streams_cut_total", "Calls cut for not taking what they are sent.",
            number(streams.streams_cut));
    if (asker_ != nullptr) AddRegistry(asker_->figures(), all);
    return all;
  }

 private:
  static void AddScrubs(const store::Store::Figures& store,
                        std::vector<prometheus::MetricFamily>& all) {
    all.push_back(Family("klantbeeld_scrub_running", "1 while a scrub runs.",
                         prometheus::MetricType::Gauge, store.scrubbing ? 1 : 0));
    prometheus::MetricFamily ended =
        Family("klantbeeld_scrub_ended_timestamp_seconds",
               "When the last scrub of each outcome ended; 0: none since the start.",
               prometheus::MetricType::Gauge, 0);
    const std::pair<const char*, absl::Time> outcomes[] = {
        {"whole", store.scrub_whole},
        {"damaged", store.scrub_damaged},
        {"broken_off", store.scrub_broken_off}};
    ended.metric.clear();
    for (const auto& [outcome, when] : outcomes) {
      prometheus::ClientMetric& metric = ended.metric.emplace_back();
      metric.label = {{"outcome", outcome}};
      metric.gauge.value = absl::ToDoubleSeconds(when - absl::UnixEpoch());
    }
    all.push_back(std::move(ended));
  }

  static void AddRegistry(const registry::Asker::Figures& figures,
                          std::vector<prometheus::MetricFamily>& all) {
    using prometheus::MetricType;
    const auto number = [](auto value) { return static_cast<double>(value); };
    all.push_back(Family("klantbeeld_registry_asked_total", "BSNs that the registry was asked about.",
                         MetricType::Counter, number(figures.asked)));
    const auto by_found = [&](const char* name, const char* help, uint64_t found, uint64_t not_found) {
      prometheus::MetricFamily family = Family(name, help, MetricType::Counter, number(found));
      family.metric[0].label = {{"found", "true"}};
      family.metric.push_back(family.metric[0]);
      family.metric[1].label = {{"found", "false"}};
      family.metric[1].counter.value = number(not_found);
      all.push_back(std::move(family));
    };
    by_found("klantbeeld_registry_answered_total", "BSNs that it answered about.", figures.found,
             figures.not_found);
    by_found("klantbeeld_registry_searched_total",
             "Searches for somebody without BSN that it answered, by whether one person fits.",
             figures.searched_found, figures.searched_not_found);
    prometheus::MetricFamily failed =
        Family("klantbeeld_registry_failed_total", "Calls that it gave no answer to.",
               MetricType::Counter, 0);
    failed.metric.resize(registry::kFailures);
    for (size_t i = 0; i < registry::kFailures; ++i) {
      const absl::string_view reason = registry::NameOf(static_cast<registry::Failure>(i));
      failed.metric[i].label = {{"reason", std::string(reason)}};
      failed.metric[i].counter.value = number(figures.failed[i]);
    }
    all.push_back(std::move(failed));
    all.push_back(Family("klantbeeld_registry_waiting",
                         "BSNs and searches of contacts that there is no answer to, counted to 1000.",
                         MetricType::Gauge, number(figures.waiting)));
  }

  static prometheus::MetricFamily Family(const char* name, const char* help,
                                         prometheus::MetricType type, double value) {
    prometheus::ClientMetric metric;
    (type == prometheus::MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    prometheus::MetricFamily family;
    family.name = name;
    family.help = help;
    family.type = type;
    family.metric.push_back(std::move(metric));
    return family;
  }

  std::function<store::Store::Figures()> store_;
  std::function<StreamFigures()> streams_;
  const registry::Asker* asker_;
};

}  // namespace

MethodMetrics::MethodMetrics(prometheus::Registry& registry, const std::string& service,
                             const std::string& method, const std::string& type) {
  const prometheus::Labels labels = {
      {"grpc_service", service}, {"grpc_method", method}, {"grpc_type", type}};
  started_ = AddCounter(registry, "grpc_server_started_total", "Calls begun.", labels);
  received_ = AddCounter(registry, "grpc_server_msg_received_total", "Messages received.", labels);
  sent_ = AddCounter(registry, "grpc_server_msg_sent_total", "Messages sent.", labels);
  handled_ = AddCounters(registry, "grpc_server_handled_total", "Calls ended, by code.", labels);
  seconds_ = &prometheus::BuildHistogram()
                  .Name("grpc_server_handling_seconds")
                  .Help("Time from begin to end of a call.")
                  .Register(registry)
                  .Add(labels, prometheus::Histogram::BucketBoundaries{0.0005, 0.001, 0.0025, 0.005,
                                                                       0.01, 0.025, 0.05, 0.1, 0.25,
                                                                       0.5, 1, 2.5, 5, 10, 30});
}

void MethodMetrics::Handled(grpc::StatusCode code, absl::Duration took) {
  At(handled_, code).Increment();
  seconds_->Observe(absl::ToDoubleSeconds(took));
}

Metrics::Metrics()
    : registry_(std::make_shared<prometheus::Registry>()),
      applied_(&prometheus::BuildHistogram()
                    .Name("klantbeeld_identity_seconds")
                    .Help("Processor time of applying a contact event: folding it, and deciding "
                          "whose it is.")
                    .Register(*registry_)
                    .Add({}, prometheus::Histogram::BucketBoundaries{
                                 2e-6, 5e-6, 1e-5, 1.5e-5, 2e-5, 3e-5, 4e-5, 5e-5, 7.5e-5, 1e-4,
                                 1.5e-4, 2e-4, 3e-4, 5e-4, 1e-3, 2.5e-3, 1e-2, 0.1})),
      refused_(AddCounters(*registry_, "klantbeeld_stream_events_refused_total",
                           "Events of a stream that were refused, by code.", {})) {}

void Metrics::Refused(grpc::StatusCode code) { At(refused_, code).Increment(); }

std::unique_ptr<MethodMetrics> Metrics::Method(const std::string& service,
                                               const std::string& method, const std::string& type) {
  return std::make_unique<MethodMetrics>(*registry_, service, method, type);
}

absl::Status Metrics::Expose(const std::string& address,
                             std::function<store::Store::Figures()> store,
                             std::function<StreamFigures()> streams,
                             const registry::Asker* asker) {
  figures_ = std::make_shared<FiguresCollector>(std::move(store), std::move(streams), asker);
  try {
    exposer_ = std::make_unique<prometheus::Exposer>(address, 1);
  } catch (const std::exception&) {
    return absl::InvalidArgumentError(absl::StrCat("metrics: cannot listen on ", address));
  }
  exposer_->RegisterCollectable(registry_);
  exposer_->RegisterCollectable(figures_);
  return absl::OkStatus();
}

void Metrics::Close() { exposer_.reset(); }

}  // namespace klantbeeld::service
