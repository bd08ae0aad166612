// Who was who before: what facts leave behind where they change that. Rows are
// added and never changed, so each answer stays what it is.
#ifndef KLANTBEELD_STORE_IDENTITY_PAST_H_
#define KLANTBEELD_STORE_IDENTITY_PAST_H_

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "store/db.h"

namespace klantbeeld::store {

// The fact at `position` changed who this citizen is, or was about that.
void NoteFactAbout(Batch& batch, absl::string_view citizen, uint64_t position);

// With the fact at `position` a claim left this citizen, for another one or for
// good.
void NoteWhereItWas(Batch& batch, absl::string_view claim, absl::string_view citizen,
                    uint64_t position);

// Positions of the facts about any of these citizens, the latest first; none
// that is not before `before`, and no more than `max`.
absl::StatusOr<std::vector<uint64_t>> FactsAbout(const Reader& reader,
                                                 const std::set<std::string>& citizens,
                                                 uint64_t before, size_t max);

// The citizen that a claim was in when `position` was applied. The claim was
// there then. Empty: it was in none.
absl::StatusOr<std::string> CitizenAt(const Reader& reader, absl::string_view claim,
                                      uint64_t position);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_PAST_H_
