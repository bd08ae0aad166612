#include "store/db_table.h"

#include <gtest/gtest.h>

#include <fstream>

#include "store/db.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

class TableTest : public testing::Test {
 protected:
  // A database with one table, of which the path is returned.
  std::string Make(const std::string& name, const std::string& value) {
    auto db = Db::Open(temp_ / name, {}, true);
    EXPECT_TRUE(db.ok()) << db.status();
    Batch batch(db->get());
    batch.Put(Family::kMeta, "key", value);
    EXPECT_TRUE((*db)->Write(batch).ok());
    EXPECT_TRUE((*db)->Sync().ok());
    for (const auto& entry : std::filesystem::directory_iterator(temp_ / name)) {
      if (entry.path().extension() == ".sst") return entry.path();
    }
    ADD_FAILURE() << "no table";
    return "";
  }
  TempDir temp_;
};

TEST_F(TableTest, HasAnIdOfItsOwnThatGoesWithCopies) {
  const std::string one = Make("one", "value"), other = Make("other", "value");
  EXPECT_EQ(std::filesystem::path(one).filename(), std::filesystem::path(other).filename());
  const auto id = [](const std::string& path) {
    const auto table = Table::Open(path);
    EXPECT_TRUE(table.ok()) << table.status();
    return table.ok() ? (*table)->id() : "";
  };
  std::filesystem::copy_file(one, temp_ / "copy.sst");
  EXPECT_EQ(id(one), id(temp_ / "copy.sst"));
  EXPECT_NE(id(one), id(other));
  EXPECT_EQ(id(one).size(), 24u);
}

TEST_F(TableTest, DamageIsNamed) {
  const std::string path = Make("one", std::string(1000, 'v'));
  auto table = Table::Open(path);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_TRUE((*table)->VerifyChecksums().ok());
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(10);
  file << "damage";
  file.close();
  table = Table::Open(path);
  ASSERT_TRUE(table.ok()) << table.status();
  const absl::Status status = (*table)->VerifyChecksums();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_NE(status.message().find(path), absl::string_view::npos) << status;
  std::filesystem::resize_file(path, 100);
  EXPECT_EQ(Table::Open(path).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace klantbeeld::store
