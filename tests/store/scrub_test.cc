// Also tests: store/db_pace.cc
#include "store/scrub.h"

#include <gmock/gmock.h>

#include <fstream>
#include <optional>
#include <random>
#include <thread>

#include "absl/time/clock.h"
#include "store/backup.h"
#include "store/error.h"
#include "tests/store/events.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kFast = int64_t{1} << 30;
constexpr int64_t kForHours = 1 << 10;

class ScrubTest : public testing::Test {
 protected:
  ScrubTest() {
    RecordVisits(0, 300);
    EXPECT_TRUE(store_.Link(LinkOf("l", 5, RefOf("website", "v-1"), RefOf("website", "v-2"))).ok());
    // Everything into tables.
    EXPECT_TRUE(store_->Backup(temp_ / "backups").ok());
  }
  void RecordVisits(int from, int until) {
    std::vector<v1::ContactEvent> events;
    for (int i = from; i < until; ++i) {
      events.push_back(Visit(absl::StrCat("v-", i), i % 1000,
                             {Phone(absl::StrCat("+316", 12'000'000 + i / 2)),
                              Session(absl::StrCat("s-", i))}));
    }
    store_.RecordAll(events);
  }
  absl::StatusOr<ScrubResult> Run(const ScrubProgress& progress = nullptr) {
    Pace pace(kFast);
    auto result = store_->Scrub(pace, progress);
    EXPECT_FALSE(fs::exists(Left()));
    return result;
  }
  std::string Left() const { return temp_ / "data/scrub"; }
  std::vector<fs::path> Tables() const {
    std::vector<fs::path> tables;
    for (const auto& entry : fs::directory_iterator(temp_ / "data/rows")) {
      if (entry.path().extension() == ".sst") tables.push_back(entry.path());
    }
    return tables;
  }
  // Turns a byte of the first block; once more, and it is whole again.
  static void TurnByte(const fs::path& file) {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekg(8);
    const char byte = static_cast<char>(bytes.get());
    bytes.seekp(8);
    bytes.put(static_cast<char>(byte ^ 0x10));
    ASSERT_TRUE(bytes.flush());
  }

  TempDir temp_;
  TestStore store_{temp_ / "data"};
};

TEST_F(ScrubTest, WholeStoreIsComparedWhileItIsWrittenAndNothingIsLeft) {
  int recorded = 0;
  ScrubStep last;
  const auto result = Run([&](const ScrubStep& step) {
    last = step;
    EXPECT_TRUE(store_.Record(Visit(absl::StrCat("during-", ++recorded), 7, {})).ok());
  });
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->first_differences, IsEmpty());
  EXPECT_EQ(result->facts, 301u);
  EXPECT_EQ(result->files, last.files_total);
  EXPECT_GE(last.files_total, kFamilies - 1);
  EXPECT_EQ(last.files, last.files_total);
  EXPECT_EQ(last.position, 301u);
  EXPECT_EQ(last.head, 301u);
  EXPECT_GT(recorded, 8);
  EXPECT_EQ(store_->head(), 301u + recorded);
  EXPECT_EQ(Run()->facts, store_->head());
}

// The store reads nothing meanwhile: a read's end lets RocksDB merge tables, and
// it would come upon the damage itself.
TEST_F(ScrubTest, EachDamagedTableIsNamed) {
  for (const fs::path& table : Tables()) {
    TurnByte(table);
    const auto result = Run();
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_THAT(result->first_differences,
                ElementsAre(AllOf(HasSubstr(table.string()), HasSubstr("checksum"))));
    EXPECT_THAT(result->families, IsEmpty());
    TurnByte(table);
  }
  EXPECT_TRUE(Run()->ok());
}

TEST_F(ScrubTest, RowThatTheJournalDoesNotGiveIsFound) {
  store_.Close();
  {
    const auto db = Db::Open(temp_ / "data/rows", {}, false);
    Batch batch(db->get());
    batch.Put(Family::kDecision, "extra decision 1", "x");
    ASSERT_TRUE((*db)->Write(batch).ok());
  }
  store_.Open();
  const auto result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->first_differences,
              ElementsAre(AllOf(HasSubstr("decision "), HasSubstr("the journal does not give it"))));
}

TEST_F(ScrubTest, HoleInTheJournalIsAResultAndNamed) {
  store_.Close();
  {
    const auto db = Db::Open(temp_ / "data/rows", {}, false);
    Batch batch(db->get());
    std::string key(7, '\0');
    batch.Delete(Family::kJournal, key + '\3');
    ASSERT_TRUE((*db)->Write(batch).ok());
  }
  store_.Open();
  const auto result = Run();
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->first_differences, ElementsAre(HasSubstr("position 3")));
}

