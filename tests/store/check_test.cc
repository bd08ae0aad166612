#include "store/check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <random>
#include <sstream>

#include "store/journal.h"
#include "store/record.h"
#include "tests/store/events.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::HasSubstr;

class CheckTest : public testing::Test {
 protected:
  CheckTest() {
    store_.RecordAll({Visit("a", 1, {Bsn(kBsnA), Session("s")}), Visit("b", 2, {Session("s")}),
                      Visit("c", 3, {Phone("+31612345678")}),
                      Visit("d", 4, {Bsn(kBsnB, v1::VERIFIED_BY_TYPED)})});
    EXPECT_TRUE(store_.Link(LinkOf("l", 5, RefOf("website", "b"), RefOf("website", "c"))).ok());
    store_.Close();
  }
  ~CheckTest() override { store_.Open(); }

  // The first row of a family: key and value.
  std::pair<std::string, std::string> FirstRow(Family family) {
    std::pair<std::string, std::string> row;
    const auto db = Db::Open(Rows(), {}, false);
    EXPECT_TRUE((*db)
                    ->Scan(family, "", "",
                           [&](absl::string_view key, absl::string_view value) {
                             row = {std::string(key), std::string(value)};
                             return false;
                           })
                    .ok());
    EXPECT_FALSE(row.first.empty());
    return row;
  }
  void Tamper(const std::function<void(Batch&)>& change) {
    const auto db = Db::Open(Rows(), {}, false);
    Batch batch(db->get());
    change(batch);
    ASSERT_TRUE((*db)->Write(batch).ok());
  }
  CheckResult Checked() {
    const auto result = Check(store_.dir(), store_.keys(), nullptr);
    EXPECT_TRUE(result.ok()) << result.status();
    return result.ok() ? *result : CheckResult();
  }
  CheckResult::FamilyCount CountOf(const CheckResult& result, Family family) {
    for (const auto& count : result.families) {
      if (count.family == NameOf(family)) return count;
    }
    return {};
  }
  std::string Rows() { return store_.dir() + "/rows"; }

  TempDir temp_;
  TestStore store_{temp_ / "data"};
};

constexpr Family kProjections[] = {Family::kContact,    Family::kTimeline, Family::kClaim,
                                   Family::kIdentifier, Family::kDecision, Family::kCitizen};

TEST_F(CheckTest, AgreesWithItsJournalAndCounts) {
  uint64_t told = 0;
  const auto result = Check(store_.dir(), store_.keys(), [&](uint64_t at, uint64_t) { told = at; });
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->ok());
  EXPECT_EQ(result->facts, 5u);
  EXPECT_EQ(told, 5u);
  for (const Family family : kProjections) EXPECT_GT(CountOf(*result, family).rows, 0u);
}

TEST_F(CheckTest, FindsAChangedRowInEveryFamilyAndRebuildRepairsIt) {
  for (const Family family : kProjections) {
    const auto [key, value] = FirstRow(family);
    Tamper([&](Batch& batch) { batch.Put(family, key, value + "x"); });
    const CheckResult result = Checked();
    EXPECT_FALSE(result.ok());
    EXPECT_EQ(CountOf(result, family).different, 1u) << NameOf(family);
    ASSERT_EQ(result.first_differences.size(), 1u);
    EXPECT_THAT(result.first_differences[0], HasSubstr(absl::StrCat(NameOf(family), " ")));
    EXPECT_THAT(result.first_differences[0], HasSubstr(ToHex(key)));
    ASSERT_TRUE(Rebuild(store_.dir(), store_.keys(), nullptr).ok());
    EXPECT_TRUE(Checked().ok());
  }
}

TEST_F(CheckTest, FindsAMissingAndAnExtraRowInEveryFamily) {
  for (const Family family : kProjections) {
    const auto row = FirstRow(family);
    const std::string extra = row.first.substr(0, row.first.size() - 1) + '\x01';
    Tamper([&](Batch& batch) {
      batch.Delete(family, row.first);
      batch.Put(family, extra, row.second);
    });
    const CheckResult result = Checked();
    EXPECT_EQ(CountOf(result, family).missing, 1u) << NameOf(family);
    EXPECT_EQ(CountOf(result, family).extra, 1u) << NameOf(family);
    Tamper([&](Batch& batch) {
      batch.Put(family, row.first, row.second);
      batch.Delete(family, extra);
    });
  }
  EXPECT_TRUE(Checked().ok());
}

