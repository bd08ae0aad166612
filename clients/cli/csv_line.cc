#include "clients/cli/csv_line.h"

#include <csv.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace klantbeeld::cli {

std::string Defused(const std::string& cell) {
  // Spreadsheets pass over white space in front, and some know the wide forms.
  static constexpr const char* kStarts[] = {"=", "+", "-", "@", "＝", "＋", "－", "＠"};
  if (cell.empty()) return cell;
  const bool steers = absl::StrContains("'\t\r\n", cell[0]);
  absl::string_view rest = absl::StripLeadingAsciiWhitespace(cell);
  while (absl::ConsumePrefix(&rest, "\u00a0")) rest = absl::StripLeadingAsciiWhitespace(rest);
  bool runs = false;
  for (const char* start : kStarts) runs = runs || absl::StartsWith(rest, start);
  return steers || runs ? absl::StrCat("'", cell) : cell;
}

std::string CsvLine(const std::vector<std::string>& cells) {
  std::string line;
  for (const std::string& cell : cells) {
    const std::string safe = Defused(cell);
    std::string quoted(2 * safe.size() + 2, '\0');
    quoted.resize(csv_write(quoted.data(), quoted.size(), safe.data(), safe.size()));
    absl::StrAppend(&line, line.empty() ? "" : ",", quoted);
  }
  return line + "\r\n";
}

}  // namespace klantbeeld::cli
