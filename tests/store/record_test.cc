// Also tests: store/rows.cc
#include "store/record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "store/contact.h"
#include "store/rows.h"
#include "tests/store/history.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::HasSubstr;

const std::string kClaim(16, 'c');
const std::string kContact(16, 'k');

TEST(Keys, OfTimelineSortNewestFirst) {
  const std::vector<int64_t> newest_first = {std::numeric_limits<int64_t>::max(),
                                             1'740'000'000'000'001,
                                             1'740'000'000'000'000,
                                             1,
                                             0,
                                             -1,
                                             -3'600'000'000,
                                             std::numeric_limits<int64_t>::min()};
  std::vector<std::string> keys;
  for (const int64_t time : newest_first) {
    keys.push_back(TimelineKey(kClaim, time, kContact));
    const TimelinePlace place = PlaceOf(keys.back());
    EXPECT_EQ(place.claim, kClaim);
    EXPECT_EQ(place.happened_us, time);
    EXPECT_EQ(place.contact, kContact);
  }
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST(Keys, OfTimelineOfAnotherLengthAreNoPlace) {
  EXPECT_EQ(PlaceOf(TimelineKey(kClaim, 0, "short")).contact, "");
}

TEST(Keys, PositionsSortAsNumbers) {
  std::vector<std::string> keys;
  for (const uint64_t number : {uint64_t{0}, uint64_t{1}, uint64_t{255}, uint64_t{256},
                                uint64_t{1} << 32, std::numeric_limits<uint64_t>::max()}) {
    keys.push_back(BigEndian(number));
    EXPECT_EQ(FromBigEndian(keys.back()), number);
  }
  EXPECT_TRUE(std::is_sorted(keys.begin(), keys.end()));
}

TEST(Times, BeforeTheEpochKeepTheirMicroseconds) {
  for (const int64_t micros : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{-1'000'000},
                               int64_t{-1'000'001}, int64_t{-62'135'596'800'000'000}}) {
    const auto time = FromMicros(micros);
    EXPECT_EQ(ToMicros(time), micros);
    EXPECT_GE(time.nanos(), 0);
    EXPECT_LT(time.nanos(), 1'000'000'000);
  }
}

TEST(Ids, OfSourceAndIdDoNotRunTogether) {
  const Keys keys = TestKeys();
  const std::set<Id> different = {EventOrContactId(keys, "ab", "c"),
                                  EventOrContactId(keys, "a", "bc"), DecisionId(keys, "ab", "c"),
                                  DecisionId(keys, "a", "bc"), PartyHash(keys, "ab", "c")};
  EXPECT_EQ(different.size(), 5u);
}

TEST(Envelope, KeepsAMessage) {
  format::Head head;
  head.set_position(7);
  const auto read = DecodeAs<format::Head>(Encode(head), "head");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->position(), 7u);
  EXPECT_EQ(Encode(head)[0], static_cast<char>(kFormatVersion));
}

TEST(Envelope, NewerVersionIsRefusedByName) {
  std::string value = Encode(format::Head());
  value[0] = static_cast<char>(kFormatVersion + 1);
  for (const absl::Status& status :
       {DecodeAs<format::Head>(value, "citizen").status(), DecodeJournal(value).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat("version ", kFormatVersion + 1)));
  }
  EXPECT_THAT(std::string(DecodeAs<format::Head>(value, "citizen").status().message()),
              HasSubstr("citizen"));
}

TEST(Envelope, DamageIsDataLoss) {
  for (const std::string& bad :
       {std::string(), std::string(1, '\0'), std::string("\x02\xff\xff\xff", 4)}) {
    EXPECT_EQ(DecodeAs<format::Head>(bad, "head").status().code(), absl::StatusCode::kDataLoss);
  }
}

TEST(Envelope, Version1ClaimIsBroughtUpToDate) {
  format::ClaimRow row;
  row.set_holders(3);
  std::string value = Encode(row);
  value[0] = 1;
  const auto read = DecodeAs<format::ClaimRow>(value, "claim");
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->channel_counts_size(), 1);
  EXPECT_EQ(read->channel_counts(0).channel(), v1::CHANNEL_UNSPECIFIED);
  EXPECT_EQ(read->channel_counts(0).contacts(), 3u);
  // A row of this version stays as it is.
  value[0] = static_cast<char>(kFormatVersion);
  EXPECT_EQ(DecodeAs<format::ClaimRow>(value, "claim")->channel_counts_size(), 0);
}

JournalRecord SomeRecord() {
  JournalRecord record;
  record.header.set_kind(v1::FACT_KIND_CONTACT_EVENT);
  record.header.set_subject_id(kContact);
  record.header.set_chain(std::string(16, 'h'));
  record.body = std::string("sealed\0body", 11);
  record.consequences.add_changes()->add_new_ids("x");
  return record;
}

TEST(Journal, RecordReadsBack) {
  const JournalRecord record = SomeRecord();
  const std::string value = EncodeJournal(record);
  const auto read = DecodeJournal(value);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->header.SerializeAsString(), record.header.SerializeAsString());
  EXPECT_EQ(read->body, record.body);
  EXPECT_EQ(read->consequences.SerializeAsString(), record.consequences.SerializeAsString());
  const auto pieces = SplitJournal(value);
  ASSERT_TRUE(pieces.ok());
  EXPECT_EQ(pieces->header, record.header.SerializeAsString());
  EXPECT_EQ(pieces->body, record.body);
  EXPECT_EQ(pieces->consequences, record.consequences.SerializeAsString());
}

TEST(Journal, TruncatedOrLongerRecordIsDataLoss) {
  const std::string value = EncodeJournal(SomeRecord());
  for (size_t size = 0; size < value.size(); ++size) {
    EXPECT_EQ(DecodeJournal(value.substr(0, size)).status().code(), absl::StatusCode::kDataLoss)
        << size;
  }
  EXPECT_EQ(DecodeJournal(value + "x").status().code(), absl::StatusCode::kDataLoss);
}

TEST(Index, MarkSaysWhetherItJoins) {
  EXPECT_TRUE(MarkJoins(IndexMark(true)));
  EXPECT_FALSE(MarkJoins(IndexMark(false)));
  EXPECT_FALSE(MarkJoins(""));
}

TEST(Rows, AbsentIsNothingAndDamagedIsAnError) {
  const NoRows none;
  Batch batch(&none);
  const auto absent = ReadRow<format::Head>(batch, Family::kMeta, "head");
  ASSERT_TRUE(absent.ok());
  EXPECT_FALSE(absent->has_value());
  batch.Put(Family::kMeta, "head", "\x02\xff");
  EXPECT_EQ(ReadRow<format::Head>(batch, Family::kMeta, "head").status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(Rows, MissingFactIsNamed) {
  const NoRows none;
  const auto fact = ReadFact(none, 41);
  EXPECT_EQ(fact.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(fact.status().message()), HasSubstr("41"));
}

TEST(Rows, BodyThatDoesNotOpenIsAnError) {
  JournalRecord record = SomeRecord();
  record.body = "?";
  EXPECT_EQ(OpenEvent(record).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(OpenDecision(record.header, record.body).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace klantbeeld::store
