// A model learnt from a store: how often what its people state agrees, and how
// common their names are. What costs no thought of a person is learnt;
// thresholds, caps and what no pair can show stay as they are in the model
// that it begins from.
#ifndef KLANTBEELD_STORE_IDENTITY_LEARN_H_
#define KLANTBEELD_STORE_IDENTITY_LEARN_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "klantbeeld/v1/channel.pb.h"
#include "store/check.h"
#include "store/db.h"
#include "store/identity/model.h"
#include "store/keys.h"

namespace klantbeeld::store {

// No name that fewer citizens have, or of whose bearers fewer birth dates are
// known, enters a model: its file is no list of who lives there.
inline constexpr uint64_t kNameCitizensMin = 5;
// Pairs, and citizens, from which something is learnt.
inline constexpr double kEnoughPairs = 100;
inline constexpr uint64_t kEnoughCitizens = 1000;

struct LearntWeight {
  std::string name;       // As the model file calls it: "surname.same".
  int32_t before = 0;     // Centibits.
  int32_t after = 0;
  double m = 0;           // Share of pairs of one person that agree like this,
  double u = 0;           // and of two persons.
  std::map<v1::Channel, double> m_of;  // Where one of both was stated in this channel only.
};

struct Learnt {
  std::string file;         // The new model file's text.
  uint64_t statements = 0;  // Contents that were looked at.
  uint64_t pairs = 0;       // Of them, that share a value.
  std::vector<LearntWeight> weights;  // In the order of the model file; unlearnt ones left out.
  size_t surnames = 0;    // In its table; 0: as before.
  size_t first_names = 0;
};

// Learns from the rows; `from` is the model to begin with, `name` that of the
// new one. The same rows give the same file. INVALID_ARGUMENT: the name.
// FAILED_PRECONDITION: too little to learn from.
absl::StatusOr<Learnt> LearnModel(const Keys& keys, const Reader& rows, const Model& from,
                                  absl::string_view name, const Progress& progress);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_LEARN_H_
