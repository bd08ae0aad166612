#include "store/open.h"

#include <gtest/gtest.h>

#include "absl/strings/match.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

void ExpectRefused(const std::string& dir, absl::string_view why) {
  const auto opened = OpenRows(dir, {}, TestKeys());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(opened.status().message(), why)) << opened.status();
}

TEST(OpenRows, GivesTheLogAndItsRows) {
  const TempDir temp;
  TestStore store(temp / "data");
  const std::string log_id = store->log_id();
  store.Close();
  const auto opened = OpenRows(temp / "data", {}, TestKeys());
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(ToHex(opened->info.log_id()), log_id);
}

TEST(OpenRows, PlaceWithoutAStoreIsRefusedAndLeftAsItIs) {
  const TempDir temp;
  ExpectRefused(temp / "nothing", "init");
  ExpectRefused(temp / "", "holds no store");
  EXPECT_TRUE(std::filesystem::is_empty(temp / ""));
}

TEST(OpenRows, StoreThatIsServedIsRefused) {
  const TempDir temp;
  const TestStore store(temp / "data");
  ExpectRefused(temp / "data", "Stop the server");
}

}  // namespace
}  // namespace klantbeeld::store
