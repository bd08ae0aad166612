// A person's decision, from request to fact: both sides listed whole, and
// refused where it cannot do what it says.
#ifndef KLANTBEELD_STORE_IDENTITY_DECIDE_H_
#define KLANTBEELD_STORE_IDENTITY_DECIDE_H_

#include <string>

#include "absl/status/statusor.h"
#include "klantbeeld/v1/identity_service.pb.h"
#include "store/apply.h"
#include "store/db.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Most parties of both sides together.
inline constexpr size_t kDecisionPartiesMax = 2000;

absl::StatusOr<DecisionFact> ListLink(const Keys& keys, const Reader& reader,
                                      const v1::LinkRequest& request);
absl::StatusOr<DecisionFact> ListUnlink(const Keys& keys, const Model& model, const Reader& reader,
                                        const v1::UnlinkRequest& request);

// After the fact was applied to `reader`: does it do what it says?
// LINK_FORBIDDEN: a stronger rule keeps the sides apart. DECISION_TOO_LARGE:
// too much hangs together with them for any link to hold. Both name `field`.
absl::Status CheckLinked(const Reader& reader, const DecisionFact& fact, absl::string_view field);
// `more_than_asked`: something else was joined or taken apart as well, or,
// where two citizens were to stay two, anything at all.
struct UnlinkEffect {
  bool more_than_asked = false;
};
absl::StatusOr<UnlinkEffect> CheckUnlinked(const Reader& reader, const DecisionFact& fact,
                                           const format::Consequences& consequences,
                                           bool apart_already);

// Hash of a list of changes, as a dry run gives it.
std::string DigestOf(const Keys& keys, const format::Consequences& consequences);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_DECIDE_H_
