// What the operator sets.
#ifndef KLANTBEELD_SERVICE_CONFIG_H_
#define KLANTBEELD_SERVICE_CONFIG_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "service/limits.h"
#include "service/log.h"
#include "service/registry/settings.h"
#include "store/db.h"
#include "store/identity/nobodys.h"
#include "store/sequencer.h"

namespace klantbeeld::service {

// Parsed once, at the start. docs/operating.md lists the keys.
struct Config {
  std::string data;          // Directory of the store.
  std::string keys;          // Key file, outside `data`.
  std::string socket;        // Unix socket; empty: none.
  std::string socket_group;  // Its group; empty: the process's own.
  std::string tcp;           // For development: "127.0.0.1:PORT".
  std::string backups;       // Directory for backups, outside `data`; empty: none.
  std::string metrics;       // "127.0.0.1:PORT"; empty: none.
  Severity log = Severity::kInfo;
  Limits limits;
  store::Db::Options db;
  store::Sequencer::Limits sequencer;
  registry::Settings registry;
  store::NobodysLists nobodys = store::DefaultNobodys();

  // INVALID_ARGUMENT names the key, its value and what it conflicts with.
  absl::Status Validate() const;
  // The part of it that every command needs: where store and keys lie.
  absl::Status ValidatePlaces() const;
};

// One setting from the command line, "limits.followers_max" and "500". Stands
// over the file.
using Override = std::pair<std::string, std::string>;

// Reads `toml` (its text; `name` for messages), then applies `settings` over
// it. INVALID_ARGUMENT: a key that does not exist, a value of another kind or
// out of range; the message names both. Does not Validate().
absl::StatusOr<Config> ParseConfig(absl::string_view toml, absl::string_view name,
                                   const std::vector<Override>& settings);

// As ParseConfig, with the text of the file at `path`; no file when empty.
absl::StatusOr<Config> LoadConfig(const std::string& path, const std::vector<Override>& settings);

// The configuration in force, as TOML that ParseConfig reads.
std::string ShowConfig(const Config& config);

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_CONFIG_H_
