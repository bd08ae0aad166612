#include "clients/cli/finder.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
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

// "jan de Vries" to "de Vries"; false where only one word is left.
bool DropFirstWord(Key& key) {
  if (key.kind != Label::kind_name) return false;
  std::string& surname = *key.request.mutable_name()->mutable_surname();
  const size_t space = surname.find(' ');
  if (space == std::string::npos) return false;
  surname = std::string(absl::StripAsciiWhitespace(surname.substr(space)));
  return true;
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
  Key shorter = key;
  for (int dropped = 0;; ++dropped) {
    auto reply = context.client->FindCitizens(shorter.request);
    if (!reply.ok()) return reply;
    if (!reply.value().citizens().empty()) {
      key = shorter;
      KeepWhoMayHold(key, *reply.value().mutable_citizens());
      return reply;
    }
    if (dropped == kFirstNamesMax || !DropFirstWord(shorter)) return reply;
  }
}

bool TooMany(const client::Error& error) {
  return error.reason == v1::ERROR_REASON_TOO_MANY_RESULTS;
}

std::string HitsTable(const Context& context, const Citizens& citizens, bool numbered) {
  Table table({context.Say(numbered ? Label::col_number : Label::col_citizen),
               context.Say(Label::col_name), context.Say(Label::col_born),
               context.Say(Label::col_address), context.Say(Label::col_last)},
              1);
  int number = 0;
  for (const auto& citizen : citizens)
    table.Add({numbered ? absl::StrCat(++number) : citizen.id(), NameOf(context.lang, citizen),
               BornOf(citizen), AddressOf(citizen), LastOf(context, citizen)});
  return table.Render(context.columns);
}

std::string Shown(const Key& key, const std::string& term) {
  if (key.kind != Label::kind_bsn) return Clean(term);
  const std::string& bsn = key.request.identifier().value();
  return "BSN ******" + bsn.substr(bsn.size() - 3);
}

}  // namespace klantbeeld::cli
