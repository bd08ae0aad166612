// What a shell needs to complete commands, options and their words.
#pragma once

#include <string>

#include "clients/cli/context.h"

namespace klantbeeld::cli {

// The script for `shell` (bash, zsh or fish), for klantbeeld and its short name
// kb, from the parser itself: what the parser takes is what is offered.
std::string Completion(const CLI::App& app, const std::string& shell);

}  // namespace klantbeeld::cli
