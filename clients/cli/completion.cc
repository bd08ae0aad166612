#include "clients/cli/completion.h"

#include <CLI/CLI.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "clients/cli/arguments.h"

namespace klantbeeld::cli {
namespace {

struct Choice {
  std::vector<std::string> names;  // "-o", "--output".
  std::vector<std::string> words;  // What may follow; none: anything.
  bool takes_value = false;
  std::string about;
};

struct Command {
  std::vector<std::string> names;  // With its aliases.
  std::vector<Choice> options;
  std::vector<std::string> words;  // What its first argument may be.
  std::string about;
};

std::vector<Choice> OptionsOf(const CLI::App& app) {
  std::vector<Choice> options;
  for (const CLI::Option* option : app.get_options()) {
    Choice choice;
    for (const auto& name : option->get_snames()) choice.names.push_back("-" + name);
    for (const auto& name : option->get_lnames()) choice.names.push_back("--" + name);
    if (choice.names.empty()) continue;
    choice.words = WordsOf(*option);
    choice.takes_value = option->get_items_expected_max() > 0;
    choice.about = option->get_description();
    options.push_back(std::move(choice));
  }
  return options;
}

std::vector<Command> CommandsOf(const CLI::App& app) {
  std::vector<Command> commands;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    Command command;
    command.names = sub->get_aliases();
    command.names.insert(command.names.begin(), sub->get_name());
    command.options = OptionsOf(*sub);
    command.about = sub->get_description();
    for (const CLI::Option* option : sub->get_options())
      if (option->get_positional() && command.words.empty()) command.words = WordsOf(*option);
    commands.push_back(std::move(command));
  }
  // `help` is about any of them.
  std::vector<std::string> topics;
  for (const auto& command : commands) topics.push_back(command.names.front());
  for (auto& command : commands)
    if (command.names.front() == "help") command.words = topics;
  return commands;
}

std::vector<std::string> NamesOf(const std::vector<Choice>& options) {
  std::vector<std::string> names;
  for (const auto& option : options)
    names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

// Between single quotes of a shell.
std::string Quoted(const std::string& text, const std::string& quote) {
  return "'" + absl::StrReplaceAll(text, {{"'", quote}}) + "'";
}

// In bash and zsh alike: "'$command $previous'" decides what may follow.
std::string Cases(const std::vector<Choice>& options, const std::string& command,
                  const std::string& offer, const std::string& otherwise) {
  std::string text;
  for (const auto& option : options) {
    if (!option.takes_value) continue;
    for (const auto& name : option.names)
      absl::StrAppend(&text, "    '", command, " ", name, "') ",
                      option.words.empty() ? otherwise
                                           : absl::Substitute(offer, absl::StrJoin(option.words, " ")),
                      " ;;\n");
  }
  return text;
}

std::string Names(const std::vector<Command>& commands) {
  std::string text;
  for (const auto& command : commands)
    absl::StrAppend(&text, "      ", absl::StrJoin(command.names, "|"),
                    ") command=", command.names.front(), "; break ;;\n");
  return text;
}

// Values of general options are the same behind every command, so those go by
// the option alone, in a second case.
std::string Bash(const CLI::App& app) {
  const auto commands = CommandsOf(app);
  const auto general = OptionsOf(app);
  const std::string files = "return 1";  // Bash itself then offers files.
  const std::string offer = "COMPREPLY=($$(compgen -W '$0' -- \"$$current\")); return 0";
  std::string values, words, names;
  for (const auto& command : commands) {
    const std::string& name = command.names.front();
    values += Cases(command.options, name, offer, files);
    absl::StrAppend(&words, "    ", name, ") words='", absl::StrJoin(NamesOf(command.options), " "),
                    "'; arguments='", absl::StrJoin(command.words, " "), "' ;;\n");
    for (const auto& each : command.names) absl::StrAppend(&names, " ", each);
  }
  return absl::StrCat(
      "# bash completion for klantbeeld; made by: klantbeeld completion bash\n"
      "_klantbeeld() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]}\n"
      "  local command= words= arguments= i\n"
      "  COMPREPLY=()\n"
      "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
      "    case ${COMP_WORDS[i]} in\n",
      Names(commands),
      "    esac\n"
      "  done\n"
      "  case \"$command $previous\" in\n",
      values,
      "  esac\n"
      "  case \" $previous\" in\n",
      Cases(general, "", offer, files),
      "  esac\n"
      "  case $command in\n",
      words, "    '') words=; arguments='", names.substr(1),
      "' ;;\n"
      "  esac\n"
      "  if [[ $current == -* ]]; then\n"
      "    COMPREPLY=($(compgen -W \"$words ",
      absl::StrJoin(NamesOf(general), " "),
      "\" -- \"$current\"))\n"
      "  else\n"
      "    COMPREPLY=($(compgen -W \"$arguments\" -- \"$current\"))\n"
      "  fi\n"
      "}\n"
      "complete -o default -F _klantbeeld klantbeeld kb\n");
}

std::string Described(const std::string& name, const std::string& about) {
  return Quoted(absl::StrReplaceAll(name, {{":", "\\:"}}) + ":" + about, "'\\''");
}

std::string Zsh(const CLI::App& app) {
  const auto commands = CommandsOf(app);
  const auto general = OptionsOf(app);
  const std::string offer = "compadd -- $0; return 0", files = "_files; return";
  std::string values, options, listed;
  const auto describe = [](const std::vector<Choice>& choices) {
    std::string text;
    for (const auto& option : choices)
      for (const auto& name : option.names) absl::StrAppend(&text, " ", Described(name, option.about));
    return text;
  };
  for (const auto& command : commands) {
    const std::string& name = command.names.front();
    values += Cases(command.options, name, offer, files);
    absl::StrAppend(&options, "    ", name, ") options=(", describe(command.options),
                    "); arguments=(", absl::StrJoin(command.words, " "), ") ;;\n");
    for (const auto& each : command.names)
      absl::StrAppend(&listed, " ", Described(each, command.about));
  }
  return absl::StrCat(
      "#compdef klantbeeld kb\n"
      "# zsh completion for klantbeeld; made by: klantbeeld completion zsh\n"
      "_klantbeeld() {\n"
      "  local current=${words[CURRENT]} previous=${words[CURRENT-1]} command= word\n"
      "  local -a options arguments general commands\n"
      "  for word in ${words[2,CURRENT-1]}; do\n"
      "    case $word in\n",
      Names(commands),
      "    esac\n"
      "  done\n"
      "  case \"$command $previous\" in\n",
      values,
      "  esac\n"
      "  case \" $previous\" in\n",
      Cases(general, "", offer, files),
      "  esac\n"
      "  general=(",
      describe(general),
      ")\n"
      "  commands=(",
      listed,
      ")\n"
      "  case $command in\n",
      options,
      "  esac\n"
      "  if [[ $current == -* ]]; then\n"
      "    _describe -o option options\n"
      "    _describe -o 'general option' general\n"
      "  elif [[ -z $command ]]; then\n"
      "    _describe command commands\n"
      "  elif (( $#arguments )); then\n"
      "    compadd -- $arguments\n"
      "  else\n"
      "    _files\n"
      "  fi\n"
      "}\n"
      "if [[ $funcstack[1] = _klantbeeld ]]; then _klantbeeld \"$@\"; "
      "else compdef _klantbeeld klantbeeld kb; fi\n");
}

std::string FishOption(const std::string& condition, const Choice& option) {
  std::string line = "complete -c klantbeeld" + condition;
  for (const auto& name : option.names)
    absl::StrAppend(&line, name.compare(0, 2, "--") == 0 ? " -l " + name.substr(2)
                                                         : " -s " + name.substr(1));
  if (option.takes_value) line += option.words.empty() ? " -r" : " -x";
  if (!option.words.empty()) absl::StrAppend(&line, " -a '", absl::StrJoin(option.words, " "), "'");
  return absl::StrCat(line, " -d ", Quoted(option.about, "\\'"), "\n");
}

std::string Fish(const CLI::App& app) {
  std::string text =
      "# fish completion for klantbeeld; made by: klantbeeld completion fish\n"
      "complete -c kb -w klantbeeld\n";
  for (const auto& option : OptionsOf(app)) text += FishOption("", option);
  for (const auto& command : CommandsOf(app)) {
    for (const auto& name : command.names)
      absl::StrAppend(&text, "complete -c klantbeeld -f -n __fish_use_subcommand -a ", name, " -d ",
                      Quoted(command.about, "\\'"), "\n");
    const std::string condition = absl::StrCat(" -n '__fish_seen_subcommand_from ",
                                               absl::StrJoin(command.names, " "), "'");
    for (const auto& option : command.options) text += FishOption(condition, option);
    if (!command.words.empty())
      absl::StrAppend(&text, "complete -c klantbeeld -f", condition, " -a '",
                      absl::StrJoin(command.words, " "), "'\n");
  }
  return text;
}

}  // namespace

std::string Completion(const CLI::App& app, const std::string& shell) {
  if (shell == "zsh") return Zsh(app);
  return shell == "fish" ? Fish(app) : Bash(app);
}

}  // namespace klantbeeld::cli
