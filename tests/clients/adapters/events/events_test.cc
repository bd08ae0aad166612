// Also tests: clients/adapters/events/proto_json.cc
#include "clients/adapters/events/events.h"

#include <gmock/gmock.h>

#include "tests/clients/adapters/made.h"

namespace klantbeeld::adapters {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Events, OneOnEachLine) {
  const auto items = testing::Made("events", "events/made_events.jsonl");
  ASSERT_EQ(items.size(), 9u);
  EXPECT_THAT(items[0], HasSubstr("\"eventId\":\"v-81\""));
  EXPECT_THAT(items[3], HasSubstr("\"retraction\""));
  const std::string refused = absl::StrCat(static_cast<int>(Reason::kNotAnEvent));
  EXPECT_EQ(items[4], "5 rejected data " + refused);
  for (size_t i = 5; i < 9; ++i) EXPECT_THAT(items[i], HasSubstr("rejected")) << items[i];
}

// Read together or one by one, they come out in their order.
TEST(Events, OneBadLineSpoilsNoOther) {
  const testing::TempDir dir;
  std::string text;
  for (int i = 0; i < 500; ++i) {
    absl::StrAppend(&text,
                    i == 250 ? "{\n" : absl::StrCat(R"({"source":"a","eventId":")", i, "\"}\n"));
  }
  const auto items = testing::ItemsOf("events", dir.Put("f", text), testing::Amsterdam());
  ASSERT_EQ(items.size(), 500u);
  for (int i = 0; i < 500; ++i) {
    const std::string& item = items[static_cast<size_t>(i)];
    EXPECT_THAT(item,
                HasSubstr(i == 250 ? "251 rejected"
                                   : absl::StrCat(i + 1, R"( {"source":"a","eventId":")", i)));
  }
}

TEST(Events, WhatStandsBeforeTheDamageIsGiven) {
  const testing::TempDir dir;
  EXPECT_THAT(
      testing::ItemsOf("events", dir.Put("f", "[{\"source\":\"a\"},{"), testing::Amsterdam()),
      ElementsAre("1 {\"source\":\"a\"}", "the JSON array has no end"));
}

TEST(Events, AbsentFileIsSaid) {
  EXPECT_THAT(testing::ItemsOf("events", "/nonexistent", testing::Amsterdam()),
              ElementsAre("No such file or directory"));
}

}  // namespace
}  // namespace klantbeeld::adapters
