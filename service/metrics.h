// Counters and histograms, as Prometheus reads them.
#ifndef KLANTBEELD_SERVICE_METRICS_H_
#define KLANTBEELD_SERVICE_METRICS_H_

#include <grpcpp/support/status_code_enum.h>
#include <prometheus/counter.h>
#include <prometheus/exposer.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/registry/asker.h"
#include "store/store.h"

namespace klantbeeld::service {

using ByCode = std::array<prometheus::Counter*, 17>;  // In the order of gRPC's codes.

// One method's, under the names that operators know from other gRPC servers.
// Thread-safe; lives as long as the Metrics it came from.
class MethodMetrics {
 public:
  MethodMetrics(prometheus::Registry& registry, const std::string& service,
                const std::string& method, const std::string& type);
  void Started() { started_->Increment(); }
  void Received() { received_->Increment(); }
  void Sent() { sent_->Increment(); }
  void Handled(grpc::StatusCode code, absl::Duration took);

 private:
  prometheus::Counter* started_;
  prometheus::Counter* received_;
  prometheus::Counter* sent_;
  prometheus::Histogram* seconds_;
  ByCode handled_;
};

// What the server knows of its streams at a scrape.
struct StreamFigures {
  uint64_t followers = 0;
  uint64_t watchers = 0;
  uint64_t feed_lag = 0;     // Of the follower that is furthest behind, in facts.
  uint64_t streams_cut = 0;  // For being too slow, so far.
};

// Figures of store and streams are read when Prometheus asks; nobody counts
// them in between.
class Metrics {
 public:
  Metrics();
  std::unique_ptr<MethodMetrics> Method(const std::string& service, const std::string& method,
                                        const std::string& type);
  // Serves /metrics on `address`, "127.0.0.1:9464". Both functions, and `asker`
  // unless it is null, must stand until Close(). INVALID_ARGUMENT: the address cannot be had.
  absl::Status Expose(const std::string& address, std::function<store::Store::Figures()> store,
                      std::function<StreamFigures()> streams, const registry::Asker* asker);
  void Close();
  // A contact event was applied. Thread-safe.
  void Applied(absl::Duration took) { applied_->Observe(absl::ToDoubleSeconds(took)); }
  // An event of a stream was refused, while its call goes on. Thread-safe.
  void Refused(grpc::StatusCode code);

 private:
  std::shared_ptr<prometheus::Registry> registry_;
  prometheus::Histogram* applied_;
  ByCode refused_;
  std::shared_ptr<prometheus::Collectable> figures_;
  std::unique_ptr<prometheus::Exposer> exposer_;
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_METRICS_H_
