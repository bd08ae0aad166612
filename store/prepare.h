// What is decided about an event before it is appended.
#ifndef KLANTBEELD_STORE_PREPARE_H_
#define KLANTBEELD_STORE_PREPARE_H_

#include "absl/status/statusor.h"
#include "klantbeeld/v1/contact.pb.h"
#include "store/fact.h"
#include "store/identity/nobodys.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Fills in defaults, puts identifiers and names in normal form, takes the ids
// and the hash of the content as received. INVALID_ARGUMENT: an identifier
// that has no normal form; the field begins with "data.". Identifiers that are
// nobody's are marked as such: what stands in the journal does not depend on the
// lists of a later day.
absl::StatusOr<PreparedEvent> PrepareEvent(const Keys& keys, v1::ContactEvent event,
                                           const NobodysLists& nobodys = {});

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_PREPARE_H_
