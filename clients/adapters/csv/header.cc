#include "clients/adapters/csv/header.h"

#include "absl/strings/ascii.h"

namespace klantbeeld::adapters {

absl::StatusOr<CsvFile> OpenCsvFile(const std::string& path, const std::string& encoding,
                                    char separator) {
  auto source = Source::Open(path, encoding);
  if (!source.ok()) return source.status();
  CsvFile file;
  file.rows = std::make_unique<CsvRows>(*std::move(source), separator);
  CsvRow row;
  for (;;) {
    const auto got = file.rows->Next(row);
    if (!got.ok()) return got.status();
    if (*got == CsvRows::Got::kIdle) continue;
    if (*got != CsvRows::Got::kRow) return absl::InvalidArgumentError("no header line");
    break;
  }
  for (const std::string& cell : row.cells) {
    file.header.emplace_back(absl::StripAsciiWhitespace(cell));
  }
  file.separator = file.rows->separator();
  return file;
}

}  // namespace klantbeeld::adapters
