// Exports through the real program out of a real server, and in again.
// Also tests: clients/cli/cmd_export.cc clients/cli/export_select.cc
#include "clients/cli/export_run.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "clients/cli/json.h"
#include "klantbeeld/v1/citizen.pb.h"
#include "tests/clients/real_server.h"

namespace klantbeeld::cli {
namespace {

using klantbeeld::testing::Ran;
using klantbeeld::testing::RealServer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kWhole[] = " --show-bsn --reason kopie";

std::string At(int minute) {
  return absl::StrFormat("2025-%02d-%02dT%02d:%02d:00Z", 3 + minute / 40320, 1 + minute / 1440 % 28,
                         minute / 60 % 24, minute % 60);
}

std::string CallOf(int i, const std::string& id, const std::string& more = "") {
  return absl::StrCat(
      R"({"source":"exchange","eventId":")", id, R"(","contact":{"source":"exchange","id":"c-)", i,
      R"("},"revisedAt":")", At(100 * i + (id[0] == 'r' ? 7 : 0)),
      R"(","data":{"channel":"CHANNEL_PHONE","occurredAt":")", At(100 * i),
      R"(","parties":[{"identifiers":[{"type":"IDENTIFIER_TYPE_PHONE","value":"06)",
      10000000 + i % 40, R"(","verified":"VERIFIED_BY_CALLER_LINE"}]}])", more, "}}");
}

// Numbers that pass the eleven test and belong to nobody.
std::string Bsn(int i) {
  for (int n = 999990000 + i;; n += 97) {
    int sum = 0;
    const std::string digits = std::to_string(n);
    for (int k = 0; k < 8; ++k) sum += (9 - k) * (digits[k] - '0');
    if ((sum - (digits[8] - '0')) % 11 == 0) return digits;
  }
}

std::string VisitOf(int i) {
  return absl::StrCat(
      R"({"source":"website","eventId":"v-)", i,
      R"(","data":{"channel":"CHANNEL_WEB","product":{"name":"Parkeervergunning"},)",
      R"("occurredAt":")", At(100 * i + 50),
      R"(","parties":[{"identifiers":[{"type":"IDENTIFIER_TYPE_BSN","value":")", Bsn(i % 30),
      R"(","verified":"VERIFIED_BY_DIGID"},)", R"({"type":"IDENTIFIER_TYPE_PHONE","value":"06)",
      10000000 + i % 40, R"("}]}]}})");
}

std::string NoteOn(int i) {
  return absl::StrCat(R"({"source":"desk","eventId":"n-)", i,
                      R"(","contact":{"source":"exchange","id":"c-)", i, R"("},"revisedAt":")",
                      At(100 * i + 9), R"(","data":{"subject":"=1+1","note":"gebeld over )", i,
                      R"("}})");
}

std::string Retraction(const std::string& source, const std::string& id, const std::string& of) {
  return absl::StrCat(R"({"source":")", source, R"(","eventId":"x-)", id,
                      R"(","revisedAt":"2025-10-01T10:00:00Z","retraction":{"eventId":")", of,
                      R"("}})");
}

// Calls with notes that come before or after them, calls told of again, visits,
// and what was taken back: notes, whole calls, and a note that comes later.
std::string Events(int count, unsigned seed) {
  std::vector<std::string> events;
  for (int i = 0; i < count; ++i) {
    events.push_back(CallOf(i, absl::StrCat("c-", i)));
    if (i % 2 == 0) events.push_back(VisitOf(i));
    if (i % 3 == 0) events.push_back(NoteOn(i));
    if (i % 5 == 0) events.push_back(CallOf(i, absl::StrCat("r-", i), R"(,"talked":"61s")"));
    if (i % 9 == 0) events.push_back(Retraction("desk", absl::StrCat(i), absl::StrCat("n-", i)));
    if (i % 11 == 10)
      events.push_back(
          absl::StrCat(R"({"source":"exchange","eventId":"x-)", i,
                       R"(","contact":{"source":"exchange","id":"c-)", i,
                       R"("},"revisedAt":"2025-10-01T10:00:00Z","retraction":{"contact":true}})"));
  }
  events.push_back(Retraction("desk", "none", "of-what-never-came"));
  std::shuffle(events.begin(), events.end(), std::mt19937(seed));
  return absl::StrJoin(events, "\n") + "\n";
}

