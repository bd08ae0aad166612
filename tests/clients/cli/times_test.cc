#include "clients/cli/times.h"

#include <gtest/gtest.h>

namespace klantbeeld::cli {
namespace {

absl::TimeZone Amsterdam() {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Amsterdam", &zone));
  return zone;
}

TEST(ParseDuration, TakesUnits) {
  EXPECT_EQ(ParseDuration("30d"), absl::Hours(720));
  EXPECT_EQ(ParseDuration("2w"), absl::Hours(336));
  EXPECT_EQ(ParseDuration("1h30m"), absl::Minutes(90));
  EXPECT_EQ(ParseDuration("500ms"), absl::Milliseconds(500));
  for (const char* wrong : {"", "5", "-5s", "-3d", "d", "5x", "gisteren"})
    EXPECT_FALSE(ParseDuration(wrong)) << wrong;
}

TEST(ParsePeriod, IsAYearAMonthADayOrFromOneToAnother) {
  const auto days = [](const char* text) -> std::string {
    const auto period = ParsePeriod(text, Amsterdam());
    if (!period) return "no";
    return absl::FormatTime("%Y-%m-%d %H:%M", period->begin, Amsterdam()) + " " +
           absl::FormatTime("%Y-%m-%d %H:%M", period->end, Amsterdam());
  };
  EXPECT_EQ(days("2025"), "2025-01-01 00:00 2026-01-01 00:00");
  EXPECT_EQ(days("2025-12"), "2025-12-01 00:00 2026-01-01 00:00");
  EXPECT_EQ(days("2025-10-26"), "2025-10-26 00:00 2025-10-27 00:00");
  EXPECT_EQ(days("2025-03..2025-04-02"), "2025-03-01 00:00 2025-04-03 00:00");
  for (const char* wrong : {"", "25", "2025-13", "2025-02-30", "2025-1", "2025-04..2025-03", "..",
                            "2025..", "gisteren"})
    EXPECT_EQ(days(wrong), "no") << wrong;
}

TEST(ParseTime, LocalUnlessItSaysItsOffset) {
  const absl::Time now = absl::FromUnixSeconds(1'760'000'000);
  const auto utc = [](const char* text) {
    absl::Time time;
    EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, nullptr)) << text;
    return time;
  };
  const auto parse = [&](const char* text) { return ParseTime(text, now, Amsterdam()); };
  EXPECT_EQ(parse("nu"), now);
  EXPECT_EQ(parse("10m"), now - absl::Minutes(10));
  EXPECT_EQ(parse("2025-07-01"), utc("2025-06-30T22:00:00Z"));
  EXPECT_EQ(parse("01-01-2025"), utc("2024-12-31T23:00:00Z"));
  EXPECT_EQ(parse("2025-07-01T10:30"), utc("2025-07-01T08:30:00Z"));
  EXPECT_EQ(parse("2025-07-01 10:30:15"), utc("2025-07-01T08:30:15Z"));
  EXPECT_EQ(parse("2025-07-01T10:30:00Z"), utc("2025-07-01T10:30:00Z"));
  EXPECT_EQ(parse("2025-07-01T10:30:00+05:00"), utc("2025-07-01T05:30:00Z"));
  for (const char* wrong : {"", "2025-02-30", "2025-13-01", "25:00", "morgen"})
    EXPECT_FALSE(parse(wrong)) << wrong;
}

TEST(ParseBirthDate, ThreeWaysAndOnlyDaysThatExist) {
  const absl::CivilDay day(1980, 3, 12);
  EXPECT_EQ(ParseBirthDate("12-03-1980"), day);
  EXPECT_EQ(ParseBirthDate("12-3-1980"), day);
  EXPECT_EQ(ParseBirthDate("1980-3-12"), day);
  EXPECT_EQ(ParseBirthDate("12031980"), day);
  EXPECT_EQ(ParseBirthDate("1980-03-12"), day);
  for (const char* wrong : {"", "31-02-1980", "12-3-80", "1980", "12/03/1980", "12-3-+980",
                            "12--1980", "1203198", "a2031980"})
    EXPECT_FALSE(ParseBirthDate(wrong)) << wrong;
}

TEST(DurationText, TheTwoLargestUnits) {
  EXPECT_EQ(DurationText(Lang::kDutch, absl::Seconds(45)), "45 s");
  EXPECT_EQ(DurationText(Lang::kDutch, absl::Seconds(250)), "4 min");
  EXPECT_EQ(DurationText(Lang::kDutch, absl::Hours(2)), "2 uur");
  EXPECT_EQ(DurationText(Lang::kDutch, absl::Minutes(65)), "1 u 5 min");
  EXPECT_EQ(DurationText(Lang::kEnglish, absl::Hours(72)), "3 days");
}

TEST(DayText, NamesDays) {
  const absl::CivilDay today(2025, 10, 9);
  EXPECT_EQ(DayText(Lang::kDutch, today, today), "Vandaag");
  EXPECT_EQ(DayText(Lang::kEnglish, today - 1, today), "Yesterday");
  EXPECT_EQ(DayText(Lang::kDutch, absl::CivilDay(2025, 3, 8), today), "8 maart 2025");
  EXPECT_EQ(DayText(Lang::kEnglish, absl::CivilDay(2025, 3, 8), today), "8 March 2025");
}

TEST(ProtoTimes, KeepNanoseconds) {
  const absl::Time time = absl::FromUnixSeconds(-5) + absl::Nanoseconds(7);
  EXPECT_EQ(FromProto(ToProto(time)), time);
  EXPECT_EQ(ToProto(time).nanos(), 7);
}

TEST(Times, RelativeAndExact) {
  const absl::TimeZone zone = absl::FixedTimeZone(3600);
  const absl::Time now = absl::FromCivil(absl::CivilSecond(2025, 10, 9, 15, 0, 0), zone);
  EXPECT_EQ(WhenText(Lang::kDutch, now - absl::Hours(1), now, zone), "vandaag 14:00");
  EXPECT_EQ(WhenText(Lang::kDutch, now - absl::Hours(20), now, zone), "gisteren 19:00");
  EXPECT_EQ(WhenText(Lang::kEnglish, now - absl::Hours(48), now, zone), "07-10-2025 15:00");
  const std::pair<absl::Duration, const char*> rows[] = {
      {absl::Seconds(20), "zojuist"},          {absl::Minutes(4), "4 min geleden"},
      {absl::Hours(3), "3 uur geleden"},       {absl::Hours(72), "3 dagen geleden"},
      {absl::Hours(24 * 21), "3 weken geleden"}, {absl::Hours(24 * 100), "3 maanden geleden"},
      {absl::Hours(24 * 800), "2 jaar geleden"}, {-absl::Hours(48), "over 2 dagen"}};
  for (const auto& [before, want] : rows) EXPECT_EQ(AgoText(Lang::kDutch, now - before, now), want);
}

}  // namespace
}  // namespace klantbeeld::cli
