#include "store/backup.h"

#include <gmock/gmock.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "absl/strings/match.h"
#include "tests/store/events.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class BackupTest : public testing::Test {
 protected:
  void RecordVisits(int from, int until) {
    std::vector<v1::ContactEvent> events;
    for (int i = from; i < until; ++i) {
      events.push_back(Visit(absl::StrCat("v-", i), i % 1000, {Phone("+31612345678")}));
    }
    store_.RecordAll(events);
  }
  std::string Make() {
    store_.now += absl::Seconds(1);
    const auto made = store_->Backup(backups_);
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? made->id() : "";
  }
  absl::Status Restore(const std::string& id, const std::string& to, char keys = 'k') {
    return RestoreBackup(backups_, id, to, TestKeys(keys)).status();
  }
  // A file of the backup, of which there is at least one with this end.
  fs::path FileOf(const std::string& id, const std::string& end) const {
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(backups_) / id)) {
      if (absl::EndsWith(entry.path().string(), end)) return entry.path();
    }
    ADD_FAILURE() << "no " << end;
    return {};
  }
  std::vector<std::string> Ids() const {
    const auto list = ListBackups(backups_);
    EXPECT_TRUE(list.ok()) << list.status();
    std::vector<std::string> ids;
    if (list.ok())
      for (const auto& info : *list) ids.push_back(info.id());
    return ids;
  }

  TempDir temp_;
  TestStore store_{temp_ / "data"};
  const std::string backups_ = temp_ / "backups";
};

TEST_F(BackupTest, RestoredItIsTheStoreAsItStoodAndGoesOn) {
  RecordVisits(0, 50);
  const std::string stood = store_.Dump();
  const std::string id = Make();
  EXPECT_THAT(id, AllOf(HasSubstr("20260101T000001"), HasSubstr("-50")));
  RecordVisits(50, 90);
  ASSERT_TRUE(Restore(id, temp_ / "again").ok()) << Restore(id, temp_ / "again2");
  TestStore again(temp_ / "again", 'k', false);
  EXPECT_EQ(again.Dump(), stood);
  EXPECT_EQ(again->head(), 50u);
  EXPECT_EQ(again->log_id(), store_->log_id());
  again.ExpectConsistent();
  EXPECT_TRUE(again.Record(Visit("more", 1, {})).ok());
  // The backup itself was only read.
  EXPECT_TRUE(Restore(id, temp_ / "third").ok());
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
    const auto restored = RestoreBackup(absl::StrCat(backups_, i), info.id(), to, TestKeys());
    ASSERT_TRUE(restored.ok()) << restored.status();
    TestStore again(to, 'k', false);
    EXPECT_EQ(again->head(), info.position());
    again.ExpectConsistent();
  }
}

TEST_F(BackupTest, EmptyStoreIsBackedUpToo) {
  const std::string id = Make();
  EXPECT_TRUE(absl::EndsWith(id, "-0")) << id;
  ASSERT_TRUE(Restore(id, temp_ / "again").ok());
  EXPECT_EQ(TestStore(temp_ / "again", 'k', false)->head(), 0u);
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

TEST_F(BackupTest, WhatIsNoBackupIsRefusedByName) {
  const std::string id = Make();
  const auto why = [&](const std::string& asked) {
    const absl::Status status = Restore(asked, temp_ / "again");
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(why("20990101"), AllOf(HasSubstr("'20990101'"), HasSubstr(id)));
  fs::create_directories(fs::path(backups_) / "x.part");
  for (const char* asked : {"", ".", "..", "../data", "x.part"}) why(asked);
  fs::create_directories(fs::path(backups_) / "bare");
  const absl::Status bare = Restore("bare", temp_ / "again");
  EXPECT_EQ(bare.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(bare.message()), HasSubstr("backup.json is missing"));
  EXPECT_FALSE(fs::exists(temp_ / "again"));
}

TEST_F(BackupTest, OtherKeysAnotherNameAndADirectoryInUseAreRefused) {
  RecordVisits(0, 3);
  const std::string id = Make();
  const auto refused = [&](const std::string& asked, const std::string& to, char keys) {
    const absl::Status status = Restore(asked, to, keys);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(refused(id, temp_ / "again", 'x'), HasSubstr("right key file"));
  EXPECT_THAT(refused(id, store_.dir(), 'k'), HasSubstr("not empty"));
  fs::copy(fs::path(backups_) / id, fs::path(backups_) / "renamed", fs::copy_options::recursive);
  EXPECT_THAT(refused("renamed", temp_ / "again", 'k'), HasSubstr(id));
}

struct Damage {
  const char* name;
  std::function<void(const fs::path& backup, const fs::path& table, const fs::path& note)> inflict;
  const char* want;
};
class DamagedBackup : public BackupTest, public testing::WithParamInterface<Damage> {};

TEST_P(DamagedBackup, IsRefusedAndLeavesNothing) {
  RecordVisits(0, 200);
  const std::string id = Make();
  // On this disk the files are shared with the store: damage a copy.
  const std::string elsewhere = temp_ / "elsewhere";
  fs::copy(backups_, elsewhere, fs::copy_options::recursive);
  const fs::path backup = fs::path(elsewhere) / id;
  const fs::path table = backup / FileOf(id, ".sst").lexically_relative(fs::path(backups_) / id);
  GetParam().inflict(backup, table, backup / "acknowledged");
  const absl::Status status = RestoreBackup(elsewhere, id, temp_ / "again", TestKeys()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().want));
  EXPECT_FALSE(fs::exists(temp_ / "again"));
  EXPECT_FALSE(fs::exists(temp_ / "again.part"));
}

void Overwrite(const fs::path& path, std::streamoff at, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(at);
  file << bytes;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, DamagedBackup,
    testing::Values(
        Damage{"FileMissing", [](auto&, auto& table, auto&) { fs::remove(table); },
               ".sst is missing"},
        Damage{"FileShort",
               [](auto&, auto& table, auto&) { fs::resize_file(table, fs::file_size(table) - 1); },
               "bytes of"},
        Damage{"FileMore",
               [](auto& backup, auto&, auto&) { std::ofstream(backup / "rows/999999.sst") << "x"; },
               "not of it"},
        Damage{"FileChanged", [](auto&, auto& table, auto&) { Overwrite(table, 20, "damage"); },
               "checksum"},
        Damage{"NoteChanged",
               [](auto&, auto&, auto& note) {
                 Overwrite(note, 0, "damage");
                 Overwrite(note, 4096, "damage");
               },
               "acknowledged"},
        Damage{"ListDamaged",
               [](auto& backup, auto&, auto&) { std::ofstream(backup / "backup.json") << "{"; },
               "backup.json is damaged"},
        Damage{"ListOfAnother",
               [](auto& backup, auto&, auto&) {
                 std::ifstream in(backup / "backup.json");
                 std::string json((std::istreambuf_iterator<char>(in)), {});
                 const size_t at = json.find("\"position\": \"200\"");
                 ASSERT_NE(at, std::string::npos);
                 json.replace(at, 17, "\"position\": \"199\"");
                 std::ofstream(backup / "backup.json") << json;
               },
               "199"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace klantbeeld::store
