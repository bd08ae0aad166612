// `scrub`, asked of the server that runs.
#ifndef KLANTBEELD_SERVICE_SCRUB_COMMAND_H_
#define KLANTBEELD_SERVICE_SCRUB_COMMAND_H_

#include <string>

#include "absl/status/statusor.h"
#include "store/check.h"

namespace klantbeeld::service {

// Asks the server at `address`, as gRPC writes it ("unix:/run/…"), and waits
// for the end, however long that takes; on a terminal it shows how far it is.
// Rate 0: the server's own. Interrupted, the server ends it as well.
absl::StatusOr<store::CheckResult> AskScrub(const std::string& address, int mib_per_second);

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_SCRUB_COMMAND_H_
