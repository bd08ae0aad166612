// The server's log: one JSON object a line, on standard error.
#ifndef KLANTBEELD_SERVICE_LOG_H_
#define KLANTBEELD_SERVICE_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <type_traits>
#include <variant>

#include "absl/strings/string_view.h"

namespace klantbeeld::service {

enum class Severity { kDebug, kInfo, kWarning, kError };

// Text that stands in the source code, checked by the compiler: nothing that a
// caller sent can become one.
class Literal {
 public:
  template <size_t N>
  consteval Literal(const char (&text)[N]) : text_(text), size_(N - 1) {}
  absl::string_view view() const { return {text_, size_}; }

 private:
  const char* text_;
  size_t size_;
};

// Text that the operator or the machine gave: a path, an address, an error of
// ours. Whoever writes Setting{...} says that it is no personal data.
struct Setting {
  std::string text;
};

// A named value of a log line: a number, a literal or a setting. Messages of
// the contract and their strings do not fit.
struct LogField {
  template <typename T, typename = std::enable_if_t<std::is_arithmetic_v<T>>>
  LogField(Literal field, T number) : name(field), value(ToNumber(number)) {}
  LogField(Literal field, Literal text) : name(field), value(text) {}
  LogField(Literal field, Setting text) : name(field), value(std::move(text)) {}

  Literal name;
  std::variant<int64_t, double, Literal, Setting> value;

 private:
  template <typename T>
  static std::variant<int64_t, double, Literal, Setting> ToNumber(T number) {
    if constexpr (std::is_floating_point_v<T>) return static_cast<double>(number);
    return static_cast<int64_t>(number);
  }
};

// Lines below this are left out. Set once, before other threads start.
void SetLogSeverity(Severity least);

// Writes one line, whole. May be called from any thread.
void Log(Severity severity, Literal message, std::initializer_list<LogField> fields = {});

// A line of RocksDB's own log; it holds no contents of rows.
void LogEngine(absl::string_view line);

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_LOG_H_
