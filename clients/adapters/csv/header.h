// The header line of a CSV file.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/adapters/rows.h"

namespace klantbeeld::adapters {

// A CSV file of which the header was read.
struct CsvFile {
  std::unique_ptr<CsvRows> rows;
  std::vector<std::string> header;
  char separator = ',';
};

// Separator 0: the one of comma, semicolon, tab and bar that the header line
// has most of. NOT_FOUND: not readable. INVALID_ARGUMENT: empty, or no such
// character set.
absl::StatusOr<CsvFile> OpenCsvFile(const std::string& path, const std::string& encoding,
                                    char separator);

}  // namespace klantbeeld::adapters
