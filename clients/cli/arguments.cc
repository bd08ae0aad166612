#include "clients/cli/arguments.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <numeric>
#include <sstream>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
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
  Choose(context, app.add_option("-o,--output", settings.output, context.Say(Label::opt_output)),
         {"table", "json", "ndjson", "csv"});
  app.add_option("--fields", settings.fields, context.Say(Label::opt_fields))
      ->delimiter(',')
      ->allow_extra_args(false);
  Choose(context, app.add_option("--lang", settings.lang, context.Say(Label::opt_lang)),
         {"nl", "en"});
  // Read before the others, by ValueOf.
  app.add_option("--profile", context.settings.profile, context.Say(Label::opt_profile));
  text("--timeout", settings.timeout, Label::opt_timeout);
  text("--time-zone", settings.time_zone, Label::opt_time_zone);
  text("--purpose", settings.purpose, Label::opt_purpose);
  text("--reason", settings.reason, Label::opt_reason);
  flag("--show-bsn", settings.show_bsn, Label::opt_show_bsn);
  flag("--no-color", settings.no_color, Label::opt_no_color);
  flag("--no-input", settings.no_input, Label::opt_no_input);
  flag("--no-pager", settings.no_pager, Label::opt_no_pager);
  flag("--debug", settings.debug, Label::opt_debug);
  flag("--wide", settings.wide, Label::opt_wide);
  flag("-q,--quiet", settings.quiet, Label::opt_quiet);
}

// Help that leads with what it does and three examples.
class Formatter : public CLI::Formatter {
 public:
  explicit Formatter(std::string more) : more_(std::move(more)) { column_width(28); }

  std::string make_help(const CLI::App* app, std::string name,
                        CLI::AppFormatMode mode) const override {
    if (mode == CLI::AppFormatMode::Sub) return make_expanded(app);
    const bool command = app->get_parent() != nullptr;
    return absl::StrCat(make_description(app), command ? "\n" + app->get_footer() + "\n" : "",
                        make_usage(app, name), make_positionals(app), make_groups(app, mode),
                        make_subcommands(app, mode), command ? "\n" + more_ : "");
  }

 private:
  const std::string more_;  // What holds for every command.
};

void NameSections(CLI::App& app, const Context& context) {
  const auto formatter = std::make_shared<Formatter>(context.Say(Label::help_general));
  if (context.lang == Lang::kDutch) {
    formatter->label("Usage", "Gebruik");
    formatter->label("Options", "Opties");
    formatter->label("OPTIONS", "OPTIES");
    formatter->label("Positionals", "Argumenten");
    formatter->label("Subcommands", "Opdrachten");
    formatter->label("SUBCOMMAND", "OPDRACHT");
    formatter->label("REQUIRED", "VERPLICHT");
    formatter->label("TEXT", "TEKST");
    formatter->label("INT", "GETAL");
    formatter->label("Excludes", "niet samen met");
  }
  app.formatter(formatter);
}

// What CLI11 found wrong, in our words: its messages begin with the option.
std::string WhatIsWrong(const Context& context, const CLI::ParseError& error) {
  const std::string text = error.what();
  // "NAME: …", "NAME is required", "Expected exactly 1 arguments to NAME, got 0".
  const size_t to = text.find(" arguments to ");
  const std::string from = to == std::string::npos ? text : text.substr(to + 14);
  const std::string option = from.substr(0, from.find_first_of(":, "));
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr)
    return context.Say(Label::missing, option);
  if (dynamic_cast<const CLI::ConversionError*>(&error) != nullptr)
    return context.Say(Label::want_number, option);
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr)
    return context.Say(Label::want_value, option);
  return text;
}

int UnknownWord(const CLI::App& app, const Context& context, const std::string& word) {
  const auto given = app.get_subcommands();
  if (!given.empty() || absl::StartsWith(word, "-")) {
    Usage(context, context.Say(Label::unknown_argument, Clean(word)));
    Complain(context.Say(Label::see_help, given.empty() ? "" : given.front()->get_name()));
    return kUsage;
  }
  Usage(context, context.Say(Label::unknown_command, Clean(word)));
  // A key in the place of a command was meant to be looked up.
  const bool key = word.find('@') != std::string::npos ||
                   std::any_of(word.begin(), word.end(), absl::ascii_isdigit);
  const std::string nearest = key ? "find" : Nearest(app, word);
  if (!nearest.empty()) Complain(context.Say(Label::did_you_mean, nearest));
  return kUsage;
}

// What a command that does not take every --output and --fields does take; what
// it would pass over is refused. `forms` empty: none.
struct Forms {
  const char* command;
  const char* forms;
};
constexpr Forms kForms[] = {{"record", "table, json, ndjson"},
                            {"link", "table, json, ndjson"},
                            {"unlink", "table, json, ndjson"},
                            {"export", ""},
                            {"help", ""},
                            {"completion", ""},
                            {"ping", ""}};

