// Records of a text file: lines, or the objects of one JSON array.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/adapters/source.h"

namespace klantbeeld::adapters {

// A record, and the line that it begins on, counted from 1.
struct Record {
  uint64_t line = 0;
  std::string text;  // On one line; of one that is too long, empty.
  bool too_long = false;
};

// Cuts a source into records. A source that begins with "[" is one JSON array,
// as an API gives it, and each of its elements a record; every other source is
// lines, of which empty ones are passed over. Memory: a record of more than
// `bytes_max` is given without its text. One thread.
class Records {
 public:
  static constexpr size_t kBytesMax = 1 << 20;

  explicit Records(std::unique_ptr<Source> source, size_t bytes_max = kBytesMax);

  enum class Got { kRecord, kIdle, kEnd };
  absl::StatusOr<Got> Next(Record& record);
  const Source& source() const { return *source_; }

 private:
  enum class Shape { kUnknown, kLines, kArray };
  void Feed(absl::string_view text);
  void FeedLines(absl::string_view text);
  void FeedArray(absl::string_view text);
  void Keep(absl::string_view text);
  void EndRecord();

  const std::unique_ptr<Source> source_;
  const size_t bytes_max_;
  Shape shape_ = Shape::kUnknown;
  std::deque<Record> ready_;
  Record open_;
  uint64_t line_ = 1;
  // Of the array: how deep we are, and whether in a string or behind a "\".
  uint64_t depth_ = 0;
  bool quoted_ = false, escaped_ = false;
  bool ended_ = false;
};

}  // namespace klantbeeld::adapters
