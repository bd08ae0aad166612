#include "clients/cli/import_run.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <deque>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/time/clock.h"
#include "clients/cli/import_files.h"
#include "clients/cli/import_reason.h"
#include "clients/cli/import_rejected.h"
#include "clients/cli/json.h"
#include "clients/cli/text.h"
#include "clients/cli/times.h"
#include "clients/cpp/recorder.h"

namespace klantbeeld::cli {
namespace {

using adapters::Item;

constexpr absl::Duration kProgressAfter = absl::Milliseconds(500);
constexpr absl::Duration kProgressEvery = absl::Milliseconds(200);
constexpr absl::Duration kNoteEvery = absl::Seconds(1);

// "data.ended_at" of "events[13].data.ended_at": which of its message an event
// was says nothing to people.
std::string FieldOfEvent(const std::string& path) {
  const size_t end = path.find("].");
  return Clean(path.rfind("events[", 0) == 0 && end != std::string::npos ? path.substr(end + 2)
                                                                         : path);
}

class ImportRun {
 public:
  ImportRun(Context& context, adapters::Adapter& adapter, const ImportPlan& plan,
            ImportCounts counts, RejectedFile& rejected)
      : context_(context),
        adapter_(adapter),
        plan_(plan),
        counts_(std::move(counts)),
        before_(counts_.items),
        read_before_(counts_.read),
        rejected_(rejected),
        recorder_(*context.client, {}, [this](uint64_t, const auto& result) { Answered(result); }),
        started_(absl::Now()),
        shown_(started_ + kProgressAfter - kProgressEvery),
        noted_(started_) {}

  ImportEnd Run() {
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
    if (!broken.ok()) {
      Complain(context_.Say(Label::import_broken, Clean(std::string(broken.message()))));
    }
    if (file_error_ != 0) {
      Complain(context_.Say(Label::import_rejected_full, Clean(rejected_.path()),
                            std::strerror(file_error_)));
    }
    if (context_.stop.requested()) {
      error = client::LocalError(grpc::StatusCode::CANCELLED, "stopped");
    }
    const bool whole = !error && broken.ok() && file_error_ == 0;
    const bool noted = !whole && Note();
    if (whole) plan_.note.Remove();
    Summary();
    if (!whole) {
      Complain(noted ? context_.Say(Label::import_stopped_at, counts_.read)
                     : context_.Say(Label::record_repeat));
    }
    if (error) return {Fail(context_, *error)};
    if (!whole) return {kUnexpected, file_error_ == 0};
    return {counts_.all_refused() > 0 ? kPartlyDone : kOk};
  }

 private:
  // What is not done with: events without a result, and between them what
  // needs none, so that everything ends in the order of the source.
  struct Waiting {
    Item item;  // Without its event.
    v1::Channel channel = v1::CHANNEL_UNSPECIFIED;
    bool retraction = false;
    absl::Time happened = absl::InfiniteFuture();
  };

  std::optional<client::Error> Take(Item item) {
    Progress();
    if (item.kind == Item::Kind::kIdle) return recorder_.Flush();
    ++taken_;
    // Done with in the run that was interrupted.
    if (taken_ <= before_) return std::nullopt;
    Waiting waiting;
    waiting_bytes_ += item.bytes();
    if (item.kind != Item::Kind::kEvent) {
      waiting.item = std::move(item);
      waiting_.push_back(std::move(waiting));
      FinishLocal();
      NoteSometimes();
      return Bounded();
    }
    v1::ContactEvent event = std::move(item.event);
    waiting.channel = event.data().channel();
    waiting.retraction = event.has_retraction();
    const auto& data = event.data();
    if (data.has_occurred_at() || data.has_planned_at()) {
      waiting.happened = FromProto(data.has_occurred_at() ? data.occurred_at() : data.planned_at());
    }
    item.event.Clear();
    waiting.item = std::move(item);
    waiting_.push_back(std::move(waiting));
    if (auto error = recorder_.Add(std::move(event))) return error;
    return Bounded();
  }

  // A long row of refused records, or of long ones, would wait for the events
  // before them and fill the memory.
  std::optional<client::Error> Bounded() {
    if (waiting_.size() < kWaitingMax && waiting_bytes_ < kWaitingBytesMax) return std::nullopt;
    return recorder_.Finish();
  }

  // The oldest is done with.
  void Done() {
    const Item& item = waiting_.front().item;
    waiting_bytes_ -= item.bytes();
    ++counts_.items;
    counts_.read += item.records;
    waiting_.pop_front();
  }

  // Finishes what stands in front and waits for no result.
  void FinishLocal() {
    while (file_error_ == 0 && !waiting_.empty() &&
           waiting_.front().item.kind != Item::Kind::kEvent) {
      const Item& item = waiting_.front().item;
      if (item.kind == Item::Kind::kPassed) {
        counts_.passed += item.records;
      } else if (!Refuse(item, item.field, ReasonName(item.reason),
                         ReasonText(context_, item.reason))) {
        return;
      }
      Done();
    }
  }

