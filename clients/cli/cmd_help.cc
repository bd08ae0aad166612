#include <CLI/CLI.hpp>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "clients/cli/arguments.h"
#include "clients/cli/completion.h"
#include "clients/cli/context.h"
#include "clients/cli/output.h"
#include "clients/cli/pager.h"
#include "clients/cli/text.h"

namespace klantbeeld::cli {
namespace {

struct Topic {
  const char* name;
  Label text;
};

// What is no command, and yet asked about.
constexpr Topic kTopics[] = {{"output", Label::help_output},
                             {"settings", Label::help_settings},
                             {"exit-codes", Label::help_exit_codes},
                             {"keys", Label::help_keys}};

std::string HelpOn(const CLI::App& app, const Context& context, const std::string& topic) {
  // The parser's own help() would be about the command that was given: help.
  if (topic.empty())
    return app.get_formatter()->make_help(&app, app.get_name(), CLI::AppFormatMode::Normal);
  for (const auto& known : kTopics)
    if (topic == known.name) return context.Say(known.text);
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; }))
    if (command->check_name(topic)) return command->help(app.get_name());
  return "";
}

int Help(const CLI::App& app, const Context& context, const std::string& topic) {
  const std::string text = HelpOn(app, context, topic);
  if (text.empty()) {
    Usage(context, context.Say(Label::unknown_topic, Clean(topic)));
    const std::string nearest = Nearest(app, topic);
    if (!nearest.empty()) Complain(context.Say(Label::did_you_mean, nearest));
    return kUsage;
  }
  const Paged paged(context);
  Print(text);
  return kOk;
}

int Version(const Context& context) {
  Items items(context, "table", v1::GetServerInfoResponse::descriptor, {"version"});
  if (items.wrong()) return kUsage;
  if (items.drawn()) {
    Print("klantbeeld " KLANTBEELD_VERSION "\n");
    return kOk;
  }
  v1::GetServerInfoResponse info;
  info.set_version(KLANTBEELD_VERSION);
  items.Add(info);
  items.End();
  return kOk;
}

}  // namespace

void AddHelp(CLI::App& app, Context& context, Run& run) {
  auto topic = std::make_shared<std::string>();
  CLI::App* help = app.add_subcommand("help", context.Say(Label::cmd_help));
  help->alias("hulp");
  help->footer(context.Say(Label::help_examples));
  help->add_option("topic", *topic, context.Say(Label::opt_topic))->type_name("");
  help->callback([topic, &app, &context, &run] {
    context.needs_server = false;
    run = [topic, &app](Context& c) { return Help(app, c, *topic); };
  });

  CLI::App* version = app.add_subcommand("version", context.Say(Label::cmd_version));
  version->alias("versie");
  version->footer(context.Say(Label::version_examples));
  version->callback([&context, &run] {
    context.needs_server = false;
    run = [](Context& c) { return Version(c); };
  });

  auto shell = std::make_shared<std::string>();
  CLI::App* completion = app.add_subcommand("completion", context.Say(Label::cmd_completion));
  completion->alias("aanvullen");
  completion->footer(context.Say(Label::completion_examples));
  Choose(context,
         completion->add_option("shell", *shell, context.Say(Label::opt_shell))->required(),
         {"bash", "zsh", "fish"});
  completion->callback([shell, &app, &context, &run] {
    context.needs_server = false;
    run = [shell, &app](Context&) {
      Print(Completion(app, *shell));
      return kOk;
    };
  });
}

}  // namespace klantbeeld::cli
