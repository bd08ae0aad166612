// What load cannot pass.
#ifndef KLANTBEELD_SERVICE_LIMITS_H_
#define KLANTBEELD_SERVICE_LIMITS_H_

#include <cstddef>

#include "absl/time/time.h"

namespace klantbeeld::service {

// Over a limit a caller gets RESOURCE_EXHAUSTED, reason OVERLOADED, with
// RetryInfo; what was accepted is kept.
struct Limits {
  int connections_max = 1000;
  int streams_per_connection_max = 1000;
  // Unary calls. What waits longer than all of them take is better refused.
  int reads_in_flight_max = 1000;
  int writes_in_flight_max = 256;
  int record_streams_max = 200;
  int followers_max = 1000;
  int watchers_max = 2000;

  // Of one record stream, read and not yet answered.
  size_t stream_events_max = 2000;
  size_t stream_bytes_max = 8 << 20;
  // How long a record stream waits for room in the queue before it gives an
  // event its own error.
  absl::Duration stream_hold_max = absl::Seconds(30);

  size_t follower_frames_max = 4;  // Sent and not yet acknowledged.
  size_t frame_cache_bytes_max = 64 << 20;  // Frames kept for the next follower.
  absl::Duration bookmark_idle = absl::Seconds(5);
  absl::Duration follower_stall_max = absl::Seconds(30);

  absl::Duration unary_deadline = absl::Seconds(30);  // Of a call that has none.
  absl::Duration drain_max = absl::Seconds(5);
};

inline constexpr int kEventsPerMessageMax = 1000;
inline constexpr int kMessageBytesMax = (4 << 20) + (64 << 10);  // 4 MiB and its framing.
inline constexpr int kMetadataBytesMax = 8 << 10;

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_LIMITS_H_
