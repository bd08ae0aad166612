#include "store/identity/found.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "store/contact.h"
#include "store/identity/identity.h"
#include "store/identity/normalise.h"
#include "store/identity/person.h"
#include "store/record.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

constexpr size_t kAny = std::numeric_limits<size_t>::max();

// Rows of `meta`: what is to be sought.
constexpr absl::string_view kToSeek = "seek/";

std::string Tagged(uint8_t tag, absl::string_view hash) {
  const char byte = static_cast<char>(tag);
  return absl::StrCat(absl::string_view(&byte, 1), hash);
}

std::string SoughtIndex(absl::string_view sought) { return Tagged(kIndexSought, sought); }

// Beside the number's place in the index, by the same hash.
std::string FoundIndex(absl::string_view bsn_index) {
  return Tagged(kIndexFound, bsn_index.substr(1));
}

absl::StatusOr<bool> IsAnswered(const Reader& reader, absl::string_view sought) {
  KB_ASSIGN_OR_RETURN(const auto row, reader.Get(Family::kIdentifier, SearchedKey(sought)));
  return row.has_value();
}

Person PersonStating(const v1::PersonalDetails& details) {
  format::ClaimContent content;
  *content.mutable_details() = details;
  *content.mutable_names() = FoldNames(details);
  return PersonOf(content);
}

bool IsWhole(const v1::PartialDate& date) {
  return date.has_year() && date.has_month() && date.has_day();
}

}  // namespace

std::optional<Sought> SoughtOf(const Keys& keys, const format::ClaimContent& content) {
  const v1::PersonalDetails& stated = content.details();
  const bool numbered =
      content.contested_size() > 0 ||
      std::any_of(content.identifiers().begin(), content.identifiers().end(),
                  [](const v1::Identifier& one) { return IsSingle(one.type()); });
  if (numbered || content.names().surname().empty() || !IsWhole(stated.birth_date()) ||
      !stated.address().has_postcode() || !stated.address().has_house_number()) {
    return std::nullopt;
  }
  const Person person = PersonOf(content);
  if (person.organisation || person.initials.empty()) return std::nullopt;
  Sought sought;
  v1::PersonalDetails& details = sought.details;
  details.set_surname(absl::AsciiStrToLower(stated.surname()));
  if (stated.has_partner_surname()) {
    details.set_partner_surname(absl::AsciiStrToLower(stated.partner_surname()));
  }
  if (person.first_names.empty()) {
    details.set_initials(person.initials);
  } else {
    details.set_first_names(person.first_names[0]);
  }
  *details.mutable_birth_date() = stated.birth_date();
  details.mutable_address()->set_postcode(person.postcode);
  details.mutable_address()->set_house_number(person.house_number);
  sought.id = std::string(View(keys.IdOf("sought", details.SerializeAsString())));
  return sought;
}

bool Fits(const Sought& sought, const RegistryAnswer& answer) {
  if (!answer.found) return false;
  const format::FoldedNames said = FoldNames(sought.details);
  const format::FoldedNames registered = FoldNames(answer.details);
  const auto is_a_surname = [&](const std::string& surname) {
    return !surname.empty() &&
           (surname == registered.surname() || surname == registered.partner_surname());
  };
  const Person who = PersonStating(sought.details), person = PersonStating(answer.details);
  const bool first_name =
      who.first_names.empty()
          ? absl::StartsWith(person.initials, who.initials)
          : !person.first_names.empty() && person.first_names[0] == who.first_names[0];
  return (is_a_surname(said.surname()) || is_a_surname(said.partner_surname())) && first_name &&
         who.birth == person.birth && who.postcode == person.postcode &&
         who.house_number == person.house_number;
}

absl::StatusOr<std::vector<Sought>> SoughtsOf(const Keys& keys, const Reader& reader,
                                              const PreparedEvent& event) {
  std::vector<Sought> soughts;
  const FoldedContact folded = Fold({{&event.body, false}}, false);
  for (const PartyClaim& claim : ClaimsOf(keys, View(event.contact_id), folded, {})) {
    auto sought = SoughtOf(keys, claim.content);
    if (!sought) continue;
    KB_ASSIGN_OR_RETURN(const bool answered, IsAnswered(reader, sought->id));
    if (!answered) soughts.push_back(*std::move(sought));
  }
  return soughts;
}

absl::StatusOr<std::vector<Sought>> UnansweredSoughts(const Keys& keys, const Reader& reader,
                                                      size_t max) {
  std::vector<std::string> ids;
  KB_RETURN_IF_ERROR(reader.Scan(Family::kMeta, kToSeek, kToSeek,
                                 [&](absl::string_view key, absl::string_view) {
                                   ids.emplace_back(key.substr(kToSeek.size()));
                                   return ids.size() < max;
                                 }));
  std::vector<Sought> soughts;
  for (const std::string& id : ids) {
    KB_ASSIGN_OR_RETURN(const auto claims, ClaimsAt(reader, SoughtIndex(id), 1));
    if (claims.empty()) return absl::DataLossError("meta: what is to be sought is no claim's");
    KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                                  ClaimKey(claims[0], kClaimRecord)));
    if (!row) return absl::DataLossError("identifier: a claim that is sought is not there");
    KB_ASSIGN_OR_RETURN(const auto content, OpenContent(claims[0], *row));
    if (auto sought = SoughtOf(keys, content)) soughts.push_back(*std::move(sought));
  }
  return soughts;
}

