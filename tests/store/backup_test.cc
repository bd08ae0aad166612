#include "store/backup.h"

#include <gmock/gmock.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include "store/error.h"
#include "tests/store/backups.h"

namespace klantbeeld::store {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct stat StatOf(const fs::path& path) {
  struct stat info {};
  EXPECT_EQ(::stat(path.c_str(), &info), 0) << path;
  return info;
}

TEST_F(BackupTest, MadeWhileWritingEachHoldsAllThatWasAcknowledgedBefore) {
  RecordVisits(0, 20);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int i = 20; !stop; i += 10) RecordVisits(i, i + 10);
  });
  std::vector<std::pair<uint64_t, format::BackupInfo>> made;
  for (int i = 0; i < 5; ++i) {
    const uint64_t head = store_->head();
    // The clock stands still; the position tells them apart, and a second one
    // of the same name is refused.
    const auto one = store_->Backup(absl::StrCat(backups_, i));
    ASSERT_TRUE(one.ok()) << one.status();
    made.emplace_back(head, *one);
  }
  stop = true;
  writer.join();
  for (int i = 0; i < 5; ++i) {
    const auto& [head, info] = made[i];
    EXPECT_GE(info.position(), head);
    const std::string to = temp_ / absl::StrCat("restored", i);
    const auto restored =
        RestoreBackup(absl::StrCat(backups_, i), info.id(), to, TestKeys(), {}, store_.now, nullptr);
    ASSERT_TRUE(restored.ok()) << restored.status();
    TestStore again(to, 'k', false);
    EXPECT_EQ(again->head(), info.position());
    again.ExpectConsistent();
  }
}

TEST_F(BackupTest, ListsTheWholeOnesOldestFirstAndClearsWhatWasBrokenOff) {
  EXPECT_THAT(Ids(), testing::IsEmpty());
  const std::string first = Make();
  fs::create_directories(fs::path(backups_) / "20250101T000000.000Z.part" / "rows");
  fs::create_directories(fs::path(backups_) / "of something else");
  RecordVisits(0, 5);
  const std::string second = Make();
  EXPECT_THAT(Ids(), testing::ElementsAre(first, second));
  EXPECT_FALSE(fs::exists(fs::path(backups_) / "20250101T000000.000Z.part"));
  EXPECT_TRUE(fs::exists(fs::path(backups_) / "of something else"));
}

// --- Only what is new is copied.

