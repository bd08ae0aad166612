#include <CLI/CLI.hpp>

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

TEST(Arguments, EveryCommandHasThreeExamplesOrMoreInBothLanguages) {
  for (const char* lang : {"nl", "en"}) {
    const Parsed parsed({"version", "--lang", lang});
    for (const CLI::App* command : parsed.parser->get_subcommands([](const auto*) { return true; })) {
      const std::string help = command->help("klantbeeld");
      int examples = 0;
      for (size_t at = help.find("\n  klantbeeld "); at != std::string::npos;
           at = help.find("\n  klantbeeld ", at + 1))
        ++examples;
      // A source line of a shell may stand before the program.
      examples += help.find("\n  source <(klantbeeld") != std::string::npos ? 1 : 0;
      EXPECT_GE(examples, 3) << lang << " " << command->get_name();
      EXPECT_LT(help.find("  klantbeeld "), std::min(help.find("Usage: "), help.find("Gebruik: ")));
    }
  }
}

TEST(Arguments, AnotherCommandsNameMayBeAnArgument) {
  EXPECT_EQ(Parsed({"help", "find"}).code, kOk);
  EXPECT_EQ(Parsed({"find", "status"}).code, kOk);
  EXPECT_EQ(Parsed({"show", "x", "find"}).code, kUsage);
}

TEST(Arguments, HelpVersionAndCompletionNeedNoServer) {
  EXPECT_FALSE(Parsed({"help"}).context.needs_server);
  EXPECT_FALSE(Parsed({"version"}).context.needs_server);
  EXPECT_FALSE(Parsed({"completion", "bash"}).context.needs_server);
  EXPECT_TRUE(Parsed({"status"}).context.needs_server);
}

TEST(Arguments, ValuesAreFoundBeforeParsing) {
  const std::vector<const char*> arguments = {"klantbeeld", "show", "--profile", "a", "--lang=en"};
  const int count = static_cast<int>(arguments.size());
  EXPECT_EQ(ValueOf(count, arguments.data(), "--profile", ""), "a");
  EXPECT_EQ(ValueOf(count, arguments.data(), "--lang", "nl"), "en");
  EXPECT_EQ(ValueOf(count, arguments.data(), "--reason", "none"), "none");
}

TEST(Arguments, NoCommandOnATerminalIsTheInteractiveMode) {
  Context context;
  context.in_is_terminal = context.out_is_terminal = true;
  cli::Run run;
  const auto parser = MakeParser(context, run);
  const char* arguments[] = {"klantbeeld"};
  EXPECT_EQ(Parse(*parser, context, run, 1, arguments), kOk);
  EXPECT_TRUE(run);
}

}  // namespace
}  // namespace klantbeeld::cli
