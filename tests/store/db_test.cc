// The engine's traps, each held by a test.
#include "store/db.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "store/error.h"
#include "tests/store/history.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using Rows = std::map<std::string, std::string>;

Rows Scanned(const Reader& reader, Family family, const std::string& prefix,
             const std::string& from, size_t most = 1'000'000) {
  Rows rows;
  std::string last;
  EXPECT_TRUE(reader
                  .Scan(family, prefix, from,
                        [&](absl::string_view key, absl::string_view value) {
                          EXPECT_TRUE(last.empty() || last < key) << "not in key order";
                          last = std::string(key);
                          rows.emplace(key, value);
                          return rows.size() < most;
                        })
                  .ok());
  return rows;
}

// What a scan must give.
Rows Wanted(const Rows& model, const std::string& prefix, const std::string& from, size_t most) {
  Rows rows;
  for (const auto& [key, value] : model) {
    if (key.substr(0, prefix.size()) != prefix || key < from) continue;
    rows.emplace(key, value);
    if (rows.size() == most) break;
  }
  return rows;
}

// Few prefixes, so that rows meet; keys of several lengths.
std::string RandomKey(Family family, std::mt19937& random) {
  std::string key(PrefixBytes(family), static_cast<char>('a' + random() % 4));
  if (!key.empty()) key.back() = static_cast<char>(random() % 3 - 1);
  for (auto length = 1 + random() % 3; length > 0; --length) {
    key += static_cast<char>(random() % 6 - 2);
  }
  return key;
}

void ExpectScansAgree(const Reader& reader, Family family, const Rows& model,
                      std::mt19937& random) {
  ASSERT_EQ(Scanned(reader, family, "", ""), model);
  for (int i = 0; i < 8; ++i) {
    const std::string key = RandomKey(family, random);
    const std::string prefix =
        i % 2 == 0 ? "" : key.substr(0, std::max<size_t>(PrefixBytes(family), 1));
    const size_t most = 1 + random() % 9;
    ASSERT_EQ(Scanned(reader, family, prefix, key, most), Wanted(model, prefix, key, most));
    ASSERT_EQ(Scanned(reader, family, prefix, ""), Wanted(model, prefix, "", 1'000'000));
    const auto got = reader.Get(family, key);
    ASSERT_TRUE(got.ok());
    ASSERT_EQ(got->has_value(), model.contains(key));
    if (*got) {
      ASSERT_EQ(**got, model.at(key));
    }
  }
}

class DbTest : public testing::Test {
 protected:
  void Open(bool create, int64_t reserve = 0) {
    db_.reset();
    Db::Options options;
    options.memtable_bytes = 1 << 20;
    options.disk_reserve_bytes = reserve;
    auto opened = Db::Open(temp_ / "rows", options, create);
    ASSERT_TRUE(opened.ok()) << opened.status();
    db_ = *std::move(opened);
  }
  void Put(Family family, const std::string& key, const std::string& value) {
    Batch batch(db_.get());
    batch.Put(family, key, value);
    ASSERT_TRUE(db_->Write(batch).ok());
  }
  TempDir temp_;
  std::unique_ptr<Db> db_;
};

// Rows in memory and in files, written over and deleted: no scan may give a
// stale or deleted one, or miss one, with and without a prefix.
TEST_F(DbTest, ScansEqualAModel) {
  Open(true);
  std::mt19937 random(1);
  std::map<Family, Rows> models;
  const Family families[] = {Family::kTimeline, Family::kClaim, Family::kIdentifier,
                             Family::kJournal, Family::kContact};
  for (int round = 0; round < 60; ++round) {
    Batch batch(db_.get());
    for (int i = 0; i < 40; ++i) {
      const Family family = families[random() % 5];
      const std::string key = RandomKey(family, random);
      if (random() % 3 == 0) {
        batch.Delete(family, key);
        models[family].erase(key);
      } else {
        const std::string value = std::to_string(random());
        batch.Put(family, key, value);
        models[family][key] = value;
      }
    }
    // The overlay of what is not yet written reads alike.
    for (const Family family : families) ExpectScansAgree(batch, family, models[family], random);
    ASSERT_TRUE(db_->Write(batch).ok());
    if (random() % 8 == 0) {
      ASSERT_TRUE(db_->Sync().ok());
    }
    for (const Family family : families) ExpectScansAgree(*db_, family, models[family], random);
    if (round == 30) Open(false);
  }
}

TEST_F(DbTest, ViewIsAMoment) {
  Open(true);
  Put(Family::kTimeline, std::string(16, 'a') + "1", "old");
  const auto view = db_->View();
  Put(Family::kTimeline, std::string(16, 'a') + "1", "new");
  Put(Family::kTimeline, std::string(16, 'a') + "2", "more");
  ASSERT_TRUE(db_->Sync().ok());
  EXPECT_EQ(Scanned(*view, Family::kTimeline, std::string(16, 'a'), ""),
            (Rows{{std::string(16, 'a') + "1", "old"}}));
  EXPECT_EQ(**view->Get(Family::kTimeline, std::string(16, 'a') + "1"), "old");
  EXPECT_EQ(**db_->Get(Family::kTimeline, std::string(16, 'a') + "1"), "new");
}

TEST_F(DbTest, FamiliesAreApart) {
  Open(true);
  const std::string key(16, 'k');
  Put(Family::kContact, key, "contact");
  EXPECT_FALSE(db_->Get(Family::kDecision, key)->has_value());
}

