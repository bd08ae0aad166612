// One source brought in: read by an adapter, recorded, counted.
#pragma once

#include <string>

#include "clients/adapters/adapter.h"
#include "clients/cli/context.h"

namespace klantbeeld::cli {

// Records everything that the adapter gives and shows progress and, at the
// end, a summary: on stdout as JSON where asked for, else on stderr. Records
// that are refused, here or by the server, go to `rejected_path`, which has no
// wider rights than the source and is only made when there are any. Recording
// the same source again adds nothing, so one that was interrupted is simply
// imported again. Gives the exit code.
int ImportAll(Context& context, adapters::Adapter& adapter, const std::string& rejected_path);

// Prints the first `count` events as they would be recorded; BSNs masked.
int ShowFirst(Context& context, adapters::Adapter& adapter, int count);

// What is wrong with a cell, in words; and the name by which it is counted.
std::string ReasonText(const Context& context, adapters::Reason reason);
const char* ReasonName(adapters::Reason reason);

}  // namespace klantbeeld::cli
