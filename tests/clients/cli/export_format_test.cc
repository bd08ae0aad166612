#include "clients/cli/export_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_split.h"
#include "clients/cli/json.h"

namespace klantbeeld::cli {
namespace {

using ::testing::HasSubstr;

ExportLines Lines(ExportWhat what, ExportFormat format, const std::string& oin = "") {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Amsterdam", &zone));
  return ExportLines(what, format, zone, oin);
}

v1::FeedEvent Fact() {
  v1::FeedEvent fact;
  const auto wrong = FromJson(
      R"json({"position":"7","recordedAt":"2025-03-03T09:21:00Z","contactId":"00ff",
          "event":{"source":"call centre","eventId":"n-77","contact":{"source":"exchange","id":"c-1"},
          "revisedAt":"2025-03-03T09:20:41Z","data":{"channel":"CHANNEL_PHONE",
          "occurredAt":"2025-07-03T09:14:05.250Z","waited":"90s","subject":"=HYPERLINK(\"x\")",
          "note":"Zegt \"dag\",\nen belt terug","tags":["a","b"],"state":"CONTACT_STATE_NO_SHOW",
          "parties":[{"key":"customer","identifiers":[{"type":"IDENTIFIER_TYPE_BSN",
          "masked":"******019"},{"type":"IDENTIFIER_TYPE_PHONE","value":"+31612345678"}],
          "details":{"surname":"Jansen","birthDate":{"year":1980,"month":3}}}]}}})json",
      fact);
  EXPECT_FALSE(wrong) << *wrong;
  return fact;
}

// Cells of a line whose texts hold no quotes of their own.
std::vector<std::string> CellsOf(absl::string_view line) {
  EXPECT_TRUE(absl::ConsumePrefix(&line, "\"") && absl::ConsumeSuffix(&line, "\"\r\n"));
  return absl::StrSplit(line, "\",\"");
}

TEST(ExportLines, CsvHasAColumnForEachName) {
  for (const ExportWhat what :
       {ExportWhat::kEvents, ExportWhat::kContacts, ExportWhat::kCitizens}) {
    const auto names = CellsOf(Lines(what, ExportFormat::kCsv).Head());
    EXPECT_GT(names.size(), 20u);
  }
  const ExportLines lines = Lines(ExportWhat::kEvents, ExportFormat::kCsv);
  v1::FeedEvent fact = Fact();
  fact.mutable_event()->mutable_data()->set_subject("=1");
  fact.mutable_event()->mutable_data()->set_note("n");
  const auto names = CellsOf(lines.Head()), cells = CellsOf(lines.Event(fact));
  ASSERT_EQ(cells.size(), names.size());
  std::map<std::string, std::string> row;
  for (size_t i = 0; i < names.size(); ++i) row[names[i]] = cells[i];
  EXPECT_EQ(row["position"], "7");
  EXPECT_EQ(row["source"], "call centre");
  EXPECT_EQ(row["contactSourceId"], "c-1");
  EXPECT_EQ(row["channel"], "phone");
  EXPECT_EQ(row["state"], "no-show");
  EXPECT_EQ(row["occurredAt"], "2025-07-03T11:14:05.25+02:00");
  EXPECT_EQ(row["revisedAt"], "2025-03-03T10:20:41+01:00");
  EXPECT_EQ(row["waitedSeconds"], "90");
  EXPECT_EQ(row["talkedSeconds"], "");
  EXPECT_EQ(row["subject"], "'=1");
  EXPECT_EQ(row["tags"], "a; b");
  EXPECT_EQ(row["identifiers"], "bsn:******019; phone:+31612345678");
  EXPECT_EQ(row["birthDates"], "1980-03");
  EXPECT_EQ(row["retractsEvent"], "");
}

TEST(ExportLines, NdjsonIsTheEventAsItIs) {
  const ExportLines lines = Lines(ExportWhat::kEvents, ExportFormat::kNdjson);
  EXPECT_EQ(lines.Head(), "");
  v1::ContactEvent read;
  ASSERT_FALSE(FromJson(lines.Event(Fact()), read));
  EXPECT_EQ(read.SerializeAsString(), Fact().event().SerializeAsString());
  // A formula is a matter of tables.
  EXPECT_THAT(lines.Event(Fact()), HasSubstr(R"json("subject":"=HYPERLINK(\"x\")")json"));
}

TEST(ExportLines, CloudEventCarriesTheSameEventAndNothingOfAPersonInItsAttributes) {
  const std::string line =
      Lines(ExportWhat::kEvents, ExportFormat::kCloudEvents, "00000001234567890000").Event(Fact());
  auto json = nlohmann::json::parse(line);
  v1::ContactEvent read;
  ASSERT_FALSE(FromJson(json["data"].dump(), read));
  EXPECT_EQ(read.SerializeAsString(), Fact().event().SerializeAsString());
  json.erase("data");
  EXPECT_EQ(json, nlohmann::json::parse(R"({"specversion":"1.0","id":"n-77",
      "source":"urn:nld:oin:00000001234567890000:systeem:call%20centre",
      "type":"nl.overheid.klantbeeld.klantcontact-geregistreerd","subject":"00ff",
      "time":"2025-03-03T09:20:41+00:00","sequence":"7","sequencetype":"Integer",
      "datacontenttype":"application/json"})"));
  // As the profile asks: lower case letters and digits, at most twenty.
  for (const auto& [name, value] : json.items()) {
    EXPECT_LE(name.size(), 20u);
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789"), std::string::npos);
  }
}

TEST(ExportLines, LaterEventsAndRetractionsAreChanges) {
  const ExportLines lines = Lines(ExportWhat::kEvents, ExportFormat::kCloudEvents);
  v1::FeedEvent later = Fact(), retraction = Fact();
  later.mutable_contact()->set_id("00ff");
  retraction.mutable_event()->mutable_retraction()->set_contact(true);
  for (const auto& fact : {later, retraction})
    EXPECT_THAT(lines.Event(fact), HasSubstr("klantcontact-gewijzigd"));
  EXPECT_THAT(lines.Event(later), HasSubstr(R"("source":"/systeem/call%20centre")"));
}

TEST(ExportLines, CitizenHasTheLatestStatedDetailsInItsRow) {
  v1::Citizen citizen;
  ASSERT_FALSE(FromJson(
      R"({"id":"aa","status":"CITIZEN_STATUS_IDENTIFIED","details":[
          {"details":{"surname":"Jansen"}},{"details":{"surname":"Janssen"}}],
          "channelCounts":[{"channel":"CHANNEL_PHONE","contacts":"3"},
          {"channel":"CHANNEL_HOME_VISIT","contacts":"1"}]})",
      citizen));
  const auto cells = CellsOf(Lines(ExportWhat::kCitizens, ExportFormat::kCsv).Citizen(citizen, 9));
  EXPECT_THAT(cells,
              ::testing::IsSupersetOf({"aa", "identified", "Jansen", "phone:3; home-visit:1"}));
  EXPECT_THAT(cells, ::testing::Not(::testing::Contains(HasSubstr("Janssen"))));
}

}  // namespace
}  // namespace klantbeeld::cli
