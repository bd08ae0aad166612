#include "clients/cli/bulk.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cli/json.h"
#include "clients/cli/lines.h"
#include "clients/cli/text.h"
#include "clients/cpp/recorder.h"

namespace klantbeeld::cli {
namespace {

constexpr size_t kLinesTogether = 200;
constexpr size_t kBytesTogether = 1 << 20;
constexpr absl::Duration kProgressAfter = absl::Milliseconds(500);
constexpr absl::Duration kProgressEvery = absl::Milliseconds(200);

// One run over a file: counts, progress and the lines that wait for a result.
class LinesRun {
 public:
  explicit LinesRun(Context& context)
      : context_(context),
        recorder_(*context.client, {}, [this](uint64_t, const auto& result) { Answered(result); }),
        started_(absl::Now()),
        shown_(started_ + kProgressAfter - kProgressEvery) {}

  // Takes a line; reads them together, as that is many times faster.
  std::optional<client::Error> Line(std::string& line) {
    ++line_;
    if (absl::StripAsciiWhitespace(line).empty()) return std::nullopt;
    ++read_;
    Progress();
    bytes_ += line.size();
    numbers_.push_back(line_);
    lines_.push_back(std::move(line));
    if (lines_.size() < kLinesTogether && bytes_ < kBytesTogether) return std::nullopt;
    return AddLines();
  }

  void TooLong() {
    ++line_;
    ++read_;
    Refuse(line_, Sentence(context_.lang, v1::ERROR_REASON_LIMIT_EXCEEDED));
  }

  std::optional<client::Error> Idle() {
    Progress();
    if (auto error = AddLines()) return error;
    return recorder_.Flush();
  }

  int Finish(std::optional<client::Error> error) {
    if (!error) error = AddLines();
    if (!error) error = recorder_.Finish();
    ClearProgress();
    Summary();
    if (!error) return refused_ > 0 ? kPartlyDone : kOk;
    if (!waiting_.empty()) Complain(context_.Say(Label::record_repeat));
    return Fail(context_, *error);
  }

 private:
  std::optional<client::Error> AddLines() {
    v1::RecordContactEventsRequest events;
    std::optional<client::Error> error;
    const bool all = EventsFromLines(lines_, events);
    for (size_t i = 0; i < lines_.size() && !error; ++i) {
      v1::ContactEvent event;
      if (all)
        event.Swap(events.mutable_events(static_cast<int>(i)));
      else if (const auto wrong = FromJson(lines_[i], event)) {
        Refuse(numbers_[i], context_.Say(Label::not_an_event, Clean(*wrong)));
        continue;
      }
      waiting_.push_back(numbers_[i]);
      error = recorder_.Add(std::move(event));
    }
    lines_.clear();
    numbers_.clear();
    bytes_ = 0;
    return error;
  }

  void Answered(const v1::RecordResult& result) {
    const uint64_t line = waiting_.front();
    waiting_.pop_front();
    if (result.has_recorded()) {
      ++(result.recorded().duplicate() ? before_ : new_);
      return;
    }
    Refuse(line, WithFields(context_, client::ErrorOf(result.error())));
  }

  void Refuse(uint64_t line, const std::string& why) {
    ++refused_;
    ClearProgress();
    Complain(context_.Say(Label::refused_line, line, why));
  }

  uint64_t Rate() const {
    const double seconds = absl::ToDoubleSeconds(absl::Now() - started_);
    return seconds <= 0 ? 0 : static_cast<uint64_t>(static_cast<double>(read_) / seconds);
  }

  void Progress() {
    if (!context_.err_is_terminal || context_.settings.quiet ||
        absl::Now() - shown_ < kProgressEvery)
      return;
    shown_ = absl::Now();
    drawn_ = true;
    Complain("\r\033[K" + context_.Say(Label::progress, read_, refused_, Rate()));
  }

  void ClearProgress() {
    if (drawn_) Complain("\r\033[K");
    drawn_ = false;
  }

  void Summary() {
    if (context_.output("table") != "table")
      Print(absl::StrCat("{\"read\":", read_, ",\"new\":", new_, ",\"alreadyThere\":", before_,
                         ",\"refused\":", refused_, "}\n"));
    else if (!context_.settings.quiet)
      Complain(context_.Say(Label::record_summary, read_, new_, before_, refused_, Rate()));
  }

  Context& context_;
  client::Recorder recorder_;
  std::vector<std::string> lines_;  // Taken, not yet read.
  std::vector<uint64_t> numbers_;   // Of those lines.
  size_t bytes_ = 0;
  std::deque<uint64_t> waiting_;  // Line numbers without a result, oldest first.
  uint64_t line_ = 0, read_ = 0, new_ = 0, before_ = 0, refused_ = 0;
  const absl::Time started_;
  absl::Time shown_;
  bool drawn_ = false;
};

}  // namespace

int RecordLines(Context& context, const std::string& path) {
  const int file = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return Usage(context, context.Say(Label::cannot_read, path, std::strerror(errno)));
  LineReader reader(file);
  LinesRun run(context);
  std::optional<client::Error> error;
  std::string line;
  bool more = true;
  while (more && !error && !context.stop.requested()) {
    switch (reader.Next(line)) {
      case LineReader::Got::kLine:
        error = run.Line(line);
        break;
      case LineReader::Got::kIdle:
        error = run.Idle();
        break;
      case LineReader::Got::kTooLong:
        run.TooLong();
        break;
      case LineReader::Got::kFailed:
        Usage(context, context.Say(Label::cannot_read, path, std::strerror(errno)));
        run.Finish(std::nullopt);
        return kUnexpected;
      case LineReader::Got::kEnd:
        more = false;
        break;
    }
  }
  if (context.stop.requested()) error = client::LocalError(grpc::StatusCode::CANCELLED, "stopped");
  const int code = run.Finish(error);
  if (file != STDIN_FILENO) close(file);
  return code;
}

}  // namespace klantbeeld::cli