TEST_F(CheckTest, ListsAtMostTenDifferencesAndCountsAll) {
  Tamper([&](Batch& batch) {
    for (int i = 0; i < 25; ++i) batch.Put(Family::kDecision, absl::StrCat("extra decision ", i), "x");
  });
  const CheckResult result = Checked();
  EXPECT_EQ(result.first_differences.size(), 10u);
  EXPECT_EQ(CountOf(result, Family::kDecision).extra, 25u);
}

TEST_F(CheckTest, ComparesMoreRowsThanItReadsAtOnce) {
  Tamper([&](Batch& batch) {
    for (int i = 0; i < 9000; ++i) {
      batch.Put(Family::kDecision, absl::StrCat("extra decision ", 100'000 + i), "x");
    }
  });
  const CheckResult result = Checked();
  EXPECT_EQ(CountOf(result, Family::kDecision).extra, 9000u);
  EXPECT_EQ(CountOf(result, Family::kDecision).missing, 0u);
  EXPECT_EQ(CountOf(result, Family::kDecision).rows, 9001u);
}

TEST_F(CheckTest, HoleInTheJournalIsNamed) {
  Tamper([&](Batch& batch) { batch.Delete(Family::kJournal, BigEndian(3)); });
  const auto result = Check(store_.dir(), store_.keys(), nullptr);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("position 3"));
  EXPECT_FALSE(Rebuild(store_.dir(), store_.keys(), nullptr).ok());
  ASSERT_TRUE(Rebuild(store_.dir(), store_.keys(), nullptr).status().code() ==
              absl::StatusCode::kDataLoss);
}

TEST_F(CheckTest, ChangedFactBreaksTheRunningHash) {
  std::string value;
  {
    const auto db = Db::Open(Rows(), {}, false);
    value = **(*db)->Get(Family::kJournal, BigEndian(2));
  }
  const auto record = DecodeJournal(value);
  ASSERT_TRUE(record.ok());
  for (const auto& change : std::vector<std::function<void(JournalRecord&)>>{
           [](auto& r) { r.header.set_recorded_at_us(r.header.recorded_at_us() + 1); },
           [](auto& r) { r.header.set_content_hash(std::string(16, 'x')); },
           [](auto& r) { r.header.set_chain(std::string(16, 'x')); }}) {
    JournalRecord changed = *record;
    change(changed);
    Tamper(
        [&](Batch& batch) { batch.Put(Family::kJournal, BigEndian(2), EncodeJournal(changed)); });
    const auto result = Check(store_.dir(), store_.keys(), nullptr);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(result.status().message()), HasSubstr("position 2"));
  }
  Tamper([&](Batch& batch) { batch.Put(Family::kJournal, BigEndian(2), value); });
  EXPECT_TRUE(Checked().ok());
}

// What a fact did is kept with it, and is not covered by the hash.
TEST_F(CheckTest, ChangedConsequencesAreADifference) {
  std::string value;
  {
    const auto db = Db::Open(Rows(), {}, false);
    value = **(*db)->Get(Family::kJournal, BigEndian(5));
  }
  auto record = DecodeJournal(value);
  ASSERT_TRUE(record.ok());
  record->consequences.clear_changes();
  Tamper([&](Batch& batch) { batch.Put(Family::kJournal, BigEndian(5), EncodeJournal(*record)); });
  EXPECT_EQ(CountOf(Checked(), Family::kJournal).different, 1u);
}

