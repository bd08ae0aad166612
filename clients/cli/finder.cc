#include "clients/cli/finder.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "clients/cli/text.h"
#include "clients/cli/times.h"
#include "clients/cli/view.h"

namespace klantbeeld::cli {
namespace {

// Who wrote more first names than this may search by the surname.
constexpr int kFirstNamesMax = 4;

void KeepWhoMayHold(const Key& key, Citizens& citizens) {
  if (!key.born) return;
  Citizens kept;
  for (auto& citizen : citizens)
    if (MayHold(citizen, key)) kept.Add()->Swap(&citizen);
  citizens.Swap(&kept);
}

// "jan de Vries" to "de Vries" of the first name "jan"; false where only one
// word is left.
bool TakeFirstName(Key& key) {
  if (key.kind != Label::kind_name) return false;
  v1::PersonalDetails details;
  if (key.request.has_stated()) {
    details = key.request.stated().details();
  } else {
    details.set_surname(key.request.name().surname());
    *details.mutable_birth_date() = key.request.name().birth_date();
  }
  const std::string whole = details.surname();
  const size_t space = whole.find(' ');
  if (space == std::string::npos) return false;
  details.set_surname(std::string(absl::StripAsciiWhitespace(whole.substr(space))));
  details.set_first_names(absl::StrCat(
      details.first_names(), details.first_names().empty() ? "" : " ", whole.substr(0, space)));
  *key.request.mutable_stated()->mutable_details() = std::move(details);
  return true;
}

bool FitsExactly(const v1::FindCitizensResponse& found) {
  const auto& citizens = found.citizens();
  // An identifier, address or case number is had or not.
  return !citizens.empty() && (!citizens[0].has_match() || citizens[0].match().exact());
}

// Whoever fits exactly is who was meant, not also whoever comes near.
void KeepExact(Citizens& citizens) {
  citizens.erase(std::remove_if(citizens.begin(), citizens.end(),
                                [](const auto& citizen) {
                                  return citizen.has_match() && !citizen.match().exact();
                                }),
                 citizens.end());
}

double BitsOf(const v1::FindCitizensResponse& found) {
  return found.citizens().empty() ? -1e9 : found.citizens(0).match().bits();
}

std::string LastOf(const Context& context, const v1::Citizen& citizen) {
  if (citizen.latest().empty()) return "";
  const v1::Contact& contact = citizen.latest(0).contact();
  const absl::Time when = FromProto(contact.happened_at());
  return absl::StrCat(WhenText(context.lang, when, absl::Now(), context.zone), " ",
                      Word(context.lang, contact.data().channel()), " ", SubjectOf(contact));
}

}  // namespace

client::Result<v1::FindCitizensResponse> LookUp(Context& context, Key& key) {
  key.request.set_purpose(context.settings.purpose);
  key.request.set_reason(context.settings.reason);
  auto best = context.client->FindCitizens(key.request);
  Key reading = key;
  for (int taken = 0; best.ok() && !FitsExactly(best.value()); ++taken) {
    if (taken == kFirstNamesMax || !TakeFirstName(reading)) break;
    auto reply = context.client->FindCitizens(reading.request);
    if (!reply.ok()) return reply;
    if (!FitsExactly(reply.value()) && BitsOf(reply.value()) <= BitsOf(best.value())) continue;
    best = std::move(reply);
    key = reading;
  }
  if (!best.ok()) return best;
  if (FitsExactly(best.value())) KeepExact(*best.value().mutable_citizens());
  KeepWhoMayHold(key, *best.value().mutable_citizens());
  return best;
}

bool TooMany(const client::Error& error) {
  return error.reason == v1::ERROR_REASON_TOO_MANY_RESULTS;
}

std::string MatchOf(const Context& context, const v1::Citizen& citizen) {
  std::vector<const v1::FieldEvidence*> fields;
  for (const auto& one : citizen.match().evidence())
    if (one.agreement() != v1::AGREEMENT_UNSPECIFIED) fields.push_back(&one);
  if (fields.empty()) return "";
  std::stable_sort(fields.begin(), fields.end(),
                   [](const auto* a, const auto* b) { return a->agreement() > b->agreement(); });
  std::vector<std::string> groups;
  for (size_t i = 0; i < fields.size(); ++i) {
    const std::string field = Word(context.lang, fields[i]->field());
    if (i > 0 && fields[i]->agreement() == fields[i - 1]->agreement())
      absl::StrAppend(&groups.back(), ", ", field);
    else
      groups.push_back(absl::StrCat(Word(context.lang, fields[i]->agreement()), ": ", field));
  }
  return absl::StrFormat("%+.1f %s", citizen.match().bits(), absl::StrJoin(groups, "; "));
}

std::string AboutHits(const Context& context, const v1::FindCitizensResponse& found) {
  std::string about;
  if (found.citizens_size() == 1 && !FitsExactly(found))
    absl::StrAppend(&about, context.Say(Label::search_near, MatchOf(context, found.citizens(0))));
  if (found.too_common())
    absl::StrAppend(&about, context.Say(Label::search_common));
  else if (found.more())
    absl::StrAppend(&about, context.Say(Label::search_more));
  return about;
}

std::string HitsTable(const Context& context, const Citizens& citizens, bool numbered) {
  // Where all have what was asked for there is nothing to weigh.
  const bool near = std::any_of(citizens.begin(), citizens.end(), [](const auto& citizen) {
    return citizen.has_match() && !citizen.match().exact();
  });
  std::vector<std::string> header = {context.Say(numbered ? Label::col_number : Label::col_citizen),
                                     context.Say(Label::col_name), context.Say(Label::col_born)};
  if (near) header.push_back(context.Say(Label::col_match));
  header.push_back(context.Say(Label::col_address));
  header.push_back(context.Say(Label::col_last));
  Table table(std::move(header), 1);
  int number = 0;
  for (const auto& citizen : citizens) {
    std::vector<std::string> row = {numbered ? absl::StrCat(++number) : citizen.id(),
                                    NameOf(context.lang, citizen), BornOf(citizen)};
    if (near) row.push_back(MatchOf(context, citizen));
    row.push_back(AddressOf(citizen));
    row.push_back(LastOf(context, citizen));
    table.Add(std::move(row));
  }
  return table.Render(context.columns);
}

}  // namespace klantbeeld::cli
