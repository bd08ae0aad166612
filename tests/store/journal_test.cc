#include "store/journal.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <numeric>
#include <set>

#include "store/rows.h"
#include "tests/store/events.h"
#include "tests/store/history.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::HasSubstr;

format::Head HeadAt(uint64_t position, char chain = 'h') {
  format::Head head;
  head.set_position(position);
  head.set_recorded_at_us(static_cast<int64_t>(position) * 10);
  head.set_chain(std::string(16, chain));
  return head;
}

class AcknowledgedTest : public testing::Test {
 protected:
  AcknowledgedTest() { EXPECT_TRUE(Acknowledged::Make(path_).ok()); }
  void Note(const std::vector<uint64_t>& positions) {
    const auto file = Acknowledged::Open(path_);
    ASSERT_TRUE(file.ok()) << file.status();
    for (const uint64_t position : positions) ASSERT_TRUE((*file)->Note(HeadAt(position)).ok());
  }
  uint64_t Noted() {
    const auto file = Acknowledged::Open(path_);
    EXPECT_TRUE(file.ok());
    return (*file)->noted().position();
  }
  // As a write that was cut off leaves it.
  void Tear(off_t slot) {
    const int fd = ::open(path_.c_str(), O_WRONLY);
    ASSERT_EQ(::pwrite(fd, "????????????????????", 20, slot), 20);
    ::close(fd);
  }

  uint64_t PositionIn(off_t slot) {
    char bytes[8] = {};
    const int fd = ::open(path_.c_str(), O_RDONLY);
    EXPECT_EQ(::pread(fd, bytes, sizeof bytes, slot), 8);
    ::close(fd);
    return FromBigEndian({bytes, sizeof bytes});
  }

  TempDir temp_;
  const std::string path_ = temp_ / "acknowledged";
};

TEST_F(AcknowledgedTest, NewFileSaysNothing) { EXPECT_EQ(Noted(), 0u); }

TEST_F(AcknowledgedTest, IsNeverMadeAnew) {
  Note({1});
  EXPECT_EQ(Acknowledged::Make(path_).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(Noted(), 1u);
  std::filesystem::remove(path_);
  const absl::Status missing = Acknowledged::Open(path_).status();
  EXPECT_EQ(missing.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(missing.message(), HasSubstr("is missing"));
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(AcknowledgedTest, UnreadableIsRefused) {
  Note({1, 2});
  Tear(0);
  Tear(4096);
  EXPECT_EQ(Acknowledged::Open(path_).status().code(), absl::StatusCode::kDataLoss);
  std::filesystem::resize_file(path_, 0);
  EXPECT_EQ(Acknowledged::Open(path_).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(AcknowledgedTest, KeepsTheLatest) {
  Note({1, 2, 3});
  EXPECT_EQ(Noted(), 3u);
  const auto file = Acknowledged::Open(path_);
  EXPECT_EQ((*file)->noted().SerializeAsString(), HeadAt(3).SerializeAsString());
}

TEST_F(AcknowledgedTest, TornSlotLeavesTheOneBefore) {
  Note({1, 2, 3});  // Slots: 2, 3.
  Tear(4096);
  EXPECT_EQ(Noted(), 2u);
}

// The write after a restart must not go over the only slot that is up to date.
TEST_F(AcknowledgedTest, TornWriteAfterARestartLeavesTheOneBefore) {
  for (const uint64_t before : {3u, 4u}) {
    std::filesystem::remove(path_);
    ASSERT_TRUE(Acknowledged::Make(path_).ok());
    std::vector<uint64_t> positions(before);
    std::iota(positions.begin(), positions.end(), uint64_t{1});
    Note(positions);
    Note({before + 1});
    Tear(PositionIn(0) == before + 1 ? 0 : 4096);
    EXPECT_EQ(Noted(), before);
  }
}

class CheckAcknowledgedTest : public testing::Test {
 protected:
  CheckAcknowledgedTest() {
    const History history = MakeHistory(keys_, 3, 6);
    for (const LooseFact& fact : history.facts) {
      EXPECT_TRUE(Append(keys_, batch_, head_, fact).ok());
    }
  }
  const Keys keys_ = TestKeys();
  const NoRows none_;
  Batch batch_{&none_};
  format::Head head_;
};

TEST_F(CheckAcknowledgedTest, WhatStandsPasses) {
  EXPECT_TRUE(CheckAcknowledged(batch_, head_, format::Head()).ok());
  EXPECT_TRUE(CheckAcknowledged(batch_, head_, head_).ok());
  // A journal that is longer than was acknowledged is no loss.
  const auto first = ReadFact(batch_, 1);
  ASSERT_TRUE(first.ok());
  format::Head earlier = HeadAt(1);
  earlier.set_chain(first->header.chain());
  EXPECT_TRUE(CheckAcknowledged(batch_, head_, earlier).ok());
}

TEST_F(CheckAcknowledgedTest, ShorterJournalIsRefusedWithBothPositions) {
  const absl::Status status = CheckAcknowledged(batch_, head_, HeadAt(head_.position() + 3));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat(head_.position())));
  EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat(head_.position() + 3)));
}

TEST_F(CheckAcknowledgedTest, OtherChainIsRefused) {
  format::Head other = head_;
  other.set_chain(std::string(16, 'x'));
  const absl::Status status = CheckAcknowledged(batch_, head_, other);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr(ToHex(other.chain())));
}

