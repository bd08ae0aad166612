#include "clients/cli/lines.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>

namespace klantbeeld::cli {

bool ReplaceWithLine(const std::string& path, const std::string& line) {
  const std::string beside = path + ".new";
  {
    std::ofstream file(beside, std::ios::trunc);
    file << line << "\n";
    if (!file.flush()) return false;
  }
  return std::rename(beside.c_str(), path.c_str()) == 0;
}
namespace {

constexpr int kIdleMilliseconds = 200;
constexpr size_t kReadBytes = 256 << 10;

}  // namespace

bool LineReader::TakeLine(std::string& line) {
  const size_t end = buffer_.find('\n', used_);
  if (end == std::string::npos && !(end_ && used_ < buffer_.size())) return false;
  const size_t stop = end == std::string::npos ? buffer_.size() : end;
  line.assign(buffer_, used_, stop - used_);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  used_ = end == std::string::npos ? buffer_.size() : end + 1;
  return true;
}

LineReader::Got LineReader::Next(std::string& line) {
  for (;;) {
    if (TakeLine(line)) {
      const bool too_long = skipping_ || line.size() > kLineBytesMax;
      skipping_ = false;
      return too_long ? Got::kTooLong : Got::kLine;
    }
    if (end_) return Got::kEnd;
    buffer_.erase(0, used_);
    used_ = 0;
    if (buffer_.size() > kLineBytesMax) {
      buffer_.clear();
      skipping_ = true;
    }
    pollfd ready{descriptor_, POLLIN, 0};
    const int count = poll(&ready, 1, kIdleMilliseconds);
    if (count == 0) return Got::kIdle;
    if (count < 0 && errno != EINTR) return Got::kFailed;
    if (count < 0) continue;
    const size_t before = buffer_.size();
    buffer_.resize(before + kReadBytes);
    const ssize_t bytes = read(descriptor_, buffer_.data() + before, kReadBytes);
    buffer_.resize(before + static_cast<size_t>(bytes > 0 ? bytes : 0));
    if (bytes < 0 && errno != EINTR) return Got::kFailed;
    if (bytes == 0) end_ = true;
  }
}

}  // namespace klantbeeld::cli
