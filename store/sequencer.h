// Puts facts into one order and makes them durable in groups.
#ifndef KLANTBEELD_STORE_SEQUENCER_H_
#define KLANTBEELD_STORE_SEQUENCER_H_

#include <cstdint>
#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "store/fact.h"

namespace klantbeeld::store {

// Threads: Submit may be called from any thread; `commit` runs on one thread.
// Order:   proposals are committed in the order of Submit.
// Errors:  RESOURCE_EXHAUSTED  queue full, nothing taken, try later.
//          UNAVAILABLE         an earlier commit failed. The log's end is then
//                              unknown, so nothing is taken until a restart.
class Sequencer {
 public:
  struct Limits {
    size_t group_facts_max = 500;             // Per synced batch.
    size_t group_bytes_max = 4 << 20;         // Per synced batch.
    size_t queue_bytes_max = 64 << 20;        // Waiting, in total.
  };
  // Makes a group durable and fills each proposal's outcome. An error means
  // that nothing is known of the group: it, and all later ones, fail.
  using Commit = absl::AnyInvocable<absl::Status(std::vector<Proposal>&)>;

  Sequencer(Limits limits, Commit commit);
  // Commits what was taken, then stops.
  ~Sequencer();

  // If OK, the proposal's `done` runs exactly once, after the commit that
  // holds it. If not OK, it never runs.
  absl::Status Submit(Proposal proposal);

  struct Figures {
    uint64_t queue_facts = 0;
    uint64_t queue_bytes = 0;
    uint64_t commits = 0;
    uint64_t committed_facts = 0;
    double commit_seconds = 0;
    bool stopped = false;
  };
  Figures figures() const;

 private:
  void Run();

  const Limits limits_;
  Commit commit_;
  mutable absl::Mutex mutex_;
  std::deque<Proposal> queue_ ABSL_GUARDED_BY(mutex_);
  Figures figures_ ABSL_GUARDED_BY(mutex_);
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status broken_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;  // Last: it uses all of the above.
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_SEQUENCER_H_
