#include "clients/adapters/cloudevents/cloudevents.h"

#include <gmock/gmock.h>

#include "tests/clients/adapters/made.h"

namespace klantbeeld::adapters {
namespace {

using ::testing::HasSubstr;

std::string Rejected(uint64_t line, const char* field, Reason reason) {
  return absl::StrCat(line, " rejected ", field, " ", static_cast<int>(reason));
}

TEST(CloudEvents, ContactsAndCasesOfTheProfile) {
  const auto items = testing::Made("cloudevents", "cloudevents/made_events.jsonl");
  ASSERT_EQ(items.size(), 14u);
  EXPECT_THAT(items[0], HasSubstr("\"id\":\"kc-1\""));
  EXPECT_EQ(items[1], "2" + items[0].substr(1)) << "delivered again, it is the same event";
  EXPECT_THAT(items[2], HasSubstr("\"note\":\"Teruggebeld.\""));
  EXPECT_THAT(items[3], HasSubstr("\"source\":\"desk\"")) << "a whole event is taken as it is";
  EXPECT_THAT(items[4], HasSubstr("\"cases\":[\"Z-2025-0042\"]"));
  EXPECT_THAT(items[5], HasSubstr("\"cleared\":\"cases\""));
  EXPECT_EQ(items[6], "7 passed") << "linked to no contact";
  EXPECT_EQ(items[7], "8 passed") << "of another domain";
}

TEST(CloudEvents, WhatIsNoneIsRefused) {
  const auto items = testing::ItemsOf(
      "cloudevents", "tests/clients/adapters/cloudevents/made_events.jsonl", testing::Amsterdam());
  EXPECT_EQ(items[8], Rejected(9, "subject", Reason::kNotAllowed)) << "a BSN in an attribute";
  EXPECT_EQ(items[9], Rejected(10, "specversion", Reason::kWordUnknown));
  EXPECT_EQ(items[10], Rejected(11, "data", Reason::kNotAnEvent));
  EXPECT_EQ(items[11], Rejected(12, "id", Reason::kMissing));
  EXPECT_EQ(items[12], Rejected(13, "data", Reason::kMissing)) << "the data is elsewhere";
  EXPECT_THAT(items[13], HasSubstr("14 "));
}

TEST(CloudEvents, BatchIsOneArray) {
  const testing::TempDir dir;
  const std::string event =
      R"({"specversion":"1.0","id":"a","source":"s","type":"nl.overheid.klantbeeld.klantcontact-x","data":{"note":"n"}})";
  const auto items = testing::ItemsOf(
      "cloudevents", dir.Put("f", "[" + event + ",\n" + event + "]"), testing::Amsterdam());
  ASSERT_EQ(items.size(), 2u);
  EXPECT_EQ(items[1], "2" + items[0].substr(1));
}

}  // namespace
}  // namespace klantbeeld::adapters
