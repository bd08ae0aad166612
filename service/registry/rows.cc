#include "service/registry/rows.h"

#include <csv.h>

#include <fstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace klantbeeld::registry {
namespace {

// One row of a file; longer is a quote that was never closed.
constexpr size_t kRowBytesMax = 1 << 20;

struct Reading {
  const std::function<absl::Status(CsvRow)>& take;
  CsvRow row;
  absl::Status status;

  static void OnCell(void* cell, size_t size, void* reading) {
    static_cast<Reading*>(reading)->row.cells.emplace_back(static_cast<const char*>(cell), size);
  }
  static void OnRow(int, void* reading) {
    auto& self = *static_cast<Reading*>(reading);
    CsvRow row = std::exchange(self.row, {});
    if (self.status.ok()) self.status = self.take(std::move(row));
  }
};

absl::Status Malformed(const std::string& path, uint64_t line) {
  return absl::InvalidArgumentError(
      absl::StrCat(path, ", line ", line,
                   ": a quote is not closed, or stands within a cell that has none around it; "
                   "write the cell in quotes and each quote in it twice"));
}

}  // namespace

absl::Status ReadCsv(const std::string& path, const std::function<absl::Status(CsvRow)>& take) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return absl::InvalidArgumentError(absl::StrCat(path, ": cannot be read"));
  csv_parser parser;
  csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI);
  Reading reading{take, {}, absl::OkStatus()};
  size_t open_bytes = 0;  // Of the row that is being read.
  std::string text;
  bool whole = true;
  for (uint64_t line = 1; reading.status.ok() && std::getline(file, text); ++line) {
    if (line == 1 && absl::StartsWith(text, "\xEF\xBB\xBF")) text.erase(0, 3);
    if (reading.row.cells.empty() && open_bytes == 0) reading.row.line = line;
    text += '\n';
    whole = csv_parse(&parser, text.data(), text.size(), &Reading::OnCell, &Reading::OnRow,
                      &reading) == text.size();
    // The parser is between rows when it has begun no cell.
    open_bytes = parser.pstate == 0 ? 0 : open_bytes + text.size();
    whole = whole && open_bytes <= kRowBytesMax;
    if (!whole) reading.status = Malformed(path, reading.row.line);
  }
  if (reading.status.ok() &&
      csv_fini(&parser, &Reading::OnCell, &Reading::OnRow, &reading) != 0) {
    reading.status = Malformed(path, reading.row.line);
  }
  csv_free(&parser);
  return reading.status;
}

}  // namespace klantbeeld::registry
