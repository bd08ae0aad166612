// Also tests: clients/adapters/asterisk/cdr_event.cc clients/adapters/asterisk/call.cc
#include "clients/adapters/asterisk/cdr.h"

#include <gmock/gmock.h>

#include "clients/adapters/asterisk/call.h"
#include "tests/clients/adapters/made.h"

namespace klantbeeld::adapters {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string Rejected(uint64_t line, const char* field, Reason reason) {
  return absl::StrCat(line, " rejected ", field, " ", static_cast<int>(reason));
}

TEST(AsteriskCdr, CustomOrderWithItsPitfalls) {
  const auto items = testing::Made("asterisk-cdr", "asterisk/made_cdr_custom.csv");
  ASSERT_EQ(items.size(), 14u);
  EXPECT_THAT(items[0], HasSubstr("\"talked\":\"180s\""));
  EXPECT_THAT(items[0], HasSubstr("\"waited\":\"20s\""));
  // The same row twice is the same event.
  EXPECT_EQ(items[1], "2" + items[0].substr(1));
  // Two legs are two events of one contact, which began with the first; one
  // that rang in vain gives way to one that was answered.
  EXPECT_THAT(items[2], HasSubstr("\"id\":\"1740990000.44\""));
  EXPECT_THAT(items[3], HasSubstr("\"id\":\"1740990000.44\""));
  EXPECT_THAT(items[2], HasSubstr("\"revisedAt\":\"2025-03-03T08:20:00Z\""));
  EXPECT_THAT(items[3], HasSubstr("\"revisedAt\":\"2025-03-03T08:25:00Z\""));
  EXPECT_THAT(items[3], HasSubstr("\"occurredAt\":\"2025-03-03T08:20:00Z\""));
  // Of a queue's call the record counts waiting as talking.
  EXPECT_THAT(items[3], Not(HasSubstr("talked")));
  EXPECT_THAT(items[4], Not(HasSubstr("parties"))) << "a withheld number is nobody's";
  EXPECT_EQ(items[5], "6 passed") << "from extension to extension";
  EXPECT_THAT(items[6], HasSubstr("DIRECTION_OUTBOUND"));
  EXPECT_THAT(items[6], HasSubstr("0207654321"));
}

TEST(AsteriskCdr, UniqueIdSettlesWhatLocalTimeLeavesOpen) {
  const auto items = testing::Made("asterisk-cdr", "asterisk/made_cdr_custom.csv");
  // 02:30 on the night that has it twice, both times, and on the one that has not.
  EXPECT_THAT(items[7], HasSubstr("\"occurredAt\":\"2025-10-26T00:30:00Z\""));
  EXPECT_THAT(items[8], HasSubstr("\"occurredAt\":\"2025-10-26T01:30:00Z\""));
  EXPECT_THAT(items[9], HasSubstr("\"occurredAt\":\"2025-03-30T01:30:00Z\""));
  // A clock in another zone contradicts it.
  EXPECT_EQ(items[10], Rejected(11, "start", Reason::kZone));
  Options utc = testing::Amsterdam();
  utc.zone = absl::UTCTimeZone();
  EXPECT_THAT(testing::ItemsOf("asterisk-cdr",
                               "tests/clients/adapters/asterisk/made_cdr_custom.csv", utc)[10],
              HasSubstr("\"occurredAt\":\"2025-03-03T08:50:00Z\""));
  EXPECT_EQ(items[11], Rejected(12, "disposition", Reason::kWordUnknown));
  EXPECT_EQ(items[12], Rejected(13, "", Reason::kColumns));
  // Hung up in the queue: the record says ANSWERED, and nobody did.
  EXPECT_THAT(items[13], HasSubstr("CONTACT_STATE_ABANDONED"));
}

TEST(AsteriskCdr, OlderOrderIsToldApart) {
  const auto items = testing::Made("asterisk-cdr", "asterisk/made_cdr_master.csv");
  ASSERT_EQ(items.size(), 4u);
  EXPECT_THAT(items[0], HasSubstr("\"value\":\"0612345678\""));
  // Without a unique id the channel and start name the call, and nothing tells
  // which of the two half past twos it was.
  EXPECT_THAT(items[2], HasSubstr("PJSIP/trunk-00000036@2025-10-26 02:30:00"));
  EXPECT_EQ(items[3], Rejected(4, "", Reason::kColumns));
}

TEST(AsteriskCdr, DoubtfulTimesAreCounted) {
  auto opened =
      OpenAsteriskCdr("tests/clients/adapters/asterisk/made_cdr_master.csv", testing::Amsterdam());
  Adapter& adapter = *std::get<std::unique_ptr<Adapter>>(opened);
  for (auto item = adapter.Next(); item->kind != Item::Kind::kEnd; item = adapter.Next()) {
  }
  EXPECT_EQ(adapter.doubtful_times(), 1u);
}

TEST(AsteriskCdr, TableOfFreePbxHasOneContactForALinkedCall) {
  const auto items = testing::Made("asterisk-cdr", "asterisk/made_cdr_freepbx.csv");
  ASSERT_EQ(items.size(), 4u);
  EXPECT_THAT(items[0], HasSubstr("\"dialledNumber\":\"0201402000\""));
  EXPECT_THAT(items[0], Not(HasSubstr("wav"))) << "audio is never taken in";
  EXPECT_THAT(items[1], HasSubstr("\"id\":\"1740990000.44\""));
  EXPECT_EQ(items[3], Rejected(5, "", Reason::kColumns));
}

TEST(AsteriskCdr, JsonLinesAndTablesOfWords) {
  const testing::TempDir dir;
  const auto options = testing::Amsterdam(dir.Put("m.toml",
                                                  "[queues]\n\"14020\" = \"KCC\"\n"
                                                  "[subjects]\npaspoort = \"Paspoort\"\n"
                                                  "[attributes]\nproductcode = \"product\"\n"));
  const auto items = testing::Made("asterisk-cdr", "asterisk/made_cdr.jsonl", options);
  ASSERT_EQ(items.size(), 3u);
  EXPECT_THAT(items[0], HasSubstr("\"queue\":\"KCC\""));
  EXPECT_THAT(items[0], HasSubstr("\"subject\":\"Paspoort\""));
  EXPECT_THAT(items[0], HasSubstr("{\"name\":\"product\",\"value\":\"P12\"}"));
  EXPECT_EQ(items[1], Rejected(2, "", Reason::kNotJson));
}

// What was refused, mended, is what the adapter reads.
TEST(AsteriskCdr, RefusedRowsAreKeptAsTheyCame) {
  auto opened =
      OpenAsteriskCdr("tests/clients/adapters/asterisk/made_cdr_custom.csv", testing::Amsterdam());
  Adapter& adapter = *std::get<std::unique_ptr<Adapter>>(opened);
  std::string kept = adapter.RejectedHeader();
  for (auto item = adapter.Next(); item->kind != Item::Kind::kEnd; item = adapter.Next()) {
    if (item->kind == Item::Kind::kRejected) kept += adapter.RejectedLine(*item, "f", "r");
  }
  EXPECT_THAT(kept, StartsWith("# rejected line=11 field=f reason=r\n"));
  const testing::TempDir dir;
  EXPECT_EQ(testing::ItemsOf("asterisk-cdr", dir.Put("kept", kept), testing::Amsterdam()),
            (std::vector<std::string>{Rejected(2, "start", Reason::kZone),
                                      Rejected(4, "disposition", Reason::kWordUnknown),
                                      Rejected(6, "", Reason::kColumns)}));
}

TEST(AsteriskCall, ExtensionsAndOutsideNumbers) {
  EXPECT_EQ(ExtensionOf("PJSIP/201-0000002a"), "201");
  EXPECT_EQ(ExtensionOf("Local/201@from-queue-00000001;1"), "201");
  EXPECT_EQ(ExtensionOf("Jan de Vries"), "Jan de Vries");
  EXPECT_TRUE(IsOutside("0612345678"));
  EXPECT_FALSE(IsOutside("201"));
  EXPECT_FALSE(IsOutside("anonymous"));
  EXPECT_EQ(TimeOfUniqueId("pbx1-1740989645.12"), absl::FromUnixSeconds(1740989645));
  EXPECT_EQ(TimeOfUniqueId("12.3"), std::nullopt);
  EXPECT_EQ(TimeOfUniqueId("x"), std::nullopt);
}

}  // namespace
}  // namespace klantbeeld::adapters