std::vector<std::string> LinesOf(const std::string& text) {
  return absl::StrSplit(text, '\n', absl::SkipEmpty());
}

class ExportTest : public ::testing::Test {
 protected:
  void Load(const std::string& events) {
    const Ran ran = server_.Run("record - -q", events);
    ASSERT_EQ(ran.code, kOk) << ran.err;
  }
  Ran Export(const std::string& arguments) { return server_.Run("export " + arguments); }
  std::string File(const std::string& name) const { return server_.directory() + "/" + name; }
  std::string Text(const std::string& name) const {
    std::ifstream in(File(name));
    return std::string((std::istreambuf_iterator<char>(in)), {});
  }
  void Put(const std::string& name, const std::string& text) { std::ofstream(File(name)) << text; }
  RealServer server_;
};

// The events as JSON lines, out of CloudEvents.
std::string DataOf(const std::string& cloud_events) {
  std::string events;
  for (const auto& line : LinesOf(cloud_events)) {
    const size_t data = line.find(",\"data\":");
    absl::StrAppend(&events, line.substr(data + 8, line.size() - data - 9), "\n");
  }
  return events;
}

TEST_F(ExportTest, ImportedIntoAnEmptyStoreGivesTheSame) {
  Load(Events(90, 1));
  const Ran json = Export("events --lang en" + std::string(kWhole));
  ASSERT_EQ(json.code, kOk) << json.err;
  const Ran cloud = Export("events --format cloudevents" + std::string(kWhole));
  const std::string stood = server_.Dump();
  EXPECT_GT(LinesOf(stood).size(), 500u);
  for (const std::string& events : {json.out, DataOf(cloud.out)}) {
    RealServer copy(&server_);
    const Ran ran = copy.Run("record -", events);
    EXPECT_EQ(ran.code, kOk) << ran.err;
    // Sent once more nothing is new, and nothing differs.
    const Ran again = copy.Run("record - -o json", events);
    EXPECT_THAT(again.out, HasSubstr(R"("new":0,)"));
    EXPECT_THAT(again.out, HasSubstr(R"("refused":0)"));
    EXPECT_EQ(copy.Dump(), stood);
  }
}

// The contacts of one channel are whole in the copy: their notes came from
// another system, some of them before anyone knew the channel.
TEST_F(ExportTest, EventsOfAChannelMakeItsContactsWhole) {
  Load(Events(60, 2));
  const Ran phone = Export("events --channel phone" + std::string(kWhole));
  EXPECT_THAT(phone.out, Not(HasSubstr("CHANNEL_WEB")));
  const auto contacts = [](const RealServer& server) {
    std::set<std::string> set;
    for (const auto& line : LinesOf(server.Run("export contacts --channel phone").out)) {
      v1::Contact contact;
      EXPECT_FALSE(FromJson(line, contact));
      contact.clear_position();
      contact.clear_citizens();
      EXPECT_TRUE(set.insert(Json(contact, false)).second) << line;
    }
    return set;
  };
  const auto stood = contacts(server_);
  EXPECT_EQ(stood.size(), 60u - 5u);  // Five calls were taken back.
  RealServer copy(&server_);
  EXPECT_EQ(copy.Run("record - -q", phone.out).code, kOk);
  EXPECT_EQ(contacts(copy), stood);
}