absl::StatusOr<std::vector<std::string>> ClaimsSoughtBy(const Reader& reader,
                                                        absl::string_view sought) {
  return ClaimsAt(reader, SoughtIndex(sought), kAny);
}

absl::StatusOr<std::string> FoundFor(absl::string_view claim_id, const format::ClaimRow& row) {
  return OpenFound(claim_id, row.found());
}

IndexValue JoiningValueOf(const Keys& keys, absl::string_view bsn) {
  format::ClaimContent content;
  *content.add_identifiers() = RegisteredBsn(bsn);
  return JoiningValuesOf(keys, content).front();
}

// The row that stands for all of them says that there are any sooner than a scan.
absl::StatusOr<std::vector<std::string>> ClaimsFoundAt(const Reader& reader,
                                                       absl::string_view bsn_index) {
  const std::string index = FoundIndex(bsn_index);
  KB_ASSIGN_OR_RETURN(const auto any, reader.Get(Family::kIdentifier, index));
  if (!any) return std::vector<std::string>();
  return ClaimsAt(reader, index, kAny);
}

std::string SearchedKey(absl::string_view sought) { return Tagged(kIndexSearched, sought); }

absl::Status IdentityChange::AddSought(absl::string_view claim_id,
                                       const format::ClaimContent& content) {
  const auto sought = SoughtOf(keys_, content);
  if (!sought) return absl::OkStatus();
  batch_.Put(Family::kIdentifier, absl::StrCat(SoughtIndex(sought->id), claim_id),
             IndexMark(true));
  soughts_.try_emplace(sought->id, false);
  KB_ASSIGN_OR_RETURN(const auto answer, ReadRow<format::RegistryRow>(
                                             batch_, Family::kIdentifier, SearchedKey(sought->id)));
  if (!answer) return absl::OkStatus();
  KB_ASSIGN_OR_RETURN(const std::string bsn, OpenFound(sought->id, answer->found()));
  return SetFound(claim_id, bsn);
}

absl::Status IdentityChange::RemoveSought(absl::string_view claim_id,
                                          const format::ClaimContent& content) {
  const auto sought = SoughtOf(keys_, content);
  if (!sought) return absl::OkStatus();
  batch_.Delete(Family::kIdentifier, absl::StrCat(SoughtIndex(sought->id), claim_id));
  soughts_[sought->id] = true;
  return SetFound(claim_id, "");
}

// Whoever could join because of the number that was found, or of the one that
// is, is looked at again.
absl::Status IdentityChange::SetFound(absl::string_view claim_id, const std::string& bsn) {
  KB_ASSIGN_OR_RETURN(Held* held, Load(claim_id));
  KB_ASSIGN_OR_RETURN(const std::string before, FoundFor(claim_id, held->row));
  if (before == bsn) return absl::OkStatus();
  seeds_.insert(std::string(claim_id));
  held->dirty = true;
  held->row.clear_found();
  if (!before.empty()) {
    const std::string number = JoiningValueOf(keys_, before).index, index = FoundIndex(number);
    batch_.Delete(Family::kIdentifier, absl::StrCat(index, claim_id));
    KB_RETURN_IF_ERROR(SeedIndex(number));
    KB_RETURN_IF_ERROR(SeedIndex(index));
    KB_ASSIGN_OR_RETURN(const auto others, ClaimsAt(batch_, index, 1));
    if (others.empty()) batch_.Delete(Family::kIdentifier, index);
    KB_ASSIGN_OR_RETURN(const auto citizen, ReadRow<format::CitizenRow>(batch_, Family::kCitizen,
                                                                        held->row.citizen_id()));
    if (citizen) seeds_.insert(citizen->claims().begin(), citizen->claims().end());
  }
  if (bsn.empty()) return absl::OkStatus();
  held->row.set_found(SealFound(claim_id, bsn));
  const std::string index = FoundIndex(JoiningValueOf(keys_, bsn).index);
  batch_.Put(Family::kIdentifier, index, IndexMark(false));
  batch_.Put(Family::kIdentifier, absl::StrCat(index, claim_id), IndexMark(true));
  return absl::OkStatus();
}

absl::Status IdentityChange::RegisterSearch(const format::RegistryBody& body) {
  KB_ASSIGN_OR_RETURN(const auto claims, ClaimsSoughtBy(batch_, body.sought()));
  for (const std::string& claim : claims) {
    KB_RETURN_IF_ERROR(SetFound(claim, body.found() ? body.bsn() : ""));
  }
  soughts_[body.sought()] = true;
  return absl::OkStatus();
}

absl::Status IdentityChange::SettleSoughts() {
  for (const auto& [sought, may_be_gone] : soughts_) {
    const std::string key = absl::StrCat(kToSeek, sought);
    KB_ASSIGN_OR_RETURN(const bool answered, IsAnswered(batch_, sought));
    bool gone = false;
    if (may_be_gone) {
      KB_ASSIGN_OR_RETURN(const auto claims, ClaimsAt(batch_, SoughtIndex(sought), 1));
      gone = claims.empty();
    }
    if (answered || gone) {
      batch_.Delete(Family::kMeta, key);
    } else {
      batch_.Put(Family::kMeta, key, IndexMark(false));
    }
  }
  soughts_.clear();
  return absl::OkStatus();
}

}  // namespace klantbeeld::store
