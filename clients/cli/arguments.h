// The command line as a whole: general options and commands.
#pragma once

#include <memory>
#include <string>

#include "clients/cli/context.h"

namespace klantbeeld::cli {

// The language to speak before the options were read: --lang where it stands
// anywhere, else `configured`.
Lang LanguageOf(int count, const char* const* arguments, const std::string& configured);

// Builds the parser; its options write into `context.settings`, its commands
// into `run`. Both must outlive it.
std::unique_ptr<CLI::App> MakeParser(Context& context, Run& run);

// Reads the arguments. kOk with `run` set: go on; with `run` empty: help or
// version was printed. Else it was said what is wrong.
int Parse(CLI::App& app, const Context& context, const Run& run, int count,
          const char* const* arguments);

// The command or alias that is at most two mistakes away; "" for none.
std::string Nearest(const CLI::App& app, const std::string& word);

}  // namespace klantbeeld::cli
