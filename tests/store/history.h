// Random histories: events, revisions, retractions, links and unlinks about few
// people, so that everything that can meet does meet.
#ifndef KLANTBEELD_TESTS_STORE_HISTORY_H_
#define KLANTBEELD_TESTS_STORE_HISTORY_H_

#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "store/apply.h"
#include "store/commit.h"
#include "store/db.h"
#include "store/record.h"

namespace klantbeeld::store {

// No rows: with a Batch on top, a store in memory.
class NoRows : public Reader {
 public:
  absl::StatusOr<std::optional<std::string>> Get(Family, absl::string_view) const override {
    return std::nullopt;
  }
  absl::Status Scan(Family, absl::string_view, absl::string_view, Row) const override {
    return absl::OkStatus();
  }
};

// A fact before it has a position: kind, ids and sealed body.
using LooseFact = JournalRecord;
LooseFact FactOf(const PreparedEvent& event);
LooseFact FactOf(const DecisionFact& decision);
LooseFact FactOf(const RegistryFact& registry);

struct History {
  std::vector<LooseFact> facts;
  std::map<std::string, int> kinds;  // How often each kind of step was taken, and what came of it.
};

// 1 to `count`, or what the variables KLANTBEELD_SEED (that one) and
// KLANTBEELD_SEEDS (so many) say.
std::vector<uint32_t> Seeds(uint32_t count);

// The history of a seed; the same seed gives the same history. Decisions list
// their sides by what stands at that point.
History MakeHistory(const Keys& keys, uint32_t seed, int steps);

// Applies a fact at the next position.
absl::Status Append(const Keys& keys, Batch& batch, format::Head& head, const LooseFact& fact);

// All facts, into rows in memory. The result stands on `none`.
absl::StatusOr<std::unique_ptr<Batch>> ApplyAll(const Keys& keys, const NoRows& none,
                                                const std::vector<LooseFact>& facts);

// The citizen of each party that is in one.
using PartyOfContact = std::pair<std::string, std::string>;  // Contact id, party key.
std::map<PartyOfContact, std::string> PartitionOf(const Reader& reader);

// The canonical dump as one text.
std::string DumpOf(const Reader& reader);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_TESTS_STORE_HISTORY_H_
