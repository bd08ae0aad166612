// The rows of a closed store beside what they are to be.
#ifndef KLANTBEELD_TESTS_SIMULATION_REPLAY_H_
#define KLANTBEELD_TESTS_SIMULATION_REPLAY_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/simulation/requests.h"

namespace klantbeeld::simulation {

// Every row is what a replay of the journal gives, and every file is whole: what
// `klantbeeld-server check` asks, in less memory. `scratch` is an empty database.
absl::Status CheckRows(const std::string& dir, const std::string& scratch);

// The canonical dump is that of a store in memory in which the same requests
// were recorded in this order: citizens are the same, whatever happened.
absl::Status CompareWithFresh(const std::string& dir, const std::vector<const Request*>& facts);

}  // namespace klantbeeld::simulation

#endif  // KLANTBEELD_TESTS_SIMULATION_REPLAY_H_
