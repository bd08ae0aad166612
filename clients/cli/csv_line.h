// CSV as it is written.
#pragma once

#include <string>
#include <vector>

namespace klantbeeld::cli {

// The cell as a spreadsheet may open it: one that a spreadsheet would run as a
// formula, and one that begins with an apostrophe, gets an apostrophe in front.
// So whoever takes one apostrophe off the front has every cell as it was.
std::string Defused(const std::string& cell);

// Cells as one line of CSV (RFC 4180), each defused and in quotes.
std::string CsvLine(const std::vector<std::string>& cells);

}  // namespace klantbeeld::cli
