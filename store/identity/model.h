// The weights, thresholds, caps and frequencies by which claims are compared:
// one file, with a version, for all data.
#ifndef KLANTBEELD_STORE_IDENTITY_MODEL_H_
#define KLANTBEELD_STORE_IDENTITY_MODEL_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace klantbeeld::store {

struct Model {
  std::string version;       // Name and number, and the beginning of the file's hash.
  int32_t link = 664;        // Centibits from which two claims are joined.
  int32_t suggest = 0;       // From which they are suggested.
  int32_t margin = 330;      // By which the next citizen that fits must be behind.
  size_t candidates_max = 64;  // Most claims that share a value and are candidates by it.
};

// The model that is part of this build.
const Model& ShippedModel();

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_MODEL_H_
