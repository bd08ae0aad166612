#include "store/identity/claims.h"

#include <algorithm>

#include "absl/container/btree_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "store/identity/normalise.h"
#include "store/record.h"

namespace klantbeeld::store {
namespace {

// A keyed hash costs more than most of what is done with it: the permanent one
// is made only where a decision may remember it.
enum class Permanent { kWhereItJoins, kAlways };

IndexValue MakeValue(const Keys& keys, uint8_t type, absl::string_view value, bool joins,
                     Permanent permanent = Permanent::kWhereItJoins) {
  const char tag = static_cast<char>(type);
  const std::string domain = absl::StrCat("value ", type);
  IndexValue made{absl::StrCat(absl::string_view(&tag, 1), View(keys.IndexOf(domain, value))), "",
                  joins};
  if (joins || permanent == Permanent::kAlways) {
    made.permanent = absl::StrCat(absl::string_view(&tag, 1), View(keys.IdOf(domain, value)));
  }
  return made;
}

// The text that two equal identifiers have in common.
std::string Canonical(const v1::Identifier& identifier) {
  if (identifier.type() == v1::IDENTIFIER_TYPE_VESTIGING) {
    return absl::StrCat(identifier.parent(), "/", identifier.value());
  }
  if (identifier.type() == v1::IDENTIFIER_TYPE_OTHER) {
    return absl::StrCat(identifier.register_(), "/", identifier.value());
  }
  return identifier.value();
}

bool IsLogin(const v1::Identifier& identifier) {
  return identifier.type() == v1::IDENTIFIER_TYPE_SESSION &&
         (IsVerified(identifier) || identifier.verified() == v1::VERIFIED_BY_SESSION);
}

bool Joins(const v1::Identifier& identifier) {
  return (identifier.type() == v1::IDENTIFIER_TYPE_BSN ||
          identifier.type() == v1::IDENTIFIER_TYPE_RSIN) &&
         IsVerified(identifier);
}

// With a verified number, what changes at every visit stays outside.
bool StaysOutside(v1::IdentifierType type) {
  return type == v1::IDENTIFIER_TYPE_SESSION || type == v1::IDENTIFIER_TYPE_COOKIE ||
         type == v1::IDENTIFIER_TYPE_TICKET || type == v1::IDENTIFIER_TYPE_APPOINTMENT;
}

void AddIdentifier(const Keys& keys, const v1::Identifier& identifier, Permanent permanent,
                   std::vector<IndexValue>& values) {
  values.push_back(MakeValue(keys, static_cast<uint8_t>(identifier.type()), Canonical(identifier),
                             Joins(identifier), permanent));
  if (IsLogin(identifier)) {
    values.push_back(MakeValue(keys, kIndexLogin, identifier.value(), true));
  }
}

bool Empty(const FoldedParty& party) {
  return party.identifiers.empty() && party.contested.empty() &&
         party.details.ByteSizeLong() == 0;
}

// A person's and an organisation's number in one party contradict each other.
bool KindsContradict(const format::ClaimContent& content) {
  bool person = false, organisation = false;
  for (const auto& identifier : content.identifiers()) {
    if (!IsSingle(identifier.type())) continue;
    (identifier.type() == v1::IDENTIFIER_TYPE_BSN ? person : organisation) = true;
  }
  return person && organisation;
}

// Two who state a name, or nothing, and no more than that are not one.
bool NamesOnly(v1::PersonalDetails details) {
  details.clear_first_names();
  details.clear_initials();
  details.clear_surname_prefix();
  details.clear_surname();
  details.clear_partner_prefix();
  details.clear_partner_surname();
  details.clear_sex();
  details.clear_preferred_language();
  details.clear_preferred_channel();
  return details.ByteSizeLong() == 0;
}

struct Made {
  PartyClaim claim;
  bool says_too_little = false;  // For others who say the same to be the same: a session, a name.
  bool empty = false;
};

Made MakeClaim(const Keys& keys, const FoldedParty& party) {
  Made made;
  made.claim.party_key = party.key;
  made.empty = Empty(party);
  format::ClaimContent& content = made.claim.content;
  const bool hub = std::any_of(
      party.identifiers.begin(), party.identifiers.end(),
      [](const v1::Identifier& one) { return IsSingle(one.type()) && IsVerified(one); });
  for (const auto& identifier : party.identifiers) {
    if (hub && StaysOutside(identifier.type())) {
      std::vector<IndexValue> values;
      AddIdentifier(keys, identifier, Permanent::kAlways, values);
      for (const auto& value : values) made.claim.extras.push_back(ExtraBytes(value));
    } else {
      *content.add_identifiers() = identifier;
    }
  }
  for (const auto& identifier : party.contested) *content.add_contested() = identifier;
  if (party.details.ByteSizeLong() > 0) *content.mutable_details() = party.details;
  if (party.names.ByteSizeLong() > 0) *content.mutable_names() = party.names;
  content.set_content_id(std::string(View(keys.IdOf("claim", content.SerializeAsString()))));
  made.says_too_little =
      !made.empty && party.contested.empty() && NamesOnly(party.details) &&
      std::all_of(party.identifiers.begin(), party.identifiers.end(), [](const auto& one) {
        return one.type() == v1::IDENTIFIER_TYPE_SESSION;
      });
  return made;
}

void MakeOwn(const Keys& keys, absl::string_view contact_id, format::ClaimContent::Own reason,
             PartyClaim& claim) {
  claim.content.set_own_reason(reason);
  claim.content.mutable_own()->set_contact_id(std::string(contact_id));
  claim.content.mutable_own()->set_party_key(claim.party_key);
  // The reason is part of the name: it is part of what the claim's row says.
  claim.claim_id = std::string(View(keys.IdOf(
      "own claim", absl::StrCat(claim.content.content_id(), contact_id,
                                BigEndian(static_cast<uint64_t>(reason)), claim.party_key))));
}

}  // namespace

bool IsOfPerson(const format::ClaimContent& content) {
  bool person = content.details().has_birth_date();
  for (const auto* list : {&content.identifiers(), &content.contested()}) {
    for (const auto& one : *list) {
      const bool of_person = one.type() == v1::IDENTIFIER_TYPE_BSN ||
                             one.type() == v1::IDENTIFIER_TYPE_DIGID_PSEUDONYM;
      if (IsSingle(one.type()) && !of_person) return false;
      person = person || of_person;
    }
  }
  return person;
}

std::string ExtraBytes(const IndexValue& value) {
  return absl::StrCat(value.index, value.permanent, value.joins ? "j" : "-");
}

IndexValue FromExtra(absl::string_view extra) {
  return {std::string(extra.substr(0, 17)), std::string(extra.substr(17, 17)),
          extra.substr(34) == "j"};
}

std::vector<PartyClaim> ClaimsOf(const Keys& keys, absl::string_view contact_id,
                                 const FoldedContact& folded,
                                 const absl::btree_set<std::string>& decided) {
  std::vector<Made> all;
  for (const FoldedParty& party : folded.parties) all.push_back(MakeClaim(keys, party));
  absl::btree_map<std::string, int> parties_with;
  for (const Made& made : all) ++parties_with[made.claim.content.content_id()];
  std::vector<PartyClaim> claims;
  for (Made& made : all) {
    PartyClaim& claim = made.claim;
    const bool alike = parties_with[claim.content.content_id()] > 1;
    if (decided.contains(claim.party_key)) {
      const bool apart = alike || made.says_too_little;
      MakeOwn(keys, contact_id,
              apart ? format::ClaimContent::DECIDED_APART : format::ClaimContent::DECIDED, claim);
    } else if (made.empty) {
      continue;
    } else if (alike) {
      MakeOwn(keys, contact_id, format::ClaimContent::ALIKE, claim);
    } else if (made.says_too_little) {
      MakeOwn(keys, contact_id, format::ClaimContent::SAYS_TOO_LITTLE, claim);
    } else {
      claim.claim_id = claim.content.content_id();
    }
    for (const std::string& number : folded.contact.data().cases()) {
      claim.extras.push_back(
          ExtraBytes(MakeValue(keys, kIndexCase, absl::AsciiStrToLower(number), false,
                               Permanent::kAlways)));
    }
    std::sort(claim.extras.begin(), claim.extras.end());
    claim.extras.erase(std::unique(claim.extras.begin(), claim.extras.end()), claim.extras.end());
    claims.push_back(std::move(claim));
  }
  return claims;
}

namespace {

void SortValues(std::vector<IndexValue>& values) {
  std::sort(values.begin(), values.end(),
            [](const IndexValue& a, const IndexValue& b) { return a.index < b.index; });
  values.erase(std::unique(values.begin(), values.end(),
                           [](const IndexValue& a, const IndexValue& b) {
                             return a.index == b.index;
                           }),
               values.end());
}

// A vestiging is one under its KVK number; a KVK number without one is the
// organisation as a whole.
void AddOrganisation(const Keys& keys, const format::ClaimContent& content,
                     std::vector<IndexValue>& values) {
  const v1::Identifier* kvk = nullptr;
  const v1::Identifier* vestiging = nullptr;
  for (const auto& identifier : content.identifiers()) {
    if (identifier.type() == v1::IDENTIFIER_TYPE_KVK) kvk = &identifier;
    if (identifier.type() == v1::IDENTIFIER_TYPE_VESTIGING) vestiging = &identifier;
  }
  if (vestiging != nullptr) {
    values.push_back(
        MakeValue(keys, kIndexOrganisation, Canonical(*vestiging), IsVerified(*vestiging)));
  } else if (kvk != nullptr) {
    values.push_back(MakeValue(keys, kIndexOrganisation, absl::StrCat(kvk->value(), "/"),
                               IsVerified(*kvk)));
  }
}

}  // namespace

std::vector<IndexValue> JoiningValuesOf(const Keys& keys, const format::ClaimContent& content) {
  std::vector<IndexValue> values;
  if (KindsContradict(content)) return values;
  for (const auto& identifier : content.identifiers()) {
    if (Joins(identifier) || IsLogin(identifier)) {
      AddIdentifier(keys, identifier, Permanent::kWhereItJoins, values);
    }
  }
  AddOrganisation(keys, content, values);
  std::erase_if(values, [](const IndexValue& value) { return !value.joins; });
  SortValues(values);
  return values;
}

std::vector<IndexValue> ValuesOf(const Keys& keys, const format::ClaimContent& content) {
  std::vector<IndexValue> values;
  for (const auto& identifier : content.identifiers()) {
    AddIdentifier(keys, identifier, Permanent::kWhereItJoins, values);
  }
  AddOrganisation(keys, content, values);
  for (const auto& identifier : content.contested()) {
    values.push_back(MakeValue(keys, static_cast<uint8_t>(identifier.type()),
                               Canonical(identifier), false));
  }
  if (KindsContradict(content)) {
    for (IndexValue& value : values) value.joins = false;
  }
  const auto& birth = content.details().birth_date();
  if (birth.has_year() && birth.has_month() && birth.has_day()) {
    for (const std::string& name : {content.names().surname(), content.names().partner_surname()}) {
      if (name.empty()) continue;
      const std::string index = IndexOfNameBirth(keys, name, birth);
      values.push_back({index, "", false});
    }
  }
  const auto& address = content.details().address();
  if (address.has_postcode() && address.has_house_number()) {
    values.push_back(
        {IndexOfAddress(keys, NormalPostcode(address.postcode()), address.house_number()), "",
         false});
  }
  SortValues(values);
  return values;
}

std::string IndexOfIdentifier(const Keys& keys, const v1::Identifier& identifier) {
  return MakeValue(keys, static_cast<uint8_t>(identifier.type()), Canonical(identifier), false)
      .index;
}

std::string IndexOfNameBirth(const Keys& keys, absl::string_view folded_surname,
                             const v1::PartialDate& birth) {
  return MakeValue(keys, kIndexNameBirth,
                   absl::StrFormat("%s|%04d%02d%02d", folded_surname, birth.year(), birth.month(),
                                   birth.day()),
                   false)
      .index;
}

std::string IndexOfAddress(const Keys& keys, absl::string_view postcode, int32_t house_number) {
  return MakeValue(keys, kIndexAddress, absl::StrCat(postcode, "|", house_number), false).index;
}

std::string IndexOfCase(const Keys& keys, absl::string_view number) {
  return MakeValue(keys, kIndexCase, absl::AsciiStrToLower(number), false).index;
}

Id CitizenIdOfBsn(const Keys& keys, absl::string_view bsn) { return keys.IdOf("citizen", bsn); }

}  // namespace klantbeeld::store
