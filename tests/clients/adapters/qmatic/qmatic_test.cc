#include "clients/adapters/qmatic/qmatic.h"

#include <gmock/gmock.h>

#include "tests/clients/adapters/made.h"

namespace klantbeeld::adapters {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Qmatic, EventsOfAVisitAreEventsOfOneContact) {
  const auto items = testing::Made("qmatic", "qmatic/made_visits.jsonl");
  ASSERT_EQ(items.size(), 31u);
  EXPECT_EQ(items[0], "1 passed") << "a desk that opens";
  EXPECT_THAT(items[1], HasSubstr("\"occurredAt\":\"2025-03-04T08:00:00Z\""));
  EXPECT_THAT(items[1], HasSubstr("\"value\":\"A014-20250304-12\""));
  EXPECT_EQ(items[2], "3 passed");
  EXPECT_THAT(items[3], HasSubstr("\"waited\":\"840s\""));
  EXPECT_EQ(items[4], "5" + items[3].substr(1)) << "delivered again, it is the same event";
  EXPECT_THAT(items[6], HasSubstr("\"transfers\":1"));
  EXPECT_THAT(items[8], HasSubstr("\"transfers\":2"));
  EXPECT_THAT(items[11], HasSubstr("CONTACT_STATE_ENDED"));
  // From the last call to the end, in an event of its own.
  EXPECT_THAT(items[12], HasSubstr("12 (0)"));
  EXPECT_THAT(items[12], HasSubstr("\"talked\":\"420s\""));
  EXPECT_THAT(items[17], HasSubstr("CONTACT_STATE_NO_SHOW"));
}

TEST(Qmatic, OtherEnvelopeAndTimesInMilliseconds) {
  const auto items = testing::ItemsOf("qmatic", "tests/clients/adapters/qmatic/made_visits.jsonl",
                                      testing::Amsterdam());
  EXPECT_THAT(items[18], HasSubstr("\"id\":\"13-7\""));
  EXPECT_THAT(items[18], HasSubstr("\"occurredAt\":\"2025-03-04T09:10:00Z\""));
  EXPECT_THAT(items[19], HasSubstr("CONTACT_STATE_ABANDONED"));
}

TEST(Qmatic, VisitInTheHourThatExistsTwiceDoesNotRunBackwards) {
  const auto items = testing::ItemsOf("qmatic", "tests/clients/adapters/qmatic/made_visits.jsonl",
                                      testing::Amsterdam());
  EXPECT_THAT(items[20], HasSubstr("\"revisedAt\":\"2025-10-26T00:50:00Z\""));
  EXPECT_THAT(items[21], HasSubstr("\"revisedAt\":\"2025-10-26T01:05:00Z\""));
  EXPECT_THAT(items[22], HasSubstr("\"revisedAt\":\"2025-10-26T01:20:00Z\""));
}

TEST(Qmatic, AppointmentsAreContactsThatArePlannedOrTakenBack) {
  const auto items = testing::ItemsOf("qmatic", "tests/clients/adapters/qmatic/made_visits.jsonl",
                                      testing::Amsterdam());
  EXPECT_THAT(items[24], HasSubstr("\"plannedAt\":\"2025-03-10T10:00:00Z\""));
  EXPECT_THAT(items[24], HasSubstr("\"appointmentLength\":\"900s\""));
  EXPECT_THAT(items[25], HasSubstr("\"plannedAt\":\"2025-03-11T10:00:00Z\""));
  EXPECT_THAT(items[26], HasSubstr("\"retraction\":{\"contact\":true}"));
  EXPECT_THAT(items[27], HasSubstr("rejected ts"));
  EXPECT_THAT(items[28], HasSubstr("rejected visitId"));
}

TEST(Qmatic, BranchesHaveZonesAndServicesSubjects) {
  const testing::TempDir dir;
  const std::string file = dir.Put(
      "f",
      "{\"M\":\"E\",\"E\":{\"evnt\":\"VISIT_CREATE\",\"ts\":\"2025-03-04T09:00:00\",\"prm\":{"
      "\"branchId\":5,\"visitId\":1,\"serviceIntName\":\"PASSP\"}}}\n");
  const auto items =
      testing::ItemsOf("qmatic", file,
                       testing::Amsterdam(dir.Put("m.toml",
                                                  "[zones]\n5 = \"America/Kralendijk\"\n"
                                                  "[subjects]\nPASSP = \"Paspoort\"\n")));
  EXPECT_THAT(items[0], HasSubstr("\"occurredAt\":\"2025-03-04T13:00:00Z\""));
  EXPECT_THAT(items[0], HasSubstr("\"subject\":\"Paspoort\""));
  EXPECT_THAT(testing::ItemsOf("qmatic", file,
                               testing::Amsterdam(dir.Put("n.toml", "\n[zones]\n5 = \"Mars\"\n"))),
              ::testing::ElementsAre("mapping line 3: Mars"));
}

}  // namespace
}  // namespace klantbeeld::adapters
