// One life of a store, decided by a seed: clients, followers, restarts and a
// disk that fails.
//
// Everything that chance decides comes from the seed, and threads are let go
// one step at a time: the store applies a group only when all that is to be in
// the queue is there, RocksDB's work in the background runs while nothing else
// does, and time is turned by hand. So a seed gives the same calls to the file
// system each time, and each fault happens at the same call.
#ifndef KLANTBEELD_TESTS_SIMULATION_WORLD_H_
#define KLANTBEELD_TESTS_SIMULATION_WORLD_H_

#include <cstdint>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

namespace klantbeeld::simulation {

// What happened, by name, and how often.
using Tally = std::map<std::string, uint64_t>;

struct Plan {
  uint64_t seed = 1;
  int steps = 20;
  // Planted bugs, to see that they are found.
  bool without_sync = false;  // The store does not sync what it acknowledges.
  bool disk_lies = false;     // A sync says OK and does nothing.
  std::FILE* trace = nullptr; // Every call and step goes there in words.
};

struct Outcome {
  std::vector<std::string> faults;  // Empty: the store kept its promises.
  uint64_t digest = 0;              // Of all calls to the file system, and of all answers.
  Tally tally;
};

// A directory of this process in a file system in memory, removed at its end.
Outcome Simulate(const Plan& plan);

// Tables wait to be merged; the `nth` sync of that fails, and then the machine
// loses all that was not synced. The tally has "happened" when there were so many.
Outcome FailSyncOfMerge(uint64_t nth);

}  // namespace klantbeeld::simulation

#endif  // KLANTBEELD_TESTS_SIMULATION_WORLD_H_
