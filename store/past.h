// What changed who is who, and who was who before.
#ifndef KLANTBEELD_STORE_PAST_H_
#define KLANTBEELD_STORE_PAST_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "klantbeeld/v1/history_service.pb.h"
#include "store/db.h"
#include "store/keys.h"

namespace klantbeeld::store {

// The answers but for their position. CITIZEN_NOT_FOUND, PARTY_NOT_FOUND.
absl::StatusOr<v1::ListHistoryResponse> ListHistory(const Keys& keys, const Reader& reader,
                                                    const v1::ListHistoryRequest& request);

// Also POSITION_AHEAD and PAGE_TOKEN_INVALID.
absl::StatusOr<v1::ListCitizensAtResponse> ListCitizensAt(
    const Keys& keys, const Reader& reader, absl::string_view log_id,
    const v1::ListCitizensAtRequest& request);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_PAST_H_
