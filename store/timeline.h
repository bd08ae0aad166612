// A citizen's timeline: the timelines of its claims, merged when read.
#ifndef KLANTBEELD_STORE_TIMELINE_H_
#define KLANTBEELD_STORE_TIMELINE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "klantbeeld/v1/citizen_service.pb.h"
#include "store/db.h"
#include "store/format.pb.h"
#include "store/keys.h"
#include "store/splice.h"

namespace klantbeeld::store {

// A page of at most this many; and how many when the request says 0.
inline constexpr int kPageMax = 100;
inline constexpr int kPageDefault = 20;
// Rows that one page looks at, at most, when a filter passes few of them.
inline constexpr int kPageRowsMax = 2000;
// A page ends early beyond this many bytes: most clients take 4 MiB in a reply.
inline constexpr size_t kPageBytesMax = 3 << 20;

// A citizen that stands: its claims, and how sure each is.
struct StandingCitizen {
  std::string id;
  format::CitizenRow row;
  absl::btree_map<std::string, v1::Assurance> claims;
};

// The citizen with this id, or the one that it leads to, without the claims
// that belong to it less surely than `minimum`; that may leave none. NOT_FOUND;
// FAILED_PRECONDITION CITIZEN_SPLIT when it leads to several.
absl::StatusOr<StandingCitizen> FindStanding(
    const Reader& reader, absl::string_view hex_id,
    v1::Assurance minimum = v1::ASSURANCE_UNSPECIFIED);

struct TimelinePage {
  // The entries and nothing else, spliced from the rows that they lie in.
  Encoded<v1::ListTimelineResponse> entries;
  std::string next_page_token;
};
// `citizen` was found with the request's minimum. `page_token` of another
// query, or changed: PAGE_TOKEN_INVALID.
absl::StatusOr<TimelinePage> ReadTimeline(const Keys& keys, const Reader& reader,
                                          const StandingCitizen& citizen,
                                          const v1::ListTimelineRequest& request);

// The entry of one contact in this citizen's timeline; nothing when it does
// not stand there or the filter does not pass it.
absl::StatusOr<std::optional<v1::TimelineEntry>> ReadEntry(const Reader& reader,
                                                           const StandingCitizen& citizen,
                                                           const v1::TimelineFilter& filter,
                                                           absl::string_view contact_id);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_TIMELINE_H_
