// The command line as a whole: general options and commands.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "clients/cli/context.h"

namespace klantbeeld::cli {

// What `--name` says, before the options were read: where it stands anywhere,
// else `otherwise`.
std::string ValueOf(int count, const char* const* arguments, const std::string& name,
                    const std::string& otherwise);

// The language to speak before the options were read: --lang where it stands
// anywhere, else `configured`.
Lang LanguageOf(int count, const char* const* arguments, const std::string& configured);

// Builds the parser; its options write into `context.settings`, its commands
// into `run`. Both must outlive it.
std::unique_ptr<CLI::App> MakeParser(Context& context, Run& run);

// Reads the arguments. kOk with `run` set: go on; with `run` empty: help or
// version was printed. Else it was said what is wrong. No command, on a
// terminal, is the interactive mode.
int Parse(CLI::App& app, const Context& context, Run& run, int count,
          const char* const* arguments);

// The option takes one of these words; help and completion list them.
CLI::Option* Choose(const Context& context, CLI::Option* option, std::vector<std::string> words);
// The words that an option takes; none where it takes anything.
std::vector<std::string> WordsOf(const CLI::Option& option);
// The option takes a number from `least` to `most`.
CLI::Option* Between(const Context& context, CLI::Option* option, int least, int most);

// The command or alias that is at most two mistakes away; "" for none.
std::string Nearest(const CLI::App& app, const std::string& word);

}  // namespace klantbeeld::cli
