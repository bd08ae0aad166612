// Commands about the model that tells citizens apart.
#ifndef KLANTBEELD_SERVICE_MODEL_COMMANDS_H_
#define KLANTBEELD_SERVICE_MODEL_COMMANDS_H_

#include "absl/status/status.h"
#include "service/commands.h"
#include "service/config.h"
#include "store/keys.h"

namespace klantbeeld::service {

// Runs `model show`, `report`, `adopt` or `learn`. Results go to standard
// output.
absl::Status RunModelCommand(const CommandLine& line, const Config& config, store::Keys keys);

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_MODEL_COMMANDS_H_
