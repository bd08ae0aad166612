#include "service/log.h"

#include <atomic>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace klantbeeld::service {
namespace {

using Json = nlohmann::ordered_json;

std::atomic<Severity> least_severity{Severity::kInfo};

const char* NameOf(Severity severity) {
  switch (severity) {
    case Severity::kDebug:
      return "debug";
    case Severity::kInfo:
      return "info";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
  }
  return "info";
}

std::string Text(absl::string_view text) { return {text.data(), text.size()}; }

Json Line(Severity severity, absl::string_view message) {
  Json line;
  line["time"] = absl::FormatTime("%Y-%m-%dT%H:%M:%E3SZ", absl::Now(), absl::UTCTimeZone());
  line["level"] = NameOf(severity);
  line["message"] = Text(message);
  return line;
}

void Write(const Json& line) {
  // One call, so that lines of several threads do not mix.
  const std::string text = line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

}  // namespace

void SetLogSeverity(Severity least) { least_severity = least; }

void Log(Severity severity, Literal message, std::initializer_list<LogField> fields) {
  if (severity < least_severity.load(std::memory_order_relaxed)) return;
  Json line = Line(severity, message.view());
  for (const LogField& field : fields) {
    Json& value = line[Text(field.name.view())];
    if (const auto* number = std::get_if<int64_t>(&field.value)) value = *number;
    if (const auto* number = std::get_if<double>(&field.value)) value = *number;
    if (const auto* text = std::get_if<Literal>(&field.value)) value = Text(text->view());
    if (const auto* text = std::get_if<Setting>(&field.value)) value = text->text;
  }
  Write(line);
}

void LogEngine(absl::string_view line) {
  if (Severity::kInfo < least_severity.load(std::memory_order_relaxed)) return;
  Json json = Line(Severity::kInfo, "rocksdb");
  json["line"] = Text(line);
  Write(json);
}

}  // namespace klantbeeld::service
