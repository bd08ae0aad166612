// Rows of a CSV file.
#pragma once

#include <csv.h>

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/adapters/source.h"

namespace klantbeeld::adapters {

// A row, and the line that it begins on, counted from 1.
struct CsvRow {
  uint64_t line = 0;
  std::vector<std::string> cells;
};

// Reads CSV (RFC 4180) with libcsv. Empty lines are passed over. Memory: a row
// of more than kRowBytesMax is given without its cells. One thread.
class CsvRows {
 public:
  static constexpr size_t kRowBytesMax = 1 << 20;

  // Separator 0: the one of comma, semicolon, tab and bar that the first line
  // has most of.
  CsvRows(std::unique_ptr<Source> source, char separator);
  ~CsvRows();

  enum class Got { kRow, kTooLong, kIdle, kEnd };
  absl::StatusOr<Got> Next(CsvRow& row);
  const Source& source() const { return *source_; }
  char separator() const { return separator_; }  // 0 before the first row.

 private:
  struct Parsed {
    CsvRow row;
    bool too_long = false;
  };
  void Feed(absl::string_view text);
  void Restart();
  void EndRow();
  static void OnCell(void* cell, size_t size, void* rows);
  static void OnRow(int end, void* rows);

  const std::unique_ptr<Source> source_;
  char separator_;
  csv_parser parser_{};
  std::deque<Parsed> ready_;
  Parsed open_;  // The row that is being read.
  size_t open_bytes_ = 0;
  bool skipping_ = false;  // Of a row that is too long, the rest of the line.
  uint64_t line_ = 1;      // Of what is fed next.
  bool ended_ = false;
};

// A cell as CSV writes it, quoted where it must be.
std::string CsvCell(absl::string_view text, char separator);
// A whole line with its end.
std::string CsvLine(const std::vector<std::string>& cells, char separator);

}  // namespace klantbeeld::adapters
