#include "store/directory.h"

#include <filesystem>

#include <gtest/gtest.h>

namespace klantbeeld::store {
namespace {

TEST(DirectoryTest, SyncsWhatIsThereAndNamesWhatIsNot) {
  EXPECT_TRUE(SyncNames(testing::TempDir()).ok());
  const absl::Status missing = SyncNames("/nowhere/at/all");
  EXPECT_EQ(missing.code(), absl::StatusCode::kInternal);
  EXPECT_NE(missing.message().find("/nowhere/at/all"), absl::string_view::npos);
}

TEST(DirectoryTest, SyncsAllThatIsBelow) {
  const ScratchDir scratch(testing::TempDir() + "/all");
  std::filesystem::create_directories(scratch.path() + "/below/deep");
  EXPECT_TRUE(SyncAll(scratch.path()).ok());
  EXPECT_NE(SyncAll("/nowhere/at/all").message().find("/nowhere/at/all"), absl::string_view::npos);
}

TEST(DirectoryTest, ThereIsRoomWhereThereIsADisk) {
  EXPECT_GT(FreeBytes(testing::TempDir()), 0);
  EXPECT_EQ(FreeBytes("/nowhere/at/all"), 0);
}

TEST(DirectoryTest, IsTheOneThatHoldsTheName) {
  EXPECT_EQ(DirectoryOf("/srv/data"), "/srv");
  EXPECT_EQ(DirectoryOf("/srv/data/"), "/srv");
  EXPECT_EQ(DirectoryOf("data"), std::filesystem::current_path());
}

TEST(DirectoryTest, ScratchIsGoneWithAllInItBeforeAndAfter) {
  const std::string path = testing::TempDir() + "/scratch";
  std::filesystem::create_directories(path + "/left/deep");
  {
    const ScratchDir scratch(path);
    EXPECT_FALSE(std::filesystem::exists(path));
    std::filesystem::create_directories(scratch.path() + "/made");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace klantbeeld::store
