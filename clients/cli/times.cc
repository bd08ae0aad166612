#include "clients/cli/times.h"

#include <unicode/locid.h>
#include <unicode/smpdtfmt.h>

#include <algorithm>
#include <cctype>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace klantbeeld::cli {

std::optional<absl::Duration> ParseDuration(const std::string& text) {
  if (text.empty()) return std::nullopt;
  // absl knows no days and weeks, as their length depends on the clock's
  // changes; here they mean 24 and 168 hours.
  const char unit = text.back();
  int32_t count = 0;
  if ((unit == 'd' || unit == 'w') && absl::SimpleAtoi(text.substr(0, text.size() - 1), &count) &&
      count >= 0)
    return absl::Hours(unit == 'd' ? 24 : 168) * count;
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) || duration < absl::ZeroDuration()) return std::nullopt;
  return duration;
}

std::optional<absl::Time> ParseTime(const std::string& text, absl::Time now, absl::TimeZone zone) {
  if (text == "now" || text == "nu") return now;
  if (const auto ago = ParseDuration(text)) return now - *ago;
  absl::Time time;
  for (const char* format : {"%Y-%m-%d%ET%H:%M:%E*S%Ez", "%Y-%m-%d %H:%M:%E*S%Ez",
                             "%Y-%m-%d%ET%H:%M:%E*S", "%Y-%m-%d %H:%M:%E*S", "%Y-%m-%d%ET%H:%M",
                             "%Y-%m-%d %H:%M", "%d-%m-%Y %H:%M", "%Y-%m-%d", "%d-%m-%Y"}) {
    std::string error;
    if (absl::ParseTime(format, text, zone, &time, &error)) return time;
  }
  return std::nullopt;
}

std::optional<Period> ParsePeriod(const std::string& text, absl::TimeZone zone) {
  const size_t dots = text.find("..");
  if (dots != std::string::npos) {
    const auto first = ParsePeriod(text.substr(0, dots), zone);
    const auto last = ParsePeriod(text.substr(dots + 2), zone);
    if (!first || !last || last->end <= first->begin) return std::nullopt;
    return Period{first->begin, last->end};
  }
  absl::Time time;
  std::string error;
  // %Y and its fellows take fewer digits too.
  const char* format = text.size() == 4 ? "%Y" : text.size() == 7 ? "%Y-%m" : "%Y-%m-%d";
  if ((text.size() > 7 && text.size() != 10) ||
      !absl::ParseTime(format, text, absl::UTCTimeZone(), &time, &error))
    return std::nullopt;
  const absl::CivilDay day = absl::ToCivilDay(time, absl::UTCTimeZone());
  absl::CivilDay end = day + 1;
  if (text.size() == 7) end = absl::CivilDay(absl::CivilMonth(day) + 1);
  if (text.size() == 4) end = absl::CivilDay(absl::CivilYear(day) + 1);
  return Period{absl::FromCivil(day, zone), absl::FromCivil(end, zone)};
}

std::optional<absl::CivilDay> ParseBirthDate(const std::string& text) {
  const size_t first = text.find('-'), last = text.rfind('-');
  // %Y takes fewer than four digits too.
  const char* format = nullptr;
  if (first == std::string::npos && text.size() == 8) format = "%d%m%Y";
  if (first == 4) format = "%Y-%m-%d";
  if (last != std::string::npos && first != last && last + 5 == text.size()) format = "%d-%m-%Y";
  absl::Time time;
  std::string error;
  if (format == nullptr || !std::all_of(text.begin(), text.end(),
                                        [](char c) { return c == '-' || absl::ascii_isdigit(c); }))
    return std::nullopt;
  if (!absl::ParseTime(format, text, absl::UTCTimeZone(), &time, &error)) return std::nullopt;
  return absl::ToCivilDay(time, absl::UTCTimeZone());
}

absl::Time FromProto(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

google::protobuf::Timestamp ToProto(absl::Time time) {
  google::protobuf::Timestamp proto;
  proto.set_seconds(absl::ToUnixSeconds(time));
  proto.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(proto.seconds()))));
  return proto;
}

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

std::string DurationText(Lang lang, absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(duration);
  const int64_t minutes = seconds / 60;
  if (seconds < 60) return Say(lang, Label::unit_sec, seconds);
  if (minutes < 60) return Say(lang, Label::unit_min, minutes);
  if (minutes >= 48 * 60) return Say(lang, Label::unit_day, minutes / (24 * 60));
  if (minutes % 60 == 0) return Say(lang, Label::unit_hour, minutes / 60);
  return Say(lang, Label::unit_hour_min, minutes / 60, minutes % 60);
}

std::string DayText(Lang lang, absl::CivilDay day, absl::CivilDay today) {
  if (day == today) return Text(lang, Label::today);
  if (day == today - 1) return Text(lang, Label::yesterday);
  UErrorCode status = U_ZERO_ERROR;
  icu::SimpleDateFormat format(u"d MMMM yyyy", icu::Locale(lang == Lang::kDutch ? "nl" : "en"),
                               status);
  if (U_FAILURE(status)) return absl::StrCat(absl::FormatCivilTime(day));
  format.setTimeZone(*icu::TimeZone::getGMT());
  icu::UnicodeString written;
  const absl::Time midnight = absl::FromCivil(day, absl::UTCTimeZone());
  format.format(static_cast<UDate>(absl::ToUnixMillis(midnight)), written);
  std::string text;
  return written.toUTF8String(text);
}

std::string WhenText(Lang lang, absl::Time time, absl::Time now, absl::TimeZone zone) {
  const absl::CivilDay day = absl::ToCivilDay(time, zone), today = absl::ToCivilDay(now, zone);
  if (day != today && day != today - 1) return TimeText(time, zone);
  return Say(lang, day == today ? Label::today_at : Label::yesterday_at,
             absl::FormatTime("%H:%M", time, zone));
}

std::string AgoText(Lang lang, absl::Time time, absl::Time now) {
  const absl::Duration ago = now - time;
  const absl::Duration size = absl::AbsDuration(ago);
  if (size < absl::Minutes(1)) return Text(lang, Label::just_now);
  const int64_t days = absl::ToInt64Hours(size) / 24;
  const std::string length = days >= 2 * 365  ? Say(lang, Label::unit_year, days / 365)
                             : days >= 2 * 31 ? Say(lang, Label::unit_month, days * 12 / 365)
                             : days >= 2 * 7  ? Say(lang, Label::unit_week, days / 7)
                             : days >= 2      ? Say(lang, Label::unit_day, days)
                             : size >= absl::Hours(1)
                                 ? Say(lang, Label::unit_hour, absl::ToInt64Hours(size))
                                 : Say(lang, Label::unit_min, absl::ToInt64Minutes(size));
  return Say(lang, ago > absl::ZeroDuration() ? Label::ago : Label::from_now, length);
}

std::string TimeText(absl::Time time, absl::TimeZone zone) {
  return absl::FormatTime("%d-%m-%Y %H:%M", time, zone);
}

}  // namespace klantbeeld::cli
