#include "clients/cli/view.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "clients/cli/text.h"
#include "clients/cli/times.h"

namespace klantbeeld::cli {
namespace {

// The latest details that say something by `has`; null where none do.
template <class Has>
const v1::PersonalDetails* Latest(const v1::Citizen& citizen, const Has& has) {
  for (const auto& details : citizen.details())
    if (has(details.details())) return &details.details();
  return nullptr;
}

const v1::PersonalDetails* Named(const v1::Citizen& citizen) {
  return Latest(citizen,
                [](const auto& d) { return d.has_surname() || d.has_organisation_name(); });
}

void Append(std::vector<std::string>& words, const std::string& word) {
  if (!word.empty()) words.push_back(word);
}

std::string PersonName(const v1::PersonalDetails& details) {
  std::vector<std::string> words;
  Append(words, details.has_first_names() ? details.first_names() : details.initials());
  Append(words, details.surname_prefix());
  Append(words, details.surname());
  std::string partner = details.partner_surname();
  if (!partner.empty() && !details.partner_prefix().empty())
    partner = details.partner_prefix() + " " + partner;
  return absl::StrJoin(words, " ") + (partner.empty() ? "" : "-" + partner);
}


std::string Yellow(const Look& look, const std::string& text) { return Style(look, "33", text); }

// Contacts since `since`; "+" behind it where there may be more than were read.
std::string CountSince(const v1::Citizen& citizen, uint64_t total, absl::Time since) {
  uint64_t count = 0;
  for (const auto& entry : citizen.latest()) count += When(entry) >= since ? 1 : 0;
  const auto read = static_cast<uint64_t>(citizen.latest_size());
  return absl::StrCat(count, count == read && read < total ? "+" : "");
}

// The planned contact that is nearest; nothing where none lies ahead.
std::string NextAppointment(const Look& look, const v1::Citizen& citizen) {
  const v1::TimelineEntry* next = nullptr;
  for (const auto& entry : citizen.latest())
    if (entry.contact().data().state() == v1::CONTACT_STATE_PLANNED && When(entry) > look.now &&
        (next == nullptr || When(entry) < When(*next)))
      next = &entry;
  return next == nullptr ? "-" : absl::FormatTime("%d-%m %H:%M", When(*next), look.zone);
}

std::string LastWait(const Look& look, const v1::Citizen& citizen) {
  for (const auto& entry : citizen.latest())
    if (const std::string wait = WaitOf(look.lang, entry.contact()); !wait.empty()) return wait;
  return "-";
}

size_t CasesOf(const v1::Citizen& citizen) {
  std::set<std::string> cases;
  for (const auto& entry : citizen.latest())
    cases.insert(entry.contact().data().cases().begin(), entry.contact().data().cases().end());
  return cases.size();
}

// The longest row of contacts about the same that goes on now.
int RepeatOf(const v1::Citizen& citizen) {
  const auto badges = BadgesOf(citizen.latest());
  return badges.empty() ? 0 : badges.front().repeat;
}

// Six numbers.
std::vector<std::string> Numbers(const Look& look, const v1::Citizen& citizen) {
  uint64_t total = 0;
  for (const auto& count : citizen.channel_counts()) total += count.contacts();
  const int repeat = RepeatOf(citizen);
  return {Say(look.lang, Label::count_contacts, total),
          Say(look.lang, Label::count_month,
              CountSince(citizen, total, look.now - absl::Hours(30 * 24))),
          Say(look.lang, Label::count_repeat, repeat > 0 ? absl::StrCat(repeat) : "-"),
          Say(look.lang, Label::count_cases, CasesOf(citizen)),
          Say(look.lang, Label::next_appointment, NextAppointment(look, citizen)),
          Say(look.lang, Label::last_wait, LastWait(look, citizen))};
}

// The part in its style, where it stands in a text that was laid out without.
std::string StylePart(const Look& look, const char* code, const std::string& text,
                      const std::string& part) {
  const size_t at = part.empty() || !look.color ? std::string::npos : text.find(part);
  if (at == std::string::npos) return text;
  return text.substr(0, at) + Style(look, code, part) + text.substr(at + part.size());
}

std::string DateText(const v1::PartialDate& date) {
  const auto part = [](bool known, int value) {
    return known ? absl::StrFormat("%02d", value) : std::string("??");
  };
  return absl::StrCat(part(date.has_day(), date.day()), "-", part(date.has_month(), date.month()),
                      "-", part(date.has_year(), date.year()));
}

std::string OutcomeOf(const Look& look, const v1::ContactData& data) {
  if (!data.outcome().empty() || !data.has_state() || data.state() == v1::CONTACT_STATE_ENDED)
    return data.outcome();
  return data.state() == v1::CONTACT_STATE_ABANDONED && data.channel() == v1::CHANNEL_PHONE
             ? Text(look.lang, Label::tl_abandoned)
             : Word(look.lang, data.state());
}

// "14:02 (vandaag)": exact, and how long ago.
std::string ExactText(const Look& look, absl::Time time) {
  return absl::StrCat(TimeText(time, look.zone), " (", AgoText(look.lang, time, look.now), ")");
}

std::string AgentsOf(const v1::ContactData& data) {
  return absl::StrJoin(data.agents(), ", ", [](std::string* out, const v1::Agent& agent) {
    absl::StrAppend(out, agent.has_name() ? agent.name() : agent.id());
  });
}

}  // namespace

std::string Style(const Look& look, const char* code, const std::string& text) {
  return look.color ? absl::StrCat("\033[", code, "m", text, "\033[0m") : text;
}

absl::Time When(const v1::TimelineEntry& entry) { return FromProto(entry.contact().happened_at()); }

std::string ShownValue(const v1::Identifier& identifier, bool whole_bsn) {
  const std::string& value = identifier.value();
  if (identifier.type() != v1::IDENTIFIER_TYPE_BSN || whole_bsn || !identifier.has_value())
    return Clean(identifier.has_value() ? value : identifier.masked());
  return "******" + Clean(value.substr(value.size() < 3 ? 0 : value.size() - 3));
}

std::string NameOf(Lang lang, const v1::Citizen& citizen) {
  if (const auto* details = Named(citizen))
    return Clean(details->has_surname() ? PersonName(*details) : details->organisation_name());
  if (citizen.identifiers_size() == 0) return Text(lang, Label::unknown_person);
  return Say(lang, Label::contacts_from, ShownValue(citizen.identifiers(0).identifier()));
}

std::string BornOf(const v1::Citizen& citizen) {
  const auto* details = Latest(citizen, [](const auto& d) { return d.has_birth_date(); });
  return details == nullptr ? "" : DateText(details->birth_date());
}

std::string AddressOf(const v1::Citizen& citizen) {
  const auto* details = Latest(citizen, [](const auto& d) { return d.has_address(); });
  if (details == nullptr) return "";
  const v1::Address& address = details->address();
  std::vector<std::string> words;
  Append(words, address.street());
  if (address.has_house_number())
    Append(words, absl::StrCat(address.house_number(), address.house_letter(),
                               address.house_number_addition().empty() ? "" : "-",
                               address.house_number_addition()));
  Append(words, address.postcode());
  Append(words, address.city());
  for (const auto& line : address.lines()) Append(words, line);
  return Clean(absl::StrJoin(words, " "));
}

std::string CityOf(const v1::Citizen& citizen) {
  const auto* details = Latest(citizen, [](const auto& d) { return d.address().has_city(); });
  return details == nullptr ? "" : Clean(details->address().city());
}

std::string WaitOf(Lang lang, const v1::Contact& contact) {
  if (!contact.data().has_waited()) return "";
  return DurationText(lang, FromProto(contact.data().waited()));
}

std::string SubjectOf(const v1::Contact& contact) {
  const v1::ContactData& data = contact.data();
  return Clean(data.has_subject() ? data.subject() : data.product().name());
}

std::string HeadText(const Look& look, const v1::Citizen& citizen) {
  std::vector<std::string> head = {NameOf(look.lang, citizen)};
  const std::string born = BornOf(citizen);
  if (!born.empty()) head.push_back(Say(look.lang, Label::born, born));
  Append(head, CityOf(citizen));
  for (const auto& found : citizen.identifiers())
    if (found.identifier().type() == v1::IDENTIFIER_TYPE_BSN)
      head.push_back("BSN " + ShownValue(found.identifier(), look.whole_bsn));
  if (citizen.status() == v1::CITIZEN_STATUS_UNIDENTIFIED)
    head.push_back(Text(look.lang, Named(citizen) ? Label::unidentified : Label::only_a_number));
  std::vector<std::string> warnings;
  if (citizen.secret()) warnings.push_back(Text(look.lang, Label::secret));
  if (citizen.deceased()) {
    std::string& warning = warnings.emplace_back(Text(look.lang, Label::deceased));
    if (citizen.has_deceased_on()) absl::StrAppend(&warning, " ", DateText(citizen.deceased_on()));
  }
  const std::string warning = absl::StrJoin(warnings, ", ");
  Append(head, warning);
  std::string text = StylePart(look, "33", Flow(head, ", ", look.columns), warning);
  const std::vector<std::string> numbers = Numbers(look, citizen);
  const std::string repeat = RepeatOf(citizen) > 0 ? numbers[2] : "";
  text += StylePart(look, "1", Flow(numbers, "  ", look.columns), repeat);
  for (const int issue : citizen.issues())
    text += Yellow(
        look, Say(look.lang, Label::issue, Word(look.lang, static_cast<v1::CitizenIssue>(issue))));
  if (citizen.status() == v1::CITIZEN_STATUS_SUPERSEDED)
    text += Say(look.lang, Label::superseded, Clean(absl::StrJoin(citizen.successors(), ", ")));
  std::vector<std::string> last = {Say(look.lang, Label::citizen_id, Clean(citizen.id()))};
  Append(last, AddressOf(citizen));
  return text + Flow(last, ", ", look.columns);
}

std::string ShowText(const Look& look, const v1::Citizen& citizen, int contacts) {
  const std::string head = HeadText(look, citizen) + "\n";
  if (citizen.latest().empty()) return head + Text(look.lang, Label::tl_empty);
  Entries first = citizen.latest();
  if (first.size() > contacts) first.DeleteSubrange(contacts, first.size() - contacts);
  return head + ContactsTable(look, first);
}

std::string ContactsTable(const Look& look, const Entries& entries, int first) {
  std::vector<std::string> header = {
      Text(look.lang, Label::col_time),    Text(look.lang, Label::col_channel),
      Text(look.lang, Label::col_subject), Text(look.lang, Label::col_outcome),
      Text(look.lang, Label::col_wait),    Text(look.lang, Label::col_note)};
  if (first > 0) header.insert(header.begin(), Text(look.lang, Label::col_number));
  Table table(std::move(header), first > 0 ? 2 : 1);
  for (int i = 0; i < entries.size(); ++i) {
    const v1::Contact& contact = entries[i].contact();
    std::vector<std::string> row = {WhenText(look.lang, When(entries[i]), look.now, look.zone),
                                    Word(look.lang, contact.data().channel()),
                                    SubjectOf(contact),
                                    OutcomeOf(look, contact.data()),
                                    WaitOf(look.lang, contact),
                                    contact.data().note()};
    if (first > 0) row.insert(row.begin(), absl::StrCat(first + i));
    table.Add(std::move(row));
  }
  return table.Render(look.columns);
}

std::string ContactText(const Look& look, const v1::Contact& contact) {
  const v1::ContactData& data = contact.data();
  std::string text;
  const auto line = [&](Label label, const std::string& value) {
    if (value.empty()) return;
    // A text of several lines keeps them, one under the other.
    std::string name = Text(look.lang, label);
    for (const auto& part : absl::StrSplit(value, '\n')) {
      absl::StrAppend(&text, "  ", Pad(name, 14), Clean(std::string(part)), "\n");
      name.clear();
    }
  };
  const auto length = [&](bool has, const google::protobuf::Duration& duration) {
    return has ? DurationText(look.lang, FromProto(duration)) : "";
  };
  absl::StrAppend(
      &text,
      Style(look, "1", absl::StrCat(Word(look.lang, data.channel()), "  ", SubjectOf(contact))),
      "\n");
  line(Label::col_time, ExactText(look, FromProto(contact.happened_at())));
  if (data.has_ended_at()) line(Label::field_ended, ExactText(look, FromProto(data.ended_at())));
  if (data.has_state()) line(Label::field_state, Word(look.lang, data.state()));
  if (data.has_subject() && data.has_product())
    line(Label::field_product, data.product().name());
  line(Label::field_question, data.question());
  line(Label::field_answer, data.answer());
  line(Label::col_outcome, data.outcome());
  line(Label::col_wait, WaitOf(look.lang, contact));
  line(Label::field_talked, length(data.has_talked(), data.talked()));
  line(Label::field_agent, AgentsOf(data));
  line(Label::field_department, data.department());
  line(Label::field_location, data.location());
  line(Label::field_cases, absl::StrJoin(data.cases(), ", "));
  line(Label::field_source, absl::StrCat(contact.ref().source(), "/", contact.ref().id()));
  line(Label::col_note, data.note());
  if (contact.incomplete()) line(Label::field_state, Text(look.lang, Label::incomplete));
  return text;
}

}  // namespace klantbeeld::cli
