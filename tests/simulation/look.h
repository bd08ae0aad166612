// Reading what was acknowledged, as an agent would.
#ifndef KLANTBEELD_TESTS_SIMULATION_LOOK_H_
#define KLANTBEELD_TESTS_SIMULATION_LOOK_H_

#include "absl/status/status.h"
#include "store/store.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/requests.h"

namespace klantbeeld::simulation {

// The event in its contact, and that in the timelines of its citizens. OK, or
// the error of a read; what is wrong goes to the oracle.
absl::Status LookAt(const store::Store& store, const Request& request, Oracle& oracle);

}  // namespace klantbeeld::simulation

#endif  // KLANTBEELD_TESTS_SIMULATION_LOOK_H_
