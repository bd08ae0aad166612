// Whose device it is: a cookie that only one known person was ever seen with.
#ifndef KLANTBEELD_STORE_IDENTITY_OWNER_H_
#define KLANTBEELD_STORE_IDENTITY_OWNER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "klantbeeld/v1/identifier.pb.h"
#include "store/db.h"
#include "store/format.pb.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Verified contacts with a device that make it somebody's. Once is a visitor
// who logged in for a neighbour.
inline constexpr uint64_t kOwnerSeenMin = 2;

// By a number, verified or not, a name or a birth date.
bool SaysWho(const format::ClaimContent& content);

// A claim with the verified BSN of the only citizen whose claims share the
// cookie and say who they are, if it was seen often enough; else empty. Of a
// cookie that more than `sharing_max` claims share nothing is said.
absl::StatusOr<std::string> SoleOwner(const Keys& keys, const Reader& reader,
                                      const v1::Identifier& cookie, size_t sharing_max);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_OWNER_H_
