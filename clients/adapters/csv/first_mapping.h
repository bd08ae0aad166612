// A mapping file to begin with.
#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace klantbeeld::adapters {

// Looks at the header and the first rows of a CSV file and writes a mapping
// with what it recognises; columns that it does not know stand in it as
// comments. Whoever knows the file has to read it: names of columns guess.
// A first line that may be somebody's data is not repeated.
absl::StatusOr<std::string> FirstMapping(const std::string& path);

}  // namespace klantbeeld::adapters
