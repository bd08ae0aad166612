#include "store/identity/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/record.h"
#include "tests/store/history.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

// Ids of 16 bytes from a letter.
std::string Id16(char letter) { return std::string(16, letter); }
std::string Hex(char letter) { return ToHex(Id16(letter)); }

class ChangesTest : public testing::Test {
 protected:
  // A claim with one contact per letter went from one citizen to another.
  void Claim(char from, char to, char claim, const std::string& contacts) {
    for (const char contact : contacts) {
      rows_.Put(Family::kTimeline, TimelineKey(Id16(claim), 0, Id16(contact)), "x");
    }
    flow_.Claim(Id16(from), Id16(to), Id16(claim), contacts.size());
  }
  std::vector<v1::CitizenChange> Changes() {
    auto changes = flow_.Changes(rows_);
    EXPECT_TRUE(changes.ok());
    return *std::move(changes);
  }
  v1::CitizenChange One() {
    const auto changes = Changes();
    EXPECT_EQ(changes.size(), 1u);
    return changes.empty() ? v1::CitizenChange() : changes[0];
  }
  const NoRows none_;
  Batch rows_{&none_};
  CitizenFlow flow_;
};

TEST_F(ChangesTest, WhatStayedIsNoChange) {
  Claim('A', 'A', '1', "ab");
  Claim('B', 'B', '2', "c");
  EXPECT_TRUE(Changes().empty());
}

TEST_F(ChangesTest, SeveralToOneIsAMerge) {
  Claim('A', 'A', '1', "a");
  Claim('B', 'A', '2', "bc");
  const auto change = One();
  EXPECT_EQ(change.kind(), v1::CitizenChange::KIND_MERGED);
  EXPECT_THAT(change.old_ids(), ElementsAre(Hex('A'), Hex('B')));
  EXPECT_THAT(change.new_ids(), ElementsAre(Hex('A')));
  EXPECT_THAT(change.contact_ids(), UnorderedElementsAre(Hex('b'), Hex('c')));
  EXPECT_EQ(change.contacts_moved(), 2u);
}

TEST_F(ChangesTest, OneToSeveralIsASplit) {
  Claim('A', 'A', '1', "a");
  Claim('A', 'B', '2', "b");
  const auto change = One();
  EXPECT_EQ(change.kind(), v1::CitizenChange::KIND_SPLIT);
  EXPECT_THAT(change.old_ids(), ElementsAre(Hex('A')));
  EXPECT_THAT(change.new_ids(), ElementsAre(Hex('A'), Hex('B')));
  EXPECT_THAT(change.contact_ids(), ElementsAre(Hex('b')));
}

TEST_F(ChangesTest, OneToOneIsARename) {
  Claim('A', 'B', '1', "a");
  EXPECT_EQ(One().kind(), v1::CitizenChange::KIND_RENAMED);
}

TEST_F(ChangesTest, BetweenStandingOnesIsAMove) {
  Claim('A', 'A', '1', "a");
  Claim('A', 'B', '2', "b");
  Claim('B', 'B', '3', "c");
  const auto change = One();
  EXPECT_EQ(change.kind(), v1::CitizenChange::KIND_MOVED);
  EXPECT_THAT(change.contact_ids(), ElementsAre(Hex('b')));
}

TEST_F(ChangesTest, OnlyWhatHangsTogetherIsOneChange) {
  Claim('A', 'B', '1', "a");
  Claim('C', 'D', '2', "b");
  EXPECT_EQ(Changes().size(), 2u);
  Claim('A', 'D', '3', "c");
  EXPECT_EQ(Changes().size(), 1u);
}

TEST_F(ChangesTest, ContactsThatMovedAloneAreListed) {
  flow_.Contact(Id16('A'), Id16('B'), Id16('x'));
  flow_.Contact(Id16('A'), Id16('B'), Id16('x'));
  Claim('A', 'A', '1', "a");
  const auto change = One();
  EXPECT_THAT(change.contact_ids(), ElementsAre(Hex('x')));
  EXPECT_EQ(change.contacts_moved(), 1u);
  EXPECT_THAT(flow_.SuccessorsOf(Id16('A')), ElementsAre(Id16('A'), Id16('B')));
  EXPECT_TRUE(flow_.SuccessorsOf(Id16('B')).empty());
}

TEST_F(ChangesTest, AtMostAThousandAreListedAndAllCounted) {
  for (size_t i = 0; i < kListedContactsMax + 5; ++i) {
    rows_.Put(Family::kTimeline, TimelineKey(Id16('1'), static_cast<int64_t>(i), Id16('c')), "x");
  }
  flow_.Claim(Id16('A'), Id16('B'), Id16('1'), kListedContactsMax + 5);
  const auto change = One();
  EXPECT_EQ(static_cast<size_t>(change.contact_ids_size()), kListedContactsMax);
  EXPECT_EQ(change.contacts_moved(), kListedContactsMax + 5);
}

}  // namespace
}  // namespace klantbeeld::store
