#include "clients/cli/import_run.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "clients/cli/json.h"
#include "clients/cli/text.h"
#include "clients/cli/times.h"
#include "clients/cpp/recorder.h"

namespace klantbeeld::cli {
namespace {

using adapters::Item;
using adapters::Reason;

constexpr absl::Duration kProgressAfter = absl::Milliseconds(500);
constexpr absl::Duration kProgressEvery = absl::Milliseconds(200);

// Records that were refused, in a file that the next import can read.
class RejectedFile {
 public:
  RejectedFile(std::string path, const adapters::Adapter& adapter)
      : path_(std::move(path)), adapter_(adapter) {}
  ~RejectedFile() {
    if (fd_ >= 0) close(fd_);
  }

  // False: it cannot be written; errno says why.
  bool Add(const Item& item, const std::string& field, const std::string& reason) {
    if (fd_ < 0) {
      fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
      if (fd_ < 0 || fchmod(fd_, adapter_.mode() & 0660) != 0) return false;
      if (!Write(adapter_.RejectedHeader())) return false;
    }
    return Write(adapter_.RejectedLine(item, field, reason));
  }
  const std::string& path() const { return path_; }
  bool made() const { return fd_ >= 0; }

 private:
  bool Write(absl::string_view text) {
    while (!text.empty()) {
      const ssize_t wrote = write(fd_, text.data(), text.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote <= 0) return false;
      text.remove_prefix(static_cast<size_t>(wrote));
    }
    return true;
  }

  const std::string path_;
  const adapters::Adapter& adapter_;
  int fd_ = -1;
};

// "data.ended_at" of "events[13].data.ended_at": which of its message an event
// was says nothing to people.
std::string FieldOfEvent(const std::string& path) {
  const size_t end = path.find("].");
  return Clean(path.rfind("events[", 0) == 0 && end != std::string::npos ? path.substr(end + 2)
                                                                         : path);
}

class ImportRun {
 public:
  ImportRun(Context& context, adapters::Adapter& adapter, const std::string& rejected_path)
      : context_(context),
        adapter_(adapter),
        rejected_(rejected_path, adapter),
        recorder_(*context.client, {}, [this](uint64_t, const auto& result) { Answered(result); }),
        started_(absl::Now()),
        shown_(started_ + kProgressAfter - kProgressEvery) {}

  int Run() {
    std::optional<client::Error> error;
    absl::Status broken;
    while (!error && broken.ok() && file_error_ == 0 && !context_.stop.requested()) {
      auto item = adapter_.Next();
      if (!item.ok()) {
        broken = item.status();
      } else if (item->kind == Item::Kind::kEnd) {
        break;
      } else {
        error = Take(*std::move(item));
      }
    }
    // What was taken is finished also where the source broke or was stopped:
    // an import ends at a record.
    if (!error) error = recorder_.Finish();
    ClearProgress();
    if (!broken.ok())
      Complain(context_.Say(Label::import_broken, Clean(std::string(broken.message()))));
    if (file_error_ != 0) {
      Complain(context_.Say(Label::cannot_write, rejected_.path(), std::strerror(file_error_)));
    }
    if (context_.stop.requested()) {
      error = client::LocalError(grpc::StatusCode::CANCELLED, "stopped");
    }
    Summary();
    if (error) {
      Complain(context_.Say(Label::record_repeat));
      return Fail(context_, *error);
    }
    return !broken.ok() || file_error_ != 0 || refused() > 0 ? kPartlyDone : kOk;
  }

 private:
  struct Waiting {
    Item item;  // Without its event.
    v1::Channel channel = v1::CHANNEL_UNSPECIFIED;
    absl::Time happened = absl::InfiniteFuture();
  };

  std::optional<client::Error> Take(Item item) {
    Progress();
    if (item.kind == Item::Kind::kIdle) return recorder_.Flush();
    ++read_;
    if (item.kind == Item::Kind::kRejected) {
      Refuse(item, item.field, ReasonName(item.reason), ReasonText(context_, item.reason));
      return std::nullopt;
    }
    Waiting waiting;
    v1::ContactEvent event = std::move(item.event);
    waiting.channel = event.data().channel();
    const auto& data = event.data();
    if (data.has_occurred_at() || data.has_planned_at()) {
      waiting.happened = FromProto(data.has_occurred_at() ? data.occurred_at() : data.planned_at());
    }
    item.event.Clear();
    waiting.item = std::move(item);
    waiting_.push_back(std::move(waiting));
    return recorder_.Add(std::move(event));
  }

