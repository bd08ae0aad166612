// Imports that are interrupted, hostile or endless.
// Also tests: clients/cli/import_watch.cc clients/cli/import_progress.cc
// Also tests: clients/cli/import_rejected.cc
#include <zstd.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/e2e/importer.h"

namespace klantbeeld::e2e {
namespace {

constexpr int kRows = 45'000;
constexpr long kPeakKibMax = 200 << 10;

constexpr char kMapping[] = R"([event]
source = "desk"
event_id = "{id}"
data.occurred_at = "{start}"
data.note = "{note}"
data.channel = { column = "how", words = { Tel = "phone", Balie = "counter" } }
)";

// Every thousandth row is refused.
std::string Rows() {
  std::string rows = "id,start,how,note\n";
  for (int i = 0; i < kRows; ++i) {
    absl::StrAppend(&rows, i, ",2025-03-03T09:14:05,", i % 1000 == 500 ? "Rook" : "Tel", ",note ",
                    i, "\n");
  }
  return rows;
}

class InterruptedImport : public ::testing::Test {
 protected:
  InterruptedImport() {
    file_ = store_.Put("a.csv", Rows());
    arguments_ = absl::StrCat("csv ", file_, " --mapping ", store_.Put("m.toml", kMapping));
  }
  // The dump after an import that nothing disturbed.
  std::string Undisturbed() {
    ImportStore other(&store_);
    const Imported imported =
        other.Import(absl::StrCat(arguments_, " --rejected ", other.dir(), "/rejected"));
    EXPECT_EQ(imported.at("new"), kRows - kRows / 1000u);
    rejected_ = Importer::Read(other.dir() + "/rejected");
    return other.Dump();
  }
  // Runs until it notes for the first time how far it is.
  std::unique_ptr<Importer> UntilNoted() {
    const Appears note(store_.dir(), "a.csv.resume");
    auto running = std::make_unique<Importer>(store_, arguments_);
    EXPECT_TRUE(note.Wait());
    return running;
  }

