#include "clients/cli/arguments.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/match.h"
#include "clients/cli/text.h"

namespace klantbeeld::cli {
namespace {

constexpr size_t kMistakesMax = 2;

// Letters to add, drop or change to make one word of the other.
size_t Mistakes(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t corner = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t changed = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
      corner = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row.back();
}

void AddGeneralOptions(CLI::App& app, Context& context) {
  Settings& settings = context.settings;
  const auto text = [&](const char* name, std::string& value, Label label) {
    app.add_option(name, value, context.Say(label));
  };
  const auto flag = [&](const char* name, bool& value, Label label) {
    app.add_flag(name, value, context.Say(label));
  };
  text("--server", settings.server, Label::opt_server);
  text("-o,--output", settings.output, Label::opt_output);
  text("--lang", settings.lang, Label::opt_lang);
  text("--timeout", settings.timeout, Label::opt_timeout);
  text("--time-zone", settings.time_zone, Label::opt_time_zone);
  text("--purpose", settings.purpose, Label::opt_purpose);
  text("--reason", settings.reason, Label::opt_reason);
  flag("--show-bsn", settings.show_bsn, Label::opt_show_bsn);
  flag("--no-color", settings.no_color, Label::opt_no_color);
  flag("--no-input", settings.no_input, Label::opt_no_input);
  flag("--wide", settings.wide, Label::opt_wide);
  flag("-q,--quiet", settings.quiet, Label::opt_quiet);
}

void NameSections(CLI::App& app, Lang lang) {
  if (lang != Lang::kDutch) return;
  const auto formatter = std::make_shared<CLI::Formatter>();
  formatter->label("Usage", "Gebruik");
  formatter->label("Options", "Opties");
  formatter->label("OPTIONS", "OPTIES");
  formatter->label("Positionals", "Argumenten");
  formatter->label("Subcommands", "Opdrachten");
  formatter->label("SUBCOMMAND", "OPDRACHT");
  formatter->label("REQUIRED", "VERPLICHT");
  formatter->label("TEXT", "TEKST");
  formatter->label("INT", "GETAL");
  app.formatter(formatter);
}

// CLI11's messages begin with the name of the option.
std::string FirstWord(const std::string& text) { return text.substr(0, text.find(' ')); }

int UnknownWord(const CLI::App& app, const Context& context, const std::string& word) {
  const auto given = app.get_subcommands();
  if (!given.empty() || absl::StartsWith(word, "-")) {
    Usage(context, context.Say(Label::unknown_argument, Clean(word)));
    Complain(context.Say(Label::see_help, given.empty() ? "" : given.front()->get_name()));
    return kUsage;
  }
  Usage(context, context.Say(Label::unknown_command, Clean(word)));
  const std::string nearest = Nearest(app, word);
  if (!nearest.empty()) Complain(context.Say(Label::did_you_mean, nearest));
  return kUsage;
}

}  // namespace

Lang LanguageOf(int count, const char* const* arguments, const std::string& configured) {
  std::string lang = configured;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument == "--lang" && i + 1 < count) lang = arguments[i + 1];
    if (absl::StartsWith(argument, "--lang=")) lang = argument.substr(7);
  }
  return lang == "en" ? Lang::kEnglish : Lang::kDutch;
}

std::unique_ptr<CLI::App> MakeParser(Context& context, Run& run) {
  auto app = std::make_unique<CLI::App>(
      context.Say(Label::program) + "\n\n" + context.Say(Label::examples), "klantbeeld");
  NameSections(*app, context.lang);
  app->option_defaults()->group(context.Say(Label::group_options));
  app->set_help_flag("-h,--help", context.Say(Label::opt_help));
  app->set_version_flag("--version", "klantbeeld " KLANTBEELD_VERSION,
                        context.Say(Label::opt_version));
  // What is left over gets an answer of our own, with a suggestion.
  app->allow_extras();
  AddGeneralOptions(*app, context);
  for (const auto add : {AddRecord, AddFind, AddShow, AddTimeline, AddWatch, AddFollow, AddLink,
                         AddUnlink, AddStatus, AddImport, AddExport, AddBackup})
    add(*app, context, run);
  for (CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; }))
    command->fallthrough()->group(context.Say(Label::group_commands));
  return app;
}

int Parse(CLI::App& app, const Context& context, const Run& run, int count,
          const char* const* arguments) {
  try {
    app.parse(count, arguments);
  } catch (const CLI::Success& help) {
    app.exit(help);
    return kOk;
  } catch (const CLI::ParseError& error) {
    const auto left = app.remaining(true);
    if (app.get_subcommands().empty() && !left.empty())
      return UnknownWord(app, context, left.front());
    const auto* missing = dynamic_cast<const CLI::RequiredError*>(&error);
    Usage(context,
          missing != nullptr ? context.Say(Label::missing, FirstWord(error.what())) : error.what());
    const auto given = app.get_subcommands();
    Complain(context.Say(Label::see_help, given.empty() ? "" : given.front()->get_name()));
    return kUsage;
  }
  const auto left = app.remaining(true);
  if (!left.empty()) return UnknownWord(app, context, left.front());
  if (run) return kOk;
  Complain(app.help());
  return Usage(context, context.Say(Label::no_command));
}

std::string Nearest(const CLI::App& app, const std::string& word) {
  std::string nearest;
  size_t fewest = kMistakesMax + 1;
  const auto offer = [&](const std::string& name) {
    const size_t mistakes = Mistakes(word, name);
    if (mistakes < fewest && mistakes < name.size()) {
      fewest = mistakes;
      nearest = name;
    }
  };
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    offer(command->get_name());
    for (const auto& alias : command->get_aliases()) offer(alias);
  }
  return nearest;
}

}  // namespace klantbeeld::cli
