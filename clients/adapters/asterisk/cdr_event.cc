#include "clients/adapters/asterisk/cdr_event.h"

#include <algorithm>
#include <array>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "clients/adapters/asterisk/call.h"
#include "clients/adapters/local_time.h"

namespace klantbeeld::adapters {
namespace {

// A leg begins after its call, within a day. The two clocks round differently.
constexpr absl::Duration kLegAfterCallMax = absl::Hours(24);
constexpr absl::Duration kRounding = absl::Seconds(5);

constexpr std::array<absl::string_view, 5> kDispositions = {"ANSWERED", "NO ANSWER", "BUSY",
                                                            "FAILED", "CONGESTION"};

// The times of a leg. Only its start is read as a local time: lengths say the
// rest without doubt.
struct Times {
  absl::Time call;  // When the call began.
  absl::Time start, end;
  std::optional<absl::Duration> waited, talked;
  bool doubtful = false;
};

std::optional<absl::Duration> Seconds(const std::string& text) {
  double number = 0;
  if (!absl::SimpleAtod(text, &number) || !(number >= 0)) return {};
  return absl::Seconds(number);
}

std::variant<Times, Refusal> TimesOf(const CdrField& field, const std::string& call_id,
                                     absl::TimeZone zone) {
  Times times;
  std::string start_text = field("start");
  if (start_text.empty()) start_text = field("calldate");
  const auto start = ParseLocal(start_text, zone);
  if (!start) return Refusal{"start", Reason::kNotATime};
  const auto made = TimeOfUniqueId(call_id);
  const absl::Time earliest = made ? *made - kRounding : absl::InfinitePast();
  times.start = NotBefore(*start, earliest);
  if (times.start < earliest) return Refusal{"start", Reason::kZone};
  times.doubtful = start->doubtful && !made;
  times.call =
      made && times.start - *made < kLegAfterCallMax ? std::min(*made, times.start) : times.start;
  const auto duration = Seconds(field("duration"));
  if (duration) {
    times.end = times.start + *duration;
  } else {
    const auto end = ParseLocal(field("end"), zone);
    if (!end) return Refusal{"end", Reason::kNotATime};
    times.end = std::max(times.start, NotBefore(*end, times.start));
  }
  times.talked = Seconds(field("billsec"));
  if (times.talked && *times.talked <= times.end - times.start) {
    times.waited = times.end - *times.talked - times.call;
  }
  return times;
}

// Who called whom. Both inside: no contact.
struct Sides {
  std::string citizen, agent_channel;
  bool inbound = true;
  bool outside = true;
};

Sides SidesOf(const CdrField& field) {
  Sides sides;
  std::string caller = field("cnum");
  if (caller.empty()) caller = field("src");
  const std::string clid = field("clid");
  const size_t open = clid.rfind('<'), close = clid.rfind('>');
  if (caller.empty() && open != std::string::npos && close != std::string::npos && close > open) {
    caller = clid.substr(open + 1, close - open - 1);
  }
  const bool extension = !caller.empty() && caller.size() <= 5 &&
                         std::all_of(caller.begin(), caller.end(), absl::ascii_isdigit);
  sides.inbound = !extension;
  sides.citizen = extension ? field("dst") : caller;
  sides.agent_channel = field(extension ? "channel" : "dstchannel");
  sides.outside = !extension || IsOutside(sides.citizen);
  return sides;
}

void SetLength(absl::Duration length, google::protobuf::Duration& field) {
  field.set_seconds(std::max<int64_t>(0, absl::ToInt64Seconds(length)));
}

// How it went, as far as a record can tell. A queue answers the line before an
// agent does, so of a queue's call the record takes waiting for talking: those
// figures are left to the queue log.
void SetOutcome(const CdrField& field, const Times& times, const Sides& sides,
                v1::ContactData& data) {
  const bool answered = data.call().disposition() == kDispositions.front();
  const bool queue = absl::EqualsIgnoreCase(field("lastapp"), "Queue");
  const bool by_someone = answered && (!sides.inbound || !field("dstchannel").empty());
  data.set_state(answered && (by_someone || !queue) ? v1::CONTACT_STATE_ENDED
                                                    : v1::CONTACT_STATE_ABANDONED);
  // A menu or voice mail that answered reached nobody, and nobody failed.
  if (by_someone || !answered || queue) data.set_reached(by_someone);
  if (queue || !answered) return;
  if (times.waited) SetLength(*times.waited, *data.mutable_waited());
  if (times.talked) SetLength(*times.talked, *data.mutable_talked());
}

void SetWords(const CdrField& field, const Tables& tables, v1::ContactData& data) {
  const std::string& dialled = data.call().dialled_number();
  for (const std::string& key : {dialled, field("accountcode")}) {
    const std::string queue = Tables::Find(tables.queues, key);
    if (!queue.empty()) data.set_queue(queue);
  }
  for (const std::string& key : {dialled, field("userfield")}) {
    const std::string subject = Tables::Find(tables.subjects, key);
    if (!subject.empty()) data.set_subject(subject);
  }
  tables.AddAttributes([&](const std::string& name) { return field(name.c_str()); }, data);
}

// Names the leg: by its number in the call, else by when and where it rang. An
// exchange that writes no unique ids names it by its own channel.
std::string LegOf(const CdrField& field, const std::string& unique_id) {
  const std::string sequence = field("sequence");
  if (!sequence.empty()) return absl::StrCat("cdr:", unique_id, "/", sequence);
  return absl::StrCat("cdr:", unique_id, "/", field("start"), field("calldate"), "/",
                      field("dstchannel"));
}

}  // namespace

std::variant<v1::ContactEvent, Refusal> EventOfCdr(const CdrField& field,
                                                   const CdrSettings& settings, bool& doubtful) {
  std::string unique_id = field("uniqueid");
  if (unique_id.empty()) unique_id = absl::StrCat(field("channel"), "@", field("start"));
  if (unique_id.size() < 2) return Refusal{"uniqueid", Reason::kMissing};
  const std::string linked_id = field("linkedid");
  const std::string& call_id = linked_id.empty() ? unique_id : linked_id;
  const auto read = TimesOf(field, call_id, settings.zone);
  if (const auto* refusal = std::get_if<Refusal>(&read)) return *refusal;
  const Times& times = std::get<Times>(read);
  const std::string disposition = absl::AsciiStrToUpper(field("disposition"));
  if (std::find(kDispositions.begin(), kDispositions.end(), disposition) == kDispositions.end()) {
    return Refusal{"disposition", Reason::kWordUnknown};
  }
  const Sides sides = SidesOf(field);
  if (!sides.outside) return v1::ContactEvent();
  doubtful = times.doubtful;

  v1::ContactEvent event;
  event.set_source(settings.source);
  event.set_event_id(LegOf(field, unique_id));
  event.mutable_contact()->set_source(settings.source);
  event.mutable_contact()->set_id(call_id);
  // A leg that rang in vain must not hide one that was answered, whichever of
  // them ended last.
  const bool answered = disposition == kDispositions.front();
  *event.mutable_revised_at() = ToTimestamp(answered ? times.end : times.start);
  v1::ContactData& data = *event.mutable_data();
  data.set_channel(v1::CHANNEL_PHONE);
  data.set_direction(sides.inbound ? v1::DIRECTION_INBOUND : v1::DIRECTION_OUTBOUND);
  *data.mutable_occurred_at() = ToTimestamp(times.call);
  *data.mutable_ended_at() = ToTimestamp(times.end);
  const std::string did = field("did");
  const std::string dialled = did.empty() ? field("dst") : did;
  if (!dialled.empty()) data.mutable_call()->set_dialled_number(dialled);
  data.mutable_call()->set_disposition(disposition);
  data.mutable_call()->set_call_id(call_id);
  SetOutcome(field, times, sides, data);
  AddCitizen(sides.citizen, sides.inbound ? v1::VERIFIED_BY_CALLER_LINE : v1::VERIFIED_BY_TYPED,
             data);
  // A telephone that rang in vain handled nothing.
  if (answered) AddAgent(ExtensionOf(sides.agent_channel), data);
  SetWords(field, settings.tables, data);
  return event;
}

}  // namespace klantbeeld::adapters
