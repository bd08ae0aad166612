#include "clients/cli/context.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "clients/cli/detail.h"
#include "clients/cli/text.h"
#include "clients/cli/times.h"

namespace klantbeeld::cli {
namespace {

int TerminalColumns(bool terminal) {
  int columns = 0;
  const char* set = std::getenv("COLUMNS");
  if (set != nullptr && absl::SimpleAtoi(set, &columns) && columns > 0) return columns;
  winsize size{};
  if (terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    return size.ws_col;
  // What goes to a file or a program is not cut.
  return terminal ? 80 : 0;
}

Exit ExitOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::NOT_FOUND:
      return kNotFound;
    case grpc::StatusCode::UNAUTHENTICATED:
      return kLoginNeeded;
    case grpc::StatusCode::PERMISSION_DENIED:
      return kNotAllowed;
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return kUnreachable;
    case grpc::StatusCode::ALREADY_EXISTS:
    case grpc::StatusCode::FAILED_PRECONDITION:
    case grpc::StatusCode::ABORTED:
      return kConflict;
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE:
      return kUsage;
    default:
      return kUnexpected;
  }
}

// The names of gRPC's codes, for the reference that goes to the administrator.
constexpr const char* kCodes[] = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

std::string CodeName(grpc::StatusCode code) {
  const auto number = static_cast<size_t>(code);
  return number < std::size(kCodes) ? kCodes[number] : absl::StrCat(number);
}

std::string Reference(const client::Error& error) {
  std::string text = CodeName(error.code);
  if (error.reason != v1::ERROR_REASON_UNSPECIFIED)
    absl::StrAppend(&text, "/",
                    v1::ErrorReason_Name(error.reason).substr(sizeof("ERROR_REASON_") - 1));
  for (const auto& [name, value] : error.metadata)
    absl::StrAppend(&text, " ", Clean(name), "=", Clean(value));
  return text;
}

}  // namespace

void Context::LookAtTerminal() {
  in_is_terminal = isatty(STDIN_FILENO) != 0;
  out_is_terminal = isatty(STDOUT_FILENO) != 0;
  err_is_terminal = isatty(STDERR_FILENO) != 0;
}

void Context::MeasureTerminal() { columns = settings.wide ? 0 : TerminalColumns(out_is_terminal); }

int Context::Prepare() {
  if (settings.lang != "nl" && settings.lang != "en")
    return BadValue(*this, "--lang", settings.lang, Say(Label::want_one_of, "nl, en"));
  if (!settings.output.empty() && settings.output != "table" && settings.output != "json" &&
      settings.output != "ndjson" && settings.output != "csv")
    return BadValue(*this, "--output", settings.output,
                    Say(Label::want_one_of, "table, json, ndjson, csv"));
  const auto timeout = ParseDuration(settings.timeout);
  if (!timeout || *timeout == absl::ZeroDuration())
    return BadValue(*this, "--timeout", settings.timeout, Say(Label::want_duration));
  if (!absl::LoadTimeZone(settings.time_zone, &zone))
    return BadValue(*this, "--time-zone", settings.time_zone, Say(Label::want_zone));
  if (settings.show_bsn && settings.reason.empty()) return Usage(*this, Say(Label::want_reason));
  color = !settings.no_color && (settings.force_color || out_is_terminal);
  MeasureTerminal();
  return needs_server ? Connect() : kOk;
}

int Context::Connect() {
  client::Client::Options options;
  options.server = settings.server;
  options.deadline = ParseDuration(settings.timeout).value_or(absl::Seconds(5));
  options.stop = &stop;
  if (settings.debug)
    options.trace = [](const std::string& call, grpc::StatusCode code, absl::Duration took) {
      Complain(absl::StrFormat("debug: %s %s %.1f ms\n", call, CodeName(code),
                               absl::ToDoubleMilliseconds(took)));
    };
  auto made = client::Client::Create(std::move(options));
  if (!made.ok()) return Usage(*this, Say(Label::server_address, Clean(settings.server)));
  client = std::move(made.value());
  return kOk;
}

int Usage(const Context& context, const std::string& what) {
  Complain(context.Say(Label::what_usage, Clean(what)));
  return kUsage;
}

int BadValue(const Context& context, const std::string& option, const std::string& value,
             const std::string& want) {
  return Usage(context, context.Say(Label::bad_value, option, value, want));
}

std::string Sentence(const Context& context, const client::Error& error) {
  if (const char* sentence = Sentence(context.lang, error.reason)) return sentence;
  switch (error.code) {
    case grpc::StatusCode::UNAVAILABLE:
      return context.Say(Label::cannot_reach, Clean(context.settings.server));
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return context.Say(Label::took_too_long, Clean(context.settings.server));
    case grpc::StatusCode::UNAUTHENTICATED:
      return context.Say(Label::not_logged_in);
    case grpc::StatusCode::PERMISSION_DENIED:
      return context.Say(Label::not_allowed);
    case grpc::StatusCode::DATA_LOSS:
      return context.Say(Label::feed_broken, Clean(error.message));
    default:
      return context.Say(Label::unexpected, Clean(error.message));
  }
}

std::string WithFields(const Context& context, const client::Error& error) {
  std::string text = Sentence(context, error);
  for (const auto& field : error.fields)
    absl::StrAppend(&text, " ",
                    context.Say(Label::error_field, Clean(field.field),
                                Clean(DetailText(context.lang, field.description))));
  return text;
}

int Fail(const Context& context, const client::Error& error) {
  if (context.stop.requested()) {
    if (!context.settings.quiet) Complain(context.Say(Label::stopped) + "\n");
    return kInterrupted;
  }
  // One line, so that it is read whole and can be passed on whole.
  Complain(context.Say(Label::what_failed, WithFields(context, error), Reference(error)));
  return ExitOf(error.code);
}

int EndPrinting(const Context& context, int code) {
  const int error = FlushPrinted();
  if (error == 0) return code;
  DropPrinted();
  if (error != EPIPE)
    Complain(context.Say(Label::what_error,
                         context.Say(Label::cannot_write, "stdout", std::strerror(error))));
  if (code != kOk) return code;
  return error == EPIPE ? kReaderLeft : kUnexpected;
}

}  // namespace klantbeeld::cli