  // A clock is asked seldom, since that costs more than an item.
  void NoteSometimes() {
    const uint64_t since = counts_.items - noted_items_;
    if (since < kItemsBetweenLooks) return;
    if (since >= kItemsBetweenNotes || absl::Now() - noted_ >= kNoteEvery) Note();
  }

  void Answered(const v1::RecordResult& result) {
    // From a line on that could not be kept all comes again.
    if (file_error_ != 0 || !Count(waiting_.front(), result)) return;
    Done();
    FinishLocal();
    NoteSometimes();
  }

  // False: it was refused and cannot be kept.
  bool Count(const Waiting& waiting, const v1::RecordResult& result) {
    if (!result.has_recorded()) {
      const client::Error error = client::ErrorOf(result.error());
      const std::string field =
          error.fields.empty() ? "" : FieldOfEvent(error.fields.front().field);
      const std::string name =
          absl::StrReplaceAll(absl::AsciiStrToLower(absl::StripPrefix(
                                  v1::ErrorReason_Name(error.reason), "ERROR_REASON_")),
                              {{"_", "-"}});
      return Refuse(waiting.item, field, name, Sentence(context_, error));
    }
    ++(result.recorded().duplicate()                               ? counts_.already
       : result.recorded().changed_contact() || waiting.retraction ? counts_.changed
                                                                   : counts_.added);
    ++counts_.channels[ChannelName(waiting.channel)];
    if (waiting.happened != absl::InfiniteFuture()) {
      counts_.first = std::min(counts_.first, waiting.happened);
      counts_.last = std::max(counts_.last, waiting.happened);
    }
    return true;
  }

  // Retractions and notes on a contact name no channel.
  const std::string& ChannelName(v1::Channel channel) {
    std::string& name = names_[channel];
    if (name.empty()) {
      name = channel == v1::CHANNEL_UNSPECIFIED
                 ? "none"
                 : absl::StrReplaceAll(absl::AsciiStrToLower(v1::Channel_Name(channel).substr(8)),
                                       {{"_", "-"}});
    }
    return name;
  }

  // False: it cannot be kept, and is not counted.
  bool Refuse(const Item& item, const std::string& field, const std::string& name,
              const std::string& why) {
    if (!rejected_.Add(item, field, name)) {
      file_error_ = errno;
      return false;
    }
    ++counts_.refused[name];
    if (++told_ > kToldMax) return true;
    ClearProgress();
    const std::string where = field.empty() ? "" : absl::StrCat(Clean(field), ": ");
    Complain(context_.Say(Label::refused_line, item.line, absl::StrCat(where, why)));
    if (told_ == kToldMax) Complain(context_.Say(Label::import_more_rejected));
    return true;
  }

  // False: no note is kept, or it cannot be.
  bool Note() {
    noted_ = absl::Now();
    noted_items_ = counts_.items;
    counts_.rejected = rejected_.place();
    return plan_.note.Write(counts_);
  }

  uint64_t Rate() const {
    const double seconds = absl::ToDoubleSeconds(absl::Now() - started_);
    const uint64_t read = counts_.read - read_before_;
    return seconds <= 0 ? 0 : static_cast<uint64_t>(static_cast<double>(read) / seconds);
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
    Complain("\r\033[K" +
             context_.Say(Label::progress, counts_.read, counts_.all_refused(), Rate()) + left);
  }

  void ClearProgress() {
    if (drawn_) Complain("\r\033[K");
    drawn_ = false;
  }

  void Summary() {
    if (context_.output("table") != "table") return PrintJson();
    if (context_.settings.quiet) return;
    Complain(context_.Say(Label::import_summary, counts_.read, counts_.added, counts_.already,
                          counts_.changed, counts_.all_refused(), Rate()));
    if (counts_.passed > 0) Complain(context_.Say(Label::import_passed, counts_.passed));
    for (const auto& [name, count] : counts_.refused) {
      Complain(context_.Say(Label::import_rejected_by, name, count));
    }
    if (!rejected_.empty()) Complain(context_.Say(Label::import_rejected_file, rejected_.path()));
    for (const auto& [column, count] : adapter_.left_out()) {
      Complain(context_.Say(Label::import_left_out, Clean(column), count));
    }
    if (const uint64_t doubtful = adapter_.doubtful_times()) {
      Complain(context_.Say(Label::import_doubtful, doubtful));
    }
    if (counts_.last < counts_.first) return;
    std::vector<std::string> channels;
    for (const auto& [name, count] : counts_.channels) {
      channels.push_back(absl::StrCat(name, " ", count));
    }
    Complain(context_.Say(Label::import_span, TimeText(counts_.first, context_.zone),
                          TimeText(counts_.last, context_.zone), absl::StrJoin(channels, ", ")));
  }

