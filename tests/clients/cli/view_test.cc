// Also tests: clients/cli/picture.cc
#include "clients/cli/view.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <sstream>

#include "clients/cli/text.h"
#include "klantbeeld/v1/citizen_service.pb.h"

namespace klantbeeld::cli {
namespace {

constexpr char kTimeline[] = R"({"entries":[
 {"contact":{"happenedAt":"2025-10-09T09:02:00Z","data":{"channel":"CHANNEL_COUNTER",
   "subject":"Paspoort","outcome":"Zelf afgehandeld","waited":"240s"}}},
 {"contact":{"happenedAt":"2025-10-08T12:00:00Z","data":{"channel":"CHANNEL_PHONE",
   "subject":"paspoort","outcome":"Doorverbonden","waited":"65s",
   "note":"Vraagt of de foto\nmee moet."}}},
 {"contact":{"happenedAt":"2025-10-08T10:00:00Z","data":{"channel":"CHANNEL_WEB",
   "subject":"Paspoort"}}},
 {"contact":{"happenedAt":"2025-09-01T10:00:00Z","data":{"channel":"CHANNEL_PHONE",
   "subject":"Paspoort","state":"CONTACT_STATE_ABANDONED"}}}]})";

Entries Timeline() {
  v1::ListTimelineResponse page;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(kTimeline, &page).ok());
  return page.entries();
}

Look At(Lang lang) {
  Look look;
  look.lang = lang;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Amsterdam", &look.zone));
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, "2025-10-09T15:00:00Z", &look.now, nullptr));
  return look;
}

TEST(Picture, DaysChannelsAndWhatLedToWhat) {
  EXPECT_EQ(Picture(At(Lang::kDutch), Timeline()),
            "Vandaag\n"
            "  11:02  ⌂ Balie        Paspoort      Zelf afgehandeld, wachttijd 4 min\n"
            "         └ Herhaald contact (2e keer in 7 dagen)\n"
            "\n"
            "Gisteren\n"
            "  14:00  ☎ Telefoon     paspoort      Doorverbonden, wachttijd 1 min\n"
            "         └ Kwam van website, 2 uur eerder\n"
            "         \"Vraagt of de foto\"\n"
            "  12:00  ◇ Website      Paspoort\n"
            "\n"
            "1 september 2025\n"
            "  12:00  ☎ Telefoon     Paspoort      Opgehangen tijdens wachten\n");
}

TEST(Picture, NoLineIsWiderThanTheTerminal) {
  for (const int columns : {40, 60, 80, 120}) {
    Look look = At(Lang::kEnglish);
    look.columns = columns;
    std::istringstream lines(Picture(look, Timeline()));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(Width(line), columns) << line;
  }
}

TEST(Picture, TextOfOthersCannotSteerTheTerminal) {
  Entries entries = Timeline();
  entries[0].mutable_contact()->mutable_data()->set_subject("\033]0;x\007");
  entries[1].mutable_contact()->mutable_data()->set_note("\033[2J");
  EXPECT_EQ(Picture(At(Lang::kDutch), entries).find('\033'), std::string::npos);
  EXPECT_EQ(ContactsTable(At(Lang::kDutch), entries).find('\033'), std::string::npos);
}

TEST(Badges, OnlyWithinTheirWindows) {
  Entries entries = Timeline();
  entries[2].mutable_contact()->mutable_happened_at()->set_seconds(
      entries[1].contact().happened_at().seconds() - 24 * 3600 - 1);
  const auto badges = BadgesOf(entries);
  EXPECT_EQ(badges[0].repeat, 2);
  EXPECT_EQ(badges[1].repeat, 0) << "a web visit is no repeat";
  EXPECT_EQ(badges[1].since_web, absl::ZeroDuration());
  EXPECT_EQ(badges[3].repeat, 0);
}

TEST(Show, NameBirthPlaceAndWarning) {
  v1::Citizen citizen;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(R"({"id":"ab","details":[{"details":{
    "firstNames":"Marie","surnamePrefix":"van der","surname":"Berg","secret":true,
    "birthDate":{"year":1980,"month":3},"address":{"postcode":"1234AB","houseNumber":12}}}],
    "identifiers":[{"identifier":{"type":"IDENTIFIER_TYPE_BSN","masked":"******019"}}],
    "channelCounts":[{"channel":"CHANNEL_PHONE","contacts":"3"}]})",
                                                          &citizen)
                  .ok());
  const std::string text = ShowText(At(Lang::kDutch), citizen);
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "Marie van der Berg, geboren ?"
            "?-03-1980, 12 1234AB, BSN ******019  ! geheime gegevens");
  EXPECT_NE(text.find("Contacten 3 | ☎ Telefoon 3\n"), std::string::npos);
  EXPECT_NE(text.find("Nog geen contacten"), std::string::npos);
}

TEST(Show, NumberThatNobodyIsKnownOf) {
  v1::Citizen citizen;
  citizen.add_identifiers()->mutable_identifier()->set_value("+31612345678");
  EXPECT_EQ(NameOf(Lang::kDutch, citizen), "Contacten van +31612345678");
  EXPECT_EQ(NameOf(Lang::kEnglish, v1::Citizen()), "Unknown");
}

}  // namespace
}  // namespace klantbeeld::cli
