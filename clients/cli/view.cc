#include "clients/cli/view.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
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

std::string Yellow(const Look& look, const std::string& text) {
  return look.color ? "\033[33m" + text + "\033[0m" : text;
}

std::string Numbers(const Look& look, const v1::Citizen& citizen) {
  uint64_t total = 0;
  std::vector<std::string> parts = {""};
  for (const auto& count : citizen.channel_counts()) {
    total += count.contacts();
    parts.push_back(absl::StrCat(Word(look.lang, count.channel()), " ", count.contacts()));
  }
  parts[0] = Say(look.lang, Label::count_contacts, total);
  for (const auto& entry : citizen.latest()) {
    const std::string wait = WaitOf(look.lang, entry.contact());
    if (wait.empty()) continue;
    parts.push_back(Say(look.lang, Label::last_wait, wait));
    break;
  }
  return absl::StrJoin(parts, " | ");
}

}  // namespace

std::string ShownValue(const v1::Identifier& identifier) {
  // A whole BSN is there only when it was asked for, with a reason.
  return Clean(identifier.has_value() ? identifier.value() : identifier.masked());
}

std::string NameOf(Lang lang, const v1::Citizen& citizen) {
  if (const auto* details = Latest(
          citizen, [](const auto& d) { return d.has_surname() || d.has_organisation_name(); }))
    return Clean(details->has_surname() ? PersonName(*details) : details->organisation_name());
  if (citizen.identifiers_size() == 0) return Text(lang, Label::unknown_person);
  return Say(lang, Label::contacts_from, ShownValue(citizen.identifiers(0).identifier()));
}

std::string BornOf(const v1::Citizen& citizen) {
  const auto* details = Latest(citizen, [](const auto& d) { return d.has_birth_date(); });
  if (details == nullptr) return "";
  const v1::PartialDate& date = details->birth_date();
  const auto part = [](bool known, int value) {
    return known ? absl::StrFormat("%02d", value) : std::string("??");
  };
  return absl::StrCat(part(date.has_day(), date.day()), "-", part(date.has_month(), date.month()),
                      "-", part(date.has_year(), date.year()));
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

std::string WaitOf(Lang lang, const v1::Contact& contact) {
  if (!contact.data().has_waited()) return "";
  return DurationText(lang, FromProto(contact.data().waited()));
}

std::string ShowText(const Look& look, const v1::Citizen& citizen) {
  std::vector<std::string> head = {NameOf(look.lang, citizen)};
  const std::string born = BornOf(citizen);
  if (!born.empty()) head.push_back(Say(look.lang, Label::born, born));
  Append(head, AddressOf(citizen));
  for (const auto& found : citizen.identifiers())
    if (found.identifier().type() == v1::IDENTIFIER_TYPE_BSN)
      head.push_back("BSN " + ShownValue(found.identifier()));
  if (citizen.status() == v1::CITIZEN_STATUS_UNIDENTIFIED)
    head.push_back(Text(look.lang, Label::unidentified));
  std::string text = absl::StrJoin(head, ", ");
  if (Latest(citizen, [](const auto& d) { return d.secret(); }) != nullptr)
    absl::StrAppend(&text, "  ", Yellow(look, Text(look.lang, Label::secret)));
  absl::StrAppend(&text, "\n", Numbers(look, citizen), "\n");
  for (const int issue : citizen.issues())
    text += Yellow(
        look, Say(look.lang, Label::issue, Word(look.lang, static_cast<v1::CitizenIssue>(issue))));
  absl::StrAppend(&text, Text(look.lang, Label::col_citizen), " ", Clean(citizen.id()), "\n");
  if (citizen.status() == v1::CITIZEN_STATUS_SUPERSEDED)
    text += Say(look.lang, Label::superseded, Clean(absl::StrJoin(citizen.successors(), ", ")));
  text += "\n";
  if (citizen.latest().empty()) return text + Text(look.lang, Label::tl_empty);
  return text + ContactsTable(look, citizen.latest());
}

std::string ContactsTable(const Look& look, const Entries& entries) {
  Table table({Text(look.lang, Label::col_time), Text(look.lang, Label::col_channel),
               Text(look.lang, Label::col_subject), Text(look.lang, Label::col_outcome),
               Text(look.lang, Label::col_wait), Text(look.lang, Label::col_note)});
  for (const auto& entry : entries) {
    const v1::Contact& contact = entry.contact();
    const v1::ContactData& data = contact.data();
    std::string outcome = data.outcome();
    if (outcome.empty() && data.state() != v1::CONTACT_STATE_ENDED)
      outcome = Word(look.lang, data.state());
    table.Add({TimeText(FromProto(contact.happened_at()), look.zone),
               Word(look.lang, data.channel()),
               data.has_subject() ? data.subject() : data.product().name(), outcome,
               WaitOf(look.lang, contact), data.note()});
  }
  return table.Render(look.columns);
}

}  // namespace klantbeeld::cli