int CheckForms(const CLI::App& app, const Context& context) {
  const auto given = app.get_subcommands();
  if (given.empty()) return kOk;
  const std::string name = given.front()->get_name();
  const auto known = absl::c_find_if(kForms, [&](const auto& row) { return row.command == name; });
  if (known == std::end(kForms)) return kOk;
  const std::vector<std::string> forms = absl::StrSplit(known->forms, ", ", absl::SkipEmpty());
  const bool output =
      app.count("--output") > 0 && !absl::c_linear_search(forms, context.settings.output);
  if (output && !forms.empty())
    return BadValue(context, "--output", context.settings.output,
                    context.Say(Label::want_one_of, known->forms));
  if (!output && app.count("--fields") == 0) return kOk;
  Usage(context, context.Say(Label::option_not_here, output ? "--output" : "--fields", name));
  if (name == "export") Complain(context.Say(Label::export_use_format));
  return kUsage;
}

}  // namespace

std::string ValueOf(int count, const char* const* arguments, const std::string& name,
                    const std::string& otherwise) {
  std::string value = otherwise;
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument == name && i + 1 < count) value = arguments[i + 1];
    if (absl::StartsWith(argument, name + "=")) value = argument.substr(name.size() + 1);
  }
  return value;
}

Lang LanguageOf(int count, const char* const* arguments, const std::string& configured) {
  return ValueOf(count, arguments, "--lang", configured) == "en" ? Lang::kEnglish : Lang::kDutch;
}

CLI::Option* Choose(const Context& context, CLI::Option* option, std::vector<std::string> words) {
  const std::string listed = absl::StrJoin(words, "|");
  const std::string want = context.Say(Label::want_one_of, absl::StrJoin(words, ", "));
  const auto fits = [words = std::move(words), want, &context](const std::string& value) {
    return std::find(words.begin(), words.end(), value) != words.end()
               ? std::string()
               : context.Say(Label::does_not_fit, Clean(value), want);
  };
  return option->check(CLI::Validator(fits, "", ""))->type_name(listed);
}

std::vector<std::string> WordsOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  if (!absl::StrContains(type, "|")) return {};
  return absl::StrSplit(type, '|');
}

CLI::Option* Between(const Context& context, CLI::Option* option, int least, int most) {
  const auto fits = [least, most, &context](const std::string& value) {
    int number = 0;
    return absl::SimpleAtoi(value, &number) && number >= least && number <= most
               ? std::string()
               : context.Say(Label::does_not_fit, Clean(value),
                             context.Say(Label::want_between, least, most));
  };
  return option->check(CLI::Validator(fits, "", ""));
}

std::unique_ptr<CLI::App> MakeParser(Context& context, Run& run) {
  auto app = std::make_unique<CLI::App>(
      context.Say(Label::program) + "\n\n" + context.Say(Label::examples), "klantbeeld");
  NameSections(*app, context);
  app->option_defaults()->group(context.Say(Label::group_options));
  app->set_help_flag("-h,--help", context.Say(Label::opt_help));
  app->set_version_flag("--version", "klantbeeld " KLANTBEELD_VERSION,
                        context.Say(Label::opt_version));
  // What is left over gets an answer of our own, with a suggestion.
  app->allow_extras();
  AddGeneralOptions(*app, context);
  for (const auto add : {AddFind, AddShow, AddTimeline, AddWatch, AddFollow, AddRecord, AddLink,
                         AddUnlink, AddExplain, AddHistory, AddImport, AddExport, AddStatus,
                         AddBackup, AddHelp})
    add(*app, context, run);
  for (CLI::App* command : app->get_subcommands([](const CLI::App*) { return true; }))
    command->fallthrough()
        ->group(context.Say(Label::group_commands))
        ->set_help_flag("-h,--help", context.Say(Label::opt_help));
  // One command; another's name behind it is an argument.
  app->require_subcommand(0, 1);
  return app;
}

int Parse(CLI::App& app, const Context& context, Run& run, int count,
          const char* const* arguments) {
  try {
    app.parse(count, arguments);
  } catch (const CLI::Success& help) {
    std::ostringstream text;
    app.exit(help, text);
    Print(text.str());
    return kOk;
  } catch (const CLI::ParseError& error) {
    const auto left = app.remaining(true);
    if (app.get_subcommands().empty() && !left.empty())
      return UnknownWord(app, context, left.front());
    Usage(context, WhatIsWrong(context, error));
    const auto given = app.get_subcommands();
    Complain(context.Say(Label::see_help, given.empty() ? "" : given.front()->get_name()));
    return kUsage;
  }
  const auto left = app.remaining(true);
  if (!left.empty()) return UnknownWord(app, context, left.front());
  if (run) return CheckForms(app, context);
  if (context.in_is_terminal && context.out_is_terminal && !context.settings.no_input) {
    run = Converse;
    return kOk;
  }
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
