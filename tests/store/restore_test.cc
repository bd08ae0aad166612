#include "store/restore.h"

#include <gmock/gmock.h>

#include "store/digest.h"
#include "store/error.h"
#include "store/feed.h"
#include "tests/store/backups.h"

// Also tests: store/replay.cc

namespace klantbeeld::store {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class RestoreTest : public BackupTest {
 protected:
  // The canonical dump of a store that recorded only the first of the visits.
  std::string DumpOfFirst(int visits) {
    TestStore plain(temp_ / absl::StrCat("first-", visits));
    std::vector<v1::ContactEvent> events;
    for (int i = 0; i < visits; ++i) {
      events.push_back(Visit(absl::StrCat("v-", i), i % 1000, {Phone("+31612345678")}));
    }
    plain.RecordAll(events);
    return plain.Dump();
  }
};

TEST_F(RestoreTest, RestoredItIsTheStoreAsItStoodAndGoesOn) {
  RecordVisits(0, 50);
  const std::string stood = store_.Dump();
  const std::string id = Make();
  EXPECT_THAT(id, AllOf(HasSubstr("20260101T000001"), HasSubstr("-50")));
  RecordVisits(50, 90);
  const auto put = Put(id, temp_ / "again");
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_EQ(put->position, 50u);
  TestStore again(temp_ / "again", 'k', false);
  EXPECT_EQ(again.Dump(), stood);
  EXPECT_EQ(again->head(), 50u);
  EXPECT_EQ(again->log_id(), store_->log_id());
  again.ExpectConsistent();
  EXPECT_TRUE(again.Record(Visit("more", 1, {})).ok());
  // The backup itself was only read.
  EXPECT_TRUE(Restore(id, temp_ / "third").ok());
}

TEST_F(RestoreTest, EmptyStoreIsBackedUpToo) {
  const std::string id = Make();
  EXPECT_TRUE(absl::EndsWith(id, "-0")) << id;
  ASSERT_TRUE(Restore(id, temp_ / "again").ok());
  EXPECT_EQ(TestStore(temp_ / "again", 'k', false)->head(), 0u);
}

TEST_F(RestoreTest, WhatIsNoBackupIsRefusedByName) {
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
  EXPECT_THAT(std::string(bare.message()),
              AllOf(HasSubstr("backup.json is missing"), HasSubstr("take another")));
  std::ofstream(fs::path(backups_) / "bare" / "backup.json") << "{}";
  EXPECT_THAT(std::string(Restore("bare", temp_ / "again").message()),
              HasSubstr("backup.json is damaged. Take another"));
  fs::rename(backups_, backups_ + ".away");
  EXPECT_THAT(why(id), AllOf(HasSubstr("there is no directory"), HasSubstr("mount")));
  EXPECT_FALSE(fs::exists(temp_ / "again"));
}

TEST_F(RestoreTest, OtherKeysAnotherNameAndADirectoryInUseAreRefused) {
  RecordVisits(0, 3);
  const std::string id = Make();
  const auto refused = [&](const std::string& asked, const std::string& to, char keys) {
    const absl::Status status = Restore(asked, to, keys);
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    return std::string(status.message());
  };
  // Of the backup, before anything of it is read.
  EXPECT_THAT(refused(id, temp_ / "again", 'x'),
              HasSubstr(absl::StrCat("backup ", id, " was made with the keys named")));
  EXPECT_THAT(refused(id, store_.dir(), 'k'), HasSubstr("not empty"));
  fs::copy(fs::path(backups_) / id, fs::path(backups_) / "renamed", fs::copy_options::recursive);
  EXPECT_THAT(refused("renamed", temp_ / "again", 'k'), HasSubstr(id));
}

// --- To a position or a time.

TEST_F(RestoreTest, ToAPositionItIsTheStoreAsItStoodThen) {
  RecordVisits(0, 700);  // More than one batch of a replay.
  const std::string id = Make();
  for (const uint64_t position : {0, 1, 499, 500, 501, 700}) {
    const std::string to = temp_ / absl::StrCat("to-", position);
    const auto put = Put(id, to, {.position = position});
    ASSERT_TRUE(put.ok()) << put.status();
    EXPECT_EQ(put->position, position);
    EXPECT_EQ(put->backup.position(), 700u);
    TestStore again(to, 'k', false);
    EXPECT_EQ(again->head(), position);
    again.ExpectConsistent();
    EXPECT_EQ(again.Dump(), DumpOfFirst(static_cast<int>(position)));
  }
}

TEST_F(RestoreTest, ToATimeItHoldsAllThatWasRecordedUpToThen) {
  const absl::Time began = store_.now;
  for (int i = 0; i < 6; ++i) {
    RecordVisits(i, i + 1);
    if (i % 2 == 1) store_.now += absl::Seconds(10);
  }
  const std::string id = Make();
  const std::vector<std::pair<absl::Duration, uint64_t>> rows = {
      {-absl::Microseconds(1), 0}, {absl::ZeroDuration(), 2}, {absl::Seconds(9), 2},
      {absl::Seconds(10), 4},      {absl::Seconds(20), 6},    {absl::Seconds(31), 6}};
  for (const auto& [after, position] : rows) {
    const std::string to = temp_ / absl::StrCat("to-", absl::ToInt64Microseconds(after));
    const auto put = Put(id, to, {.time = began + after});
    ASSERT_TRUE(put.ok()) << put.status();
    EXPECT_EQ(put->position, position) << after;
    EXPECT_EQ(TestStore(to, 'k', false)->head(), position);
  }
}

TEST_F(RestoreTest, FurtherThanTheBackupGoesIsRefused) {
  RecordVisits(0, 5);
  const std::string id = Make();
  const auto refused = [&](const RestoreUntil& until) {
    const absl::Status status = Put(id, temp_ / "again", until).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange) << status;
    return std::string(status.message());
  };
  EXPECT_THAT(refused({.position = 6}), AllOf(HasSubstr("ends at position 5"), HasSubstr("later")));
  // Something may have been recorded after it was made and before that time.
  EXPECT_THAT(refused({.time = store_.now + absl::Microseconds(1)}),
              AllOf(HasSubstr("made at 2026-01-01T00:00:01"), HasSubstr("later")));
  EXPECT_FALSE(fs::exists(temp_ / "again"));
}