// The bound holds however slow the machine is; without it the bytes would go
// through in a small part of the time.
TEST_F(ScrubTest, KeepsToItsRateAndCountsWhatItReadsAndWrites) {
  RecordVisits(300, 1500);
  ASSERT_TRUE(store_->Backup(temp_ / "more").ok());
  int64_t stored = 0;
  for (const fs::path& table : Tables()) stored += static_cast<int64_t>(fs::file_size(table));
  Pace pace(stored);
  const absl::Time begun = absl::Now();
  int64_t of_files = 0;
  const auto result = store_->Scrub(pace, [&](const ScrubStep& step) {
    if (step.head == 0) of_files = pace.bytes();
  });
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begun);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->first_differences, IsEmpty());
  // Nearly all of a file has a checksum.
  EXPECT_GE(of_files, stored / 10 * 9);
  // Read for the replay and compared, written by the replay and read again.
  EXPECT_GE(pace.bytes() - of_files, 2 * stored);
  // At the beginning and the end a tenth of a second's worth goes at once.
  EXPECT_LE(static_cast<double>(pace.bytes()), static_cast<double>(stored) * (seconds + 0.2));
}

TEST_F(ScrubTest, StoppedAtAnyStepItLeavesNothingAndSaysNothingOfDamage) {
  int steps = 0;
  ASSERT_TRUE(Run([&](const ScrubStep&) { ++steps; }).ok());
  ASSERT_GT(steps, 10);
  for (int at = 1; at <= steps; ++at) {
    int step = 0;
    Pace pace(kFast);
    const auto result = store_->Scrub(pace, [&](const ScrubStep&) {
      if (++step == at) pace.Stop();
    });
    EXPECT_TRUE(absl::IsCancelled(result.status())) << at << ": " << result.status();
    EXPECT_FALSE(fs::exists(Left()));
  }
  EXPECT_TRUE(Run()->ok());
}

TEST_F(ScrubTest, WaitingForHoursItStopsWhenTold) {
  Pace pace(kForHours);
  absl::Status ended;
  std::thread scrub([&] { ended = store_->Scrub(pace, nullptr).status(); });
  while (pace.bytes() == 0) std::this_thread::yield();
  EXPECT_TRUE(store_->figures().scrubbing);
  pace.Stop();
  scrub.join();
  EXPECT_TRUE(absl::IsCancelled(ended)) << ended;
  EXPECT_FALSE(fs::exists(Left()));
}

TEST_F(ScrubTest, ClosingTheStoreEndsIt) {
  Pace pace(kForHours);
  absl::Status ended;
  std::thread scrub([&] { ended = store_->Scrub(pace, nullptr).status(); });
  while (pace.bytes() == 0) std::this_thread::yield();
  store_.Close();
  scrub.join();
  EXPECT_TRUE(absl::IsCancelled(ended)) << ended;
  EXPECT_FALSE(fs::exists(Left()));
  store_.Open();
}

TEST_F(ScrubTest, SecondOneAtOnceIsRefusedAndTheFirstGoesOn) {
  std::optional<absl::Status> second;
  const auto first = Run([&](const ScrubStep&) {
    if (second) return;
    Pace pace(kFast);
    second = store_->Scrub(pace, nullptr).status();
  });
  EXPECT_TRUE(first.ok() && first->ok()) << first.status();
  ASSERT_TRUE(second);
  EXPECT_EQ(ReasonOf(*second), v1::ERROR_REASON_OVERLOADED) << *second;
}

TEST_F(ScrubTest, WhatWasCutOffIsClearedAtTheNextStart) {
  store_.Close();
  fs::create_directories(Left() + "/rows");
  std::ofstream(Left() + "/rows/000001.sst") << "x";
  store_.Open();
  EXPECT_FALSE(fs::exists(Left()));
  EXPECT_TRUE(Run()->ok());
}

TEST_F(ScrubTest, WithoutRoomItIsRefusedBeforeTheDiskIsFull) {
  store_.Close();
  {
    const auto db = Db::Open(temp_ / "data/rows", {}, false);
    Pace pace(kFast);
    const auto result =
        ScrubRows({**db, temp_ / "data", int64_t{1} << 60}, store_.keys(), pace, nullptr);
    EXPECT_EQ(ReasonOf(result.status()), v1::ERROR_REASON_DISK_FULL) << result.status();
  }
  EXPECT_FALSE(fs::exists(Left()));
  store_.Open();
}

TEST_F(ScrubTest, FiguresSayWhenAndHowTheLastOnesEnded) {
  const absl::Time begun = store_.now;
  EXPECT_EQ(store_->figures().scrub_whole, absl::UnixEpoch());
  ASSERT_TRUE(Run()->ok());
  store_.now += absl::Hours(1);
  const fs::path table = Tables().front();
  TurnByte(table);
  ASSERT_FALSE(Run()->ok());
  TurnByte(table);
  store_.now += absl::Hours(1);
  Pace stopped(kFast);
  stopped.Stop();
  ASSERT_FALSE(store_->Scrub(stopped, nullptr).ok());
  const Store::Figures figures = store_->figures();
  EXPECT_EQ(figures.scrub_whole, begun);
  EXPECT_EQ(figures.scrub_damaged, begun + absl::Hours(1));
  EXPECT_EQ(figures.scrub_broken_off, begun + absl::Hours(2));
  EXPECT_FALSE(figures.scrubbing);
}

}  // namespace
}  // namespace klantbeeld::store
