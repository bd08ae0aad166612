// What RocksDB does in the background, at the moments that the simulation
// chooses: its default environment is ours in this program, and keeps flushes
// and compactions until they are run, one after another.
#ifndef KLANTBEELD_TESTS_SIMULATION_BACKGROUND_H_
#define KLANTBEELD_TESTS_SIMULATION_BACKGROUND_H_

#include <cstddef>

namespace klantbeeld::simulation {

// Runs what waits, and what comes of it, on the calling thread. How many.
size_t RunBackground();

}  // namespace klantbeeld::simulation

#endif  // KLANTBEELD_TESTS_SIMULATION_BACKGROUND_H_
