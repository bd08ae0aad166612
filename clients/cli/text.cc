#include "clients/cli/text.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <utility>

namespace klantbeeld::cli {
namespace {

// Calls `f(character, begin, end)` for every character; broken UTF-8 gives a
// negative character.
template <class F>
void EachCharacter(const std::string& text, const F& f) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(text.data());
  const auto size = static_cast<int32_t>(text.size());
  for (int32_t at = 0; at < size;) {
    const int32_t begin = at;
    UChar32 character;
    U8_NEXT(bytes, at, size, character);
    if (!f(character, static_cast<size_t>(begin), static_cast<size_t>(at))) return;
  }
}

int WidthOf(UChar32 character) {
  if (character < 0) return 0;
  switch (u_charType(character)) {
    case U_NON_SPACING_MARK:
    case U_ENCLOSING_MARK:
    case U_FORMAT_CHAR:
    case U_CONTROL_CHAR:
      return 0;
    default:
      break;
  }
  const int wide = u_getIntPropertyValue(character, UCHAR_EAST_ASIAN_WIDTH);
  return wide == U_EA_WIDE || wide == U_EA_FULLWIDTH ? 2 : 1;
}

// Narrower than this a column says nothing any more.
constexpr int kColumnMin = 6;

}  // namespace

std::string Clean(const std::string& text) {
  std::string clean;
  EachCharacter(text, [&](UChar32 character, size_t begin, size_t end) {
    if (character < 0) return true;
    const auto type = u_charType(character);
    if (type == U_CONTROL_CHAR || type == U_LINE_SEPARATOR || type == U_PARAGRAPH_SEPARATOR)
      clean += ' ';
    else if (type != U_FORMAT_CHAR)
      clean.append(text, begin, end - begin);
    return true;
  });
  return clean;
}

int Width(const std::string& text) {
  int width = 0;
  EachCharacter(text, [&](UChar32 character, size_t, size_t) {
    width += WidthOf(character);
    return true;
  });
  return width;
}

std::string Cut(const std::string& text, int columns) {
  if (columns <= 0) return "";
  if (Width(text) <= columns) return text;
  int width = 0;
  size_t keep = 0;
  EachCharacter(text, [&](UChar32 character, size_t, size_t end) {
    width += WidthOf(character);
    if (width > columns - 1) return false;
    keep = end;
    return true;
  });
  return text.substr(0, keep) + "…";
}

std::string Pad(const std::string& text, int columns) {
  return text + std::string(static_cast<size_t>(std::max(0, columns - Width(text))), ' ');
}

std::string Flow(const std::vector<std::string>& parts, const std::string& between, int columns) {
  std::string text, line;
  for (const auto& part : parts) {
    const bool fits = columns == 0 || Width(line + between + part) <= columns;
    if (!line.empty() && !fits) text += std::exchange(line, "") + "\n";
    line += (line.empty() ? "" : between) + (columns == 0 ? part : Cut(part, columns));
  }
  return text + line + "\n";
}

Table::Table(std::vector<std::string> header, size_t whole) : whole_(whole) {
  Add(std::move(header));
}

void Table::Add(std::vector<std::string> row) {
  for (auto& cell : row) cell = Clean(cell);
  rows_.push_back(std::move(row));
}

std::vector<int> Table::Widths(int columns) const {
  const size_t count = rows_.front().size();
  std::vector<int> widths(count, 0);
  for (const auto& row : rows_)
    for (size_t i = 0; i < count; ++i) widths[i] = std::max(widths[i], Width(row[i]));
  if (columns == 0) return widths;
  int total = 2 * (static_cast<int>(count) - 1);
  for (const int width : widths) total += width;
  // A column at a time the widest gives, the last of equals first.
  while (total > columns) {
    size_t widest = count;
    for (size_t i = whole_; i < count; ++i)
      if (widths[i] > kColumnMin && (widest == count || widths[i] >= widths[widest])) widest = i;
    if (widest == count) break;
    --widths[widest];
    --total;
  }
  return widths;
}

std::string Table::Render(int columns) const {
  const std::vector<int> widths = Widths(columns);
  std::string text;
  for (const auto& row : rows_) {
    std::string line;
    for (size_t i = 0; i < row.size(); ++i)
      line += (i > 0 ? "  " : "") + Pad(Cut(row[i], widths[i]), widths[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    // Where even the narrowest columns are too many, the row ends early.
    text += (columns > 0 ? Cut(line, columns) : line) + "\n";
  }
  return text;
}

}  // namespace klantbeeld::cli
