#include "clients/cli/settings.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

namespace klantbeeld::cli {
namespace {

std::string File(const std::string& name, const std::string& text) {
  const std::string path = ::testing::TempDir() + "klantbeeld-" + name;
  std::ofstream(path) << text;
  return path;
}

TEST(Settings, LaterSourcesWin) {
  Settings settings;
  ASSERT_FALSE(ReadSettings(File("system", "server = \"unix:/a\"\nlang = \"en\"\n"), settings));
  ASSERT_FALSE(ReadSettings(File("user", "server = \"unix:/b\"\nbsn_warning = false\n"), settings));
  EXPECT_EQ(settings.server, "unix:/b");
  EXPECT_EQ(settings.lang, "en");
  EXPECT_FALSE(settings.bsn_warning);
  const std::map<std::string, const char*> environment = {
      {"KLANTBEELD_SERVER", "unix:/c"}, {"NO_COLOR", "1"}, {"CLICOLOR_FORCE", ""}};
  ReadEnvironment(
      [&](const char* name) -> const char* {
        const auto found = environment.find(name);
        return found == environment.end() ? nullptr : found->second;
      },
      settings);
  EXPECT_EQ(settings.server, "unix:/c");
  EXPECT_TRUE(settings.no_color);
  EXPECT_FALSE(settings.force_color);
}

TEST(Settings, FileThatIsNotThereChangesNothing) {
  Settings settings;
  EXPECT_FALSE(ReadSettings("/nonexistent/client.toml", settings));
  EXPECT_EQ(settings.server, Settings().server);
}

TEST(Settings, MistakesAreNamed) {
  Settings settings;
  EXPECT_EQ(ReadSettings(File("key", "servre = \"x\"\n"), settings)->unknown_key, "servre");
  EXPECT_TRUE(ReadSettings(File("type", "server = 7\n"), settings));
  EXPECT_TRUE(ReadSettings(File("syntax", "server = \n"), settings));
}

TEST(Settings, UsersFileComesAfterTheSystems) {
  const auto paths = SettingsPaths([](const char* name) -> const char* {
    return std::string(name) == "XDG_CONFIG_HOME" ? "/x" : "/home/j";
  });
  EXPECT_EQ(paths,
            (std::vector<std::string>{"/etc/klantbeeld/client.toml", "/x/klantbeeld/config.toml"}));
}

}  // namespace
}  // namespace klantbeeld::cli