TEST_F(ExportTest, BrokenOffItGoesOnAndNothingIsMissingOrTwice) {
  Load(Events(400, 3));
  for (const std::string what : {"events", "contacts --channel phone", "citizens"}) {
    SCOPED_TRACE(what);
    for (const char* name : {"token", "all.csv"}) std::filesystem::remove(File(name));
    const std::string all = Export(what + " --format csv").out;
    const std::string command = what + " --format csv --token-file " + File("token");
    const Ran first = server_.RunAndStopAtFirstLine("export " + command);
    EXPECT_EQ(first.code, kInterrupted) << first.err;
    ASSERT_LT(first.out.size(), all.size());
    // What a kill may leave after the place that was noted.
    Put("all.csv", first.out + "\"half a line");
    const Ran rest = Export(command + " --to " + File("all.csv"));
    EXPECT_EQ(rest.code, kOk) << rest.err;
    EXPECT_TRUE(Text("all.csv") == all);
    // Finished; what comes next is what came since, in the same file.
    EXPECT_EQ(Export(command + " --to " + File("all.csv")).code, kOk);
    EXPECT_TRUE(Text("all.csv") == all);
  }
  Load(CallOf(500, "c-500"));
  EXPECT_EQ(
      Export("citizens --format csv --token-file " + File("token") + " --to " + File("all.csv"))
          .code,
      kOk);
  EXPECT_THAT(LinesOf(Text("all.csv")).back(), HasSubstr("+31610000020"));
}

TEST_F(ExportTest, StoppedItSaysHowToGoOn) {
  Load(Events(400, 9));
  const std::string all = Export("events -q").out;
  const Ran first = server_.RunAndStopAtFirstLine("export events");
  ASSERT_EQ(first.code, kInterrupted);
  ASSERT_LT(first.out.size(), all.size());
  EXPECT_THAT(first.err, HasSubstr("--token-file"));
  Put("token", LinesOf(first.err).back() + "\n");
  const Ran rest = Export("events -q --token-file " + File("token"));
  EXPECT_EQ(rest.code, kOk) << rest.err;
  EXPECT_TRUE(first.out + rest.out == all);
  const Ran noted = server_.RunAndStopAtFirstLine("export events --token-file " + File("other"));
  EXPECT_THAT(noted.err, HasSubstr("gaat verder waar " + File("other")));
}

TEST_F(ExportTest, ContactsStandOnceAsTheyStoodWhenItBegan) {
  Load(Events(30, 4));
  const Ran ran = Export("contacts");
  std::map<std::string, v1::Contact> contacts;
  for (const auto& line : LinesOf(ran.out)) {
    v1::Contact contact;
    ASSERT_FALSE(FromJson(line, contact));
    EXPECT_TRUE(contacts.emplace(contact.ref().source() + contact.ref().id(), contact).second);
  }
  EXPECT_EQ(contacts.size(), 30u + 15u - 2u);
  EXPECT_FALSE(contacts.contains("exchangec-10"));
  EXPECT_EQ(contacts["exchangec-3"].data().note(), "gebeld over 3");
  EXPECT_EQ(contacts["exchangec-3"].citizens_size(), 1);
  EXPECT_FALSE(contacts["exchangec-9"].data().has_note());  // Taken back.
  EXPECT_EQ(contacts["exchangec-5"].data().talked().seconds(), 61);
  EXPECT_THAT(ran.out, AllOf(Not(HasSubstr(Bsn(4))), HasSubstr("******" + Bsn(4).substr(6))));
  EXPECT_THAT(Export("contacts" + std::string(kWhole)).out, HasSubstr(Bsn(4)));
}

