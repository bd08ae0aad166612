// Runs seeds and reports; scripts/simulate says how.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "tests/simulation/world.h"

int main(int argc, char** argv) {
  using namespace klantbeeld::simulation;
  uint64_t seed = 1, seeds = 1;
  Plan plan;
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--seed")) seed = std::strtoull(argv[++i], nullptr, 10);
    if (!std::strcmp(argv[i], "--seeds")) seeds = std::strtoull(argv[++i], nullptr, 10);
    if (!std::strcmp(argv[i], "--trace")) plan.trace = stdout;
    if (!std::strcmp(argv[i], "--nosync")) plan.without_sync = true;
    if (!std::strcmp(argv[i], "--lies")) plan.disk_lies = true;
  }
  Tally tally;
  int bad = 0;
  for (uint64_t i = 0; i < seeds; ++i) {
    plan.seed = seed + i;
    const Outcome outcome = Simulate(plan);
    for (const auto& [name, count] : outcome.tally) tally[name] += count;
    if (seeds == 1) std::printf("digest %016llx\n", (unsigned long long)outcome.digest);
    for (const auto& line : outcome.faults) {
      std::printf("seed %llu: %s\n", (unsigned long long)plan.seed, line.c_str());
    }
    if (!outcome.faults.empty()) ++bad;
  }
  for (const auto& [name, count] : tally) std::printf("%-50s %llu\n", name.c_str(), (unsigned long long)count);
  std::printf("bad %d\n", bad);
}
