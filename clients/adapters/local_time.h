// Times of systems that do not say their zone.
#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace klantbeeld::adapters {

// A local time as a moment. In an hour that exists twice it can mean two; in
// one that does not exist, the clock had not been set: `first` is what it would
// have said.
struct LocalTime {
  absl::Time first;
  absl::Time second;      // The same, where there is no doubt.
  bool doubtful = false;  // It is in such an hour.
};

// "2025-03-03 09:14:05", or ISO 8601; a time that names its zone is taken as it
// is. Nothing: no time.
std::optional<LocalTime> ParseLocal(absl::string_view text, absl::TimeZone zone);

// The one that is not before `earliest`, as something else says that it cannot
// be; the first, where both can be.
absl::Time NotBefore(const LocalTime& time, absl::Time earliest);

google::protobuf::Timestamp ToTimestamp(absl::Time time);

}  // namespace klantbeeld::adapters
