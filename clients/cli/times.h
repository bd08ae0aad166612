// Times as people write and read them.
#pragma once

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>

#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "clients/cli/labels.h"

namespace klantbeeld::cli {

// "30d", "2w", "12h", "1h30m", "500ms"; never negative.
std::optional<absl::Duration> ParseDuration(const std::string& text);

// A duration means that long before `now`; else "now", a date ("2025-03-01",
// "01-03-2025": its first moment in `zone`), a local time ("2025-03-01T10:30",
// a space will do) or one with its offset (RFC 3339).
std::optional<absl::Time> ParseTime(const std::string& text, absl::Time now, absl::TimeZone zone);

// A stretch of time: from `begin`, up to and without `end`.
struct Period {
  absl::Time begin, end;
};
// "2025", "2025-09" or "2025-09-01" in `zone`, or two of these with ".."
// between: from the first moment of the one to the last of the other.
std::optional<Period> ParsePeriod(const std::string& text, absl::TimeZone zone);

// "12-03-1980", "12-3-1980", "12031980" or "1980-03-12", and a day that exists.
std::optional<absl::CivilDay> ParseBirthDate(const std::string& text);

absl::Time FromProto(const google::protobuf::Timestamp& time);
google::protobuf::Timestamp ToProto(absl::Time time);
absl::Duration FromProto(const google::protobuf::Duration& duration);

// "45 s", "4 min", "1 u 5 min", "3 dagen".
std::string DurationText(Lang lang, absl::Duration duration);
// "Vandaag", "Gisteren", "8 oktober 2025".
std::string DayText(Lang lang, absl::CivilDay day, absl::CivilDay today);
// "vandaag 14:02", "gisteren 14:02", "08-10-2025 14:02".
std::string WhenText(Lang lang, absl::Time time, absl::Time now, absl::TimeZone zone);
// "zojuist", "4 min geleden", "3 weken geleden", "over 2 dagen".
std::string AgoText(Lang lang, absl::Time time, absl::Time now);
// "08-10-2025 14:02".
std::string TimeText(absl::Time time, absl::TimeZone zone);

}  // namespace klantbeeld::cli
