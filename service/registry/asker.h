// Asks the registry about the BSNs of events before they are recorded, searches
// it for who gives none and says enough of himself, and asks again later where
// there was no answer in time.
#ifndef KLANTBEELD_SERVICE_REGISTRY_ASKER_H_
#define KLANTBEELD_SERVICE_REGISTRY_ASKER_H_

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
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
#include "store/identity/found.h"

namespace klantbeeld::registry {

// About a BSN, or who somebody is that gives none.
struct Question {
  Question(std::string bsn) : key(std::move(bsn)) {}
  Question(store::Sought who) : key(who.id), sought(std::move(who)) {}
  std::string key;  // The BSN, or the id of what is sought.
  std::optional<store::Sought> sought;
};
using Questions = std::vector<Question>;

// What the asker needs of the store; see the calls of store::Store.
struct Book {
  std::function<absl::Status(store::RegistryAnswer,
                             absl::AnyInvocable<void(absl::StatusOr<uint64_t>) &&>)>
      record;
  std::function<absl::StatusOr<bool>(absl::string_view bsn)> knows;
  std::function<absl::StatusOr<std::vector<std::string>>(size_t max)> unanswered;
  std::function<absl::StatusOr<std::vector<store::Sought>>(const store::PreparedEvent&)> soughts;
  std::function<absl::StatusOr<std::vector<store::Sought>>(size_t max)> unanswered_soughts;
};

// One thread of its own asks, up to kBsnsPerCallMax BSNs at a time and then at
// most one search, one call after the other. While the registry fails nobody waits for it: it is tried
// again after `retry_min`, then twice as long each time up to `retry_max`, and
// what is unanswered in the book is asked first. A registry that does not allow
// searches is asked about BSNs all the same, and searched again after a restart
// or an outage.
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
    uint64_t searched_found = 0;  // Searches, by whether they found somebody.
    uint64_t searched_not_found = 0;
    std::array<uint64_t, kFailures> failed{};  // Calls without answer, by Failure.
    uint64_t waiting = 0;  // Questions of the book without an answer; counted to kWaitingMax.
  };
  static constexpr size_t kWaitingMax = 1000;

  // `clock` and `at` (run a task at a time) drive everything that waits.
  Asker(Registry& registry, Book book, Options options, std::function<absl::Time()> clock,
        std::function<void(absl::Time, Task)> at);
  ~Asker();  // Stops.
  Asker(const Asker&) = delete;
  Asker& operator=(const Asker&) = delete;

  // Adds what is worth asking about the event now: its verified BSNs, and who of
  // its parties is to be sought; unanswered, and the registry does answer.
  void AddUnknown(const store::PreparedEvent& event, Questions* questions);

  // Runs `go` once, through `at`: when the answers about all of these stand in
  // the store's queue, so that what `go` records comes after them, or when the
  // budget is spent or the registry fails.
  void Ask(Questions questions, Task go);

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
  Questions TakeQueued();
  void AddFromBook(Questions& batch);
  bool AskBatch(const std::vector<std::string>& bsns);
  void Search(const store::Sought& sought);
  void Record(const store::RegistryAnswer& answer);
  absl::Status Submit(const store::RegistryAnswer& answer);
  bool Pause(absl::Duration step);
  void AnswersAgain() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Settle(const std::string& key) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
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
  std::deque<Question> queue_ ABSL_GUARDED_BY(mutex_);  // To ask.
  // Of all queued and asked, by the question's key.
  std::map<std::string, Waiters> waiters_ ABSL_GUARDED_BY(mutex_);
  bool search_denied_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<std::string> submitted_ ABSL_GUARDED_BY(mutex_);  // Answers not yet synced.
  Figures figures_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace klantbeeld::registry

#endif  // KLANTBEELD_SERVICE_REGISTRY_ASKER_H_