TEST_F(ExportTest, FiltersByPeriodChannelProductAndCitizen) {
  Load(Events(30, 5));
  const auto count = [&](const std::string& arguments) {
    const Ran ran = Export(arguments + " --lang en");
    EXPECT_EQ(ran.code, kOk) << ran.err;
    return LinesOf(ran.out).size();
  };
  EXPECT_EQ(count("contacts --channel web"), 15u);
  EXPECT_EQ(count("contacts --channel web,phone"), 43u);
  EXPECT_EQ(count("contacts --product PARKEERVERGUNNING"), 15u);
  EXPECT_EQ(count("events --product parkeervergunning"), 15u + 1u);  // And what may come later.
  EXPECT_EQ(count("contacts --product tent"), 0u);
  // Two calls a day and a visit every 200 minutes, from 1 March.
  EXPECT_EQ(count("contacts --channel web --period 2025-03-01"), 7u);
  EXPECT_EQ(count("contacts --channel web --period 2025-03-02..2025-03"), 8u);
  EXPECT_EQ(count("contacts --period 2024"), 0u);
  v1::FindCitizensResponse found;
  ASSERT_FALSE(FromJson(server_.Run("find --kind bsn - -o json -q", Bsn(4) + "\n").out, found));
  ASSERT_EQ(found.citizens_size(), 1);
  const std::string of = " --citizen " + found.citizens(0).id();
  const size_t contacts = count("contacts" + of);
  EXPECT_GE(contacts, 1u);
  EXPECT_LT(contacts, 5u);
  EXPECT_EQ(count("contacts --channel web" + of), 1u);
  EXPECT_EQ(count("events --channel web" + of), 1u + 1u);
  EXPECT_EQ(count("citizens" + of), 1u);
}

TEST_F(ExportTest, CitizensStandOnceAndAfterALinkAsOne) {
  Load(Events(40, 6));
  const auto ids = [&](const std::string& more = "") {
    std::set<std::string> set;
    for (const auto& line : LinesOf(Export("citizens" + more).out)) {
      v1::Citizen citizen;
      EXPECT_FALSE(FromJson(line, citizen));
      EXPECT_TRUE(set.insert(citizen.id()).second) << line;
    }
    return set;
  };
  const auto before = ids(" --token-file " + File("token"));
  EXPECT_GE(before.size(), 20u);
  EXPECT_LT(ids(" --channel web").size(), before.size());
  EXPECT_EQ(ids(" --token-file " + File("token")).size(), 0u);
  const Ran link =
      server_.Run("link exchange/c-1 exchange/c-3 --reason 'dezelfde stem' --author a");
  ASSERT_EQ(link.code, kOk) << link.err;
  const auto changed = ids(" --token-file " + File("token"));
  EXPECT_EQ(changed.size(), 1u);
  const auto after = ids();
  EXPECT_TRUE(after.contains(*changed.begin()));
  EXPECT_LE(after.size(), before.size());
}

TEST_F(ExportTest, SpreadsheetsGetNoFormulaAndProgramsGetTheText) {
  Load(Events(10, 7));
  EXPECT_THAT(Export("events --format csv").out,
              AllOf(HasSubstr(R"("'=1+1")"), Not(HasSubstr(R"("=1+1")"))));
  EXPECT_THAT(Export("events").out, HasSubstr(R"("subject":"=1+1")"));
}

TEST_F(ExportTest, WhatCannotBeIsSaidBeforeAnythingIsWritten) {
  Load(Events(5, 8));
  Put("there", "x");
  const auto refused = [&](const std::string& arguments, const std::string& why) {
    const Ran ran = Export(arguments + " --lang en");
    EXPECT_EQ(ran.code, kUsage) << arguments;
    EXPECT_THAT(ran.err, HasSubstr(why));
    EXPECT_EQ(ran.out, "");
  };
  refused("people", "contacts, citizens, events");
  refused("events --format xml", "csv, ndjson, cloudevents");
  refused("events --period 2025-13", "2025-09");
  refused("events --oin 12", "twenty digits");
  refused("events --to " + File("there"), "exists");
  refused("events --citizen 00 --token-file t", "anew");
  EXPECT_EQ(Text("there"), "x");
  EXPECT_EQ(Export("events -q --to " + File("new") + " --token-file " + File("token")).code, kOk);
  refused("contacts --to " + File("new") + " --token-file " + File("token"), "another export");
  Put("new", "");
  refused("events --to " + File("new") + " --token-file " + File("token"), "shorter");
}

}  // namespace
}  // namespace klantbeeld::cli
