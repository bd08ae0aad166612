// What a store shows of how the details of its people agree: of pairs that may
// be one person, and of pairs that are not. What a model is learnt from.
#ifndef KLANTBEELD_STORE_IDENTITY_OBSERVE_H_
#define KLANTBEELD_STORE_IDENTITY_OBSERVE_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "klantbeeld/v1/channel.pb.h"
#include "klantbeeld/v1/identity_service.pb.h"
#include "store/check.h"
#include "store/db.h"
#include "store/identity/model.h"
#include "store/identity/person.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Contents that are looked at. Their ids are keyed hashes, so the first are a
// sample.
inline constexpr size_t kObservedMax = 200'000;

// A weight of the file: its message's number in ModelFile, and its own.
struct WeightAt {
  int message = 0;
  int weight = 0;
};

// What is learnt together: weights of which at most one is used of each pair,
// from the same to different.
struct ComparedField {
  v1::EvidenceField evidence;
  bool of_person;  // Tells members of a household apart.
  std::vector<WeightAt> levels;
};
inline constexpr size_t kComparedFields = 10;
inline constexpr size_t kSurnameField = 0, kFirstNameField = 1;
const std::array<ComparedField, kComparedFields>& ComparedFields();

// Which level of each field a pair is at, counted from 1; 0: not known.
using Levels = std::array<uint8_t, kComparedFields>;
// Fields, a bit each.
using FieldMask = uint16_t;

// A content that is compared with others.
struct Statement {
  std::string id;
  std::string citizen;
  v1::Channel channel = v1::CHANNEL_UNSPECIFIED;  // The only one it was stated in; or none.
  Person person;
};

// Pairs found in one way that agree alike, between such channels.
struct AlikeKind {
  FieldMask found_by;  // What they were found by agrees of itself.
  Levels levels;
  v1::Channel low, high;
  friend auto operator<=>(const AlikeKind&, const AlikeKind&) = default;
};
struct AlikeTally {
  double pairs = 0;
  double guesses = 0;  // How many of them are of one person, by the model before.
};

struct Observations {
  std::vector<Statement> statements;          // In the order of their ids.
  std::map<AlikeKind, AlikeTally> alike;
  uint64_t pairs = 0;                         // That share a value.
  // By field and level: how many of pairs that have nothing to do with each other.
  std::array<std::vector<double>, kComparedFields> at_random;
};

// Reads them. The same rows and model give the same.
absl::StatusOr<Observations> Observe(const Keys& keys, const Reader& rows, const Model& model,
                                     const Progress& progress);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_OBSERVE_H_
