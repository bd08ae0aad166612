#include "clients/adapters/rows.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace klantbeeld::adapters {
namespace {

constexpr size_t kFeedBytes = 4 << 10;
constexpr absl::string_view kSeparators = ",;\t|";

char SeparatorOf(absl::string_view line) {
  char best = kSeparators.front();
  for (const char one : kSeparators) {
    if (std::count(line.begin(), line.end(), one) > std::count(line.begin(), line.end(), best)) {
      best = one;
    }
  }
  return best;
}

}  // namespace

CsvRows::CsvRows(std::unique_ptr<Source> source, char separator)
    : source_(std::move(source)), separator_(separator) {
  Restart();
}

CsvRows::~CsvRows() { csv_free(&parser_); }

void CsvRows::Restart() {
  csv_free(&parser_);
  csv_init(&parser_, 0);
  csv_set_delim(&parser_, static_cast<unsigned char>(separator_));
  csv_set_blk_size(&parser_, 4096);
}

void CsvRows::OnCell(void* cell, size_t size, void* rows) {
  auto& open = static_cast<CsvRows*>(rows)->open_;
  open.row.cells.emplace_back(static_cast<const char*>(cell), size);
}

void CsvRows::OnRow(int, void* rows) { static_cast<CsvRows*>(rows)->EndRow(); }

void CsvRows::EndRow() {
  ready_.push_back(std::exchange(open_, {}));
  open_bytes_ = 0;
}

// In pieces that end with their line, so that the line is known when a row ends.
void CsvRows::Feed(absl::string_view text) {
  if (separator_ == 0) {
    separator_ = SeparatorOf(text.substr(0, text.find('\n')));
    Restart();
  }
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    const bool whole = newline != absl::string_view::npos && newline < kFeedBytes;
    const absl::string_view piece =
        text.substr(0, whole ? newline + 1 : std::min(kFeedBytes, text.size()));
    text.remove_prefix(piece.size());
    if (open_.row.line == 0) open_.row.line = line_;
    open_bytes_ += piece.size();
    if (open_bytes_ > kRowBytesMax && !skipping_) {
      // The parser forgets the row; what is left of the line is passed over.
      Restart();
      open_.too_long = true;
      open_.row.cells.clear();
      skipping_ = true;
    }
    if (skipping_) {
      if (whole) EndRow();
      skipping_ = !whole;
    } else {
      csv_parse(&parser_, piece.data(), piece.size(), &OnCell, &OnRow, this);
      // A line that held nothing ended no row.
      if (whole && open_.row.cells.empty() && parser_.pstate == 0) {
        open_ = {};
        open_bytes_ = 0;
      }
    }
    if (whole) ++line_;
  }
}

absl::StatusOr<CsvRows::Got> CsvRows::Next(CsvRow& row) {
  while (ready_.empty()) {
    if (ended_) return Got::kEnd;
    absl::string_view block;
    const auto got = source_->Next(block);
    if (!got.ok()) return got.status();
    if (*got == Source::Got::kIdle) return Got::kIdle;
    if (*got == Source::Got::kBlock) {
      Feed(block);
      continue;
    }
    ended_ = true;
    if (skipping_) {
      EndRow();
    } else {
      csv_fini(&parser_, &OnCell, &OnRow, this);
    }
  }
  row = std::move(ready_.front().row);
  const bool too_long = ready_.front().too_long;
  ready_.pop_front();
  return too_long ? Got::kTooLong : Got::kRow;
}

std::string CsvCell(absl::string_view text, char separator) {
  const bool plain = text.find_first_of("\"\r\n") == absl::string_view::npos &&
                     text.find(separator) == absl::string_view::npos &&
                     (text.empty() || (text.front() != ' ' && text.back() != ' '));
  if (plain) return std::string(text);
  std::string quoted(text.size() * 2 + 2, '\0');
  quoted.resize(csv_write(quoted.data(), quoted.size(), text.data(), text.size()));
  return quoted;
}

std::string CsvLine(const std::vector<std::string>& cells, char separator) {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line += separator;
    line += CsvCell(cells[i], separator);
  }
  return line + "\r\n";
}

}  // namespace klantbeeld::adapters
