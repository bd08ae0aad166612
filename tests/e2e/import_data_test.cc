// Whole files brought in through the real program into the real server, by the
// mapping files that ship; twice, and out of order.
#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tests/e2e/importer.h"

namespace klantbeeld::e2e {
namespace {

constexpr char kMappings[] = "clients/adapters/csv/mappings/";
constexpr char kMade[] = "tests/clients/adapters/";
constexpr char kShared[] = "../shared/data/";

// The real file where it is; else one of the same columns, with a few rows.
std::string RealOr(const ImportStore& store, const std::string& path, const std::string& stand_in) {
  const std::string real = kShared + path;
  return std::filesystem::exists(real) ? real : store.Put("stand_in.csv", stand_in);
}

uint64_t RowsOf(const std::string& path) {
  const std::string text = Importer::Read(path);
  return static_cast<uint64_t>(std::count(text.begin(), text.end(), '\n')) - 1;
}

void ExpectWholeAndOnce(const ImportStore& store, const std::string& file,
                        const std::string& mapping) {
  const std::string arguments = absl::StrCat("csv ", file, " --mapping ", kMappings, mapping,
                                             " --rejected ", store.dir(), "/rejected");
  const Imported first = store.Import(arguments);
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(first.at("read"), RowsOf(file));
  EXPECT_EQ(first.at("new") + first.at("changed"), first.at("read"));
  EXPECT_EQ(first.at("rejected"), 0u);
  const Imported second = store.Import(arguments);
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_EQ(second.at("already"), first.at("read"));
  EXPECT_EQ(second.at("new") + second.at("changed") + second.at("rejected"), 0u);
}

TEST(ImportData, ServiceRequestsOfLosAngelesComeInWhole) {
  const ImportStore store;
  const std::string file = RealOr(
      store, "municipal_311/MyLA311_Service_Request_Data_2017_Subset.csv",
      "SRNumber,CreatedDate,UpdatedDate,ActionTaken,Owner,RequestType,Status,RequestSource,"
      "MobileOS,"
      "Anonymous,AssignTo,ServiceDate,ClosedDate,Address,Latitude,Longitude,Location\n"
      "1-1,12/31/2017 11:59:58 PM,04/09/2018 09:25:28 AM,SR Created,BOS,Bulky Items,Closed,Call,,N,"
      "NC,,04/09/2018 09:18:35 AM,\"1 EXAMPLE AVE, 90026\",1,2,\"(1, 2)\"\n"
      "1-2,12/31/2017 11:59:58 PM,12/31/2017 11:59:59 PM,SR "
      "Created,BOS,Graffiti,Open,Walk-in,,N,NC,"
      ",12/30/2017 09:18:35 AM,\"2 EXAMPLE AVE, 90026\",1,2,\"(1, 2)\"\n");
  ExpectWholeAndOnce(store, file, "myla311.toml");
}

TEST(ImportData, HouseholdContactsComeInWhole) {
  const ImportStore store;
  const std::string file = RealOr(
      store, "household_contacts/pp_contacts.csv",
      "event_id,ts,channel,bsn,first_name,initials,last_name,dob,postcode_street,"
      "house_number,phone,email,cookie,ticket,truth,household\n"
      "e1,2030-01-01T08:01:00Z,phone,,pam,p,test,1952-03-02,straat,30080,+31612345678,,,,0,0\n"
      "e2,2030-01-01T08:10:00Z,counter,999990019,an,a,test,1950-13-16,straat,23a,,,,T1,0,0\n");
  ExpectWholeAndOnce(store, file, "household_contacts.toml");
}

TEST(ImportData, AnotherCitysExportNeedsOnlyAMappingFile) {
  const ImportStore store;
  const std::string arguments =
      absl::StrCat("csv ", kMade, "csv/made_city_311.tsv --mapping ", kMade,
                   "csv/made_city_311.toml --rejected ", store.dir(), "/rejected");
  const Imported imported = store.Import(arguments);
  EXPECT_EQ(imported.code, 0) << imported.err;
  EXPECT_EQ(imported.summary["channels"], nlohmann::json({{"phone", 50},
                                                          {"web", 50},
                                                          {"counter", 50},
                                                          {"email", 50},
                                                          {"chat", 50},
                                                          {"other", 50}}));
  EXPECT_EQ(store.Import(arguments).at("already"), 300u);
}

TEST(ImportData, OurOwnCsvIsReadAndASecondRevisionChanges) {
  const ImportStore store;
  const std::string arguments =
      absl::StrCat("csv ", kMade, "csv/made_generic.csv --mapping ", kMappings,
                   "generic.toml --rejected ", store.dir(), "/rejected");
  const Imported imported = store.Import(arguments);
  EXPECT_EQ(imported.code, 7) << imported.err;
  EXPECT_EQ(imported.at("read"), 7u);
  EXPECT_EQ(imported.at("new"), 4u);
  EXPECT_EQ(imported.at("already"), 1u) << "a double row";
  EXPECT_EQ(imported.at("changed"), 1u) << "a later revision";
  EXPECT_EQ(imported.summary["rejectedBy"], nlohmann::json({{"word-unknown", 1}}));
  EXPECT_EQ(imported.at("doubtfulTimes"), 1u) << "an hour that exists twice";
  // Only what is required.
  const std::string least =
      store.Put("least.csv", "bron,id,kanaal,start\nkcc,9,email,2025-03-03T09:14:05\n");
  EXPECT_EQ(
      store.Import(absl::StrCat("csv ", least, " --mapping ", kMappings, "generic.toml")).at("new"),
      1u);
}

struct MadeFile {
  const char* format;
  const char* file;
  uint64_t contacts;  // That it tells of and those before it did not.
};

// One of the calls in the queue's log has its call records too.
constexpr MadeFile kMadeFiles[] = {
    {"asterisk-cdr", "asterisk/made_cdr_custom.csv", 8},
    {"asterisk-queue", "asterisk/made_queue_log", 4},
    {"qmatic", "qmatic/made_visits.jsonl", 5},
    {"matomo", "matomo/made_visits.json", 2},
    {"ga4", "ga4/made_events.jsonl", 2},
    {"ga4", "ga4/made_events_again.jsonl", 0},
    {"cloudevents", "cloudevents/made_events.jsonl", 2},
    {"events", "events/made_events.jsonl", 1},
};

// A file of its own for each: one that is there is never written over.
std::string RejectedOf(const ImportStore& store, const MadeFile& made) {
  return absl::StrCat(store.dir(), "/", absl::StrReplaceAll(made.file, {{"/", "-"}}), ".rejected");
}

TEST(ImportData, EveryFormatTellsOfItsContactsOnce) {
  const ImportStore store;
  for (const MadeFile& made : kMadeFiles) {
    const std::string arguments =
        absl::StrCat(made.format, " ", kMade, made.file, " --rejected ", RejectedOf(store, made));
    const Imported first = store.Import(absl::StrCat(arguments, ".1"));
    EXPECT_EQ(first.at("new"), made.contacts) << made.file << first.err;
    const Imported second = store.Import(absl::StrCat(arguments, ".2"));
    EXPECT_EQ(second.at("new") + second.at("changed"), 0u) << made.file;
    EXPECT_EQ(second.at("already"), first.at("new") + first.at("changed") + first.at("already"))
        << made.file;
    EXPECT_EQ(second.at("rejected"), first.at("rejected")) << made.file;
  }
}

// Call records before or after the queue's log, files in any order: the
// contacts are the same.
TEST(ImportData, OrderOfTheFilesDoesNotMatter) {
  ImportStore one;
  ImportStore other(&one);
  const auto import = [](const ImportStore& store, const MadeFile& made) {
    store.Import(
        absl::StrCat(made.format, " ", kMade, made.file, " --rejected ", RejectedOf(store, made)));
  };
  std::vector<MadeFile> files(std::begin(kMadeFiles), std::end(kMadeFiles));
  for (const MadeFile& made : files) import(one, made);
  std::shuffle(files.begin(), files.end(), std::mt19937(3));
  for (const MadeFile& made : files) import(other, made);
  EXPECT_TRUE(one.Dump() == other.Dump()) << "the two stores differ";
}

// What our own export writes is what the two formats of it read.
TEST(ImportData, OurOwnExportGivesTheSameStore) {
  ImportStore one;
  for (const MadeFile& made : kMadeFiles) {
    one.Import(
        absl::StrCat(made.format, " ", kMade, made.file, " --rejected ", RejectedOf(one, made)));
  }
  one.Import(absl::StrCat("csv ", kMade, "csv/made_generic.csv --mapping ", kMappings,
                          "generic.toml --rejected ", one.dir(), "/generic.rejected"));
  std::vector<std::unique_ptr<ImportStore>> others;
  for (const auto& [format, written] :
       {std::pair("events", "ndjson"), std::pair("cloudevents", "cloudevents")}) {
    const std::string file = one.dir() + "/" + written;
    const std::string command = absl::StrCat(
        "env -i HOME=", one.dir(), " KLANTBEELD_SERVER=unix:", one.dir(), "/socket " KLANTBEELD_CLI,
        " export events --format ", written, " --show-bsn --reason test >", file);
    ASSERT_EQ(std::system(command.c_str()), 0);
    others.push_back(std::make_unique<ImportStore>(&one));
    const Imported imported = others.back()->Import(absl::StrCat(format, " ", file));
    EXPECT_EQ(imported.code, 0) << imported.err;
    EXPECT_GT(imported.at("read"), 50u);
  }
  const std::string dump = one.Dump();
  for (const auto& other : others) EXPECT_TRUE(other->Dump() == dump) << "the stores differ";
}

}  // namespace
}  // namespace klantbeeld::e2e
