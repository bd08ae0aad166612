#include "service/party_rules.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/field_mask.pb.h>

#include <algorithm>
#include <array>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"

namespace klantbeeld::service {
namespace {

constexpr int kClearedPathsMax = 100;

// Where the municipality is: when a day begins.
const absl::TimeZone& Amsterdam() {
  static const absl::TimeZone zone = [] {
    absl::TimeZone loaded;
    // Without tzdata its summer time, so that whoever was born today is taken.
    return absl::LoadTimeZone("Europe/Amsterdam", &loaded) ? loaded : absl::FixedTimeZone(2 * 3600);
  }();
  return zone;
}

Fault Invalid(std::string path, std::string what) {
  return {v1::ERROR_REASON_FIELD_INVALID, std::move(path), std::move(what)};
}

Fault Required(std::string path, std::string what = "is required") {
  return {v1::ERROR_REASON_FIELD_REQUIRED, std::move(path), std::move(what)};
}

bool AllDigits(absl::string_view text, size_t count) {
  return text.size() == count && absl::c_all_of(text, absl::ascii_isdigit);
}

// The key that a party has when it names none.
absl::string_view DefaultKey(v1::PartyRole role) {
  switch (role) {
    case v1::PARTY_ROLE_REPRESENTATIVE:
      return "representative";
    case v1::PARTY_ROLE_SUBJECT:
      return "subject";
    case v1::PARTY_ROLE_CONTACT_PERSON:
      return "contact_person";
    default:
      return "customer";
  }
}

bool IsOnePerParty(v1::IdentifierType type) {
  return type == v1::IDENTIFIER_TYPE_BSN || type == v1::IDENTIFIER_TYPE_RSIN ||
         type == v1::IDENTIFIER_TYPE_KVK || type == v1::IDENTIFIER_TYPE_VESTIGING;
}

MaybeFault CheckIdentifiers(const v1::Party& party) {
  std::array<bool, v1::IdentifierType_ARRAYSIZE> seen{};
  for (int i = 0; i < party.identifiers_size(); ++i) {
    const v1::Identifier& identifier = party.identifiers(i);
    const std::string path = absl::StrCat("identifiers[", i, "]");
    if (auto fault = CheckIdentifier(identifier)) {
      fault->path = JoinPath(path, fault->path);
      return fault;
    }
    bool& before = seen[static_cast<size_t>(identifier.type())];
    if (before && IsOnePerParty(identifier.type())) {
      return Fault{v1::ERROR_REASON_IDENTIFIER_NOT_SINGLE, path,
                   "a party has one BSN, RSIN, KVK number and vestiging at most"};
    }
    before = true;
    const bool person = seen[v1::IDENTIFIER_TYPE_BSN] || seen[v1::IDENTIFIER_TYPE_DIGID_PSEUDONYM];
    const bool organisation = seen[v1::IDENTIFIER_TYPE_RSIN] || seen[v1::IDENTIFIER_TYPE_KVK] ||
                              seen[v1::IDENTIFIER_TYPE_VESTIGING];
    if (person && organisation) {
      return Invalid(path, "a natural person and an organisation are two parties");
    }
  }
  return {};
}

// An organisation was not born; names may be of whoever spoke for it.
MaybeFault CheckOrganisation(const v1::Party& party) {
  const bool organisation = absl::c_any_of(party.identifiers(), [](const v1::Identifier& one) {
    return IsOnePerParty(one.type()) && one.type() != v1::IDENTIFIER_TYPE_BSN;
  });
  if (!organisation) return {};
  const auto person = [](const char* field) {
    return Invalid(absl::StrCat("details.", field),
                   "is a natural person's, and by its number the party is an organisation; make "
                   "the person a party of its own, role CONTACT_PERSON");
  };
  if (party.details().has_birth_date()) return person("birth_date");
  if (party.details().has_birth_place()) return person("birth_place");
  return {};
}

MaybeFault CheckAddress(const v1::Address& address) {
  const bool dutch = !address.has_country() || address.country() == "NL";
  if (address.has_postcode() && dutch) {
    if (auto fault = CheckPostcode(address.postcode())) {
      fault->path = "postcode";
      return fault;
    }
  }
  if (address.has_house_letter() &&
      !(address.house_letter().size() == 1 &&
        absl::ascii_isalpha(static_cast<unsigned char>(address.house_letter()[0])))) {
    return Invalid("house_letter", "must be one letter, A to Z");
  }
  if (address.has_bag_id() && !AllDigits(address.bag_id(), 16)) {
    return Invalid("bag_id", "must be sixteen digits");
  }
  const std::string& country = address.country();
  if (address.has_country() &&
      !(country.size() == 2 && absl::c_all_of(country, absl::ascii_isupper))) {
    return Invalid("country", "must be two capitals, as ISO 3166 has them");
  }
  return {};
}

// The first day that a date may mean.
absl::CivilDay Earliest(const v1::PartialDate& date) {
  return absl::CivilDay(date.year(), date.has_month() ? date.month() : 1,
                        date.has_day() ? date.day() : 1);
}

MaybeFault CheckParty(const v1::Party& party, absl::Time now) {
  if (party.has_key() && !IsPartyKey(party.key())) {
    return Invalid("key", "must be 1 to 40 of a-z, 0-9, '-' and '_'");
  }
  if (auto fault = CheckIdentifiers(party)) return fault;
  if (auto fault = CheckOrganisation(party)) return fault;
  if (auto fault = CheckDetails(party.details(), now)) {
    fault->path = JoinPath("details", fault->path);
    return fault;
  }
  return CheckCleared(party.cleared(), party, {"key", "cleared"});
}

// The field that `path` names in `message`, and whether it is set there.
struct Named {
  const google::protobuf::FieldDescriptor* field = nullptr;
  bool set = false;
};

Named Find(const google::protobuf::Message& message, absl::string_view path) {
  const google::protobuf::Descriptor* type = message.GetDescriptor();
  const google::protobuf::Message* at = &message;
  Named named;
  for (const absl::string_view name : absl::StrSplit(path, '.')) {
    if (type == nullptr) return {};
    named.field = type->FindFieldByName(std::string(name));
    if (named.field == nullptr) return {};
    named.set = false;
    if (at != nullptr) {
      const auto* reflection = at->GetReflection();
      named.set = named.field->is_repeated() ? reflection->FieldSize(*at, named.field) > 0
                                             : reflection->HasField(*at, named.field);
    }
    // Elements of lists and parts of a time or date have no names of their own.
    const google::protobuf::Descriptor* part = named.field->message_type();
    const bool inside = !named.field->is_repeated() && part != nullptr &&
                        part->file()->package() == "klantbeeld.v1" &&
                        part != v1::PartialDate::descriptor();
    at = inside && named.set ? &at->GetReflection()->GetMessage(*at, named.field) : nullptr;
    type = inside ? part : nullptr;
  }
  return named;
}

}  // namespace

MaybeFault CheckBirth(const v1::PartialDate& birth, absl::Time now) {
  if (auto fault = CheckDate(birth)) return fault;
  if (!birth.has_year() || Earliest(birth) <= absl::ToCivilDay(now, Amsterdam())) return {};
  return Fault{v1::ERROR_REASON_TIME_IN_FUTURE, "",
               "lies ahead, so nobody was born then; correct it, or leave it out"};
}

MaybeFault CheckDetails(const v1::PersonalDetails& details, absl::Time now) {
  const auto in = [](absl::string_view field, MaybeFault fault) {
    if (fault) fault->path = JoinPath(field, fault->path);
    return fault;
  };
  if (auto fault = in("birth_date", CheckBirth(details.birth_date(), now))) return fault;
  if (auto fault = in("address", CheckAddress(details.address()))) return fault;
  if (auto fault = in("postal_address", CheckAddress(details.postal_address()))) return fault;
  if (!details.has_preferred_language()) return {};
  return in("preferred_language", CheckLanguage(details.preferred_language()));
}

MaybeFault CheckCleared(const google::protobuf::FieldMask& cleared,
                        const google::protobuf::Message& given,
                        std::initializer_list<absl::string_view> refused) {
  if (cleared.paths_size() > kClearedPathsMax) {
    return Fault{v1::ERROR_REASON_LIMIT_EXCEEDED, "cleared",
                 absl::StrCat(cleared.paths_size(), " paths, at most ", kClearedPathsMax)};
  }
  for (int i = 0; i < cleared.paths_size(); ++i) {
    const absl::string_view path = cleared.paths(i);
    const std::string at = absl::StrCat("cleared.paths[", i, "]");
    const std::vector<absl::string_view> names = absl::StrSplit(path, absl::MaxSplits('.', 1));
    const Named named = Find(given, path);
    if (named.field == nullptr || absl::c_linear_search(refused, names[0])) {
      return Invalid(at, "does not name a field that can be taken back");
    }
    if (named.set) return Invalid(at, "names a field that the same event sets");
  }
  return {};
}

bool IsPartyKey(absl::string_view key) {
  return !key.empty() && key.size() <= 40 && absl::c_all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

MaybeFault CheckParties(const v1::ContactData& data, absl::Time now) {
  std::array<absl::string_view, 8> keys;
  for (int i = 0; i < data.parties_size(); ++i) {
    const v1::Party& party = data.parties(i);
    const std::string path = absl::StrCat("parties[", i, "]");
    if (auto fault = CheckParty(party, now)) {
      fault->path = JoinPath(path, fault->path);
      return fault;
    }
    const auto end = keys.begin() + std::min<int>(i, 8);
    const absl::string_view key =
        party.has_key() ? absl::string_view(party.key()) : DefaultKey(party.role());
    if (std::find(keys.begin(), end, key) != end) {
      return Invalid(path + ".key", "another party has this key; without one it is the role");
    }
    if (i < 8) keys[static_cast<size_t>(i)] = key;
  }
  return {};
}

MaybeFault CheckIdentifier(const v1::Identifier& identifier) {
  if (identifier.type() == v1::IDENTIFIER_TYPE_UNSPECIFIED) return Required("type");
  if (identifier.value().empty()) return Required("value");
  if (identifier.has_masked()) return Invalid("masked", "is only in replies");
  if (identifier.verified() == v1::VERIFIED_BY_REGISTRY) {
    return Invalid("verified", "is said by the registry only; say how the source verified it");
  }
  if (identifier.type() == v1::IDENTIFIER_TYPE_VESTIGING) {
    if (!identifier.has_parent()) {
      return Fault{v1::ERROR_REASON_PARENT_REQUIRED, "parent",
                   "a vestiging needs the KVK number that it stands under"};
    }
    if (!AllDigits(identifier.parent(), 8)) return Invalid("parent", "must be eight digits");
  } else if (identifier.has_parent()) {
    return Invalid("parent", "only a vestiging stands under a KVK number");
  }
  if (identifier.type() == v1::IDENTIFIER_TYPE_OTHER) {
    if (identifier.register_().empty())
      return Required("register", "type OTHER needs its register");
  } else if (identifier.has_register_()) {
    return Invalid("register", "only type OTHER names a register");
  }
  return {};
}

MaybeFault CheckDate(const v1::PartialDate& date) {
  const auto impossible = [](std::string path, std::string what) {
    return Fault{v1::ERROR_REASON_TIME_INVALID, std::move(path), std::move(what)};
  };
  if (date.has_month() && !date.has_year()) return impossible("month", "needs the year");
  if (!date.has_day()) return {};
  if (!date.has_month()) return impossible("day", "needs the month");
  const absl::CivilDay day(date.year(), date.month(), date.day());
  if (day.month() != date.month()) return impossible("day", "is not in that month");
  return {};
}

MaybeFault CheckPostcode(absl::string_view postcode) {
  if (postcode.size() == 7 && postcode[4] == ' ') {
    // "1234 AB" and "1234AB" are the same.
  } else if (postcode.size() != 6) {
    return Invalid("", "must be four digits and two letters, \"1234AB\"");
  }
  const absl::string_view digits = postcode.substr(0, 4);
  const absl::string_view letters = postcode.substr(postcode.size() - 2);
  if (AllDigits(digits, 4) && digits[0] != '0' && absl::c_all_of(letters, absl::ascii_isalpha)) {
    return {};
  }
  return Invalid("", "must be four digits and two letters, \"1234AB\"");
}

MaybeFault CheckLanguage(absl::string_view language) {
  if ((language.size() == 2 || language.size() == 3) &&
      absl::c_all_of(language, absl::ascii_islower)) {
    return {};
  }
  return Invalid("", "must be two or three lower-case letters, as ISO 639 has them");
}

}  // namespace klantbeeld::service
