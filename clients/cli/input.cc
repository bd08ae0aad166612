#include "clients/cli/input.h"

#include <unistd.h>

#include <random>

#include "absl/strings/str_format.h"
#include "clients/cli/lines.h"

namespace klantbeeld::cli {
namespace {

constexpr size_t kInputBytesMax = 1 << 20;

}  // namespace

std::optional<std::string> AskLine(const Context& context, const std::string& prompt) {
  if (isatty(STDIN_FILENO) != 0) {
    if (context.settings.no_input) return std::nullopt;
    Complain(prompt);
  }
  LineReader reader(STDIN_FILENO);
  std::string line;
  while (!context.stop.requested()) {
    const auto got = reader.Next(line);
    if (got == LineReader::Got::kLine) return line;
    if (got != LineReader::Got::kIdle) return std::nullopt;
  }
  return std::nullopt;
}

std::string ReadAll(const Context& context) {
  LineReader reader(STDIN_FILENO);
  std::string text, line;
  while (!context.stop.requested() && text.size() < kInputBytesMax) {
    const auto got = reader.Next(line);
    if (got == LineReader::Got::kIdle) continue;
    if (got != LineReader::Got::kLine) break;
    if (!text.empty()) text += '\n';
    text += line;
  }
  return text;
}

std::string NewId() {
  std::random_device random;
  return absl::StrFormat("%08x%08x%08x", random(), random(), random());
}

}  // namespace klantbeeld::cli
