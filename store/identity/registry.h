// What the register of persons (BRP) answers about a number, as a fact. It
// makes a claim of its own beside those of contacts, and stands as long as a
// contact verified the number.
#ifndef KLANTBEELD_STORE_IDENTITY_REGISTRY_H_
#define KLANTBEELD_STORE_IDENTITY_REGISTRY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "klantbeeld/v1/party.pb.h"
#include "store/db.h"
#include "store/fact.h"
#include "store/format.pb.h"
#include "store/keys.h"

namespace klantbeeld::store {

// About a BSN, or to a search for somebody who gave none.
struct RegistryAnswer {
  std::string bsn;               // Nine digits that pass the eleven test.
  bool found = false;
  v1::PersonalDetails details;   // Of the BRP only; empty unless found.
  bool deceased = false;
  absl::Time asked_at;
  v1::PartialDate deceased_on = {};  // As far as it is known.
  // Id of what was sought (found.h): then `found` says that exactly one person
  // fits it, `bsn` whose number that is, and nothing else is kept.
  std::string sought = {};
};

// The number as the registry says it.
v1::Identifier RegisteredBsn(absl::string_view bsn);

// Names and address in normal form, ready to be appended.
RegistryFact PrepareRegistry(const Keys& keys, const RegistryAnswer& answer);

// Position of this answer, if it is what stands, whenever it was asked for;
// else nothing.
absl::StatusOr<std::optional<uint64_t>> AnsweredAt(const Keys& keys, const Reader& reader,
                                                   const RegistryFact& fact);

// The claim that the latest answer about a BSN makes; empty: none.
absl::StatusOr<std::string> RegistryClaim(const Keys& keys, const Reader& reader,
                                          absl::string_view bsn);

// From when on a contact is after the death that the registry's claim tells of:
// the day after it in UTC, or after the first day that it may have been on;
// always, where nothing is known of the day. Nothing: nobody died.
std::optional<int64_t> DeadFrom(const format::ClaimContent& content);

// A BSN that was found, as the row of a search's answer or of a claim keeps it:
// sealed to the id of what was sought, or of the claim; empty: none.
std::string SealFound(absl::string_view id, absl::string_view bsn);
absl::StatusOr<std::string> OpenFound(absl::string_view id, absl::string_view sealed);

absl::StatusOr<bool> RegistryKnows(const Keys& keys, const Reader& reader, absl::string_view bsn);
absl::StatusOr<std::vector<std::string>> UnansweredBsns(const Reader& reader, size_t max);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_REGISTRY_H_
