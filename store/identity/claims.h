// From a folded contact to the claims its parties are: what is compared to
// find out who is who. Pure.
#ifndef KLANTBEELD_STORE_IDENTITY_CLAIMS_H_
#define KLANTBEELD_STORE_IDENTITY_CLAIMS_H_

#include <string>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/strings/string_view.h"
#include "store/contact.h"
#include "store/format.pb.h"
#include "store/keys.h"

namespace klantbeeld::store {

// A party of a contact with the claim it is.
struct PartyClaim {
  std::string party_key;
  std::string claim_id;
  format::ClaimContent content;
  // Beside the claim's content: case numbers, and with a verified number also
  // session, cookie, ticket and appointment. Each is an Extra's bytes.
  std::vector<std::string> extras;
};

// The claims of a contact's parties. `decided` has the keys of the parties
// that a person decided about: they have claims of their own. A party without
// content and decision is left out.
std::vector<PartyClaim> ClaimsOf(const Keys& keys, absl::string_view contact_id,
                                 const FoldedContact& folded,
                                 const absl::btree_set<std::string>& decided);

// A value that a claim is found by, or joins by: its place in the index, and
// its permanent hash, by which a decision remembers it.
struct IndexValue {
  std::string index;       // Type byte and blind index: 17 bytes.
  std::string permanent;   // Type byte and permanent keyed hash: 17 bytes; where it joins.
  bool joins = false;      // Claims that share it may be joined by it.
};

// Values of a claim's content, in a fixed order; or those alone that join,
// which spares the hashes of the others.
std::vector<IndexValue> ValuesOf(const Keys& keys, const format::ClaimContent& content);
std::vector<IndexValue> JoiningValuesOf(const Keys& keys, const format::ClaimContent& content);

// Says what only a natural person has, and gives no number of an organisation.
bool IsOfPerson(const format::ClaimContent& content);

// A case, session and the like beside a claim: index and permanent hash.
std::string ExtraBytes(const IndexValue& value);
IndexValue FromExtra(absl::string_view extra);

// Index places for look-ups.
std::string IndexOfIdentifier(const Keys& keys, const v1::Identifier& identifier);
std::string IndexOfNameBirth(const Keys& keys, absl::string_view folded_surname,
                             const v1::PartialDate& birth_date);
std::string IndexOfAddress(const Keys& keys, absl::string_view postcode, int32_t house_number);
std::string IndexOfCase(const Keys& keys, absl::string_view number);

// The permanent name of a verified BSN's citizen.
Id CitizenIdOfBsn(const Keys& keys, absl::string_view bsn);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_CLAIMS_H_
