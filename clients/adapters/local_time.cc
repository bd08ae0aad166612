#include "clients/adapters/local_time.h"

#include <array>

namespace klantbeeld::adapters {
namespace {

constexpr std::array<absl::string_view, 2> kZoned = {"%Y-%m-%d%ET%H:%M:%E*S%Ez",
                                                     "%Y-%m-%d %H:%M:%E*S%Ez"};
constexpr std::array<absl::string_view, 2> kLocal = {"%Y-%m-%d %H:%M:%E*S",
                                                     "%Y-%m-%d%ET%H:%M:%E*S"};

}  // namespace

std::optional<LocalTime> ParseLocal(absl::string_view text, absl::TimeZone zone) {
  absl::Time time;
  for (const absl::string_view format : kZoned) {
    if (absl::ParseTime(format, text, &time, nullptr)) return LocalTime{time, time};
  }
  for (const absl::string_view format : kLocal) {
    // As if in UTC first, to get at what the clock said.
    if (!absl::ParseTime(format, text, absl::UTCTimeZone(), &time, nullptr)) continue;
    const absl::TimeZone::CivilInfo clock = absl::UTCTimeZone().At(time);
    const absl::TimeZone::TimeInfo local = zone.At(clock.cs);
    const bool doubtful = local.kind != absl::TimeZone::TimeInfo::UNIQUE;
    const bool twice = local.kind == absl::TimeZone::TimeInfo::REPEATED;
    return LocalTime{local.pre + clock.subsecond,
                     (twice ? local.post : local.pre) + clock.subsecond, doubtful};
  }
  return {};
}

absl::Time NotBefore(const LocalTime& time, absl::Time earliest) {
  return time.first < earliest && time.second >= earliest ? time.second : time.first;
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(absl::ToUnixSeconds(time));
  stamp.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(stamp.seconds()))));
  return stamp;
}

}  // namespace klantbeeld::adapters
