// Why a record was refused, in words.
#pragma once

#include <string>

#include "clients/adapters/values.h"
#include "clients/cli/context.h"

namespace klantbeeld::cli {

// What is wrong with a cell, in words; and the name by which it is counted.
std::string ReasonText(const Context& context, adapters::Reason reason);
const char* ReasonName(adapters::Reason reason);

}  // namespace klantbeeld::cli
