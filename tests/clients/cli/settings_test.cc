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
  ASSERT_FALSE(ReadSettings({File("system", "server = \"unix:/a\"\nlang = \"en\"\n"),
                             File("user", "server = \"unix:/b\"\nbsn_warning = false\n")},
                            "", settings));
  EXPECT_EQ(settings.server, "unix:/b");
  EXPECT_EQ(settings.lang, "en");
  EXPECT_FALSE(settings.bsn_warning);
  const std::map<std::string, const char*> environment = {
      {"KLANTBEELD_SERVER", "unix:/c"}, {"NO_COLOR", "1"}, {"CLICOLOR_FORCE", ""},
      {"PAGER", "more"},                {"KLANTBEELD_PAGER", "most -s"}};
  ReadEnvironment(
      [&](const char* name) -> const char* {
        const auto found = environment.find(name);
        return found == environment.end() ? nullptr : found->second;
      },
      settings);
  EXPECT_EQ(settings.server, "unix:/c");
  EXPECT_TRUE(settings.no_color);
  EXPECT_FALSE(settings.force_color);
  EXPECT_EQ(settings.pager, "most -s");
}

TEST(Settings, FileThatIsNotThereChangesNothing) {
  Settings settings;
  EXPECT_FALSE(ReadSettings({"/nonexistent/client.toml"}, "", settings));
  EXPECT_EQ(settings.server, Settings().server);
}

TEST(Settings, MistakesAreNamed) {
  Settings settings;
  const auto wrong = [&](const std::string& text, const std::string& profile = "") {
    return ReadSettings({File("wrong", text)}, profile, settings);
  };
  EXPECT_EQ(wrong("servre = \"x\"\n")->unknown_key, "servre");
  EXPECT_EQ(wrong("[profile.a]\nservre = \"x\"\n")->unknown_key, "servre") << "also when unused";
  EXPECT_EQ(wrong("[profile.a.profile.b]\n")->unknown_key, "profile");
  EXPECT_EQ(wrong("[profile.a]\n", "b")->unknown_profile, "b");
  EXPECT_TRUE(wrong("server = 7\n"));
  EXPECT_TRUE(wrong("server = \n"));
  EXPECT_FALSE(wrong("[profile.a]\nserver = \"unix:/a\"\n"));
}

TEST(Settings, ProfileStandsOverBothFiles) {
  const std::vector<std::string> paths = {
      File("with", "lang = \"en\"\n[profile.test]\nserver = \"unix:/test\"\n"),
      File("without", "server = \"unix:/mine\"\n")};
  Settings plain, test;
  ASSERT_FALSE(ReadSettings(paths, "", plain));
  EXPECT_EQ(plain.server, "unix:/mine");
  ASSERT_FALSE(ReadSettings(paths, "test", test));
  EXPECT_EQ(test.server, "unix:/test");
  EXPECT_EQ(test.lang, "en");
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
