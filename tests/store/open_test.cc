#include "store/open.h"

#include <gtest/gtest.h>

#include <fstream>

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

// RocksDB makes tables of its log when it opens. A hole takes no room, and says as much.
TEST(OpenRows, WithoutRoomForWhatIsInTheLogItIsLeftAsItIs) {
  const TempDir temp;
  TestStore store(temp / "data");
  store.Close();
  const std::string log = RowsDir(temp / "data") + "/999999.log";
  std::ofstream(log).close();
  std::filesystem::resize_file(log, uint64_t{1} << 43);
  const auto opened = OpenRows(temp / "data", {}, TestKeys());
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(absl::StrContains(opened.status().message(), "opening the store needs 8388613 MiB"))
      << opened.status();
  std::filesystem::remove(log);
  store.Open();
  EXPECT_EQ(store->head(), 0u);
}

}  // namespace
}  // namespace klantbeeld::store
