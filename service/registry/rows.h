// Rows of the registry's file.
#ifndef KLANTBEELD_SERVICE_REGISTRY_ROWS_H_
#define KLANTBEELD_SERVICE_REGISTRY_ROWS_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace klantbeeld::registry {

// A row of a CSV file with the line that it begins on, counted from 1.
struct CsvRow {
  uint64_t line = 0;
  std::vector<std::string> cells;
};

// Gives each row of the file to `take`, until one is refused. Empty lines are
// passed over; a byte order mark too. INVALID_ARGUMENT names file and line.
absl::Status ReadCsv(const std::string& path, const std::function<absl::Status(CsvRow)>& take);

}  // namespace klantbeeld::registry

#endif  // KLANTBEELD_SERVICE_REGISTRY_ROWS_H_
