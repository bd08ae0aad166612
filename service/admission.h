// Who may come in: limits in total, and the door that a drain closes.
#ifndef KLANTBEELD_SERVICE_ADMISSION_H_
#define KLANTBEELD_SERVICE_ADMISSION_H_

#include <atomic>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/limits.h"
#include "store/error.h"

namespace klantbeeld::service {

// What a caller is told whom a drain turns away or ends.
inline absl::Status Restarting(store::ErrorDetail detail = {}) {
  detail.retry = absl::Seconds(1);
  return store::Error(v1::ERROR_REASON_RESTARTING, "the server stops; connect again", detail);
}

// A number of places. Thread-safe.
class Places {
 public:
  explicit Places(int max) : max_(max) {}
  bool TryEnter() {
    if (taken_.fetch_add(1, std::memory_order_relaxed) < max_) return true;
    Leave();
    return false;
  }
  void Leave() { taken_.fetch_sub(1, std::memory_order_relaxed); }
  int taken() const { return taken_.load(std::memory_order_relaxed); }
  int max() const { return max_; }

 private:
  const int max_;
  std::atomic<int> taken_{0};
};

// Thread-safe. Who entered must leave the same places.
class Admission {
 public:
  explicit Admission(const Limits& limits)
      : unary(limits.unary_in_flight_max),
        record_streams(limits.record_streams_max),
        followers(limits.followers_max),
        watchers(limits.watchers_max) {}

  // RESOURCE_EXHAUSTED: all `places` are taken. UNAVAILABLE: closed.
  absl::Status Enter(Places& places) {
    if (closed_.load(std::memory_order_relaxed)) return Restarting();
    if (places.TryEnter()) return absl::OkStatus();
    store::ErrorDetail detail;
    detail.name = "limit";
    detail.value = absl::StrCat(places.max());
    detail.retry = absl::Milliseconds(100);
    return store::Error(v1::ERROR_REASON_OVERLOADED,
                        absl::StrCat("too many calls at once, at most ", places.max()), detail);
  }
  void Close() { closed_ = true; }

  Places unary;
  Places record_streams;
  Places followers;
  Places watchers;

 private:
  std::atomic<bool> closed_{false};
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_ADMISSION_H_
