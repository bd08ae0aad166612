// Nothing acknowledged is lost, nothing is there twice, and everything agrees,
// when the server is killed under load at random moments; also when every byte
// that was not yet synced is thrown away. And that this test would notice.
//
// KLANTBEELD_CRASH_SEED     where the random moments come from; default 1
// KLANTBEELD_CRASH_SECONDS  store after store for so long; default one store
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "tests/crash/checks.h"
#include "tests/crash/load.h"
#include "tests/crash/oracle.h"
#include "tests/crash/server_process.h"

namespace klantbeeld::crash {
namespace {

constexpr uint64_t kRoundsOfStore = 6;
constexpr int kStreams = 3;
constexpr int kUnary = 3;
constexpr absl::Duration kPatience = absl::Seconds(60);
const std::vector<v1::FactKind> kEverything = {};
const std::vector<v1::FactKind> kDecisions = {v1::FACT_KIND_LINK, v1::FACT_KIND_UNLINK};

// Small, so that files are written, merged and left behind within seconds.
const std::vector<std::string> kSettings = {"store.memtable_mib=1", "limits.bookmark_idle_ms=20"};

uint64_t Setting(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

struct Tally {
  uint64_t rounds = 0, kills = 0, at_sync = 0, acknowledged = 0, repeated = 0, refused = 0;
  std::map<std::string, int> kinds;  // Of calls.
};

// One store, from empty through some rounds of load and kills.
class Life {
 public:
  Life(uint64_t seed, bool drop, Tally& tally)
      : drop_(drop), random_(seed), server_(kSettings), tally_(tally) {
    const Said made = server_.Run("init");
    if (made.code != 0) oracle_.Fault("init: " + made.text);
    if (made.code != 0 || !Start(0)) return;
    client_ = PatientClient(server_.address(), &stop_);
    checks_ = std::make_unique<Checks>(*client_, oracle_, seed);
    load_ = std::make_unique<Load>(server_.address(), seed, kStreams, kUnary, oracle_);
    all_ = std::make_unique<Followed>(server_.address(), kEverything, oracle_);
    decisions_ = std::make_unique<Followed>(server_.address(), kDecisions, oracle_);
  }

  void Live(uint64_t rounds, absl::Time until) {
    for (uint64_t i = 0; i < rounds && Fine() && absl::Now() < until; ++i) {
      ++tally_.rounds;
      Round(i % 3 == 2);
    }
    if (Fine()) CheckAll();
    if (load_ != nullptr && Fine()) {
      for (const auto& [kind, count] : load_->kinds()) tally_.kinds[kind] += count;
      for (const auto& fact : decisions_->facts()) {
        ++tally_.kinds[fact.kind() == v1::FACT_KIND_LINK ? "link taken" : "unlink taken"];
      }
    }
    load_ = nullptr;
    all_ = nullptr;
    decisions_ = nullptr;
    if (Fine()) End();
    tally_.acknowledged += oracle_.acknowledged();
    tally_.repeated += oracle_.repeated();
    tally_.refused += oracle_.refused();
  }

  std::vector<std::string> faults() const { return oracle_.faults(); }

 private:
  uint64_t Roll(uint64_t sides) { return random_() % sides; }
  bool Fine() const { return oracle_.faults().empty(); }

  void Round(bool check) {
    load_->Resume();
    KillUnderLoad();
    Restart(check, drop_ ? 1 + static_cast<long>(Roll(Roll(2) == 0 ? 12 : 80)) : 0);
    if (!Fine()) return;
    if (drop_) {
      KillAtSync();
    } else if (Roll(2) == 0) {
      KillUnderLoad();
    }
    if (!server_.running()) Restart(false, 0);
    if (!Fine()) return;
    if (!load_->Pause(kPatience)) return oracle_.Fault("calls remain without an answer");
    checks_->Feed();
    checks_->CaughtUp(*all_, kEverything);
    checks_->CaughtUp(*decisions_, kDecisions);
    checks_->Resumes(all_->tokens(), 10);
    const uint64_t old = checks_->head() > 500 ? checks_->head() - 500 : 0;
    checks_->SentAgain([&](uint64_t position) { return position > old || position % 37 == 0; });
    checks_->Contacts(300);
  }

  void KillUnderLoad() {
    const uint64_t more = 1 + Roll(Roll(4) == 0 ? 20 : 1500);
    if (!oracle_.WaitForAcknowledged(oracle_.acknowledged() + more, kPatience)) {
      oracle_.Fault("the load does not get on");
    }
    server_.Kill();
    ++tally_.kills;
  }

  void KillAtSync() {
    if (!server_.WaitForKill(kPatience)) return oracle_.Fault("the syncs do not get on");
    ++tally_.kills;
    ++tally_.at_sync;
  }

  // After a kill.
  void Restart(bool check, long kill_at_sync) {
    if (drop_) server_.Drop();
    if (check) {
      Check();
      if (drop_) server_.Drop();
    }
    Start(kill_at_sync);
  }

  bool Start(long kill_at_sync) {
    if (drop_) server_.set_disk(Roll(2) == 0 ? Disk::kTracked : Disk::kTrackedNames);
    const auto refused = server_.Start(kill_at_sync);
    if (refused) oracle_.Fault(absl::StrCat("does not start: ", refused->text));
    return !refused;
  }

  void Check() {
    const Said said = server_.Run("check");
    if (said.code != 0) oracle_.Fault(absl::StrCat("check: ", said.text));
  }

  void CheckAll() {
    checks_->Feed();
    checks_->SentAgain([](uint64_t) { return true; });
    checks_->Resumes(all_->tokens(), 40);
    checks_->Contacts(UINT64_MAX / 2);
    checks_->Timelines();
    const uint64_t head = checks_->head();
    checks_->Feed();
    if (checks_->head() != head) oracle_.Fault("sending everything again added facts");
  }

  void End() {
    if (const int code = server_.Stop(); code != 0) {
      oracle_.Fault(absl::StrCat("ends with ", code));
    }
    if (drop_) server_.Drop();
    Check();
  }

  const bool drop_;
  std::mt19937_64 random_;
  ServerProcess server_;
  Tally& tally_;
  Oracle oracle_;
  client::Stop stop_;
  std::unique_ptr<client::Client> client_;
  std::unique_ptr<Checks> checks_;
  std::unique_ptr<Load> load_;
  std::unique_ptr<Followed> all_, decisions_;
};

void Kill(const char* mode, bool drop) {
  const uint64_t seconds = Setting("KLANTBEELD_CRASH_SECONDS", 0);
  const absl::Time end =
      seconds == 0 ? absl::InfiniteFuture() : absl::Now() + absl::Seconds(seconds);
  uint64_t seed = Setting("KLANTBEELD_CRASH_SEED", 1);
  Tally tally;
  do {
    Life life(seed, drop, tally);
    life.Live(kRoundsOfStore, end);
    std::printf(
        "%s, seed %llu: so far %llu rounds, %llu kills (%llu at a chosen sync), %llu facts "
        "acknowledged, %llu answered again, %llu decisions refused\n",
        mode, static_cast<unsigned long long>(seed), static_cast<unsigned long long>(tally.rounds),
        static_cast<unsigned long long>(tally.kills),
        static_cast<unsigned long long>(tally.at_sync),
        static_cast<unsigned long long>(tally.acknowledged),
        static_cast<unsigned long long>(tally.repeated),
        static_cast<unsigned long long>(tally.refused));
    std::fflush(stdout);
    ASSERT_EQ(absl::StrJoin(life.faults(), "\n"), "") << "seed " << seed;
    ++seed;
  } while (seconds > 0 && absl::Now() < end);
  if (tally.rounds < kRoundsOfStore) return;
  for (const char* kind : {"contact", "revision", "identity moved", "of another", "event retracted",
                           "contact retracted", "sent again", "link taken", "unlink taken"}) {
    EXPECT_GT(tally.kinds.count(kind), 0) << kind << " never happened";
  }
}

// Load on a disk of this kind, a pause in which every call has its answer, and
// a power cut: what is then found wrong.
std::vector<std::string> FaultsAfterPowerCut(Disk disk) {
  ServerProcess server(kSettings);
  Oracle oracle;
  client::Stop stop;
  EXPECT_EQ(server.Run("init").code, 0);
  server.set_disk(disk);
  EXPECT_FALSE(server.Start());
  {
    Load load(server.address(), 1, kStreams, kUnary, oracle);
    load.Resume();
    EXPECT_TRUE(oracle.WaitForAcknowledged(1000, kPatience));
    EXPECT_TRUE(load.Pause(kPatience));
  }
  EXPECT_EQ(absl::StrJoin(oracle.faults(), "\n"), "") << "before the power cut";
  server.Kill();
  server.Drop();
  if (const auto refused = server.Start()) {
    oracle.Fault("refused to open: " + refused->text);
    return oracle.faults();
  }
  const auto client = PatientClient(server.address(), &stop);
  Checks checks(*client, oracle, 1);
  checks.Feed();
  checks.SentAgain([](uint64_t) { return true; });
  return oracle.faults();
}

TEST(CrashTest, KilledLosesNothing) { Kill("kill", false); }

TEST(CrashTest, KilledWithUnsyncedBytesGoneLosesNothing) { Kill("drop", true); }

TEST(CrashTest, PowerCutOfAnHonestDiskLosesNothing) {
  EXPECT_EQ(absl::StrJoin(FaultsAfterPowerCut(Disk::kTracked), "\n"), "");
}

TEST(CrashTest, SyncSwitchedOffIsNoticed) {
  const std::string faults = absl::StrJoin(FaultsAfterPowerCut(Disk::kLying), "\n");
  EXPECT_TRUE(absl::StrContains(faults, "lost: ")) << faults;
}

TEST(CrashTest, AcknowledgedBeforeTheSyncIsNoticed) {
  const std::string faults = absl::StrJoin(FaultsAfterPowerCut(Disk::kLate), "\n");
  // RocksDB may see it before we do: a log file that is shorter than it was.
  EXPECT_TRUE(absl::StrContains(faults, "lost: ") || absl::StrContains(faults, "refused to open") ||
              absl::StrContains(faults, "acknowledged facts are missing"))
      << faults;
}

}  // namespace
}  // namespace klantbeeld::crash
