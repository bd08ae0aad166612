#include "clients/cli/session.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "clients/cli/editor.h"
#include "clients/cli/filter.h"
#include "clients/cli/input.h"
#include "clients/cli/live.h"
#include "clients/cli/reading.h"
#include "clients/cli/text.h"
#include "clients/cli/times.h"

namespace klantbeeld::cli {
namespace {

constexpr int kPage = 10;
// What the six numbers are of.
constexpr int kRead = 50;
// Longer runs of digits are keys.
constexpr size_t kNumberDigitsMax = 3;

bool IsNumber(const std::string& line) {
  return !line.empty() && line.size() <= kNumberDigitsMax &&
         std::all_of(line.begin(), line.end(), absl::ascii_isdigit);
}

std::optional<v1::Channel> ChannelNamed(const std::string& word) {
  const auto number = ValueNamed(v1::Channel_descriptor(), "CHANNEL_", word);
  return number ? std::optional(static_cast<v1::Channel>(*number)) : std::nullopt;
}

std::vector<std::string> WordsIn(const std::string& text) {
  return absl::StrSplit(text, ' ', absl::SkipEmpty());
}

}  // namespace

Session::Session(Context& context, Ask ask) : context_(context), ask_(std::move(ask)) {}

bool Session::Take(const std::string& typed) {
  const std::string line(absl::StripAsciiWhitespace(typed));
  if (line == "q") return false;
  Do(line);
  return !instead_ || Take(*std::exchange(instead_, std::nullopt));
}

void Session::Do(const std::string& line) {
  if (line == "?") {
    Tell(Label::session_help);
  } else if (line.empty()) {
    if (!citizen_.id().empty()) ShowCitizen();
  } else if (line[0] == '/') {
    Filter(line.substr(1));
  } else if (line == "n") {
    AddNote();
  } else if (line == "w") {
    WatchLive();
  } else if (line == "m") {
    ShowMore();
  } else if (IsNumber(line)) {
    Choose(static_cast<size_t>(std::stoi(line)));
  } else {
    Search(line);
  }
}

bool Session::MayRemember(const std::string& typed) const {
  const std::string line(absl::StripAsciiWhitespace(typed));
  if (line.empty()) return false;
  if (line[0] != '/') return line == "n" || line == "w" || line == "m" || line == "?" ||
                             IsNumber(line);
  for (const auto& word : WordsIn(line.substr(1)))
    if (!ChannelNamed(word) && !ParseDuration(word)) return false;
  return true;
}

void Session::Failed(const client::Error& error) {
  Fail(context_, error);
  // Ctrl-C broke off this call only.
  context_.stop.TakeBack();
}

std::optional<Key> Session::ReadKey(const std::string& term) {
  Searching searching{"", "", context_.settings.case_pattern};
  auto detected = Detect(term, searching);
  const Label* wrong = std::get_if<Label>(&detected);
  if (wrong != nullptr && *wrong == Label::name_needs_date) {
    const std::string answer = ask_(context_.Say(Label::born_prompt)).value_or("");
    searching.born = std::string(absl::StripAsciiWhitespace(answer));
    if (searching.born.empty()) return std::nullopt;
    if (!ParseBirthDate(searching.born)) {
      instead_ = searching.born;
      return std::nullopt;
    }
    detected = Detect(term, searching);
    wrong = std::get_if<Label>(&detected);
  }
  if (wrong == nullptr) return std::get<Key>(detected);
  Usage(context_, context_.Say(*wrong));
  return std::nullopt;
}

void Session::Search(const std::string& term) {
  if (const auto born = ParseBirthDate(term); born && hits_.size() > 1) return Narrow(*born);
  auto key = ReadKey(term);
  if (!key) return;
  auto reply = LookUp(context_, *key);
  Print(context_.Say(Label::search_detected, context_.Say(key->kind)));
  if (!reply.ok() && TooMany(reply.error())) {
    Print(context_.Say(Label::session_too_many, context_.Say(NextKey(key->kind))));
    before_ = key;
    return;
  }
  if (!reply.ok()) return Failed(reply.error());
  Citizens found;
  for (auto& citizen : *reply.value().mutable_citizens())
    if (!before_ || MayHold(citizen, *before_)) found.Add()->Swap(&citizen);
  before_.reset();
  if (found.empty()) Print(context_.Say(Label::search_none, context_.Say(key->kind)));
  *reply.value().mutable_citizens() = found;
  Print(AboutHits(context_, reply.value()));
  if (found.empty()) return;
  Found(std::move(found));
}

void Session::Found(Citizens citizens) {
  hits_.Swap(&citizens);
  if (hits_.size() == 1) {
    const std::string id = hits_[0].id();
    hits_.Clear();
    return OpenCitizen(id);
  }
  citizen_.Clear();
  entries_.Clear();
  Print(HitsTable(context_, hits_, true));
  Print(context_.Say(Label::session_choose, hits_.size(), context_.Say(NextKey(hits_))));
}

void Session::Narrow(absl::CivilDay born) {
  Key key{Label::kind_name, {}, born};
  Citizens kept;
  for (const auto& citizen : hits_)
    if (MayHold(citizen, key)) *kept.Add() = citizen;
  if (kept.empty()) return Tell(Label::session_nobody_left);
  Found(std::move(kept));
}

void Session::OpenCitizen(const std::string& id) {
  filter_.Clear();
  if (ReadAgain(id)) ShowCitizen();
}

bool Session::ReadAgain(const std::string& id) {
  auto reply = ReadCitizen(context_, id, kRead);
  if (reply.ok()) {
    citizen_ = reply.value().citizen();
    return ReadPage("");
  }
  Failed(reply.error());
  return false;
}

// Reads until there is something to show: a page may be empty while there is a
// next one.
bool Session::ReadPage(const std::string& page_token) {
  v1::ListTimelineRequest request;
  request.set_citizen_id(citizen_.id());
  *request.mutable_filter() = filter_;
  request.set_page_size(kPage);
  request.set_page_token(page_token);
  request.set_purpose(context_.settings.purpose);
  request.set_reason(context_.settings.reason);
  if (page_token.empty()) entries_.Clear();
  const int before = entries_.size();
  do {
    auto reply = context_.client->ListTimeline(request);
    if (!reply.ok()) {
      Failed(reply.error());
      return false;
    }
    entries_.MergeFrom(reply.value().entries());
    next_page_ = reply.value().next_page_token();
    request.set_page_token(next_page_);
  } while (!next_page_.empty() && entries_.size() == before);
  return true;
}

void Session::ShowCitizen() {
  open_ = 0;
  Print(HeadText(context_.look(), citizen_) + "\n");
  if (entries_.empty())
    Tell(filter_.ByteSizeLong() > 0 ? Label::tl_emptyfilter : Label::tl_empty);
  else
    Print(ContactsTable(context_.look(), entries_, 1));
  if (!next_page_.empty()) Tell(Label::session_more);
}

void Session::ShowMore() {
  if (citizen_.id().empty()) return Tell(Label::session_first_a_citizen);
  if (next_page_.empty()) return Tell(Label::session_no_more);
  const int before = entries_.size();
  if (!ReadPage(next_page_)) return;
  Entries added = entries_;
  added.DeleteSubrange(0, before);
  if (!added.empty()) Print(ContactsTable(context_.look(), added, before + 1));
  if (!next_page_.empty()) Tell(Label::session_more);
}

void Session::Choose(size_t number) {
  if (citizen_.id().empty() && number >= 1 && number <= static_cast<size_t>(hits_.size())) {
    OpenCitizen(hits_[static_cast<int>(number) - 1].id());
    return;
  }
  if (number < 1 || number > static_cast<size_t>(entries_.size()))
    return Tell(Label::session_no_such_number);
  open_ = static_cast<int>(number);
  Print(ContactText(context_.look(), entries_[open_ - 1].contact()));
}

void Session::Filter(const std::string& words) {
  if (citizen_.id().empty()) return Tell(Label::session_first_a_citizen);
  filter_.Clear();
  for (const auto& word : WordsIn(words)) {
    if (const auto channel = ChannelNamed(word))
      filter_.add_channels(*channel);
    else if (const auto ago = ParseDuration(word))
      *filter_.mutable_since() = ToProto(absl::Now() - *ago);
    else
      filter_.set_text(filter_.text().empty() ? word : filter_.text() + " " + word);
  }
  if (ReadPage("")) ShowCitizen();
}

void Session::AddNote() {
  if (open_ == 0) return Tell(Label::session_first_a_contact);
  std::string text;
  for (;;) {
    const auto line = ask_(context_.Say(text.empty() ? Label::note_prompt : Label::note_further));
    if (!line) return Tell(Label::note_dropped);
    if (absl::StripAsciiWhitespace(*line).empty()) break;
    absl::StrAppend(&text, text.empty() ? "" : "\n", *line);
  }
  if (text.empty()) return Tell(Label::note_dropped);
  // What others noted meanwhile must stay.
  v1::Contact& contact = *entries_[open_ - 1].mutable_contact();
  if (ReadContact(0, contact)) WriteNote(contact, text);
}

// Reads `contact` again, at least as it stood at that position.
bool Session::ReadContact(uint64_t min_position, v1::Contact& contact) {
  v1::GetContactRequest request;
  request.set_contact_id(contact.id());
  request.set_min_position(min_position);
  request.set_purpose(context_.settings.purpose);
  request.set_reason(context_.settings.reason);
  auto reply = context_.client->GetContact(request);
  if (!reply.ok()) {
    Failed(reply.error());
    return false;
  }
  contact.Swap(reply.value().mutable_contact());
  return true;
}

// A contact has one note, which is the latest that was said; so what was there
// goes along in front.
void Session::WriteNote(v1::Contact& contact, const std::string& text) {
  v1::ContactEvent event;
  event.set_source("klantbeeld-cli");
  event.set_event_id(NewId());
  *event.mutable_contact() = contact.ref();
  *event.mutable_revised_at() = ToProto(absl::Now());
  const std::string& before = contact.data().note();
  event.mutable_data()->set_note(before.empty() ? text : absl::StrCat(before, "\n", text));
  const auto recorded = context_.client->Record(event);
  if (!recorded.ok()) return Failed(recorded.error());
  Tell(Label::note_saved);
  if (ReadContact(recorded.value().position(), contact)) Choose(static_cast<size_t>(open_));
}

void Session::WatchLive() {
  if (citizen_.id().empty()) return Tell(Label::session_first_a_citizen);
  Tell(Label::session_watching);
  v1::WatchTimelineRequest request;
  request.set_citizen_id(citizen_.id());
  *request.mutable_filter() = filter_;
  request.set_page_size(kPage);
  if (const auto error = PrintUntilEnter(context_, request)) return Failed(*error);
  context_.stop.TakeBack();
  // What came meanwhile is part of the page now.
  if (ReadAgain(citizen_.id())) ShowCitizen();
}

int Converse(Context& context) {
  Editor editor(context.stop);
  Session session(context, [&](const std::string& prompt) -> std::optional<std::string> {
    std::string line;
    if (editor.Line(prompt, line) != Editor::Got::kLine) return std::nullopt;
    return line;
  });
  Print(context.Say(Label::session_welcome));
  for (std::string line;;) {
    // Ctrl-C while something was printed breaks off nothing any more.
    context.stop.TakeBack();
    const Editor::Got got = editor.Line(context.Say(Label::session_prompt), line);
    if (got == Editor::Got::kBrokenOff) continue;
    if (got == Editor::Got::kEnd) {
      Print("\n");
      return context.stop.requested() ? kInterrupted : kOk;
    }
    context.MeasureTerminal();
    if (session.MayRemember(line)) editor.Remember(line);
    if (!session.Take(line)) return kOk;
  }
}

}  // namespace klantbeeld::cli