// RocksDB itself would end the process.
TEST_F(DbTest, KeyTooShortForItsFamilyIsNotFoundAndNotWritten) {
  Open(true);
  const std::string key(15, 'k');
  EXPECT_FALSE(db_->Get(Family::kCitizen, key)->has_value());
  EXPECT_FALSE(db_->View()->Get(Family::kCitizen, "")->has_value());
  EXPECT_TRUE(Scanned(*db_, Family::kTimeline, key, key).empty());
  Batch batch(db_.get());
  batch.Put(Family::kMeta, "beside it", "v");
  batch.Put(Family::kCitizen, key, "v");
  EXPECT_EQ(db_->Write(batch).code(), absl::StatusCode::kInternal);
  EXPECT_FALSE(db_->Get(Family::kMeta, "beside it")->has_value());
}

TEST_F(DbTest, ReopenedHoldsWhatWasWritten) {
  Open(true);
  Put(Family::kMeta, "k", "v");
  Open(false);
  EXPECT_EQ(**db_->Get(Family::kMeta, "k"), "v");
}

TEST_F(DbTest, CreatingOverAnExistingOneIsRefused) {
  Open(true);
  db_.reset();
  EXPECT_FALSE(Db::Open(temp_ / "rows", {}, true).ok());
  EXPECT_FALSE(Db::Open(temp_ / "nothing", {}, false).ok());
}

TEST_F(DbTest, BelowTheReserveWritesAreRefusedAndReadsGoOn) {
  Open(true);
  EXPECT_TRUE(db_->CheckDisk().ok());
  EXPECT_GT(db_->DiskFreeBytes(), 0);
  Put(Family::kMeta, "k", "v");
  Open(false, db_->DiskFreeBytes() * 1000);
  EXPECT_EQ(ReasonOf(db_->CheckDisk()), v1::ERROR_REASON_DISK_FULL);
  EXPECT_TRUE(db_->Get(Family::kMeta, "k").ok());
}

TEST_F(DbTest, StoreOnAFullDiskRefusesBeforeRocksDbMeetsTheEnd) {
  TestStore made(temp_ / "data");
  made.Close();
  Store::Options options;
  options.data_dir = made.dir();
  options.db.disk_reserve_bytes = int64_t{1} << 60;
  const auto store = Store::Open(options, made.keys(), [] { return absl::UnixEpoch(); });
  ASSERT_TRUE(store.ok()) << store.status();
  auto event = (*store)->Prepare(Event(R"({"source":"s","eventId":"e"})"));
  const absl::Status refused = (*store)->Record(*event, [](auto) { FAIL() << "never runs"; });
  EXPECT_EQ(ReasonOf(refused), v1::ERROR_REASON_DISK_FULL);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
}

class LogDamage : public DbTest {
 protected:
  // Rows that stand in the log only, and the log's path.
  std::filesystem::path Write(int rows) {
    Open(true);
    for (int i = 0; i < rows; ++i) Put(Family::kJournal, BigEndian(i), std::string(200, 'v'));
    db_.reset();
    std::filesystem::path largest;
    for (const auto& file : std::filesystem::directory_iterator(temp_ / "rows")) {
      if (file.path().extension() != ".log") continue;
      if (largest.empty() || file.file_size() > std::filesystem::file_size(largest)) {
        largest = file.path();
      }
    }
    EXPECT_GT(std::filesystem::file_size(largest), static_cast<uintmax_t>(rows) * 200);
    return largest;
  }
};

// RocksDB's default would open, without the second half.
TEST_F(LogDamage, InTheMiddleIsRefused) {
  const auto log = Write(100);
  std::fstream file(log, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(std::filesystem::file_size(log) / 2));
  file.put('?');
  file.close();
  EXPECT_EQ(Db::Open(temp_ / "rows", {}, false).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(LogDamage, TornTailIsNotATear) {
  const auto log = Write(100);
  std::filesystem::resize_file(log, std::filesystem::file_size(log) - 50);
  Open(false);
  EXPECT_EQ(Scanned(*db_, Family::kJournal, "", "").size(), 99u);
}

// The oldest of several logs, which one family still needs.
TEST_F(LogDamage, MissingLogIsRefused) {
  Open(true);
  Put(Family::kJournal, BigEndian(1), "v");
  for (int i = 0; i < 40; ++i) {
    Put(Family::kMeta, absl::StrCat("k", i), std::string(100'000, static_cast<char>('a' + i)));
  }
  db_.reset();
  std::set<std::filesystem::path> logs;
  for (const auto& file : std::filesystem::directory_iterator(temp_ / "rows")) {
    if (file.path().extension() == ".log") logs.insert(file.path());
  }
  ASSERT_GE(logs.size(), 2u);
  std::filesystem::remove(*logs.begin());
  EXPECT_EQ(Db::Open(temp_ / "rows", {}, false).status().code(), absl::StatusCode::kDataLoss);
}

TEST(BatchTest, MoveIntoWritesOverWhatItStoodOn) {
  const NoRows none;
  Batch below(&none), above(&below);
  below.Put(Family::kContact, "a", "1");
  below.Put(Family::kContact, "b", "1");
  above.Delete(Family::kContact, "a");
  above.Put(Family::kContact, "b", "2");
  EXPECT_EQ(Scanned(below, Family::kContact, "", ""), (Rows{{"a", "1"}, {"b", "1"}}));
  above.MoveInto(below);
  EXPECT_EQ(Scanned(below, Family::kContact, "", ""), (Rows{{"b", "2"}}));
}

}  // namespace
}  // namespace klantbeeld::store