TEST(Chain, CoversEverythingThatAFactIs) {
  format::FactHeader header;
  header.set_kind(1);
  header.set_recorded_at_us(5);
  header.set_subject_id("subject");
  header.set_event_id("event");
  header.set_content_hash("hash");
  const std::string before(16, 'c');
  std::set<std::string> chains = {NextChain(before, 1, header, "body")};
  const auto differs = [&](const std::string& chain) {
    EXPECT_TRUE(chains.insert(chain).second);
    EXPECT_EQ(chain.size(), 16u);
  };
  differs(NextChain(std::string(16, 'd'), 1, header, "body"));
  differs(NextChain(before, 2, header, "body"));
  differs(NextChain(before, 1, header, "bodz"));
  for (const auto& change : std::vector<std::function<void(format::FactHeader&)>>{
           [](auto& h) { h.set_kind(2); }, [](auto& h) { h.set_recorded_at_us(6); },
           [](auto& h) { h.set_subject_id("subjec"); }, [](auto& h) { h.set_event_id("t"); },
           [](auto& h) { h.set_content_hash("hasj"); },
           [](auto& h) {
             h.set_subject_id("subjecte");
             h.set_event_id("vent");
           }}) {
    format::FactHeader changed = header;
    change(changed);
    differs(NextChain(before, 1, changed, "body"));
  }
}

// --- The store refuses to open on what is not what it acknowledged.

class StoreAcknowledged : public testing::Test {
 protected:
  absl::Status OpenStatus() {
    Store::Options options;
    options.data_dir = store_.dir();
    return Store::Open(options, store_.keys(), [] { return absl::UnixEpoch(); }).status();
  }
  void Copy(const std::string& from, const std::string& to) {
    std::filesystem::remove_all(temp_ / to);
    std::filesystem::copy(temp_ / from, temp_ / to, std::filesystem::copy_options::recursive);
  }
  TempDir temp_;
  TestStore store_{temp_ / "data"};
};

TEST_F(StoreAcknowledged, OlderRowsAreRefused) {
  ASSERT_TRUE(store_.Record(Visit("a", 1, {Bsn(kBsnA)})).ok());
  store_.Close();
  Copy("data/rows", "older");
  store_.Open();
  ASSERT_TRUE(store_.Record(Visit("b", 2, {Bsn(kBsnA)})).ok());
  store_.Close();
  Copy("data/rows", "newer");
  Copy("older", "data/rows");
  const absl::Status refused = OpenStatus();
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(refused.message()),
              testing::AllOf(HasSubstr("position 1"), HasSubstr("was 2")));
  Copy("newer", "data/rows");
  EXPECT_TRUE(OpenStatus().ok());
  store_.Open();
}

TEST_F(StoreAcknowledged, RowsThatWentAnotherWayAreRefused) {
  ASSERT_TRUE(store_.Record(Visit("a", 1, {Bsn(kBsnA)})).ok());
  store_.Close();
  Copy("data", "copy");
  store_.Open();
  ASSERT_TRUE(store_.Record(Visit("b", 2, {Bsn(kBsnA)})).ok());
  store_.Close();
  {
    TestStore other(temp_ / "copy", 'k', false);
    ASSERT_TRUE(other.Record(Visit("c", 3, {Bsn(kBsnA)})).ok());
  }
  Copy("copy/rows", "data/rows");
  const absl::Status refused = OpenStatus();
  EXPECT_EQ(refused.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("position 2"));
  std::filesystem::remove_all(temp_ / "data");
}

}  // namespace
}  // namespace klantbeeld::store
