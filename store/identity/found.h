// Who gives no BSN, and is the only one in the register of persons (BRP) whom
// name, birth date and address fit: what is sought, whom it fits, and for which
// claims a number was found. The number found is no part of what a contact said:
// it is not shown, and nobody is found by it.
#ifndef KLANTBEELD_STORE_IDENTITY_FOUND_H_
#define KLANTBEELD_STORE_IDENTITY_FOUND_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "klantbeeld/v1/party.pb.h"
#include "store/db.h"
#include "store/fact.h"
#include "store/format.pb.h"
#include "store/identity/claims.h"
#include "store/identity/registry.h"
#include "store/keys.h"

namespace klantbeeld::store {

// What somebody is sought by. Claims that say the same of this are sought once.
struct Sought {
  std::string id;  // Keyed hash of `details`.
  // Surname and partner's surname as stated, whole birth date, first of the
  // first names or else the initials, postcode and house number.
  v1::PersonalDetails details;
};

// Nothing: it gives a number of which a person or organisation has one, or says
// too little.
std::optional<Sought> SoughtOf(const Keys& keys, const format::ClaimContent& content);

// Whether the person of this answer may be who is sought: a surname is his or
// his partner's, the first name is the first of his or the initials begin his,
// and birth date, postcode and house number are his.
bool Fits(const Sought& sought, const RegistryAnswer& answer);

// What the parties of an event are sought by, as far as the event itself says
// it, and no answer stands for.
absl::StatusOr<std::vector<Sought>> SoughtsOf(const Keys& keys, const Reader& reader,
                                              const PreparedEvent& event);
// What claims are sought by and no answer stands for, at most `max`.
absl::StatusOr<std::vector<Sought>> UnansweredSoughts(const Keys& keys, const Reader& reader,
                                                      size_t max);

// Claims that are sought by this.
absl::StatusOr<std::vector<std::string>> ClaimsSoughtBy(const Reader& reader,
                                                        absl::string_view sought);

// The BSN that the registry found for a claim; empty: none.
absl::StatusOr<std::string> FoundFor(absl::string_view claim_id, const format::ClaimRow& row);
// By what claims join that have this BSN verified.
IndexValue JoiningValueOf(const Keys& keys, absl::string_view bsn);
// Claims for which the registry found the BSN with this index.
absl::StatusOr<std::vector<std::string>> ClaimsFoundAt(const Reader& reader,
                                                       absl::string_view bsn_index);

// Key of the row of what the registry answered to a search.
std::string SearchedKey(absl::string_view sought);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_FOUND_H_
