// Times of the contract.
#ifndef KLANTBEELD_SERVICE_TIMES_H_
#define KLANTBEELD_SERVICE_TIMES_H_

#include <google/protobuf/timestamp.pb.h>

#include "absl/time/time.h"

namespace klantbeeld::service {

// How far a source's clock may run ahead of ours.
inline constexpr absl::Duration kClockAheadMax = absl::Minutes(5);

inline absl::Time ToTime(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_TIMES_H_
