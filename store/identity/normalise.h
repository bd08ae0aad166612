// One spelling per identifier and name. Runs before the append, never during
// apply: what it made of a value is kept with the fact.
#ifndef KLANTBEELD_STORE_IDENTITY_NORMALISE_H_
#define KLANTBEELD_STORE_IDENTITY_NORMALISE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "klantbeeld/v1/identifier.pb.h"
#include "klantbeeld/v1/party.pb.h"
#include "store/format.pb.h"

namespace klantbeeld::store {

// Raised when a rule below changes.
inline constexpr uint32_t kNormaliserVersion = 4;

// Nine digits, not all zero, that pass the eleven test of BSN and RSIN:
// 9·d1 + 8·d2 + … + 2·d8 − 1·d9 is a multiple of eleven.
bool PassesElevenTest(absl::string_view digits);

// Puts the value in normal form: digits only, E.164, lower case. On
// INVALID_ARGUMENT the field is `value` or `parent`, and what is allowed is
// said; the identifier is then unspecified.
absl::Status NormaliseIdentifier(v1::Identifier& identifier);

// "1234 ab" -> "1234AB"; other text is left as it is.
std::string NormalPostcode(absl::string_view postcode);

// For searching a register by surname: as FoldText, without prefix.
std::string WithoutPrefix(absl::string_view surname);
// For comparing surnames: without accents, capitals, prefix ("van der"),
// spaces and hyphens; "ij" is "y". Empty when no letter is left.
std::string FoldSurname(absl::string_view surname);
// For comparing other names and searching text: without accents and capitals,
// and with the quotes and hyphens that a keyboard has.
std::string FoldText(absl::string_view text);

// For comparing streets: as FoldText, with the words for a kind of street
// written out ("Kerkstr." is "kerkstraat") and no punctuation.
std::string FoldStreet(absl::string_view street);

// The folded names of a party's details; has no fields when none are stated.
// Titles ("dr.", "mevr.") are no first names.
format::FoldedNames FoldNames(const v1::PersonalDetails& details);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_NORMALISE_H_
