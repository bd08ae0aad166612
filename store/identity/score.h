// How much speaks for two claims being one person, in bits, and which of them
// are joined because of it. Pure; whole numbers only, so that every machine
// comes to the same.
#ifndef KLANTBEELD_STORE_IDENTITY_SCORE_H_
#define KLANTBEELD_STORE_IDENTITY_SCORE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "klantbeeld/v1/identity_service.pb.h"
#include "store/identity/evidence.h"
#include "store/identity/model.h"
#include "store/identity/person.h"

namespace klantbeeld::store {

struct FieldScore {
  v1::EvidenceField field;
  v1::Agreement agreement;
  Centibits bits;
};

struct Score {
  Centibits bits = 0;
  bool veto = false;          // They cannot be one person, whatever else agrees.
  bool twins = false;         // One household and birth date, other first names: never joined at
                              // the level of `link`, and apart from each other as if by a veto.
  bool typed_number = false;  // A number typed for one of them is the other's, and name or birth
                              // date agrees with it (rule R2).
  bool born_apart = false;    // Both state a birth date, and these differ by more than slips.
  bool compared = false;      // Both state something that tells members of a household apart.
};

// Symmetric. `fields`, if given, receives what the bits are made of; what they
// come to falls short of `bits` only where somebody without a name, or a
// number with which nothing agrees, is held below the threshold.
Score Compare(const Model& model, const Person& a, const Person& b,
              std::vector<FieldScore>* fields = nullptr);

// Two claims, the lower first, that were compared.
struct ScoredPair {
  size_t low = 0;
  size_t high = 0;
  Score score;
  bool suspended = false;  // Joins nobody, and still stands in the way of others.
};

// kNotByItself: they may be one, and only a person can say so; neither stands in
// the way of the other.
enum class MayJoin { kYes, kNotByItself, kNever };

// Joins clusters of claims by what their scores say, best first. Depends on
// the sets put in, not on their order: claims are told apart by their index,
// which the caller takes from their ids.
//   `cluster_of(claim)`: its cluster, named by any number; changes with joins.
//   `may_join(x, y)`: whether something else forbids that these clusters are one.
//   `join(x, y)`: they are one from now on.
// A pair joins its clusters if it says `model.link` or is one of rule R2, and
//   nothing between members of the two clusters vetoes it;
//   the two clusters as a whole do not speak against each other;
//   neither of the clusters fits a third one within `model.margin` that the
//   other cannot be one with.
// Returns, if `obstacles`, the pairs that were left apart though they say at
// least `model.suggest`, best first, with what is in the way: where they say less
// than `model.link` that, and second what else is.
struct LeftApart {
  ScoredPair pair;
  v1::Obstacle obstacle;
  v1::Obstacle second_obstacle;
};
std::vector<LeftApart> JoinByScore(const Model& model, const std::vector<const Person*>& persons,
                                   std::vector<ScoredPair> pairs,
                                   absl::FunctionRef<size_t(size_t)> cluster_of,
                                   absl::FunctionRef<MayJoin(size_t, size_t)> may_join,
                                   absl::FunctionRef<void(size_t, size_t)> join, bool obstacles);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_SCORE_H_
