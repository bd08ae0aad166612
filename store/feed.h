// The journal as followers read it.
#ifndef KLANTBEELD_STORE_FEED_H_
#define KLANTBEELD_STORE_FEED_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "klantbeeld/v1/citizen_service.pb.h"
#include "klantbeeld/v1/feed_service.pb.h"
#include "store/db.h"
#include "store/format.pb.h"
#include "store/keys.h"
#include "store/splice.h"

namespace klantbeeld::store {

inline constexpr int kFrameEventsMax = 256;
inline constexpr size_t kFrameBytesMax = 256 << 10;
// Facts that one frame looks at, at most, when a filter passes few of them.
inline constexpr uint64_t kFrameLooksMax = 4096;
// Facts that one step of a watch looks at.
inline constexpr uint64_t kWatchLooksMax = 512;

// Where a follower begins: it has everything up to the returned position.
// FAILED_PRECONDITION: POSITION_AHEAD, LOG_FOREIGN or LOG_DIVERGED.
absl::StatusOr<uint64_t> ResumePosition(const Reader& reader, absl::string_view log_id,
                                        const v1::FollowStart& start);

// Resumes after `position`, whose running hash is `chain`.
std::string ResumeToken(absl::string_view log_id, uint64_t position, absl::string_view chain);

// A fact as the feed tells it, but for what happened in its contact: of that,
// the source and id of event and contact only.
absl::StatusOr<v1::FeedEvent> ReadFactOnly(const Reader& reader, uint64_t position);

// A stretch of the journal as a filter shows it.
struct Frame {
  Encoded<v1::FollowResponse> events;  // The events and nothing else, spliced from their rows.
  int count = 0;                       // How many.
  uint64_t position = 0;               // All of the filter's up to here is in it.
  std::string resume_token;            // Resumes after `position`.
  uint64_t head = 0;                   // Head of the journal when it was made.
  // Ended by its own bounds, not by the head: the same for ever.
  bool whole = false;
};

// The next frame after `from`.
absl::StatusOr<Frame> ReadFrame(const Reader& reader, absl::string_view log_id,
                                const v1::FeedFilter& filter, uint64_t from);

// What happened after `from` to one citizen's timeline; see Store::WatchNext.
absl::StatusOr<v1::WatchTimelineResponse> ReadChanges(const Keys& keys, const Reader& reader,
                                                      const v1::WatchTimelineRequest& request,
                                                      absl::string_view citizen_id, uint64_t from);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_FEED_H_
