// What is decided about an event before it is appended.
#ifndef KLANTBEELD_STORE_PREPARE_H_
#define KLANTBEELD_STORE_PREPARE_H_

#include "absl/status/statusor.h"
#include "klantbeeld/v1/contact.pb.h"
#include "store/fact.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Fills in defaults, puts identifiers and names in normal form, takes the ids
// and the hash of the content as received. INVALID_ARGUMENT: an identifier
// that has no normal form; the field begins with "data.".
absl::StatusOr<PreparedEvent> PrepareEvent(const Keys& keys, v1::ContactEvent event);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_PREPARE_H_
