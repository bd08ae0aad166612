#include "clients/adapters/asterisk/queue_log.h"

#include <gmock/gmock.h>

#include "tests/clients/adapters/made.h"

namespace klantbeeld::adapters {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(AsteriskQueue, LinesOfACallAreEventsOfOneContact) {
  const testing::TempDir dir;
  const auto options =
      testing::Amsterdam(dir.Put("m.toml", "[departments]\n\"600\" = \"Belastingen\"\n"));
  const auto items = testing::Made("asterisk-queue", "asterisk/made_queue_log", options);
  ASSERT_EQ(items.size(), 23u);
  EXPECT_EQ(items[0], "1 passed") << "the exchange's own start";
  EXPECT_EQ(items[1], "2 passed") << "a member of the queue";
  EXPECT_THAT(items[2], HasSubstr("CONTACT_STATE_WAITING"));
  EXPECT_EQ(items[3], "4 passed") << "an agent who did not answer";
  EXPECT_THAT(items[4], HasSubstr("\"waited\":\"35s\""));
  EXPECT_THAT(items[5], HasSubstr("\"talked\":\"265s\""));
  EXPECT_EQ(items[6], "7" + items[5].substr(1)) << "a double row is the same event";
  EXPECT_THAT(items[7], Not(HasSubstr("parties")));
  EXPECT_THAT(items[8], HasSubstr("ABANDONEDQUEUED"));
}

TEST(AsteriskQueue, OfTwoLinesInOneSecondTheLaterWins) {
  const auto items = testing::ItemsOf(
      "asterisk-queue", "tests/clients/adapters/asterisk/made_queue_log", testing::Amsterdam());
  // Out of one queue and into the next; ties go by the event's id.
  EXPECT_THAT(items[10], HasSubstr("queue:1740990500.52:1740990560.00:EXITWITHTIMEOUT"));
  EXPECT_THAT(items[11], HasSubstr("queue:1740990500.52:1740990560.01:ENTERQUEUE"));
}

TEST(AsteriskQueue, TransfersAreCounted) {
  const testing::TempDir dir;
  const auto items = testing::ItemsOf(
      "asterisk-queue", "tests/clients/adapters/asterisk/made_queue_log",
      testing::Amsterdam(dir.Put("m.toml", "[departments]\n\"600\" = \"Belastingen\"\n")));
  EXPECT_THAT(items[13], HasSubstr("\"transfers\":1"));
  EXPECT_THAT(items[13], HasSubstr("\"department\":\"Belastingen\""));
  EXPECT_THAT(items[16], HasSubstr("\"transfers\":2"));
  EXPECT_THAT(items[18], HasSubstr("\"queuePosition\":1"));
  EXPECT_THAT(items[21],
              HasSubstr(absl::StrCat("rejected epoch ", static_cast<int>(Reason::kNotATime))));
  EXPECT_THAT(items[22], HasSubstr(absl::StrCat("rejected  ", static_cast<int>(Reason::kColumns))));
}

}  // namespace
}  // namespace klantbeeld::adapters