  ImportStore store_;
  std::string file_, arguments_, rejected_;
};

TEST_F(InterruptedImport, KilledAndGoneOnWithEndsTheSame) {
  EXPECT_EQ(UntilNoted()->End(SIGKILL).code, 128 + SIGKILL);
  const Imported resumed = store_.Import(arguments_ + " --resume");
  EXPECT_EQ(resumed.code, 7) << resumed.err;
  EXPECT_TRUE(absl::StrContains(resumed.err, "Going on after")) << resumed.err;
  EXPECT_EQ(resumed.at("read"), static_cast<uint64_t>(kRows));
  EXPECT_EQ(resumed.at("rejected"), kRows / 1000u);
  EXPECT_FALSE(std::filesystem::exists(file_ + ".resume")) << "it is done";
  const std::string rejected = Importer::Read(file_ + ".rejected");
  EXPECT_TRUE(store_.Dump() == Undisturbed()) << "the two stores differ";
  EXPECT_EQ(rejected, rejected_);
}

TEST_F(InterruptedImport, StoppedAndDoneAgainFromTheFrontEndsTheSame) {
  const Imported stopped = UntilNoted()->End(SIGINT);
  EXPECT_EQ(stopped.code, 130) << stopped.err;
  EXPECT_TRUE(absl::StrContains(stopped.err, "--resume")) << stopped.err;
  EXPECT_LT(stopped.at("read"), static_cast<uint64_t>(kRows));
  const Imported again = store_.Import(arguments_);
  EXPECT_EQ(again.at("new") + again.at("already") + again.at("rejected"),
            static_cast<uint64_t>(kRows));
  EXPECT_GE(again.at("already"), stopped.at("new"));
  EXPECT_TRUE(store_.Dump() == Undisturbed()) << "the two stores differ";
}

TEST_F(InterruptedImport, ServerThatIsKilledAndComesBackIsWaitedFor) {
  auto running = UntilNoted();
  store_.Kill(SIGKILL);
  store_.Start();
  const Imported imported = running->Wait();
  EXPECT_EQ(imported.code, 7) << imported.err;
  EXPECT_EQ(imported.at("read"), static_cast<uint64_t>(kRows));
  EXPECT_TRUE(store_.Dump() == Undisturbed()) << "the two stores differ";
}

TEST_F(InterruptedImport, NoteOfAnotherFileOrMappingIsNotGoneOnWith) {
  UntilNoted()->End(SIGKILL);
  store_.Put("m.toml", std::string(kMapping) + "data.subject = \"x\"\n");
  const Imported resumed = store_.Import(arguments_ + " --resume");
  EXPECT_TRUE(absl::StrContains(resumed.err, "There is no note")) << resumed.err;
}

TEST_F(InterruptedImport, RejectedLinesMendedMeanwhileAreKeptAndComeAgain) {
  UntilNoted()->End(SIGKILL);
  ASSERT_FALSE(Importer::Read(file_ + ".rejected").empty());
  store_.Put("a.csv.rejected", "mended");
  const Imported resumed = store_.Import(arguments_ + " --resume");
  EXPECT_TRUE(absl::StrContains(resumed.err, "beginning at the front")) << resumed.err;
  EXPECT_EQ(Importer::Read(file_ + ".rejected.1"), "mended");
  const std::string rejected = Importer::Read(file_ + ".rejected");
  Undisturbed();
  EXPECT_EQ(rejected, rejected_);
}

// Each stream is one line of a quarter of a gibibyte, and a good one behind it.
TEST(HostileImport, EndlessLinesTakeNoMemory) {
  const ImportStore store;
  const std::string mapping = store.Put("m.toml", kMapping);
  const std::string event =
      R"({"source":"s","eventId":"good","data":{"channel":"CHANNEL_PHONE","occurredAt":"2025-03-03T09:14:05Z"}})";
  const std::string endless = "head -c 268435456 /dev/zero | tr '\\0' x";
  const std::pair<const char*, std::string> feeds[] = {
      {"csv", "printf 'id,start,how,note\\n'; " + endless +
                  "; printf '\\n1,2025-03-03T09:14:05,Tel,a\\n'"},
      {"csv",
       "printf 'id,start,how,note\\n2,2025-03-03T09:14:05,Tel,\"'; head -c 268435456 /dev/zero; "
       "printf '\"\\n3,2025-03-03T09:14:05,Tel,a\\n'"},
      {"events", endless + "; printf '\\n%s\\n' '" + event + "'"},
      {"matomo", "printf '[{\"a\":\"'; " + endless +
                     "; printf '\"},{\"idSite\":1,\"idVisit\":2,\"serverTimestamp\":1740990000}]'"},
      {"qmatic",
       "head -c 268435456 /dev/zero; printf '\\n%s\\n' "
       "'{\"eventName\":\"VISIT_CREATE\",\"eventTime\":1740990000000,\"unitId\":1,"
       "\"parameters\":{\"visitId\":1}}'"},
      {"asterisk-queue", endless + "; printf '\\n1740990000|1740990000.1|q|NONE|ENTERQUEUE||\\n'"},
      {"asterisk-cdr", endless},
      {"ga4", endless},
  };
  for (const auto& [format, feed] : feeds) {
    const std::string rejected = store.dir() + "/rejected";
    std::filesystem::remove(rejected);
    const Imported imported =
        store.Import(absl::StrCat(format, " - --rejected ", rejected,
                                  std::string(format) == "csv" ? " --mapping " + mapping : ""),
                     feed);
    EXPECT_EQ(imported.code, 7) << format << imported.err;
    EXPECT_EQ(imported.summary["rejectedBy"], nlohmann::json({{"too-long", 1}}))
        << format << imported.summary;
    EXPECT_EQ(imported.at("new"), feed.size() > 60 ? 1u : 0u) << format << imported.err;
    EXPECT_LT(imported.peak_kib, kPeakKibMax) << format;
  }
}

TEST(HostileImport, PackedNothingTakesNoMemory) {
  const ImportStore store;
  std::string packed, zeros(1 << 20, '\0'), space(ZSTD_compressBound(1 << 20), '\0');
  for (int i = 0; i < 512; ++i) {
    packed.append(space.data(),
                  ZSTD_compress(space.data(), space.size(), zeros.data(), zeros.size(), 1));
  }
  const Imported imported = store.Import(absl::StrCat("events ", store.Put("bomb.zst", packed)));
  EXPECT_EQ(imported.summary["rejectedBy"], nlohmann::json({{"too-long", 1}})) << imported.err;
  EXPECT_LT(imported.peak_kib, kPeakKibMax);
}

// Refused lines as long as a line may be, many more than fit in memory.
TEST(HostileImport, ManyLongRefusedLinesTakeNoMemory) {
  const ImportStore store;
  const std::string line = "head -c 1000000 /dev/zero | tr '\\0' x; echo";
  const Imported imported =
      store.Import(absl::StrCat("events - --rejected ", store.dir(), "/rejected"),
                   "for i in $(seq 300); do " + line + "; done");
  EXPECT_EQ(imported.at("rejected"), 300u) << imported.err;
  EXPECT_LT(imported.peak_kib, kPeakKibMax);
}

TEST(HostileImport, DeepJsonIsRefused) {
  const ImportStore store;
  const std::string deep =
      "{\"data\":" + std::string(400'000, '[') + std::string(400'000, ']') + "}\n";
  for (const char* format : {"events", "cloudevents", "matomo", "ga4", "qmatic", "asterisk-cdr"}) {
    const Imported imported = store.Import(absl::StrCat(format, " ", store.Put("deep", deep)));
    EXPECT_EQ(imported.code, 7) << format << imported.err;
    EXPECT_EQ(imported.at("rejected"), 1u) << format;
    EXPECT_LT(imported.peak_kib, kPeakKibMax) << format;
  }
}

TEST(WatchedDirectory, TakesWhatIsCompleteAndMovesIt) {
  const ImportStore store;
  const std::string in = store.dir() + "/in";
  std::filesystem::create_directories(in + "/done");
  const std::string line =
      R"({"source":"s","eventId":"a","data":{"channel":"CHANNEL_PHONE","occurredAt":"2025-03-03T09:14:05Z"}})";
  const Appears first(in + "/done", "first.jsonl"), second(in + "/done", "second.jsonl.rejected"),
      third(in + "/done", "third.jsonl");
  store.Put("in/half.jsonl.part", line);
  Importer running(store, "events --watch " + in);
  // Somebody still writes to it; opened only now, so that nobody inherits it.
  std::ofstream open_still(in + "/third.jsonl");
  open_still << line << std::flush;
  store.Put("in/first.jsonl", line + "\n");
  EXPECT_TRUE(first.Wait());
  EXPECT_TRUE(std::filesystem::exists(in + "/third.jsonl")) << "taken while it was written to";
  store.Put("in/.second", line + "\nx\n");
  std::filesystem::rename(in + "/.second", in + "/second.jsonl");
  EXPECT_TRUE(second.Wait());
  open_still << "\n";
  open_still.close();
  EXPECT_TRUE(third.Wait());
  EXPECT_TRUE(std::filesystem::exists(in + "/half.jsonl.part"));
  EXPECT_EQ(running.End(SIGINT).code, 130);
}

TEST(WatchedDirectory, FileThatBreaksOffGoesToFailedWithWhatItTakesToGoOn) {
  const ImportStore store;
  const std::string in = store.dir() + "/in", failed = in + "/failed";
  std::filesystem::create_directories(failed);
  const std::string rows = Rows(), mapping = store.Put("m.toml", kMapping);
  std::string packed(ZSTD_compressBound(rows.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), rows.data(), rows.size(), 1));
  store.Put("in/a.csv.zst.part", packed.substr(0, packed.size() / 2));
  // Of an earlier file of this name, and somebody mends it.
  store.Put("in/failed/a.csv.zst.rejected", "mended");
  const Appears moved(failed, "a.csv.zst.1");
  std::filesystem::rename(in + "/a.csv.zst.part", in + "/a.csv.zst");
  Importer running(store, absl::StrCat("csv --watch ", in, " --mapping ", mapping));
  EXPECT_TRUE(moved.Wait());
  EXPECT_EQ(running.End(SIGINT).code, 130);
  EXPECT_EQ(Importer::Read(failed + "/a.csv.zst.rejected"), "mended");
  EXPECT_TRUE(std::filesystem::exists(failed + "/a.csv.zst.1.rejected"));
  EXPECT_FALSE(std::filesystem::exists(in + "/a.csv.zst.resume"));
  store.Put("in/failed/a.csv.zst.1", packed);
  const Imported resumed =
      store.Import(absl::StrCat("csv ", failed, "/a.csv.zst.1 --resume --mapping ", mapping));
  EXPECT_TRUE(absl::StrContains(resumed.err, "Going on after")) << resumed.err;
  EXPECT_EQ(resumed.at("read"), static_cast<uint64_t>(kRows)) << resumed.err;
  EXPECT_EQ(resumed.at("rejected"), kRows / 1000u);
}

TEST(WatchedDirectory, WaitsForAServerThatIsAway) {
  ImportStore store;
  const std::string in = store.dir() + "/in";
  std::filesystem::create_directories(in + "/done");
  store.Kill(SIGKILL);
  store.Put("in/a.csv",
            "id,start,how,note\n1,2025-03-03T09:14:05,Rook,a\n"
            "2,2025-03-03T09:14:05,Tel,a\n");
  const Appears noted(in, "a.csv.resume"), done(in + "/done", "a.csv");
  Importer running(store,
                   absl::StrCat("csv --watch ", in, " --mapping ", store.Put("m.toml", kMapping)));
  EXPECT_TRUE(noted.Wait());
  store.Start();
  EXPECT_TRUE(done.Wait());
  EXPECT_EQ(running.End(SIGINT).code, 130);
  EXPECT_TRUE(absl::StrContains(Importer::Read(in + "/done/a.csv.rejected"), "Rook"));
  EXPECT_FALSE(std::filesystem::exists(in + "/a.csv.rejected.1")) << "begun anew";
}

}  // namespace
}  // namespace klantbeeld::e2e
