// General options, and where they come from.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace klantbeeld::cli {

// "Z-2025-0012", "ZAAK-2025-0000012345", "2025/000123".
inline constexpr const char* kCasePattern = "([A-Za-z]{1,12}[-/.]?)?(19|20)[0-9]{2}[-/.][0-9]{3,}";

// What holds for every command. Precedence: flag, environment, the profile, the
// user's file, the system's file, the defaults here.
struct Settings {
  std::string server = "unix:/run/klantbeeld/klantbeeld.sock";
  std::string output;  // "": table for people, ndjson for streams elsewhere.
  std::string lang = "nl";
  std::string time_zone = "Europe/Amsterdam";
  std::string timeout = "5s";
  std::string purpose;
  std::string reason;
  std::string pager = "less";
  std::string case_pattern = kCasePattern;
  std::string profile;              // Only from a flag or the environment.
  std::vector<std::string> fields;  // Only from a flag.
  bool no_pager = false;
  bool debug = false;
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
  std::string unknown_key;      // Set: the file has this key, which does not exist.
  std::string unknown_profile;  // Set: no file has this profile.
};

// Reads TOML files over `settings`, the later over the earlier; then what they
// say under [profile.NAME], where a profile was chosen. A file that is not there
// changes nothing.
std::optional<SettingsError> ReadSettings(const std::vector<std::string>& paths,
                                          const std::string& profile, Settings& settings);

// Reads the environment over `settings`; `get` returns null for what is unset.
void ReadEnvironment(const std::function<const char*(const char*)>& get, Settings& settings);

// The system's file, then the user's.
std::vector<std::string> SettingsPaths(const std::function<const char*(const char*)>& get);

}  // namespace klantbeeld::cli