  void Answered(const v1::RecordResult& result) {
    const Waiting waiting = std::move(waiting_.front());
    waiting_.pop_front();
    if (!result.has_recorded()) {
      const client::Error error = client::ErrorOf(result.error());
      const std::string field =
          error.fields.empty() ? "" : FieldOfEvent(error.fields.front().field);
      const std::string name = absl::AsciiStrToLower(v1::ErrorReason_Name(error.reason));
      return Refuse(waiting.item, field, std::string(absl::StripPrefix(name, "error_reason_")),
                    Sentence(context_, error));
    }
    ++(result.recorded().duplicate()         ? already_
       : result.recorded().changed_contact() ? changed_
                                             : new_);
    ++channels_[waiting.channel];
    if (waiting.happened != absl::InfiniteFuture()) {
      first_ = std::min(first_, waiting.happened);
      last_ = std::max(last_, waiting.happened);
    }
  }

  void Refuse(const Item& item, const std::string& field, const std::string& name,
              const std::string& why) {
    ++refused_[name];
    if (!rejected_.Add(item, field, name)) file_error_ = errno;
    if (refused() > kToldMax) return;
    ClearProgress();
    const std::string where = field.empty() ? "" : absl::StrCat(Clean(field), ": ");
    Complain(context_.Say(Label::refused_line, item.line, absl::StrCat(where, why)));
    if (refused() == kToldMax) Complain(context_.Say(Label::import_more_rejected));
  }

  uint64_t refused() const {
    uint64_t all = 0;
    for (const auto& [name, count] : refused_) all += count;
    return all;
  }

  uint64_t Rate() const {
    const double seconds = absl::ToDoubleSeconds(absl::Now() - started_);
    return seconds <= 0 ? 0 : static_cast<uint64_t>(static_cast<double>(read_) / seconds);
  }

  void Progress() {
    if (!context_.err_is_terminal || context_.settings.quiet) return;
    const absl::Time now = absl::Now();
    if (now - shown_ < kProgressEvery) return;
    shown_ = now;
    drawn_ = true;
    const uint64_t total = adapter_.bytes_total(), done = adapter_.bytes_read();
    std::string left;
    if (total > 0 && done > 0 && done <= total) {
      const absl::Duration taken = now - started_;
      left = context_.Say(Label::import_left, 100 * done / total,
                          DurationText(context_.lang, taken * (static_cast<double>(total - done) /
                                                               static_cast<double>(done))));
    }
    Complain("\r\033[K" + context_.Say(Label::progress, read_, refused(), Rate()) + left);
  }

  void ClearProgress() {
    if (drawn_) Complain("\r\033[K");
    drawn_ = false;
  }

  std::map<std::string, uint64_t> Channels() const {
    std::map<std::string, uint64_t> named;
    for (const auto& [channel, count] : channels_) {
      named[absl::AsciiStrToLower(v1::Channel_Name(channel).substr(8))] += count;
    }
    return named;
  }

  void Summary() {
    if (context_.output("table") != "table") return PrintJson();
    if (context_.settings.quiet) return;
    Complain(
        context_.Say(Label::import_summary, read_, new_, already_, changed_, refused(), Rate()));
    for (const auto& [name, count] : refused_) {
      Complain(context_.Say(Label::import_rejected_by, name, count));
    }
    if (rejected_.made()) Complain(context_.Say(Label::import_rejected_file, rejected_.path()));
    for (const auto& [column, count] : adapter_.left_out()) {
      Complain(context_.Say(Label::import_left_out, Clean(column), count));
    }
    if (const uint64_t doubtful = adapter_.doubtful_times()) {
      Complain(context_.Say(Label::import_doubtful, doubtful));
    }
    if (last_ < first_) return;
    std::vector<std::string> channels;
    for (const auto& [name, count] : Channels()) channels.push_back(absl::StrCat(name, " ", count));
    Complain(context_.Say(Label::import_span, TimeText(first_, context_.zone),
                          TimeText(last_, context_.zone), absl::StrJoin(channels, ", ")));
  }

