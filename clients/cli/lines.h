// Lines from a file or from standard input, without getting stuck.
#pragma once

#include <string>

namespace klantbeeld::cli {

// Puts `line` in the place of the file at `path`, whole or not at all: half a
// resume token would lose the place. False: errno says why.
bool ReplaceWithLine(const std::string& path, const std::string& line);

// Reads lines from a file descriptor. Does not own it. Not thread-safe.
class LineReader {
 public:
  enum class Got { kLine, kIdle, kEnd, kTooLong, kFailed };
  static constexpr size_t kLineBytesMax = 4 << 20;

  explicit LineReader(int descriptor) : descriptor_(descriptor) {}

  // kLine: `line` without its end. kIdle: nothing came for a fifth of a
  // second. kTooLong: a line over the limit was skipped. kFailed: errno says.
  Got Next(std::string& line);

 private:
  bool TakeLine(std::string& line);

  const int descriptor_;
  std::string buffer_;
  size_t used_ = 0;
  bool skipping_ = false;
  bool end_ = false;
};

}  // namespace klantbeeld::cli
