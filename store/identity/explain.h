// Why a party is in its citizen, and which other citizens it may be: read from
// what stands, by the same rules that joined it.
#ifndef KLANTBEELD_STORE_IDENTITY_EXPLAIN_H_
#define KLANTBEELD_STORE_IDENTITY_EXPLAIN_H_

#include <string>

#include "absl/status/statusor.h"
#include "klantbeeld/v1/identity_service.pb.h"
#include "store/db.h"
#include "store/identity/model.h"
#include "store/keys.h"

namespace klantbeeld::store {

// The answers but for their position. CITIZEN_NOT_FOUND, PARTY_NOT_FOUND.
absl::StatusOr<v1::ListSuggestionsResponse> ListSuggestions(
    const Keys& keys, const Model& model, const Reader& reader,
    const v1::ListSuggestionsRequest& request);

// The citizen that a party of a contact is in, in hexadecimal digits.
// PARTY_NOT_FOUND: there is no such party, or nothing is known of it.
absl::StatusOr<std::string> CitizenOfParty(const Keys& keys, const Reader& reader,
                                           const v1::PartyRef& party);

absl::StatusOr<v1::ExplainResponse> Explain(const Keys& keys, const Model& model,
                                            const Reader& reader,
                                            const v1::ExplainRequest& request);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_EXPLAIN_H_
