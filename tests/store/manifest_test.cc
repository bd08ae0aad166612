// A list of tables that lost its end, or is an older one, is not opened.
#include "store/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "store/db.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void WriteFile(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// A database with two tables, closed.
class ManifestTest : public testing::Test {
 protected:
  void SetUp() override {
    auto db = Open(true);
    for (const char* key : {"a", "b"}) {
      Batch batch(db.get());
      batch.Put(Family::kMeta, key, "v");
      ASSERT_TRUE(db->Write(batch).ok());
      ASSERT_TRUE(db->Sync().ok());
      if (older_.empty()) older_ = ReadFile(Manifest());
    }
  }

  std::unique_ptr<Db> Open(bool create = false) {
    auto db = Db::Open(dir(), {}, create);
    EXPECT_TRUE(db.ok()) << db.status();
    return db.ok() ? *std::move(db) : nullptr;
  }
  void ExpectRefused(const std::string& why) {
    for (const absl::Status& status :
         {Db::Open(dir(), {}, false).status(), Db::OpenToRead(dir()).status()}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr(why));
      EXPECT_THAT(std::string(status.message()), HasSubstr("Restore a backup by id"));
    }
  }
  void ExpectWhole() {
    const auto db = Open();
    ASSERT_NE(db, nullptr);
    for (const char* key : {"a", "b"}) {
      const auto row = db->Get(Family::kMeta, key);
      ASSERT_TRUE(row.ok()) << row.status();
      EXPECT_TRUE(row->has_value()) << key;
    }
  }

  std::string dir() const { return temp_ / "rows"; }
  fs::path Noted() const { return fs::path(dir()) / "manifest.noted"; }
  fs::path Manifest() const {
    std::string name = ReadFile(fs::path(dir()) / "CURRENT");
    name.pop_back();
    return fs::path(dir()) / name;
  }

  const TempDir temp_;
  std::string older_;  // Before the second table.
};

TEST_F(ManifestTest, WholeIsOpenedAgainAndAgain) {
  for (int i = 0; i < 3; ++i) ExpectWhole();
}

TEST_F(ManifestTest, WithoutItsEndIsRefused) {
  const std::string bytes = ReadFile(Manifest());
  WriteFile(Manifest(), bytes.substr(0, bytes.size() - 1));
  ExpectRefused(absl::StrCat("it has ", bytes.size() - 1, " bytes of ", bytes.size()));
  WriteFile(Manifest(), bytes);
  ExpectWhole();
}

TEST_F(ManifestTest, OlderOneInItsPlaceIsRefused) {
  const std::string bytes = ReadFile(Manifest());
  WriteFile(Manifest(), older_);
  ExpectRefused("is not the list of tables that it was");
  // Made as long as the one that it stands for.
  WriteFile(Manifest(), older_ + std::string(bytes.size() - older_.size(), '\0'));
  ExpectRefused("bytes are other ones");
  WriteFile(Manifest(), bytes);
  ExpectWhole();
}

// Opening makes a new one, of a higher number.
TEST_F(ManifestTest, OlderOneThatCurrentNamesIsRefused) {
  const fs::path older = Manifest();
  const std::string bytes = ReadFile(older), current = ReadFile(fs::path(dir()) / "CURRENT");
  ExpectWhole();
  ASSERT_NE(Manifest(), older);
  WriteFile(older, bytes);
  WriteFile(fs::path(dir()) / "CURRENT", current);
  ExpectRefused("came after it");
}

// A crash comes between RocksDB's write and the note of it.
TEST_F(ManifestTest, LongerOrNewerThanNotedIsOpened) {
  const std::string noted = ReadFile(Noted());
  {
    const auto db = Open();
    Batch batch(db.get());
    batch.Put(Family::kMeta, "c", "v");
    ASSERT_TRUE(db->Write(batch).ok());
    const std::string before = ReadFile(Noted());
    ASSERT_TRUE(db->Sync().ok());
    ASSERT_NE(ReadFile(Noted()), before) << "a table came, and it was not noted";
    WriteFile(Noted(), before);
  }
  ExpectWhole();
  WriteFile(Noted(), noted);
  ExpectWhole();
}

// As in a backup, and in a store of before there were notes.
TEST_F(ManifestTest, WithoutNoteIsOpenedAndNoted) {
  fs::remove(Noted());
  ExpectWhole();
  EXPECT_TRUE(fs::exists(Noted()));
}

TEST_F(ManifestTest, DamagedNoteIsRefused) {
  WriteFile(Noted(), "?");
  ExpectRefused("manifest.noted is damaged");
}

TEST_F(ManifestTest, ReadingOnlyLeavesTheNote) {
  fs::remove(Noted());
  ASSERT_TRUE(Db::OpenToRead(dir()).ok());
  EXPECT_FALSE(fs::exists(Noted()));
}

}  // namespace
}  // namespace klantbeeld::store