// --- Those who followed what is no longer there.

TEST_F(RestoreTest, WhoFollowedWhatIsGoneIsToldAtOnceAndOthersGoOn) {
  RecordVisits(0, 10);
  const std::string id = Make();
  RecordVisits(10, 20);
  const auto asked = [&](TestStore& store, uint64_t position) {
    v1::FollowStart start;
    start.set_resume_token(*store_->ResumeToken(position));
    return ReasonOf(store->ResumePosition(start).status());
  };
  for (const uint64_t until : {6, 10}) {
    const std::string to = temp_ / absl::StrCat("to-", until);
    ASSERT_TRUE(Put(id, to, {.position = until}).ok());
    TestStore again(to, 'k', false);
    EXPECT_EQ(asked(again, until), v1::ERROR_REASON_UNSPECIFIED);
    EXPECT_EQ(asked(again, until + 1), v1::ERROR_REASON_LOG_DIVERGED);
    EXPECT_EQ(asked(again, 20), v1::ERROR_REASON_LOG_DIVERGED);
    ASSERT_TRUE(again.Record(Visit("other", 1, {})).ok());
    EXPECT_EQ(asked(again, until), v1::ERROR_REASON_UNSPECIFIED);
    EXPECT_EQ(asked(again, until + 1), v1::ERROR_REASON_LOG_DIVERGED);
    EXPECT_EQ(asked(again, 20), v1::ERROR_REASON_LOG_DIVERGED);
  }
  ASSERT_TRUE(Restore(id, temp_ / "whole").ok());
  TestStore whole(temp_ / "whole", 'k', false);
  EXPECT_EQ(asked(whole, 10), v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(asked(whole, 11), v1::ERROR_REASON_LOG_DIVERGED);
}

TEST_F(RestoreTest, ARestoredStoreIsBackedUpAndRestoredAgain) {
  RecordVisits(0, 30);
  ASSERT_TRUE(Put(Make(), temp_ / "once", {.position = 20}).ok());
  TestStore once(temp_ / "once", 'k', false);
  once.now = store_.now + absl::Seconds(1);
  ASSERT_TRUE(once.Record(Visit("other", 1, {})).ok());
  const auto made = once->Backup(backups_);
  ASSERT_TRUE(made.ok()) << made.status();
  const auto put = Put(made->id(), temp_ / "twice");
  ASSERT_TRUE(put.ok()) << put.status();
  TestStore twice(temp_ / "twice", 'k', false);
  EXPECT_EQ(twice.Dump(), once.Dump());
  twice.ExpectConsistent();
}

// --- Damage.

struct Damage {
  const char* name;
  std::function<void(const fs::path& backup, const fs::path& table, const fs::path& note)> inflict;
  const char* want;
};
class DamagedBackup : public RestoreTest, public testing::WithParamInterface<Damage> {};

TEST_P(DamagedBackup, IsRefusedAndLeavesNothing) {
  RecordVisits(0, 200);
  const std::string id = Make();
  // On this disk the files are shared with the store: damage a copy.
  const std::string elsewhere = temp_ / "elsewhere";
  fs::copy(backups_, elsewhere, fs::copy_options::recursive);
  const fs::path backup = fs::path(elsewhere) / id;
  const fs::path table = backup / FileOf(id, ".sst").lexically_relative(fs::path(backups_) / id);
  GetParam().inflict(backup, table, backup / "acknowledged");
  EXPECT_EQ(CheckBackup(elsewhere, id).status().code(), absl::StatusCode::kDataLoss);
  const absl::Status to_position =
      RestoreBackup(elsewhere, id, temp_ / "again", TestKeys(), {.position = 10}, store_.now, nullptr)
          .status();
  EXPECT_EQ(to_position.code(), absl::StatusCode::kDataLoss) << to_position;
  const absl::Status status =
      RestoreBackup(elsewhere, id, temp_ / "again", TestKeys(), {}, store_.now, nullptr).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().want));
  EXPECT_FALSE(fs::exists(temp_ / "again"));
  EXPECT_FALSE(fs::exists(temp_ / "again.part"));
}

void Replace(const fs::path& path, const std::string& from, const std::string& to) {
  std::ifstream in(path);
  std::string text((std::istreambuf_iterator<char>(in)), {});
  const size_t at = text.find(from);
  ASSERT_NE(at, std::string::npos);
  text.replace(at, from.size(), to);
  std::ofstream(path) << text;
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
               "rows/"},
        // As if it had been so when it was backed up.
        Damage{"FileChangedAndItsHash",
               [](auto& backup, auto& table, auto&) {
                 const std::string before = *DigestOf(table);
                 Overwrite(table, 20, "damage");
                 Replace(backup / "backup.json", before, *DigestOf(table));
               },
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
                 Replace(backup / "backup.json", "\"position\": \"200\"", "\"position\": \"199\"");
               },
               "199"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace klantbeeld::store
