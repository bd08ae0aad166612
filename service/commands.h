// What the program does when it does not serve.
#ifndef KLANTBEELD_SERVICE_COMMANDS_H_
#define KLANTBEELD_SERVICE_COMMANDS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/config.h"
#include "store/check.h"

namespace klantbeeld::service {

// The command line, read.
struct CommandLine {
  std::string command;  // Empty: serve.
  std::string config_file;
  std::vector<Override> settings;
  bool canonical = false;  // Of `dump`.
  std::string backup_id;   // Of `restore` and `check-backup`; of `model`, in place of the store.
  std::optional<uint64_t> to_position;  // Of `restore`.
  std::string to_time;     // Of `restore`.
  std::string model_file;  // Of `model`; empty: the model of this build.
  std::string reason;      // Of `model adopt`.
  std::string name;        // Of `model learn`.
  std::string write;       // Of `model`: file that a model is written to.
  int mib_per_second = 0;  // Of `scrub`; 0: the server's own.
  bool finished = false;   // --help or --version was shown.
};

// INVALID_ARGUMENT: what is wrong with it, as the user should read it.
absl::StatusOr<CommandLine> ReadCommandLine(int argc, const char* const* argv);

// Long commands show where they are, on the terminal only.
store::Progress ShowProgress(const char* of);

// Runs any command but serve. Results go to standard output.
absl::Status RunCommand(const CommandLine& line, const Config& config);

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_COMMANDS_H_
