#include "clients/cli/settings.h"

#include <toml++/toml.h>

#include <filesystem>
#include <map>

namespace klantbeeld::cli {

std::optional<SettingsError> ReadSettings(const std::string& path, Settings& settings) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  const std::map<std::string, std::string*> texts = {
      {"server", &settings.server},   {"output", &settings.output},
      {"lang", &settings.lang},       {"time_zone", &settings.time_zone},
      {"timeout", &settings.timeout}, {"purpose", &settings.purpose},
      {"reason", &settings.reason}};
  const std::map<std::string, bool*> switches = {{"no_color", &settings.no_color},
                                                 {"no_input", &settings.no_input},
                                                 {"quiet", &settings.quiet},
                                                 {"wide", &settings.wide},
                                                 {"bsn_warning", &settings.bsn_warning}};
  try {
    const toml::table table = toml::parse_file(path);
    for (const auto& [name, node] : table) {
      const std::string key(name.str());
      if (const auto text = texts.find(key); text != texts.end()) {
        const auto value = node.value_exact<std::string>();
        if (!value) return SettingsError{path, key + ": \"...\"", ""};
        *text->second = *value;
      } else if (const auto on = switches.find(key); on != switches.end()) {
        const auto value = node.value_exact<bool>();
        if (!value) return SettingsError{path, key + ": true, false", ""};
        *on->second = *value;
      } else {
        return SettingsError{path, "", key};
      }
    }
  } catch (const toml::parse_error& error) {
    return SettingsError{path, std::string(error.description()), ""};
  }
  return std::nullopt;
}

void ReadEnvironment(const std::function<const char*(const char*)>& get, Settings& settings) {
  const auto set = [&](const char* name) {
    const char* value = get(name);
    return value != nullptr && *value != '\0';
  };
  if (set("KLANTBEELD_SERVER")) settings.server = get("KLANTBEELD_SERVER");
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
