// Asking a person, or reading what a program offers instead.
#pragma once

#include <optional>
#include <string>

#include "clients/cli/context.h"

namespace klantbeeld::cli {

// One line: on a terminal after `prompt` (nothing where --no-input was given),
// else the first line of standard input. Nothing: no line came, or stopped.
std::optional<std::string> AskLine(const Context& context, const std::string& prompt);

// All of standard input, at most a mebibyte.
std::string ReadAll(const Context& context);

// An id that no other run makes, for events and decisions without a name.
std::string NewId();

}  // namespace klantbeeld::cli
