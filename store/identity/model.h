// The weights, thresholds, caps and frequencies by which claims are compared:
// one file, with a version, for all data. store/identity/model.proto says what
// is in it.
#ifndef KLANTBEELD_STORE_IDENTITY_MODEL_H_
#define KLANTBEELD_STORE_IDENTITY_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "store/identity/model.pb.h"

namespace klantbeeld::store {

// Version of the code that compares: fields, comparators, values by which
// candidates are found. Whoever changes what it says of the same two contents
// by the same model raises it, or what is kept of claims, or who is who by the same
// decisions, and stores are to be rebuilt. 6: a link that was taken back counts for
// nothing.
inline constexpr uint32_t kComparer = 6;

// Bytes of a model file.
inline constexpr size_t kModelFileBytesMax = 1 << 20;

struct Model {
  std::string version;       // Name, and the beginning of the file's SHA-256.
  int32_t link = 0;          // Centibits from which two claims are joined.
  int32_t suggest = 0;       // From which they are suggested.
  int32_t margin = 0;        // By which the next citizen that fits must be behind.
  size_t candidates_max = 0; // Most claims that share a value and are candidates by it.

  // What scoring reads.
  format::ModelFile file;
  int32_t population_bits = 0;
  absl::flat_hash_map<std::string, int32_t> surnames;     // What the same name says.
  absl::flat_hash_map<std::string, int32_t> first_names;
  struct Forms {
    std::vector<uint16_t> groups;  // Ascending.
    uint32_t initials = 0;         // Of all forms: bit 0 is "a".
  };
  absl::flat_hash_map<std::string, Forms> nicknames;
  std::vector<std::vector<std::string>> forms;  // By group.
};

// Whether two claims that say this much hang together: they may be joined, or
// one of them stands in the way of the other.
inline bool HangTogether(const Model& model, int32_t centibits, bool typed_number) {
  return typed_number || centibits >= model.link - model.margin;
}

// Makes a model of a file's text. INVALID_ARGUMENT says which field is wrong,
// and what is allowed.
absl::StatusOr<Model> ParseModel(absl::string_view json);

// The model that is part of this build, and the file that it was made of.
const Model& ShippedModel();
absl::string_view ShippedModelFile();

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_MODEL_H_
