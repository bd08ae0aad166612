// One group of proposals, made durable: the only place that takes positions.
#ifndef KLANTBEELD_STORE_COMMIT_H_
#define KLANTBEELD_STORE_COMMIT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "klantbeeld/v1/feed_service.pb.h"
#include "store/apply.h"
#include "store/db.h"
#include "store/fact.h"
#include "store/journal.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Groups are applied in order on one thread and written in the same order on
// another, one behind: a group is applied when all but the one before it have
// been written. The references must outlive it.
class Committer {
 public:
  Committer(const Keys& keys, Db& db, Acknowledged& acknowledged,
            std::function<absl::Time()> clock, format::Head head, ModelInEffect in_effect = {},
            std::function<void(absl::Duration)> applied = {})
      : keys_(keys), db_(db), acknowledged_(acknowledged), clock_(std::move(clock)),
        head_(std::move(head)), in_effect_(std::move(in_effect)), applied_(std::move(applied)) {}

  // Goes on after `head`, whatever it applied before. Nothing is being written.
  void BeginAgain(format::Head head, ModelInEffect in_effect);

  // What a group comes to.
  struct Group {
    std::shared_ptr<const Batch> batch;  // Null: nothing to write.
    format::Head head;                   // After it.
  };
  // Fills every outcome, which holds once the group is written.
  absl::StatusOr<Group> Apply(std::vector<Proposal>& proposals);
  // One synced batch. OK: the group is durable. An error: it is not known what
  // of it stands.
  absl::Status Write(const Group& group);

 private:
  absl::Status Take(Batch& batch, Proposal::Event& proposal);
  absl::Status Take(Batch& batch, Proposal::Link& proposal);
  absl::Status Take(Batch& batch, Proposal::Unlink& proposal);
  absl::Status Take(Batch& batch, Proposal::Registry& proposal);
  absl::Status Take(Batch& batch, Proposal::Adopt& proposal);
  absl::Status Take(Batch& batch, Proposal::Rederive& proposal);
  // Appends a fact that was applied as of the next position.
  void Append(Batch& batch, v1::FactKind kind, Applied applied, std::string sealed);

  const Keys& keys_;
  Db& db_;
  Acknowledged& acknowledged_;
  const std::function<absl::Time()> clock_;
  format::Head head_;            // With what this group has appended so far.
  ModelInEffect in_effect_;      // After it.
  const std::function<void(absl::Duration)> applied_;  // See Store::Options.
  std::shared_ptr<Batch> last_;  // Of the last group with any; perhaps not written yet.
};

// Bodies as the journal keeps them.
std::string SealDecision(const DecisionFact& fact);
std::string SealRegistry(const RegistryFact& fact);

// The journal record of a fact: with kind, time and running hash after `head`,
// which moves on to it.
JournalRecord MakeRecord(format::Head& head, v1::FactKind kind, int64_t recorded_us,
                         Applied applied, std::string sealed);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_COMMIT_H_