// Another disk than that of the store.
class OtherDisk {
 public:
  OtherDisk() {
    std::string name = "/dev/shm/kb-XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~OtherDisk() { fs::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The tables of a backup, by what they hold.
std::map<std::string, fs::path> Tables(const std::string& backups, const std::string& id) {
  std::map<std::string, fs::path> tables;
  const auto info = FindBackup(backups, id);
  EXPECT_TRUE(info.ok()) << info.status();
  for (const auto& file : info->files()) {
    if (!file.table().empty()) tables[file.table()] = fs::path(backups) / id / file.name();
  }
  return tables;
}

TEST_F(BackupTest, OnTheStoresDiskTablesAreTheStoresOwn) {
  RecordVisits(0, 100);
  const std::string id = Make();
  for (const auto& [table, path] : Tables(backups_, id)) {
    EXPECT_EQ(StatOf(path).st_ino, StatOf(store_.dir() + "/rows/" + path.filename().string()).st_ino);
  }
  EXPECT_FALSE(fs::exists(store_.dir() + "/backup"));
}

TEST_F(BackupTest, OnAnotherDiskTablesOfTheBackupBeforeAreNotCopiedAgain) {
  const OtherDisk disk;
  backups_ = disk.path();
  RecordVisits(0, 100);
  ASSERT_NE(StatOf(backups_).st_dev, StatOf(store_.dir()).st_dev) << "needs /dev/shm beside /tmp";
  const std::string first = Make();
  RecordVisits(100, 150);
  const std::string second = Make();
  const auto before = Tables(backups_, first);
  size_t shared = 0, copied = 0;
  for (const auto& [table, path] : Tables(backups_, second)) {
    const auto had = before.find(table);
    if (had == before.end()) {
      EXPECT_EQ(StatOf(path).st_nlink, 1u);
      ++copied;
    } else {
      EXPECT_EQ(StatOf(path).st_ino, StatOf(had->second).st_ino) << path;
      ++shared;
    }
  }
  EXPECT_GT(shared, 0u);
  EXPECT_GT(copied, 0u);
  // Each is whole by itself: the other may go.
  fs::remove_all(fs::path(backups_) / first);
  EXPECT_TRUE(CheckBackup(backups_, second).ok());
  const std::string stood = store_.Dump();
  ASSERT_TRUE(Restore(second, temp_ / "again").ok());
  EXPECT_EQ(TestStore(temp_ / "again", 'k', false).Dump(), stood);
}

// A store that was put back gives out the numbers of tables again.
TEST_F(BackupTest, ATableOfTheSameNumberIsNotTakenForTheSame) {
  RecordVisits(0, 50);
  store_.Close();
  fs::copy(store_.dir(), temp_ / "copy", fs::copy_options::recursive);
  store_.Open();
  TestStore copy(temp_ / "copy", 'k', false);
  copy.now += absl::Hours(1);
  RecordVisits(50, 90);
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(copy.Record(Visit(absl::StrCat("w-", i), i, {Phone("+31612345678")})).ok());
  }
  const std::string one = Make();
  const auto other = copy->Backup(backups_);
  ASSERT_TRUE(other.ok()) << other.status();
  size_t alike = 0;
  const auto tables = Tables(backups_, one);
  for (const auto& [table, path] : Tables(backups_, other->id())) {
    for (const auto& [table_of_one, path_of_one] : tables) {
      if (path.filename() != path_of_one.filename() || table == table_of_one) continue;
      EXPECT_NE(StatOf(path).st_ino, StatOf(path_of_one).st_ino) << path;
      ++alike;
    }
  }
  EXPECT_GT(alike, 0u) << "no number was given out twice";
  EXPECT_TRUE(CheckBackup(backups_, other->id()).ok());
}

// --- What goes in is whole, and stays so.

TEST_F(BackupTest, OfAStoreWithADamagedTableThereIsNone) {
  RecordVisits(0, 100);
  const std::string good = Make();
  RecordVisits(100, 200);
  store_.Close();
  store_.Open();  // Makes tables of what is in the log.
  const auto before = Tables(backups_, good);
  for (const auto& entry : fs::directory_iterator(store_.dir() + "/rows")) {
    const bool old = std::any_of(before.begin(), before.end(), [&](const auto& one) {
      return one.second.filename() == entry.path().filename();
    });
    if (entry.path().extension() != ".sst" || old) continue;
    rocksdb::SstFileReader table({});  // Of rows that making a backup does not read.
    ASSERT_TRUE(table.Open(entry.path()).ok());
    if (table.GetTableProperties()->column_family_name == "timeline") {
      Overwrite(entry.path(), 20, "damage");
    }
  }
  store_.now += absl::Seconds(1);
  const absl::Status status = store_->Backup(backups_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(".sst"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("klantbeeld-server check"));
  EXPECT_THAT(Ids(), testing::ElementsAre(good));
  EXPECT_TRUE(CheckBackup(backups_, good).ok());
}

TEST_F(BackupTest, ABackupIsCheckedWithoutKeys) {
  RecordVisits(0, 100);
  const std::string id = Make();
  const auto whole = CheckBackup(backups_, id);
  ASSERT_TRUE(whole.ok()) << whole.status();
  EXPECT_EQ(whole->position(), 100u);
  EXPECT_EQ(CheckBackup(backups_, "none").status().code(), absl::StatusCode::kNotFound);
  Overwrite(FileOf(id, "CURRENT"), 0, "MANIFEST-9");
  const absl::Status status = CheckBackup(backups_, id).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("rows/CURRENT"));
}

TEST_F(BackupTest, WhatABrokenOffOneLeftInTheStoreGoesWhenItOpens) {
  store_.Close();
  fs::create_directories(store_.dir() + "/backup/rows");
  store_.Open();
  EXPECT_FALSE(fs::exists(store_.dir() + "/backup"));
}

TEST_F(BackupTest, WithoutRoomThereIsNoneAndTheStoreGoesOn) {
  Store::Options options;
  options.data_dir = temp_ / "full";
  options.db.disk_reserve_bytes = int64_t{1} << 60;
  ASSERT_TRUE(Store::Create(options.data_dir, TestKeys(), std::string(16, 'L')).ok());
  const auto full = Store::Open(options, TestKeys(), [this] { return store_.now; });
  ASSERT_TRUE(full.ok()) << full.status();
  EXPECT_EQ(ReasonOf((*full)->Backup(backups_).status()), v1::ERROR_REASON_DISK_FULL);
  EXPECT_THAT(Ids(), testing::IsEmpty());
}

}  // namespace
}  // namespace klantbeeld::store
