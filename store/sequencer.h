// Puts facts into one order and makes them durable in groups.
#ifndef KLANTBEELD_STORE_SEQUENCER_H_
#define KLANTBEELD_STORE_SEQUENCER_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "store/fact.h"

namespace klantbeeld::store {

// Threads: Submit may be called from any thread. Groups are applied on one
//          thread and written on another, so that one is being synced while
//          the next is applied over it. When a group is applied, all but the
//          one before it have been written.
// Order:   proposals are applied, written and answered in the order of Submit.
// Errors:  RESOURCE_EXHAUSTED  queue full, nothing taken, try later.
//          UNAVAILABLE         an earlier commit failed. The log's end is then
//                              unknown, so nothing is taken until a restart,
//                              or, where the disk was full, until it is known.
class Sequencer {
 public:
  struct Limits {
    size_t group_facts_max = 500;             // Per synced batch.
    size_t group_bytes_max = 4 << 20;         // Per synced batch.
    size_t queue_bytes_max = 64 << 20;        // Waiting, in total.
  };
  // Makes an applied group durable.
  using Write = absl::AnyInvocable<absl::Status()>;
  // Fills each proposal's outcome. An error of this or of what it returns means
  // that nothing is known of the group: it, and all later ones, fail.
  using Apply = absl::AnyInvocable<absl::StatusOr<Write>(std::vector<Proposal>&)>;

  // After a group found the disk full (RESOURCE_EXHAUSTED): finds out what stands,
  // so that the next can be applied after that. Called on the applying thread,
  // while nothing is written, whenever something is submitted. An error fails what
  // was; RESOURCE_EXHAUSTED: try again with the next, any other: it is for good.
  using Mend = absl::AnyInvocable<absl::Status()>;

  Sequencer(Limits limits, Apply apply, Mend mend);
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
    double commit_seconds = 0;  // Applying and writing.
    bool stopped = false;
  };
  Figures figures() const;

 private:
  struct Group {
    std::vector<Proposal> proposals;
    absl::StatusOr<Write> write = absl::UnknownError("");
    absl::Duration applied_in;
  };
  bool MayBeMended() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status MendFirst();
  void RunApply();
  void RunWrite();
  bool Take(std::vector<Proposal>& proposals);
  // Also when an earlier group failed: this one is then not written.
  void WriteOne(Group group);

  const Limits limits_;
  Apply apply_;
  Mend mend_;
  mutable absl::Mutex mutex_;
  std::deque<Proposal> queue_ ABSL_GUARDED_BY(mutex_);
  Figures figures_ ABSL_GUARDED_BY(mutex_);
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status broken_ ABSL_GUARDED_BY(mutex_);
  std::optional<Group> applied_ ABSL_GUARDED_BY(mutex_);  // To be written next.
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool all_applied_ ABSL_GUARDED_BY(mutex_) = false;
  // Last: they use all of the above.
  std::thread writer_;
  std::thread applier_;
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_SEQUENCER_H_
