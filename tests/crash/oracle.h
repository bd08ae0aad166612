// What the server was told and what it answered, kept where no crash reaches.
#ifndef KLANTBEELD_TESTS_CRASH_ORACLE_H_
#define KLANTBEELD_TESTS_CRASH_ORACLE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "klantbeeld/v1/contact_service.pb.h"
#include "klantbeeld/v1/feed_service.pb.h"
#include "klantbeeld/v1/identity_service.pb.h"

namespace klantbeeld::crash {

// One call that becomes a fact.
using Call = std::variant<v1::ContactEvent, v1::LinkRequest, v1::UnlinkRequest>;

// By which the server knows it when it comes again.
std::string KeyOf(const Call& call);
std::string KeyOf(const v1::FeedEvent& fact);

// Threads: every call from any thread.
class Oracle {
 public:
  // Before it is sent; a call may be sent more than once.
  void Sent(const Call& call);
  void Acknowledged(const std::string& key, uint64_t position, bool duplicate);
  // It may not become a fact.
  void Refused(const std::string& key);
  // Anything that a store which keeps its promises does not do.
  void Fault(std::string what);

  // Calls that have a position.
  uint64_t acknowledged() const;
  bool WaitForAcknowledged(uint64_t count, absl::Duration at_most) const;
  uint64_t refused() const;
  // Of those known twice over: answered again, with the first position.
  uint64_t repeated() const;
  std::vector<std::string> faults() const;

  // Compares the feed from 0, all of it, with what was sent and answered.
  // Nothing may be on its way.
  void CheckFeed(const std::vector<v1::FeedEvent>& facts);
  // Acknowledged calls; `choose` says by position which.
  std::vector<Call> AcknowledgedCalls(const std::function<bool(uint64_t position)>& choose) const;

 private:
  struct Known {
    Call call;
    uint64_t position = 0;
    bool answered_as_new = false;
    bool refused = false;
  };
  void AddFault(std::string what) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CheckFact(const v1::FeedEvent& fact, std::set<std::string>& seen)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  std::map<std::string, Known> known_ ABSL_GUARDED_BY(mutex_);
  std::map<uint64_t, std::string> positions_ ABSL_GUARDED_BY(mutex_);
  uint64_t refused_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t repeated_ ABSL_GUARDED_BY(mutex_) = 0;
  uint64_t faults_more_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> faults_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace klantbeeld::crash

#endif  // KLANTBEELD_TESTS_CRASH_ORACLE_H_