  void PrintJson() {
    nlohmann::ordered_json json = {{"read", read_},         {"new", new_},
                                   {"already", already_},   {"changed", changed_},
                                   {"rejected", refused()}, {"rejectedBy", refused_},
                                   {"channels", Channels()}};
    if (first_ <= last_) {
      json["first"] = absl::FormatTime(absl::RFC3339_sec, first_, absl::UTCTimeZone());
      json["last"] = absl::FormatTime(absl::RFC3339_sec, last_, absl::UTCTimeZone());
    }
    json["leftOut"] = adapter_.left_out();
    json["doubtfulTimes"] = adapter_.doubtful_times();
    if (rejected_.made()) json["rejectedFile"] = rejected_.path();
    Print(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  }

  static constexpr uint64_t kToldMax = 20;  // The rest is in the file.

  Context& context_;
  adapters::Adapter& adapter_;
  RejectedFile rejected_;
  client::Recorder recorder_;
  std::deque<Waiting> waiting_;  // Events without a result, oldest first.
  uint64_t read_ = 0, new_ = 0, already_ = 0, changed_ = 0;
  std::map<std::string, uint64_t> refused_;
  std::map<v1::Channel, uint64_t> channels_;
  absl::Time first_ = absl::InfiniteFuture(), last_ = absl::InfinitePast();
  int file_error_ = 0;
  const absl::Time started_;
  absl::Time shown_;
  bool drawn_ = false;
};

}  // namespace

const char* ReasonName(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "none";
    case Reason::kMissing:
      return "missing";
    case Reason::kWordUnknown:
      return "word-unknown";
    case Reason::kNotATime:
      return "not-a-time";
    case Reason::kNotADate:
      return "not-a-date";
    case Reason::kNotANumber:
      return "not-a-number";
    case Reason::kNotALength:
      return "not-a-duration";
    case Reason::kNotYesOrNo:
      return "not-yes-or-no";
    case Reason::kOutOfRange:
      return "out-of-range";
    case Reason::kNotUtf8:
      return "not-utf8";
    case Reason::kNumberInvalid:
      return "number-invalid";
    case Reason::kColumns:
      return "columns";
    case Reason::kTooLong:
      return "too-long";
    case Reason::kNotAnEvent:
      return "not-an-event";
  }
  return "";
}

std::string ReasonText(const Context& context, Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "";
    case Reason::kMissing:
      return context.Say(Label::cell_missing);
    case Reason::kWordUnknown:
      return context.Say(Label::cell_word);
    case Reason::kNotATime:
      return context.Say(Label::cell_time);
    case Reason::kNotADate:
      return context.Say(Label::cell_date);
    case Reason::kNotANumber:
      return context.Say(Label::cell_number);
    case Reason::kNotALength:
      return context.Say(Label::cell_length);
    case Reason::kNotYesOrNo:
      return context.Say(Label::cell_yes_no);
    case Reason::kOutOfRange:
      return context.Say(Label::cell_range);
    case Reason::kNotUtf8:
      return context.Say(Label::cell_utf8);
    case Reason::kNumberInvalid:
      return context.Say(Label::cell_invalid);
    case Reason::kColumns:
      return context.Say(Label::cell_columns);
    case Reason::kTooLong:
      return context.Say(Label::cell_too_long);
    case Reason::kNotAnEvent:
      return context.Say(Label::cell_not_an_event);
  }
  return "";
}

int ImportAll(Context& context, adapters::Adapter& adapter, const std::string& rejected_path) {
  return ImportRun(context, adapter, rejected_path).Run();
}

int ShowFirst(Context& context, adapters::Adapter& adapter, int count) {
  bool all = true;
  for (int shown = 0; shown < count && !context.stop.requested();) {
    auto item = adapter.Next();
    if (!item.ok()) {
      Complain(context.Say(Label::import_broken, Clean(std::string(item.status().message()))));
      return kPartlyDone;
    }
    if (item->kind == Item::Kind::kEnd) break;
    if (item->kind == Item::Kind::kIdle) continue;
    ++shown;
    if (item->kind == Item::Kind::kRejected) {
      all = false;
      Complain(
          context.Say(Label::refused_line, item->line,
                      absl::StrCat(Clean(item->field), ": ", ReasonText(context, item->reason))));
      continue;
    }
    MaskBsn(item->event);
    Print(Json(item->event, context.output("table") != "ndjson"));
  }
  return all ? kOk : kPartlyDone;
}

}  // namespace klantbeeld::cli
