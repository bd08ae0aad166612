#include "clients/adapters/local_time.h"

#include <gtest/gtest.h>

namespace klantbeeld::adapters {
namespace {

std::string Shown(const char* text) {
  absl::TimeZone zone;
  absl::LoadTimeZone("Europe/Amsterdam", &zone);
  const auto time = ParseLocal(text, zone);
  if (!time) return "none";
  const auto show = [](absl::Time t) {
    return absl::FormatTime("%H:%M:%E*S", t, absl::UTCTimeZone());
  };
  return show(time->first) + (time->second != time->first ? " or " + show(time->second) : "") +
         (time->doubtful ? " ?" : "");
}

TEST(LocalTime, IsReadInItsZone) {
  EXPECT_EQ(Shown("2025-03-03 09:14:05"), "08:14:05");
  EXPECT_EQ(Shown("2025-07-03T09:14:05.250"), "07:14:05.25");
  EXPECT_EQ(Shown("2025-03-03T09:14:05Z"), "09:14:05");
  EXPECT_EQ(Shown("2025-03-03T09:14:05-04:00"), "13:14:05");
  EXPECT_EQ(Shown("gisteren"), "none");
  EXPECT_EQ(Shown(""), "none");
}

TEST(LocalTime, HoursThatExistTwiceOrNotAreDoubtful) {
  EXPECT_EQ(Shown("2025-10-26 02:30:00"), "00:30:00 or 01:30:00 ?");
  EXPECT_EQ(Shown("2025-03-30 02:30:00"), "01:30:00 ?");
  EXPECT_EQ(Shown("2025-10-26 03:30:00"), "02:30:00");
}

TEST(LocalTime, SecondIsTakenWhereTheFirstCannotBe) {
  const absl::Time one = absl::FromUnixSeconds(1000), two = absl::FromUnixSeconds(4600);
  EXPECT_EQ(NotBefore({one, two, true}, absl::InfinitePast()), one);
  EXPECT_EQ(NotBefore({one, two, true}, absl::FromUnixSeconds(1001)), two);
  EXPECT_EQ(NotBefore({one, two, true}, absl::FromUnixSeconds(9999)), one);
  EXPECT_EQ(ToTimestamp(absl::FromUnixMillis(-500)).nanos(), 500'000'000);
}

}  // namespace
}  // namespace klantbeeld::adapters
