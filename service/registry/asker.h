// Asks the registry about the BSNs of events before they are recorded, and
// again later about those for which there was no answer in time.
#ifndef KLANTBEELD_SERVICE_REGISTRY_ASKER_H_
#define KLANTBEELD_SERVICE_REGISTRY_ASKER_H_

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "service/registry/registry.h"
#include "store/fact.h"

namespace klantbeeld::registry {

// What the asker needs of the store; see the calls of store::Store.
struct Book {
  std::function<absl::Status(store::RegistryAnswer,
                             absl::AnyInvocable<void(absl::StatusOr<uint64_t>) &&>)>
      record;
  std::function<absl::StatusOr<bool>(absl::string_view bsn)> knows;
  std::function<absl::StatusOr<std::vector<std::string>>(size_t max)> unanswered;
};

// One thread of its own asks, up to kBsnsPerCallMax BSNs at a time, one call
// after the other. While the registry fails nobody waits for it: it is tried
// again after `retry_min`, then twice as long each time up to `retry_max`, and
// what is unanswered in the book is asked first.
// Threads: every call may come from any thread.
// Owns:    nothing of what it is given. It must be stopped before any of that
//          goes, and outlive the tasks and the `done`s that it gave away.
class Asker {
 public:
  using Task = absl::AnyInvocable<void() &&>;
  struct Options {
    absl::Duration budget;   // That a caller waits at most; may be infinite.
    absl::Duration timeout;  // Of one call of the registry.
    absl::Duration retry_min = absl::Seconds(1);
    // Also how often the book is looked at when nothing is known to wait.
    absl::Duration retry_max = absl::Minutes(5);
  };
  struct Figures {
    uint64_t asked = 0;      // BSNs.
    uint64_t found = 0;      // Answers, by what they say.
    uint64_t not_found = 0;
    std::array<uint64_t, kFailures> failed{};  // Calls without answer, by Failure.
    uint64_t waiting = 0;  // BSNs of the book without an answer; counted to kWaitingMax.
  };
  static constexpr size_t kWaitingMax = 1000;

  // `clock` and `at` (run a task at a time) drive everything that waits.
  Asker(Registry& registry, Book book, Options options, std::function<absl::Time()> clock,
        std::function<void(absl::Time, Task)> at);
  ~Asker();  // Stops.
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  // Adds the event's verified BSNs that are worth asking about now: unanswered,
  // and the registry does answer.
  void AddUnknown(const store::PreparedEvent& event, std::vector<std::string>* bsns);

  // Runs `go` once, through `at`: when the answers about all of these stand in
  // the store's queue, so that what `go` records comes after them, or when the
  // budget is spent or the registry fails.
  void Ask(std::vector<std::string> bsns, Task go);

  // Lets everyone go on, ends the call that is going on, and asks no more.
  void Stop();

  Figures figures() const;

 private:
  // Somebody who waits for some answers.
  struct Waiter {
    size_t missing = 0;
    Task go;  // Null once it ran.
  };
  using Waiters = std::vector<std::shared_ptr<Waiter>>;

  void Run();
  bool WaitForWork();
  std::vector<std::string> TakeQueued();
  void AddFromBook(std::vector<std::string>& batch);
  void AskBatch(const std::vector<std::string>& bsns);
  void Record(const store::RegistryAnswer& answer);
  absl::Status Submit(const store::RegistryAnswer& answer);
  bool Pause(absl::Duration step);
  void Settle(const std::string& bsn) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Fail(const absl::Status& status) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Release(Waiter& waiter) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ReleaseAll() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void BackOff(absl::Duration wait) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void LookAgain(absl::Duration after) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Registry& registry_;
  const Book book_;
  const Options options_;
  const std::function<absl::Time()> clock_;
  const std::function<void(absl::Time, Task)> at_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool failing_ ABSL_GUARDED_BY(mutex_) = false;  // The last call failed.
  bool look_ ABSL_GUARDED_BY(mutex_) = true;      // The book is to be looked at.
  absl::Time look_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();    // When it is next.
  absl::Time not_before_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // While failing.
  absl::Duration retry_ ABSL_GUARDED_BY(mutex_);
  bool resume_ ABSL_GUARDED_BY(mutex_) = false;  // The end of a pause.
  std::deque<std::string> queue_ ABSL_GUARDED_BY(mutex_);  // To ask.
  std::map<std::string, Waiters> waiters_ ABSL_GUARDED_BY(mutex_);  // Of all queued and asked.
  std::set<std::string> submitted_ ABSL_GUARDED_BY(mutex_);  // Answers not yet synced.
  Figures figures_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace klantbeeld::registry

#endif  // KLANTBEELD_SERVICE_REGISTRY_ASKER_H_
