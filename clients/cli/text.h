// Text on a terminal: safe, and as wide as it shows.
#pragma once

#include <string>
#include <vector>

namespace klantbeeld::cli {

// The text without what could steer a terminal or turn reading order around:
// control characters become a space, format characters and broken UTF-8 go.
std::string Clean(const std::string& text);

// Columns that the text takes on a terminal.
int Width(const std::string& text);

// The text cut to at most `columns`, ending in "…" where something was cut.
std::string Cut(const std::string& text, int columns);

// The text filled with spaces to `columns`; longer text stays as it is.
std::string Pad(const std::string& text, int columns);

// The parts with `between` between them, on as many lines as it takes for none
// to be wider than `columns` (0: one line). A part is not broken; one that is
// wider is cut.
std::string Flow(const std::vector<std::string>& parts, const std::string& between, int columns);

// Rows under a header, columns as wide as their widest cell. With `columns`
// set, the widest columns are cut so that no row is wider. Cells are cleaned.
class Table {
 public:
  // The first `whole` columns are never cut: an id or a time says nothing by
  // half.
  explicit Table(std::vector<std::string> header, size_t whole = 0);
  void Add(std::vector<std::string> row);  // As many cells as the header.
  // `columns` 0: cut nothing.
  std::string Render(int columns) const;

 private:
  std::vector<int> Widths(int columns) const;

  const size_t whole_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace klantbeeld::cli
