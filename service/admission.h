// Who may come in: limits in total, and the door that a drain closes.
#ifndef KLANTBEELD_SERVICE_ADMISSION_H_
#define KLANTBEELD_SERVICE_ADMISSION_H_

#include <grpcpp/server_context.h>

#include <atomic>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "service/limits.h"
#include "store/error.h"

namespace klantbeeld::service {

// What a caller is told whom a drain turns away or ends.
inline absl::Status Restarting(store::ErrorDetail detail = {}) {
  detail.retry = absl::Seconds(1);
  return store::Error(v1::ERROR_REASON_RESTARTING, "the server stops; connect again", detail);
}

// A number of places, of which one connection has at most half: whoever floods
// the server leaves room for another. Thread-safe.
class Places {
 public:
  // A place that somebody has, until this goes. Must go before its Places.
  class Taken {
   public:
    Taken() = default;
    Taken(Taken&& other) noexcept { *this = std::move(other); }
    Taken& operator=(Taken&& other) noexcept {
      Leave();
      of_ = std::exchange(other.of_, nullptr);
      client_ = std::move(other.client_);
      return *this;
    }
    ~Taken() { Leave(); }
    explicit operator bool() const { return of_ != nullptr; }
    void Leave() {
      if (Places* of = std::exchange(of_, nullptr)) of->Leave(client_);
    }

   private:
    friend class Places;
    Taken(Places* of, std::string client) : of_(of), client_(std::move(client)) {}
    Places* of_ = nullptr;
    std::string client_;
  };

  explicit Places(int max) : max_(max) {}

  // `client`: as gRPC names the caller's connection.
  absl::StatusOr<Taken> Take(const std::string& client) {
    const int share = (max_ + 1) / 2;
    absl::MutexLock lock(&mutex_);
    if (taken_ >= max_) return Full("too many calls at once", max_);
    int& mine = by_client_[client];
    if (mine >= share) return Full("too many calls at once on one connection", share);
    ++mine;
    ++taken_;
    return Taken(this, client);
  }
  int taken() const {
    absl::MutexLock lock(&mutex_);
    return taken_;
  }

 private:
  static absl::Status Full(absl::string_view what, int max) {
    store::ErrorDetail detail;
    detail.name = "limit";
    detail.value = absl::StrCat(max);
    detail.retry = absl::Milliseconds(100);
    return store::Error(v1::ERROR_REASON_OVERLOADED, absl::StrCat(what, ", at most ", max), detail);
  }
  void Leave(const std::string& client) {
    absl::MutexLock lock(&mutex_);
    --taken_;
    const auto mine = by_client_.find(client);
    if (--mine->second == 0) by_client_.erase(mine);
  }

  const int max_;
  mutable absl::Mutex mutex_;
  int taken_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, int> by_client_ ABSL_GUARDED_BY(mutex_);
};

// Each kind of call has places of its own, so that none starves another.
// Thread-safe.
class Admission {
 public:
  explicit Admission(const Limits& limits)
      : reads(limits.reads_in_flight_max),
        writes(limits.writes_in_flight_max),
        record_streams(limits.record_streams_max),
        followers(limits.followers_max),
        watchers(limits.watchers_max) {}

  // RESOURCE_EXHAUSTED: all `places` are taken, or the client's share of them.
  // UNAVAILABLE: closed.
  absl::StatusOr<Places::Taken> Enter(Places& places, const grpc::ServerContextBase& context) {
    if (closed_.load(std::memory_order_relaxed)) return Restarting();
    return places.Take(context.peer());
  }
  void Close() { closed_ = true; }

  Places reads;
  Places writes;
  Places record_streams;
  Places followers;
  Places watchers;

 private:
  std::atomic<bool> closed_{false};
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_ADMISSION_H_
