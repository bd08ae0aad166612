#include "clients/adapters/records.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"

namespace klantbeeld::adapters {

Records::Records(std::unique_ptr<Source> source, size_t bytes_max)
    : source_(std::move(source)), bytes_max_(bytes_max) {}

void Records::Keep(absl::string_view text) {
  if (open_.line == 0) open_.line = line_;
  if (open_.too_long) return;
  if (open_.text.size() + text.size() > bytes_max_) {
    open_.too_long = true;
    std::string().swap(open_.text);
    return;
  }
  open_.text.append(text.data(), text.size());
}

void Records::EndRecord() {
  Record done = std::exchange(open_, {});
  const absl::string_view bare = absl::StripAsciiWhitespace(done.text);
  if (bare.empty() && !done.too_long) return;
  if (bare.size() < done.text.size()) done.text = std::string(bare);
  ready_.push_back(std::move(done));
}

void Records::FeedLines(absl::string_view text) {
  while (!text.empty()) {
    const size_t newline = text.find('\n');
    Keep(text.substr(0, newline));
    if (newline == absl::string_view::npos) return;
    EndRecord();
    ++line_;
    text.remove_prefix(newline + 1);
  }
}

// Looks at brackets outside strings only; whether an element is JSON its
// reader finds out.
void Records::FeedArray(absl::string_view text) {
  size_t kept = 0;  // Up to here the element has its text.
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (std::exchange(escaped_, false)) continue;
    if (quoted_) {
      if (c == '"') quoted_ = false;
      if (c == '\\') escaped_ = true;
      if (c != '\n') continue;
    }
    const bool inside = depth_ > 1;
    if (c == '"') quoted_ = true;
    if (c == '{' || c == '[') ++depth_;
    if ((c == '}' || c == ']') && depth_ > 0) --depth_;
    if (!inside && depth_ > 1) kept = i;  // It begins here.
    if (inside && (depth_ <= 1 || c == '\n')) {
      Keep(text.substr(kept, i - kept));
      // White space between its members, since a string holds no line's end.
      Keep(c == '\n' ? " " : text.substr(i, 1));
      kept = i + 1;
    }
    if (inside && depth_ <= 1) EndRecord();
    if (c == '\n') ++line_;
  }
  if (depth_ > 1) Keep(text.substr(kept));
}

void Records::Feed(absl::string_view text) {
  if (shape_ == Shape::kUnknown) {
    while (!text.empty() && absl::ascii_isspace(static_cast<unsigned char>(text.front()))) {
      if (text.front() == '\n') ++line_;
      text.remove_prefix(1);
    }
    if (text.empty()) return;
    shape_ = text.front() == '[' ? Shape::kArray : Shape::kLines;
  }
  shape_ == Shape::kArray ? FeedArray(text) : FeedLines(text);
}

absl::StatusOr<Records::Got> Records::Next(Record& record) {
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
    EndRecord();
    if (shape_ == Shape::kArray && depth_ > 0) {
      ready_.clear();
      return absl::DataLossError("the JSON array has no end");
    }
  }
  record = std::move(ready_.front());
  ready_.pop_front();
  return Got::kRecord;
}

}  // namespace klantbeeld::adapters
