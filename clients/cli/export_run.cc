#include "clients/cli/export_run.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cli/export_file.h"
#include "clients/cli/export_select.h"
#include "clients/cli/json.h"
#include "clients/cli/lines.h"
#include "clients/cli/text.h"
#include "clients/cpp/follower.h"

namespace klantbeeld::cli {
namespace {

// A file's place is noted this often; what a kill leaves after it is cut off.
constexpr absl::Duration kNoteEvery = absl::Seconds(1);

class ExportRun {
 public:
  ExportRun(Context& context, const ExportRequest& request)
      : context_(context),
        request_(request),
        lines_(request.what, request.format, context.zone, request.oin),
        selection_(context, request) {}

  int Run() {
    if (const int code = ReadPlace()) return code;
    if (const auto error = FindEnd()) return Fail(context_, *error);
    if (const auto error = selection_.Prepare()) return Fail(context_, *error);
    if (const int code = OpenFile()) return code;
    return Follow();
  }

 private:
  // The export as asked for, without where it goes.
  std::string Query() const {
    return absl::StrCat(static_cast<int>(request_.what), " ", static_cast<int>(request_.format),
                        " ", request_.citizen, " ", request_.oin, " ",
                        context_.settings.show_bsn ? "bsn " : "", Json(request_.filter, false));
  }

  int ReadPlace() {
    place_.query = Query();
    if (request_.token_file.empty()) return kOk;
    std::ifstream file(request_.token_file);
    if (!file && errno == ENOENT) return kOk;
    std::string line;
    if (!std::getline(file, line))
      return Usage(context_, context_.Say(Label::cannot_read, request_.token_file,
                                          errno != 0 ? std::strerror(errno) : ""));
    const auto place = PlaceFromLine(line);
    if (!place || place->query != place_.query)
      return Usage(context_, context_.Say(Label::export_other_token, request_.token_file));
    place_ = *place;
    goes_on_ = place_.bytes;
    return kOk;
  }

  // Where the journal ends now is where a new stretch ends; a stretch that was
  // broken off keeps its own end.
  std::optional<client::Error> FindEnd() {
    if (!place_.end_token.empty() && !place_.finished) return std::nullopt;
    v1::FollowStart start;
    start.set_now(true);
    client::Follower follower(*context_.client, start, Limits());
    const auto error = follower.Run([](const v1::FollowResponse&) { return false; });
    if (error) return error;
    place_.begin = place_.finished ? place_.end : 0;
    place_.end = follower.position();
    place_.end_token = follower.resume_token();
    place_.finished = false;
    return std::nullopt;
  }

  int OpenFile() {
    switch (out_.Open(request_.file, goes_on_)) {
      case ExportFile::Opened::kGoesOn:
        return kOk;
      case ExportFile::Opened::kNew:
        return Wrote(out_.Write(lines_.Head()));
      case ExportFile::Opened::kExists:
        return Usage(context_, context_.Say(Label::export_exists, request_.file));
      case ExportFile::Opened::kTooShort:
        return Usage(context_, context_.Say(Label::export_too_short, request_.file));
      case ExportFile::Opened::kFailed:
        return Wrote(false);
    }
    return kUnexpected;
  }

  int Follow() {
    v1::FollowStart start;
    *start.mutable_filter() = selection_.FeedFilter();
    if (!place_.token.empty()) start.set_resume_token(place_.token);
    start.set_purpose(context_.settings.purpose);
    start.set_reason(context_.settings.reason);
    client::Follower follower(*context_.client, start, Limits());
    std::optional<client::Error> failed;
    int code = kOk;
    const auto error = follower.Run([&](const v1::FollowResponse& frame) {
      failed = Frame(frame);
      if (failed) return false;
      place_.token = frame.resume_token();
      if (request_.what == ExportWhat::kCitizens && frame.position() >= place_.end) {
        // They are read as they stand, so it ends when all there is was seen.
        place_.end = std::max(frame.position(), frame.head());
        place_.end_token = frame.resume_token();
      }
      place_.finished = frame.position() >= place_.end;
      if (place_.finished) place_.token = place_.end_token;
      code = Note(place_.finished);
      return code == kOk && !place_.finished;
    });
    if (code == kOk) code = Note(true);
    if (code != kOk) return code;
    if (const auto& wrong = failed ? failed : error) {
      const int failure = Fail(context_, *wrong);
      if (!context_.settings.quiet) SayWhereToResume();
      return failure;
    }
    if (!context_.settings.quiet) Summary();
    return kOk;
  }

  std::optional<client::Error> Frame(const v1::FollowResponse& frame) {
    std::string text;
    uint64_t count = 0;
    const auto error = selection_.Each(frame, {place_.begin, place_.end}, [&](ExportItem item) {
      ++count;
      if (!context_.settings.show_bsn) Mask(item);
      absl::StrAppend(&text, item.fact != nullptr      ? lines_.Event(*item.fact)
                             : item.contact != nullptr ? lines_.Contact(*item.contact)
                                                       : lines_.Citizen(*item.citizen, place_.end));
    });
    if (error) return error;
    lines_count_ += count;
    out_.Write(text);
    return std::nullopt;
  }

  static void Mask(const ExportItem& item) {
    if (item.fact != nullptr) MaskBsn(*item.fact);
    if (item.contact != nullptr) MaskBsn(*item.contact);
    if (item.citizen != nullptr) MaskBsn(*item.citizen);
  }

  // Standard output's place is noted with each frame, since it cannot be cut
  // back; a file's now and then.
  int Note(bool now) {
    if (!now && !request_.file.empty() && absl::Now() - noted_ < kNoteEvery) return kOk;
    noted_ = absl::Now();
    place_.bytes = out_.bytes();
    if (const int code = Wrote(out_.Flush())) return code;
    if (request_.token_file.empty() || ReplaceWithLine(request_.token_file, ToLine(place_)))
      return kOk;
    Complain(context_.Say(Label::what_error, context_.Say(Label::cannot_write, request_.token_file,
                                                          std::strerror(errno))));
    return kUnexpected;
  }

  int Wrote(bool written) {
    if (written) return kOk;
    if (request_.file.empty()) return EndPrinting(context_, kOk);
    Complain(context_.Say(Label::what_error, context_.Say(Label::cannot_write, request_.file,
                                                          std::strerror(out_.error()))));
    return kUnexpected;
  }

  // A citizen's export always begins anew.
  void SayWhereToResume() {
    if (place_.token.empty() || !request_.citizen.empty()) return;
    if (!request_.token_file.empty())
      Complain(context_.Say(Label::export_goes_on, Clean(request_.token_file)));
    else
      Complain(context_.Say(Label::export_resume, Clean(ToLine(place_))));
  }

  void Summary() {
    Complain(context_.Say(Label::export_done, lines_count_, place_.end));
    if (request_.what == ExportWhat::kEvents && request_.format != ExportFormat::kCsv &&
        !context_.settings.show_bsn)
      Complain(context_.Say(Label::export_masked));
  }

  static client::StreamLimits Limits() {
    client::StreamLimits limits;
    limits.reconnects_max = 10;
    return limits;
  }

  Context& context_;
  const ExportRequest& request_;
  const ExportLines lines_;
  ExportSelection selection_;
  ExportFile out_;
  ExportPlace place_;
  std::optional<uint64_t> goes_on_;
  absl::Time noted_ = absl::InfinitePast();
  uint64_t lines_count_ = 0;
};

}  // namespace

int RunExport(Context& context, const ExportRequest& request) {
  return ExportRun(context, request).Run();
}

}  // namespace klantbeeld::cli
