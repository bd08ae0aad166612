// Also tests: clients/adapters/ga4/sessions.cc
#include "clients/adapters/ga4/ga4.h"

#include <gmock/gmock.h>

#include "clients/adapters/ga4/sessions.h"
#include "tests/clients/adapters/made.h"

namespace klantbeeld::adapters {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Ga4, RowsOfASessionAreOneContact) {
  const testing::TempDir dir;
  const auto items =
      testing::Made("ga4", "ga4/made_events.jsonl",
                    testing::Amsterdam(dir.Put("m.toml",
                                               "[attributes]\nklanttype = \"soort\"\n"
                                               "[subjects]\n\"/parkeren\" = \"Parkeren\"\n")));
  ASSERT_EQ(items.size(), 6u);
  EXPECT_EQ(items[0], "10 passed") << "without consent there is nobody";
  EXPECT_THAT(items[1], HasSubstr("11 rejected ga_session_id"));
  EXPECT_THAT(items[2], HasSubstr("12 rejected"));
  EXPECT_THAT(items[3], HasSubstr("13 rejected"));
  // Seven rows in any order, one of them twice.
  EXPECT_THAT(items[4], HasSubstr("(7)"));
  EXPECT_THAT(items[4], HasSubstr("\"pages\":2,"));
  EXPECT_THAT(items[4], HasSubstr("\"spent\":\"28.500s\""));
  EXPECT_THAT(items[4], HasSubstr("\"formSubmitted\":true"));
  EXPECT_THAT(items[4], HasSubstr("pseudo-77"));
  EXPECT_THAT(items[4], Not(HasSubstr("kenteken")));
  EXPECT_THAT(items[4], Not(HasSubstr("Amsterdam")));
}

TEST(Ga4, TableThatChangedIsALaterEventOfTheSameContact) {
  const auto first =
      testing::ItemsOf("ga4", "tests/clients/adapters/ga4/made_events.jsonl", testing::Amsterdam());
  const auto again = testing::Made("ga4", "ga4/made_events_again.jsonl");
  EXPECT_THAT(first[5], HasSubstr("@1741046380000000.000002"));
  EXPECT_THAT(again[0], HasSubstr("@1741046580000000.000003"));
  // Although the day had passed, the visit began when it began.
  EXPECT_THAT(again[0], HasSubstr("\"occurredAt\":\"2025-03-03T22:58:05Z\""));
}

TEST(Sessions, ComeTogetherOldestFirstAndOnce) {
  auto sessions = *Sessions::Make();
  for (const auto& [session, at] : {std::pair("b", 3), {"a", 2}, {"b", 1}, {"b", 3}}) {
    ASSERT_TRUE(sessions->Add({session, at, 1, "x"}).ok());
  }
  std::string told;
  for (SessionRow row; *sessions->Next(row);) {
    absl::StrAppend(&told, row.session, row.microseconds, "x", row.copies, " ");
  }
  EXPECT_EQ(told, "a2x1 b1x1 b3x2 ");
  SessionRow row;
  EXPECT_FALSE(*sessions->Next(row)) << "and does not begin again";
}

}  // namespace
}  // namespace klantbeeld::adapters
