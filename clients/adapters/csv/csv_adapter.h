// Any CSV file, as a mapping file says.
#pragma once

#include <string>

#include "clients/adapters/formats.h"

namespace klantbeeld::adapters {

// Opens `path` and reads its header line.
Opened OpenCsv(const std::string& path, const Options& options);

}  // namespace klantbeeld::adapters