TEST_F(CheckTest, RebuildLeavesTheSameRowsAndAStoreThatOpens) {
  std::string before, after;
  const auto dump = [&](std::string& into) {
    ASSERT_TRUE(DumpCanonical(store_.dir(), store_.keys(), [&](absl::string_view line) {
                  absl::StrAppend(&into, line, "\n");
                }).ok());
  };
  dump(before);
  const auto facts = Rebuild(store_.dir(), store_.keys(), nullptr);
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_EQ(*facts, 5u);
  dump(after);
  EXPECT_EQ(after, before);
  store_.Open();
  EXPECT_EQ(store_->head(), 5u);
  EXPECT_TRUE(store_.Record(Visit("e", 6, {Bsn(kBsnA)})).ok());
  store_.Close();
  EXPECT_TRUE(Checked().ok());
}

TEST_F(CheckTest, WhatWasAcknowledgedMustBeThere) {
  const std::string path = store_.dir() + "/acknowledged";
  {
    const auto acknowledged = Acknowledged::Open(path);
    ASSERT_TRUE(acknowledged.ok()) << acknowledged.status();
    format::Head head = (*acknowledged)->noted();
    head.set_position(head.position() + 1);
    ASSERT_TRUE((*acknowledged)->Note(head).ok());
  }
  EXPECT_THAT(std::string(Check(store_.dir(), store_.keys(), nullptr).status().message()),
              HasSubstr("1 acknowledged facts are missing"));
  std::filesystem::remove(path);
  EXPECT_THAT(std::string(Check(store_.dir(), store_.keys(), nullptr).status().message()),
              HasSubstr("acknowledged is missing"));
  ASSERT_TRUE(Acknowledged::Make(path).ok());
}

// Rows, index, filter or properties; but for the last bytes of a table, which
// are padding.
TEST_F(CheckTest, FindsAFlippedBitAnywhereInATable) {
  {
    const auto db = Db::Open(Rows(), {}, false);
    ASSERT_TRUE((*db)->Sync().ok());
  }
  constexpr size_t kFooterBytes = 53;
  int flipped = 0;
  for (const auto& file : std::filesystem::directory_iterator(Rows())) {
    if (file.path().extension() != ".sst") continue;
    std::ostringstream read;
    read << std::ifstream(file.path(), std::ios::binary).rdbuf();
    const std::string whole = read.str();
    const auto write = [&](const std::string& bytes) {
      std::ofstream(file.path(), std::ios::binary | std::ios::trunc) << bytes;
    };
    for (size_t at = 20; at < whole.size() - kFooterBytes; at += 311, ++flipped) {
      std::string damaged = whole;
      damaged[at] ^= 4;
      write(damaged);
      const auto result = Check(store_.dir(), store_.keys(), nullptr);
      EXPECT_FALSE(result.ok() && result->ok()) << file.path() << " at " << at;
    }
    write(whole);
  }
  EXPECT_GT(flipped, 20);
  EXPECT_TRUE(Checked().ok());
}

TEST_F(CheckTest, OtherKeysAreRefused) {
  EXPECT_EQ(Check(store_.dir(), TestKeys('x'), nullptr).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(Rebuild(store_.dir(), TestKeys('x'), nullptr).ok());
}

TEST(Dump, IsTheSameForTheSameEventsInAnyOrder) {
  std::vector<v1::ContactEvent> events = {
      Visit("a", 1, {Bsn(kBsnA), Session("s")}), Visit("b", 2, {Session("s")}),
      Visit("c", 3, {Bsn(kBsnB), Session("t")}), Visit("d", 4, {Bsn(kBsnA), Session("t")}),
      RetractEvent("website", "r", "c"),         About("desk", "n", "website", "a", 9)};
  std::string want;
  std::mt19937 random(1);
  for (int order = 0; order < 4; ++order) {
    const TempDir temp;
    TestStore store(temp / "data");
    for (const auto& event : events) ASSERT_TRUE(store.Record(event).ok());
    const std::string dump = store.Dump();
    EXPECT_THAT(dump, HasSubstr("timeline "));
    if (order == 0) want = dump;
    EXPECT_EQ(dump, want);
    std::shuffle(events.begin(), events.end(), random);
    store.now += absl::Hours(1);
  }
}

}  // namespace
}  // namespace klantbeeld::store
