// General options, and where they come from.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace klantbeeld::cli {

// What holds for every command. Precedence: flag, environment, the user's
// file, the system's file, the defaults here.
struct Settings {
  std::string server = "unix:/run/klantbeeld/klantbeeld.sock";
  std::string output;  // "": table for people, ndjson for streams elsewhere.
  std::string lang = "nl";
  std::string time_zone = "Europe/Amsterdam";
  std::string timeout = "5s";
  std::string purpose;
  std::string reason;
  bool no_color = false;
  bool force_color = false;
  bool no_input = false;
  bool quiet = false;
  bool wide = false;
  bool show_bsn = false;
  bool bsn_warning = true;
};

// A file that could not be used: where, and what is wrong.
struct SettingsError {
  std::string path;
  std::string what;
  std::string unknown_key;  // Set: the file has this key, which does not exist.
};

// Reads a TOML file over `settings`. A file that is not there changes nothing.
std::optional<SettingsError> ReadSettings(const std::string& path, Settings& settings);

// Reads the environment over `settings`; `get` returns null for what is unset.
void ReadEnvironment(const std::function<const char*(const char*)>& get, Settings& settings);

// The system's file, then the user's.
std::vector<std::string> SettingsPaths(const std::function<const char*(const char*)>& get);

}  // namespace klantbeeld::cli
