// The one seam that personal data passes on its way to the disk and back.
#ifndef KLANTBEELD_STORE_SEALER_H_
#define KLANTBEELD_STORE_SEALER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace klantbeeld::store {

// Where sealed bytes belong: later the key is chosen by contact and section,
// and the row key is bound in, so that bytes moved to another row do not open.
struct SealedPlace {
  absl::string_view contact;  // Id of the contact; of a claim or decision, its id.
  absl::string_view section;  // "body", "timeline", "claim", "decision".
  absl::string_view row;      // Key of the row.
};

// Today it compresses only. Deterministic: the same bytes at the same place
// always seal to the same bytes. Thread-safe.
std::string Seal(const SealedPlace& place, absl::string_view plain);

// What was sealed: within `sealed` itself where it lies there as it is, else in
// `scratch`; good as long as both. DATA_LOSS: the bytes are not what Seal gave
// for this place.
absl::StatusOr<absl::string_view> Unseal(const SealedPlace& place, absl::string_view sealed,
                                         std::string& scratch);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_SEALER_H_
