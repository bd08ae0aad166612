#include "clients/cli/settings.h"

#include <toml++/toml.h>

#include <filesystem>
#include <map>
#include <utility>

namespace klantbeeld::cli {
namespace {

std::optional<SettingsError> ReadTable(const std::string& path, const toml::table& table,
                                       bool in_profile, Settings& settings) {
  const std::map<std::string, std::string*> texts = {
      {"server", &settings.server},       {"output", &settings.output},
      {"lang", &settings.lang},           {"time_zone", &settings.time_zone},
      {"timeout", &settings.timeout},     {"purpose", &settings.purpose},
      {"reason", &settings.reason},       {"pager", &settings.pager},
      {"case_pattern", &settings.case_pattern}};
  const std::map<std::string, bool*> switches = {
      {"no_color", &settings.no_color}, {"no_input", &settings.no_input},
      {"no_pager", &settings.no_pager}, {"quiet", &settings.quiet},
      {"wide", &settings.wide},         {"bsn_warning", &settings.bsn_warning}};
  for (const auto& [name, node] : table) {
    const std::string key(name.str());
    if (const auto text = texts.find(key); text != texts.end()) {
      const auto value = node.value_exact<std::string>();
      if (!value) return SettingsError{path, key + ": \"...\"", "", ""};
      *text->second = *value;
    } else if (const auto on = switches.find(key); on != switches.end()) {
      const auto value = node.value_exact<bool>();
      if (!value) return SettingsError{path, key + ": true, false", "", ""};
      *on->second = *value;
    } else if (key != "profile" || in_profile || !node.is_table()) {
      return SettingsError{path, "", key, ""};
    }
  }
  return std::nullopt;
}

// All profiles are read, so that a mistake shows before its profile is used.
std::optional<SettingsError> ReadProfiles(const std::string& path, const toml::table& table,
                                          const std::string& profile, Settings& settings,
                                          bool& found) {
  const toml::table* profiles = table["profile"].as_table();
  if (profiles == nullptr) return std::nullopt;
  for (const auto& [name, node] : *profiles) {
    if (!node.is_table()) return SettingsError{path, "", std::string(name.str()), ""};
    const bool chosen = name.str() == profile;
    Settings unused;
    if (auto wrong = ReadTable(path, *node.as_table(), true, chosen ? settings : unused))
      return wrong;
    found = found || chosen;
  }
  return std::nullopt;
}

}  // namespace

std::optional<SettingsError> ReadSettings(const std::vector<std::string>& paths,
                                          const std::string& profile, Settings& settings) {
  std::vector<std::pair<std::string, toml::table>> files;
  for (const auto& path : paths) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    try {
      files.emplace_back(path, toml::parse_file(path));
    } catch (const toml::parse_error& error) {
      return SettingsError{path, std::string(error.description()), "", ""};
    }
  }
  for (const auto& [path, table] : files)
    if (auto wrong = ReadTable(path, table, false, settings)) return wrong;
  bool found = profile.empty();
  for (const auto& [path, table] : files)
    if (auto wrong = ReadProfiles(path, table, profile, settings, found)) return wrong;
  if (!found) return SettingsError{paths.empty() ? "" : paths.back(), "", "", profile};
  return std::nullopt;
}

void ReadEnvironment(const std::function<const char*(const char*)>& get, Settings& settings) {
  const auto set = [&](const char* name) {
    const char* value = get(name);
    return value != nullptr && *value != '\0';
  };
  if (set("KLANTBEELD_SERVER")) settings.server = get("KLANTBEELD_SERVER");
  for (const char* name : {"PAGER", "KLANTBEELD_PAGER"})
    if (set(name)) settings.pager = get(name);
  if (set("NO_COLOR")) settings.no_color = true;
  if (set("CLICOLOR_FORCE")) settings.force_color = std::string(get("CLICOLOR_FORCE")) != "0";
}

std::vector<std::string> SettingsPaths(const std::function<const char*(const char*)>& get) {
  std::vector<std::string> paths = {"/etc/klantbeeld/client.toml"};
  const char* config = get("XDG_CONFIG_HOME");
  const char* home = get("HOME");
  if (config != nullptr && *config != '\0')
    paths.push_back(std::string(config) + "/klantbeeld/config.toml");
  else if (home != nullptr && *home != '\0')
    paths.push_back(std::string(home) + "/.config/klantbeeld/config.toml");
  return paths;
}

}  // namespace klantbeeld::cli
