// Files brought in through the real program into the real server.
// Also tests: clients/cli/cmd_import.cc clients/adapters/csv/csv_adapter.cc
// Also tests: clients/adapters/csv/first_mapping.cc clients/cli/import_reason.cc
// Also tests: clients/cli/import_files.cc
#include "clients/cli/import_run.h"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <random>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cli/import_files.h"
#include "tests/clients/real_server.h"

namespace klantbeeld::cli {
namespace {

using testing::RealServer;

constexpr char kMapping[] = R"(
drop = ["answer"]
[event]
source = "desk"
event_id = "{id}@{updated}"
contact = { source = "desk", id = "{id}" }
revised_at = "{updated}"
data.occurred_at = "{start}"
data.note = "{note}"
data.channel = { column = "how", words = { Tel = "phone", Balie = "counter" } }
[[event.data.parties]]
[[event.data.parties.identifiers]]
type = "bsn"
value = { column = "bsn", invalid = "leave-out" }
verified = "id-document"
)";
constexpr char kHeader[] = "id,updated,start,how,bsn,note,answer\n";

std::string Row(int number, const std::string& how = "Tel", const std::string& note = "dag") {
  return absl::StrCat(number, ",2025-03-03T10:00:00,2025-03-03T09:14:05,", how, ",999990019,\"",
                      note, "\",x\n");
}

class ImportTest : public ::testing::Test {
 protected:
  std::string Put(const std::string& name, const std::string& text) {
    const std::string path = server_.directory() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  testing::Ran Import(const std::string& file, const std::string& more = "") {
    return server_.Run(
        absl::StrCat("import csv ", file, " --mapping ", mapping_, " -o json ", more));
  }
  static std::string Read(const std::string& path) {
    std::ifstream in(path);
    return std::string((std::istreambuf_iterator<char>(in)), {});
  }
  const RealServer server_;
  const std::string mapping_ = Put("m.toml", kMapping);
};

TEST_F(ImportTest, TwiceAddsNothingAndALaterExportChanges) {
  std::string rows;
  for (int i = 0; i < 1200; ++i) rows += Row(i, i % 3 == 0 ? "Balie" : "Tel");
  const std::string file = Put("a.csv", kHeader + rows);
  const auto first = Import(file);
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_EQ(first.out,
            "{\"read\":1200,\"new\":1200,\"already\":0,\"changed\":0,\"rejected\":0,"
            "\"passed\":0,\"rejectedBy\":{},\"channels\":{\"counter\":400,\"phone\":800},"
            "\"first\":\"2025-03-03T08:14:05+00:00\",\"last\":\"2025-03-03T08:14:05+00:00\","
            "\"leftOut\":{},\"doubtfulTimes\":0}\n");
  const auto second = Import(file);
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_TRUE(absl::StrContains(second.out, "\"new\":0,\"already\":1200,\"changed\":0"))
      << second.out;
  // One that was revised is another event of the same contact.
  const auto later = Import(
      Put("b.csv",
          absl::StrCat(kHeader, "7,2025-03-04T10:00:00,2025-03-03T09:14:05,Tel,,opgelost,\n")));
  EXPECT_TRUE(absl::StrContains(later.out, "\"new\":0,\"already\":0,\"changed\":1")) << later.out;
}

TEST_F(ImportTest, RejectedLinesCanBeMendedAndImported) {
  const std::string file =
      Put("a.csv",
          absl::StrCat(kHeader, Row(1), Row(2, "Rook"), "3,a,b\n", Row(4, "Tel", "twee\nregels"),
                       "5,gisteren,2025-03-03T09:14:05,Tel,123456789,,\n"));
  chmod(file.c_str(), 0600);
  const auto ran = Import(file);
  EXPECT_EQ(ran.code, kPartlyDone) << ran.err;
  EXPECT_TRUE(absl::StrContains(ran.out,
                                "\"read\":5,\"new\":2,\"already\":0,\"changed\":0,"
                                "\"rejected\":3"))
      << ran.out;
  EXPECT_TRUE(absl::StrContains(ran.err, "3 geweigerd: how: het woord staat niet in de mapping"))
      << ran.err;
  EXPECT_TRUE(absl::StrContains(ran.err, "7 geweigerd: updated:")) << ran.err;
  EXPECT_FALSE(absl::StrContains(ran.err, "123456789"));
  struct stat rights {};
  ASSERT_EQ(stat((file + ".rejected").c_str(), &rights), 0);
  EXPECT_EQ(rights.st_mode & 0777u, 0600u);
  std::string rejected = Read(file + ".rejected");
  EXPECT_TRUE(absl::StrContains(rejected, "rejected_line,rejected_field,rejected_reason\r\n"));
  EXPECT_TRUE(absl::StrContains(rejected, ",3,how,word-unknown\r\n")) << rejected;
  rejected.replace(rejected.find("Rook"), 4, "Tel");
  const auto again = Import(Put("mended.csv", rejected));
  EXPECT_TRUE(absl::StrContains(again.out, "\"read\":3,\"new\":1,")) << again.out << again.err;
}

TEST_F(ImportTest, RejectedFileThatIsNamedAndStandsThereIsLeftAlone) {
  const std::string file = Put("a.csv", absl::StrCat(kHeader, Row(1), Row(2, "Rook")));
  const std::string mended = Put("mended", "somebody's work");
  const auto refused = Import(file, "--rejected " + mended);
  EXPECT_EQ(refused.code, kUsage) << refused.err;
  EXPECT_TRUE(absl::StrContains(refused.err, "mended bestaat al")) << refused.err;
  EXPECT_EQ(Read(mended), "somebody's work");
  // Nothing is lost with an empty one.
  const auto taken = Import(file, "--rejected " + Put("empty", ""));
  EXPECT_TRUE(absl::StrContains(taken.out, "\"new\":1,")) << taken.out << taken.err;
  EXPECT_TRUE(absl::StrContains(Read(server_.directory() + "/empty"), "Rook"));
}

TEST_F(ImportTest, RejectedFileOfAnEarlierRunIsMovedAside) {
  const std::string file = Put("a.csv", absl::StrCat(kHeader, Row(1), Row(2, "Rook")));
  Import(file);
  Put("a.csv.rejected", "mended");
  const auto again = Import(file);
  EXPECT_TRUE(absl::StrContains(again.err, "a.csv.rejected.1.\n")) << again.err;
  EXPECT_EQ(Read(file + ".rejected.1"), "mended");
  EXPECT_TRUE(absl::StrContains(Read(file + ".rejected"), "Rook"));
  Put("a.csv", absl::StrCat(kHeader, Row(1)));
  EXPECT_EQ(Import(file).code, 0);
  EXPECT_TRUE(absl::StrContains(Read(file + ".rejected.2"), "Rook"));
  EXPECT_EQ(Read(file + ".rejected.1"), "mended");
  EXPECT_FALSE(std::filesystem::exists(file + ".rejected")) << "nothing was refused this time";
}

TEST_F(ImportTest, RejectedFileThatIsImportedItselfIsNotLost) {
  const std::string file = Put("a.csv", absl::StrCat(kHeader, Row(1), Row(2, "Rook")));
  Import(file);
  const std::string rejected = Read(file + ".rejected");
  for (const std::string& files : {file + " " + file + ".rejected", file + ".rejected " + file}) {
    const auto both = Import(files);
    EXPECT_EQ(both.code, kUsage) << both.err;
    EXPECT_EQ(Read(file + ".rejected"), rejected);
  }
  EXPECT_EQ(Import(file + ".rejected").code, kPartlyDone);
  EXPECT_EQ(Read(file + ".rejected"), rejected);
  EXPECT_TRUE(absl::StrContains(Read(file + ".rejected.rejected"), "Rook"));
}

TEST_F(ImportTest, RejectedFileThatCannotBeMadeIsSaidBeforeAnythingIsSent) {
  const std::string file = Put("a.csv", absl::StrCat(kHeader, Row(1), Row(2, "Rook")));
  const auto ran = Import(file, absl::StrCat("--rejected ", server_.directory(), "/absent/r"));
  EXPECT_EQ(ran.code, kUnexpected);
  EXPECT_TRUE(absl::StrContains(ran.err, "Er is niets verstuurd")) << ran.err;
  EXPECT_EQ(std::count(ran.err.begin(), ran.err.end(), '\n'), 1) << ran.err;
  EXPECT_TRUE(absl::StrContains(Import(file).out, "\"new\":1,"));
}

TEST_F(ImportTest, RejectedFileThatGetsFullIsGoneOnWithWithoutLoss) {
  std::string rows;
  for (int i = 0; i < 2000; ++i) {
    rows += Row(i, i % 40 == 7 ? "Rook" : "Tel", std::string(200, 'n'));
  }
  const std::string file = Put("a.csv", kHeader + rows);
  const std::string arguments = absl::StrCat("import csv ", file, " --mapping ", mapping_);
  // No file may grow beyond 8 blocks of 512 bytes.
  const auto full =
      server_.Run(arguments, "", R"(sh -c 'trap "" XFSZ; ulimit -f 8; exec "$0" "$@"')");
  EXPECT_EQ(full.code, kUnexpected) << full.err;
  EXPECT_TRUE(absl::StrContains(full.err, "a.csv.rejected: File too large.")) << full.err;
  EXPECT_TRUE(absl::StrContains(full.err, "--resume")) << full.err;
  const auto resumed = Import(file, "--resume");
  EXPECT_EQ(resumed.code, kPartlyDone) << resumed.err;
  EXPECT_TRUE(absl::StrContains(resumed.err, "Verder na")) << resumed.err;
  EXPECT_TRUE(absl::StrContains(resumed.out, "\"read\":2000,")) << resumed.out;
  const std::string undisturbed = Put("b.csv", kHeader + rows);
  EXPECT_TRUE(absl::StrContains(Import(undisturbed).out, "\"already\":1950,"));
  EXPECT_EQ(Read(file + ".rejected"), Read(undisturbed + ".rejected"));
}

TEST_F(ImportTest, FileThatBreaksOffIsSaidAndGoneOnWith) {
  std::string rows;
  for (int i = 0; i < 5000; ++i) rows += Row(i, i == 7 ? "Rook" : "Tel", absl::StrCat("n", i * i));
  const std::string file = Put("a.csv", kHeader + rows);
  ASSERT_EQ(std::system(("gzip " + file).c_str()), 0);
  const std::string packed = Read(file + ".gz");
  Put("a.csv.gz", packed.substr(0, packed.size() / 2));
  const std::string other = Put("b.csv", absl::StrCat(kHeader, Row(9000)));
  const auto broken =
      server_.Run(absl::StrCat("import csv ", file, ".gz ", other, " --mapping ", mapping_));
  EXPECT_EQ(broken.code, kUnexpected) << broken.err;
  EXPECT_TRUE(absl::StrContains(broken.err, "cut off. Haal het opnieuw op of herstel het.\n"))
      << broken.err;
  EXPECT_TRUE(absl::StrContains(broken.err, "--resume")) << broken.err;
  EXPECT_TRUE(absl::StrContains(Import(other).out, "\"already\":1,")) << "the next was left out";
  Put("a.csv.gz", packed);
  const auto resumed = Import(file + ".gz", "--resume");
  EXPECT_EQ(resumed.code, kPartlyDone) << resumed.err;
  EXPECT_TRUE(absl::StrContains(resumed.err, "Verder na")) << resumed.err;
  EXPECT_TRUE(absl::StrContains(resumed.out, "\"read\":5000,")) << resumed.out;
  EXPECT_TRUE(absl::StrContains(Read(file + ".gz.rejected"), "Rook"));
}

TEST_F(ImportTest, OutputThatIsNotThereIsRefused) {
  const std::string file = Put("a.csv", absl::StrCat(kHeader, Row(1)));
  for (const char* dry : {"", " --dry-run"}) {
    const auto ran =
        server_.Run(absl::StrCat("import csv ", file, " --mapping ", mapping_, " -o csv", dry));
    EXPECT_EQ(ran.code, kUsage);
    EXPECT_TRUE(absl::StrContains(ran.err, "table, json, ndjson")) << ran.err;
    EXPECT_EQ(ran.out, "");
  }
}

TEST_F(ImportTest, NamesOfWhatIsLeftBehindAreKnownAndFree) {
  for (const char* name : {"a.csv.rejected", "a.csv.resume", "a.csv.rejected.12"}) {
    EXPECT_TRUE(IsLeftBehind(name)) << name;
  }
  for (const char* name : {"a.csv", "queue_log.1", "rejected.csv", "a.rejected.", "12"}) {
    EXPECT_FALSE(IsLeftBehind(name)) << name;
  }
  const std::string path = server_.directory() + "/f";
  EXPECT_EQ(FreeName(path), path);
  EXPECT_FALSE(HoldsSomething(path));
  EXPECT_FALSE(HoldsSomething(Put("f", "")));
  EXPECT_TRUE(HoldsSomething(Put("f", "x")));
  EXPECT_TRUE(HoldsSomething(server_.directory()));
  Put("f.1.rejected", "");
  EXPECT_EQ(FreeName(path), path + ".2");
}

TEST_F(ImportTest, OrderOfTheFileDoesNotMatter) {
  std::vector<std::string> rows;
  for (int i = 0; i < 300; ++i) rows.push_back(Row(i % 200, "Tel", absl::StrCat("n", i % 200)));
  std::string text = kHeader;
  for (const auto& row : rows) text += row;
  Import(Put("a.csv", text));
  std::shuffle(rows.begin(), rows.end(), std::mt19937(7));
  std::string shuffled = kHeader;
  for (const auto& row : rows) shuffled += row;
  const auto again = Import(Put("b.csv", shuffled));
  EXPECT_TRUE(absl::StrContains(again.out, "\"new\":0,\"already\":300,\"changed\":0")) << again.out;
}

TEST_F(ImportTest, DryRunShowsAndRecordsNothing) {
  const std::string file = Put("a.csv", absl::StrCat(kHeader, Row(1)));
  const auto shown = server_.Run(
      absl::StrCat("import csv ", file, " --mapping ", mapping_, " --dry-run -o ndjson"));
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_TRUE(absl::StrContains(shown.out, "CHANNEL_PHONE")) << shown.out;
  EXPECT_FALSE(absl::StrContains(shown.out, "999990019")) << shown.out;
  EXPECT_TRUE(absl::StrContains(Import(file).out, "\"new\":1"));
}

TEST_F(ImportTest, MappingAndFileFaultsAreSaidBeforeAnythingIsSent) {
  const std::string file = Put("a.csv", "id,other\n1,2\n");
  const auto column = Import(file);
  EXPECT_EQ(column.code, kUsage);
  EXPECT_TRUE(absl::StrContains(column.err, "m.toml regel")) << column.err;
  EXPECT_EQ(Import("/nonexistent.csv").code, kUsage);
  EXPECT_EQ(server_.Run("import csv " + file).code, kUsage);
  EXPECT_EQ(server_.Run("import smoke " + file).code, kUsage);
}

TEST_F(ImportTest, FirstMappingOfAFileReadsIt) {
  const std::string file = Put("a.csv",
                               "SRNumber;CreatedDate;RequestSource;Telefoon;Geboortedatum;Iets\n"
                               "1-1;12/31/2017 11:59:58 PM;Call;0612345678;1980-01-02;x\n");
  const auto mapping = server_.Run("import map " + file);
  EXPECT_EQ(mapping.code, 0) << mapping.err;
  EXPECT_TRUE(absl::StrContains(mapping.out, "\"Call\" = \"phone\"")) << mapping.out;
  EXPECT_TRUE(absl::StrContains(mapping.out, "# \"Iets\"")) << mapping.out;
  const auto ran = server_.Run(
      absl::StrCat("import csv ", file, " -o json --mapping ", Put("first.toml", mapping.out)));
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(absl::StrContains(ran.out, "\"new\":1,")) << ran.out;
}

TEST_F(ImportTest, FirstMappingRepeatsNoFirstLineThatIsSomebodysData) {
  for (const char* text : {"Pietersen;Noor\nJansen;Els\n", "id;Pietersen;0612345678\n1;Jansen;0612345679\n",
                           "id;Pietersen;noor@gemeente.example\n", "datum;Pietersen;02-01-1980\n"}) {
    const auto mapping = server_.Run("import map " + Put("headless.csv", text));
    EXPECT_EQ(mapping.code, 0) << mapping.err;
    EXPECT_FALSE(absl::StrContains(mapping.out, "Pietersen")) << mapping.out;
    EXPECT_TRUE(absl::StrContains(mapping.out, "put a line with names before it")) << mapping.out;
  }
}

}  // namespace
}  // namespace klantbeeld::cli
