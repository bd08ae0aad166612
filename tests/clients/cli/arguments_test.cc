#include "clients/cli/arguments.h"

#include <gtest/gtest.h>

namespace klantbeeld::cli {
namespace {

struct Parsed {
  explicit Parsed(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "klantbeeld");
    const int count = static_cast<int>(arguments.size());
    context.lang = LanguageOf(count, arguments.data(), context.settings.lang);
    parser = MakeParser(context, run);
    code = Parse(*parser, context, run, count, arguments.data());
  }
  Context context;
  Run run;
  std::unique_ptr<CLI::App> parser;
  int code;
};

TEST(Arguments, GeneralOptionsStandBeforeAndAfterTheCommand) {
  const Parsed parsed({"--server", "unix:/a", "timeline", "x", "--lang", "en", "--since", "30d"});
  EXPECT_EQ(parsed.code, kOk);
  EXPECT_TRUE(parsed.run);
  EXPECT_EQ(parsed.context.settings.server, "unix:/a");
  EXPECT_EQ(parsed.context.lang, Lang::kEnglish);
}

TEST(Arguments, DutchNamesAreTheSameCommands) {
  for (const char* name : {"zoek", "toon", "tijdlijn", "kijk", "volg", "registreer"}) {
    const Parsed parsed({name, "x"});
    EXPECT_EQ(parsed.code, std::string(name) == "volg" ? kUsage : kOk) << name;
  }
}

TEST(Arguments, MistakesAreUsageErrors) {
  EXPECT_EQ(Parsed({}).code, kUsage);
  EXPECT_EQ(Parsed({"tijmlijn"}).code, kUsage);
  EXPECT_EQ(Parsed({"show"}).code, kUsage);
  EXPECT_EQ(Parsed({"show", "x", "--foo"}).code, kUsage);
  EXPECT_EQ(Parsed({"show", "x", "y"}).code, kUsage);
  EXPECT_EQ(Parsed({"timeline", "x", "--page-size", "101"}).code, kUsage);
  EXPECT_EQ(Parsed({"find", "x", "--kind", "shoe"}).code, kUsage);
}

TEST(Arguments, NearestNameIsOffered) {
  const Parsed parsed({"status"});
  EXPECT_EQ(Nearest(*parsed.parser, "tijmlijn"), "tijdlijn");
  EXPECT_EQ(Nearest(*parsed.parser, "fidn"), "find");
  EXPECT_EQ(Nearest(*parsed.parser, "recrod"), "record");
  EXPECT_EQ(Nearest(*parsed.parser, "banaan"), "");
}

}  // namespace
}  // namespace klantbeeld::cli