  void PrintJson() {
    nlohmann::ordered_json json = {{"read", counts_.read},
                                   {"new", counts_.added},
                                   {"already", counts_.already},
                                   {"changed", counts_.changed},
                                   {"rejected", counts_.all_refused()},
                                   {"passed", counts_.passed},
                                   {"rejectedBy", counts_.refused},
                                   {"channels", counts_.channels}};
    if (counts_.first <= counts_.last) {
      json["first"] = absl::FormatTime(absl::RFC3339_sec, counts_.first, absl::UTCTimeZone());
      json["last"] = absl::FormatTime(absl::RFC3339_sec, counts_.last, absl::UTCTimeZone());
    }
    json["leftOut"] = adapter_.left_out();
    json["doubtfulTimes"] = adapter_.doubtful_times();
    if (!rejected_.empty()) json["rejectedFile"] = rejected_.path();
    Print(json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  }

  static constexpr uint64_t kToldMax = 20;  // The rest is in the file.
  static constexpr size_t kWaitingMax = 20'000;
  static constexpr size_t kWaitingBytesMax = 32 << 20;
  static constexpr uint64_t kItemsBetweenLooks = 500, kItemsBetweenNotes = 10'000;

  Context& context_;
  adapters::Adapter& adapter_;
  const ImportPlan& plan_;
  ImportCounts counts_;
  const uint64_t before_, read_before_;  // Of the run that was interrupted.
  RejectedFile& rejected_;
  client::Recorder recorder_;
  std::deque<Waiting> waiting_;  // Oldest first.
  size_t waiting_bytes_ = 0;
  uint64_t taken_ = 0, told_ = 0, noted_items_ = 0;
  std::map<v1::Channel, std::string> names_;
  int file_error_ = 0;  // Of the rejected file: nothing more is done with.
  const absl::Time started_;
  absl::Time shown_, noted_;
  bool drawn_ = false;
};

// How far an earlier run was, where it can be gone on with.
std::optional<ImportCounts> Resumed(const Context& context, const ImportPlan& plan) {
  if (!plan.resume) return std::nullopt;
  const auto noted = plan.note.Read();
  if (!noted) {
    Complain(context.Say(Label::import_no_note));
  } else if (!RejectedFile::Holds(plan.rejected_path, noted->rejected)) {
    // Its lines would be missing where only the rest is read.
    Complain(context.Say(Label::import_other_rejected, Clean(plan.rejected_path)));
    return std::nullopt;
  } else {
    Complain(context.Say(Label::import_resumed, noted->read));
  }
  return noted;
}

// Somebody may have mended what an earlier run left. False: errno says why.
bool MoveAside(const Context& context, const std::string& path) {
  if (!HoldsSomething(path)) return true;
  const std::string to = FreeName(path);
  if (std::rename(path.c_str(), to.c_str()) != 0) return false;
  if (!context.settings.quiet) {
    Complain(context.Say(Label::import_moved_aside, Clean(path), Clean(to)));
  }
  return true;
}

}  // namespace

ImportEnd ImportAll(Context& context, adapters::Adapter& adapter, const ImportPlan& plan) {
  const auto resumed = Resumed(context, plan);
  if (!resumed) plan.note.Remove();
  RejectedFile rejected(plan.rejected_path, adapter);
  if ((!resumed && !MoveAside(context, plan.rejected_path)) ||
      !rejected.Open(resumed ? std::optional(resumed->rejected) : std::nullopt)) {
    Complain(context.Say(Label::import_rejected_unwritable, Clean(plan.rejected_path),
                         std::strerror(errno)));
    return {kUnexpected};
  }
  return ImportRun(context, adapter, plan, resumed.value_or(ImportCounts()), rejected).Run();
}

int ShowFirst(Context& context, adapters::Adapter& adapter, int count) {
  bool all = true;
  for (int shown = 0; shown < count && !context.stop.requested();) {
    auto item = adapter.Next();
    if (!item.ok()) {
      Complain(context.Say(Label::import_broken, Clean(std::string(item.status().message()))));
      return kUnexpected;
    }
    if (item->kind == Item::Kind::kEnd) break;
    if (item->kind == Item::Kind::kIdle || item->kind == Item::Kind::kPassed) continue;
    ++shown;
    if (item->kind == Item::Kind::kRejected) {
      all = false;
      Complain(context.Say(Label::refused_line, item->line,
                           absl::StrCat(item->field.empty() ? "" : Clean(item->field) + ": ",
                                        ReasonText(context, item->reason))));
      continue;
    }
    MaskBsn(item->event);
    Print(Json(item->event, context.output("table") != "ndjson"));
  }
  return all ? kOk : kPartlyDone;
}

}  // namespace klantbeeld::cli
