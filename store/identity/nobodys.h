// Values that are nobody's: what people and systems fill in when there is
// nothing to fill in, and mailboxes and lines that are no one person's.
#ifndef KLANTBEELD_STORE_IDENTITY_NOBODYS_H_
#define KLANTBEELD_STORE_IDENTITY_NOBODYS_H_

#include <string>

#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "klantbeeld/v1/identifier.pb.h"

namespace klantbeeld::store {

// Lower case, and in normal form where there is one.
struct NobodysLists {
  absl::btree_set<std::string> phones;       // E.164.
  absl::btree_set<std::string> emails;       // Whole addresses.
  absl::btree_set<std::string> local_parts;  // What stands before the @.
  absl::btree_set<std::string> domains;      // And everything below them.
  absl::btree_set<std::string> values;       // Of kinds without a form: cookies, sessions …

  // INVALID_ARGUMENT names the list and the value that can never match.
  absl::Status Validate() const;
};

// What a municipality begins with.
NobodysLists DefaultNobodys();

// `identifier` is in normal form. Numbers of persons and organisations (BSN,
// RSIN, KVK, vestiging) are somebody's always; a value of zeros only, or a
// telephone number that ends in seven of them, never is.
bool IsNobodys(const NobodysLists& lists, const v1::Identifier& identifier);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_NOBODYS_H_
