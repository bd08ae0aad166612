// Recording many events from JSON lines.
#pragma once

#include <string>

#include "clients/cli/context.h"

namespace klantbeeld::cli {

// Records the events of `path` ("-": standard input), one in proto JSON per
// line. Lines that are refused are named on stderr and stop nothing. Gives the
// exit code: kPartlyDone when some were refused.
int RecordLines(Context& context, const std::string& path);

}  // namespace klantbeeld::cli
