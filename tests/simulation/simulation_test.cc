// A store, its clients and its disk in one process, life after life.
//
// Everything is real but the disk, the time and the network: the store with its
// sequencer and RocksDB, the hub and the cache of the feed (world.h, disk.h,
// background.h, follower.h). Clients send, send twice, lose the answer, stall
// and ask again; followers go away and come back with a bookmark; the disk fails
// at any call that changes a file. The oracle (oracle.h) knows what was
// acknowledged and read. At the end every row is compared with a replay of the
// journal, and the canonical dump with that of a fresh store in memory.
//
// A failure prints its seed. KLANTBEELD_SIMULATION_SEED and _SEEDS say which and
// how many, _STRIDE how far apart, _FAULTS until how many, _TRACE=1 prints every
// call, _REPORT names a file for the counts; scripts/simulate sets them.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tests/simulation/world.h"

namespace klantbeeld::simulation {
namespace {

uint64_t Setting(const char* name, uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

uint64_t Faults(const Tally& tally) {
  uint64_t count = 0;
  for (const auto& [name, times] : tally) {
    if (absl::StartsWith(name, "fault: ")) count += times;
  }
  return count;
}

// Lives one after another, until `faults` have been met.
Tally Live(uint64_t seed, uint64_t seeds, uint64_t stride, uint64_t faults) {
  Tally tally;
  for (uint64_t i = 0; i < seeds && Faults(tally) < faults; ++i, seed += stride) {
    const Outcome outcome =
        Simulate({.seed = seed, .trace = Setting("KLANTBEELD_SIMULATION_TRACE", 0) != 0 ? stdout : nullptr});
    for (const auto& [name, times] : outcome.tally) tally[name] += times;
    ++tally["seeds"];
    for (const std::string& fault : outcome.faults) {
      ADD_FAILURE() << "scripts/simulate --seed " << seed << ": " << fault;
    }
    if (!outcome.faults.empty()) ++tally["seeds that failed"];
  }
  return tally;
}

// Enough of each for the figures to mean something, per thousand lives.
void ExpectTried(const Tally& tally, uint64_t seeds) {
  for (const char* kind :
       {"power cut at a call", "killed at a call", "failed sync", "failed write",
        "failed make, rename or remove", "disk full without warning", "killed between calls",
        "power cut between calls", "bit flipped", "table that cannot be read", "disk nearly full"}) {
    const auto found = tally.find(absl::StrCat("fault: ", kind));
    EXPECT_GE((found == tally.end() ? 0 : found->second) * 1000, 20 * seeds) << kind;
  }
}

void Half(uint64_t first) {
  constexpr uint64_t kSeeds = 500;
  const Tally tally = Live(first, kSeeds, 2, UINT64_MAX);
  for (const auto& [name, times] : tally) std::printf("%-42s %10lu\n", name.c_str(), times);
  ExpectTried(tally, kSeeds);
}

TEST(Simulation, OddSeedsKeepThePromises) { Half(1); }
TEST(Simulation, EvenSeedsKeepThePromises) { Half(2); }

TEST(Simulation, SeedGivesTheSameCallsAndAnswersAgain) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(Simulate({.seed = seed}).digest, Simulate({.seed = seed}).digest) << "seed " << seed;
  }
}

// What a planted bug is found by.
std::string Found(Plan plan, uint64_t seeds) {
  for (plan.seed = 1; plan.seed <= seeds; ++plan.seed) {
    const Outcome outcome = Simulate(plan);
    if (!outcome.faults.empty()) return outcome.faults[0];
  }
  return "nothing";
}

TEST(Simulation, StoreThatDoesNotSyncIsFound) {
  const std::string found = Found({.without_sync = true}, 50);
  EXPECT_TRUE(absl::StrContains(found, "lost: ") || absl::StrContains(found, "facts are missing")) << found;
}

TEST(Simulation, DiskThatLiesIsFound) {
  EXPECT_NE(Found({.disk_lies = true}, 50), "nothing");
}

// A list of tables whose sync failed is none to insist on at the next start.
TEST(Simulation, EachSyncOfAMergeFailsInTurn) {
  // Those of the tables of two families.
  for (uint64_t nth = 1; nth <= 16; ++nth) {
    const Outcome outcome = FailSyncOfMerge(nth);
    EXPECT_EQ(outcome.tally.count("happened"), 1u) << "sync " << nth;
    for (const std::string& fault : outcome.faults) ADD_FAILURE() << "sync " << nth << ": " << fault;
  }
}

// For scripts/simulate, which says how long.
TEST(Simulation, Campaign) {
  const uint64_t faults = Setting("KLANTBEELD_SIMULATION_FAULTS", 0);
  const uint64_t seeds = Setting("KLANTBEELD_SIMULATION_SEEDS", faults > 0 ? UINT64_MAX : 1);
  const Tally tally = Live(Setting("KLANTBEELD_SIMULATION_SEED", 1), seeds,
                           Setting("KLANTBEELD_SIMULATION_STRIDE", 1), faults > 0 ? faults : UINT64_MAX);
  if (const char* report = std::getenv("KLANTBEELD_SIMULATION_REPORT")) {
    std::ofstream file(report);
    for (const auto& [name, times] : tally) file << name << "\t" << times << "\n";
  }
}

}  // namespace
}  // namespace klantbeeld::simulation
