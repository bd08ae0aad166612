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
    "firstNames":"Marie","surnamePrefix":"van der","surname":"Berg",
    "birthDate":{"year":1980,"month":3},"address":{"postcode":"1234AB","houseNumber":12,"city":"Lindewaard"}}}],
    "identifiers":[{"identifier":{"type":"IDENTIFIER_TYPE_BSN","masked":"******019"}}],
    "channelCounts":[{"channel":"CHANNEL_PHONE","contacts":"3"}],"secret":true})",
                                                          &citizen)
                  .ok());
  const std::string text = ShowText(At(Lang::kDutch), citizen, 5);
  EXPECT_EQ(text.substr(0, text.find('\n')),
            "Marie van der Berg, geboren ?"
            "?-03-1980, Lindewaard, BSN ******019");
  EXPECT_NE(text.find("\n! geheime gegevens\n"
                      "Contacten 3  30 dagen 0+  Herhaald -  Zaken 0  Afspraak -  Wacht -\n"
                      "Klant ab, 12 1234AB Lindewaard\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("Nog geen contacten"), std::string::npos);
}

TEST(Show, DeathIsToldAsFarAsItIsKnown) {
  v1::Citizen citizen;
  citizen.set_deceased(true);
  EXPECT_NE(HeadText(At(Lang::kDutch), citizen).find("! overleden\n"), std::string::npos);
  citizen.mutable_deceased_on()->set_year(2025);
  citizen.mutable_deceased_on()->set_month(2);
  EXPECT_NE(HeadText(At(Lang::kDutch), citizen).find("! overleden ?" "?-02-2025"), std::string::npos);
  citizen.set_secret(true);
  const std::string both = HeadText(At(Lang::kEnglish), citizen);
  EXPECT_NE(both.find("! confidential address, ! died ?" "?-02-2025"), std::string::npos) << both;
}

v1::Citizen WithTimeline() {
  v1::Citizen citizen;
  *citizen.mutable_latest() = Timeline();
  citizen.add_channel_counts()->set_contacts(4);
  return citizen;
}

TEST(Show, SixNumbersAreOfTheContacts) {
  v1::Citizen citizen = WithTimeline();
  citizen.mutable_latest(0)->mutable_contact()->mutable_data()->add_cases("Z-1");
  citizen.mutable_latest(1)->mutable_contact()->mutable_data()->add_cases("Z-1");
  v1::TimelineEntry planned = citizen.latest(0);
  planned.mutable_contact()->mutable_data()->set_state(v1::CONTACT_STATE_PLANNED);
  planned.mutable_contact()->mutable_happened_at()->set_seconds(
      absl::ToUnixSeconds(At(Lang::kDutch).now + absl::Hours(24)));
  *citizen.add_latest() = planned;
  const std::string head = HeadText(At(Lang::kDutch), citizen);
  EXPECT_NE(head.find("Contacten 4  30 dagen 4  Herhaald 2  Zaken 1  Afspraak 10-10 17:00  "
                      "Wacht 4 min\n"),
            std::string::npos)
      << head;
}

TEST(Show, TableFitsEightyColumnsAndKeepsTheTime) {
  Look look = At(Lang::kDutch);
  look.columns = 60;
  std::istringstream lines(ShowText(look, WithTimeline(), 2));
  int rows = 0;
  for (std::string line; std::getline(lines, line);) {
    rows += line.find("vandaag 11:02") == 0 || line.find("gisteren 14:00") == 0 ? 1 : 0;
    if (rows > 0) {
      EXPECT_LE(Width(line), 60) << line;
    }
  }
  EXPECT_EQ(rows, 2);
}

TEST(Show, ColourIsOnlyForWhatStandsOut) {
  Look look = At(Lang::kDutch);
  look.color = true;
  const std::string text = ShowText(look, WithTimeline(), 5);
  EXPECT_NE(text.find("  \033[1mHerhaald 2\033[0m  "), std::string::npos);
  EXPECT_EQ(ShowText(At(Lang::kDutch), WithTimeline(), 5).find('\033'), std::string::npos);
}

TEST(Show, WholeBsnOnlyWhereAskedFor) {
  v1::Identifier identifier;
  identifier.set_type(v1::IDENTIFIER_TYPE_BSN);
  identifier.set_value("999990019");
  EXPECT_EQ(ShownValue(identifier), "******019");
  EXPECT_EQ(ShownValue(identifier, true), "999990019");
  v1::Citizen citizen;
  *citizen.add_identifiers()->mutable_identifier() = identifier;
  Look look = At(Lang::kDutch);
  EXPECT_EQ(HeadText(look, citizen).find("999990019"), std::string::npos);
  look.whole_bsn = true;
  EXPECT_NE(HeadText(look, citizen).find("BSN 999990019"), std::string::npos);
}

TEST(Show, OneContactIsShownWhole) {
  const std::string text = ContactText(At(Lang::kDutch), Timeline()[1].contact());
  EXPECT_NE(text.find("08-10-2025 14:00 (27 uur geleden)"), std::string::npos) << text;
  EXPECT_NE(text.find("Notitie       Vraagt of de foto\n                mee moet.\n"),
            std::string::npos)
      << text;
}

TEST(Show, NumberThatNobodyIsKnownOf) {
  v1::Citizen citizen;
  citizen.add_identifiers()->mutable_identifier()->set_value("+31612345678");
  EXPECT_EQ(NameOf(Lang::kDutch, citizen), "Contacten van +31612345678");
  EXPECT_EQ(NameOf(Lang::kEnglish, v1::Citizen()), "Unknown");
  citizen.set_status(v1::CITIZEN_STATUS_UNIDENTIFIED);
  EXPECT_NE(HeadText(At(Lang::kDutch), citizen).find("alleen dit nummer is bekend"),
            std::string::npos);
}

}  // namespace
}  // namespace klantbeeld::cli
