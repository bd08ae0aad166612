// Applying one fact to all projections. Deterministic: depends on the rows that
// stand, of which the model in effect is one, and on the fact alone, so that a
// replay gives the same rows.
#ifndef KLANTBEELD_STORE_APPLY_H_
#define KLANTBEELD_STORE_APPLY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/db.h"
#include "store/fact.h"
#include "store/format.pb.h"
#include "store/identity/adopt.h"
#include "store/keys.h"
#include "store/record.h"

namespace klantbeeld::store {

// What a fact did, for its journal record: header without kind, time and
// chain, and consequences.
struct Applied {
  format::FactHeader header;
  format::Consequences consequences;
};

// Writes an event's projections into `batch`, as of `position`. Takes any event
// in any order. The journal holds the bodies of earlier facts.
absl::StatusOr<Applied> ApplyEvent(const Keys& keys, const ModelInEffect& in_effect, Batch& batch,
                                   uint64_t position, const PreparedEvent& event);

// A decision with both its sides listed.
struct DecisionFact {
  Id id{};
  Id content_hash{};
  bool unlink = false;
  format::DecisionBody body;
};
absl::StatusOr<Applied> ApplyDecision(const Keys& keys, const ModelInEffect& in_effect,
                                      Batch& batch, uint64_t position,
                                      const DecisionFact& decision);

absl::StatusOr<Applied> ApplyRegistry(const Keys& keys, const ModelInEffect& in_effect,
                                      Batch& batch, uint64_t position,
                                      const RegistryFact& registry);

// These change what is in effect.
Applied ApplyModel(Batch& batch, uint64_t position, const AdoptionFact& adoption,
                   ModelInEffect& in_effect);
absl::StatusOr<Applied> ApplySlice(const Keys& keys, Batch& batch, uint64_t position,
                                   absl::string_view version,
                                   const format::RederivationBody& slice,
                                   ModelInEffect& in_effect);

// Applies a fact as the journal keeps it.
absl::StatusOr<Applied> ApplyRecord(const Keys& keys, ModelInEffect& in_effect, Batch& batch,
                                    uint64_t position, const JournalRecord& record);

// The contact's events as the fold takes them, up to and including `position`.
// `latest`, if not null, is the body at `position`, not yet in the journal.
struct ContactBodies {
  std::vector<format::EventBody> bodies;
  std::vector<uint64_t> positions;       // Of each, with
  std::vector<int64_t> recorded_us;      // when it was recorded, and
  std::vector<bool> retracted;           // whether it was taken back.
};
absl::StatusOr<ContactBodies> ReadBodies(const Reader& reader, const format::ContactRow& row,
                                         uint64_t position,
                                         const format::EventBody* latest = nullptr);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_APPLY_H_
