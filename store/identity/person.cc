#include "store/identity/person.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "store/contact.h"
#include "store/identity/compare.h"
#include "store/identity/normalise.h"

namespace klantbeeld::store {
namespace {

// Rules of blocking, numbered apart from types of identifiers. A number stands
// for its rule for ever. 64, 68 to 70, 73, 74, 78 and 79 were rules that found
// hardly anybody whom the others did not.
enum Rule : uint8_t {
  kInitialBirth = 65,      // Day and month in ascending order: they change places.
  kPostcodeNumber = 66,
  kStreetNumber = 67,
  kSoundBirthMonth = 71,   // How the surname sounds, and year and month of birth.
  kAreaBirth = 72,
  kInitialPostcode = 75,
  kSurnameInitial = 76,
  kSurnameCity = 77,
  kStreetBirth = 80,
  kSoundPostcodeArea = 81,
  kFirstNameBirthPlace = 82,
  kCityBirth = 83,
  kSoundBirthPlace = 84,
  kEmailName = 85,         // What stands before the @.
  kFirstNameYear = 86,
  kSounds = 87,            // How first name and surname sound, in ascending order: they change places.
};

constexpr size_t kEmailNameMin = 4;  // Shorter ones are of too many.

void SortOnce(std::vector<std::string>& values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
}

void AddIdentifier(const v1::Identifier& identifier, Person& person) {
  switch (identifier.type()) {
    case v1::IDENTIFIER_TYPE_PHONE:
      person.phones.push_back(identifier.value());
      break;
    case v1::IDENTIFIER_TYPE_EMAIL:
      person.emails.push_back(identifier.value());
      break;
    case v1::IDENTIFIER_TYPE_COOKIE:
      person.devices.push_back(identifier.value());
      break;
    case v1::IDENTIFIER_TYPE_BSN:
    case v1::IDENTIFIER_TYPE_DIGID_PSEUDONYM:
    case v1::IDENTIFIER_TYPE_CUSTOMER:
    case v1::IDENTIFIER_TYPE_OTHER:
      person.numbers.push_back({.type = identifier.type(),
                                .verified = IsVerified(identifier),
                                .of = identifier.register_(),
                                .value = identifier.value()});
      break;
    case v1::IDENTIFIER_TYPE_RSIN:
    case v1::IDENTIFIER_TYPE_KVK:
    case v1::IDENTIFIER_TYPE_VESTIGING:
      person.organisation = true;
      break;
    default:
      break;  // A session, ticket or appointment says nothing of who somebody is.
  }
}

void AddSurname(const std::string& surname, Person& person) {
  const auto& known = person.surnames;
  if (surname.empty() || std::find(known.begin(), known.end(), surname) != known.end()) return;
  person.surnames.push_back(surname);
}

void AddNames(const format::FoldedNames& names, Person& person) {
  AddSurname(names.surname(), person);
  AddSurname(names.partner_surname(), person);
  for (const std::string& part : names.surname_parts()) AddSurname(part, person);
  for (const absl::string_view word :
       absl::StrSplit(names.first_names(), absl::ByAnyChar(" .-"), absl::SkipEmpty())) {
    person.first_names.emplace_back(word);
  }
  if (!names.initials().empty()) {
    for (const char c : names.initials()) {
      if (absl::ascii_isalpha(static_cast<unsigned char>(c))) person.initials.push_back(c);
    }
  } else {
    for (const std::string& word : person.first_names) person.initials.push_back(word[0]);
  }
  person.names_as_surname = names.has_first_names_as_surname() ? names.first_names_as_surname()
                                                               : names.first_names();
  // "J. Jansen": what stands where a first name should is an initial.
  const bool letters_only =
      std::all_of(person.first_names.begin(), person.first_names.end(),
                  [](const std::string& word) { return word.size() == 1; });
  if (letters_only) {
    person.first_names.clear();
    person.names_as_surname.clear();
  }
  person.street = names.street();
  person.city = names.city();
  person.birth_place = names.birth_place();
}

void AddDetails(const v1::PersonalDetails& details, Person& person) {
  const v1::PartialDate& birth = details.birth_date();
  person.birth = {.year = static_cast<int16_t>(birth.year()),
                  .month = static_cast<int8_t>(birth.month()),
                  .day = static_cast<int8_t>(birth.day())};
  if (details.sex() == v1::SEX_FEMALE || details.sex() == v1::SEX_MALE) person.sex = details.sex();
  const v1::Address& address = details.address();
  person.postcode = NormalPostcode(address.postcode());
  person.house_number = address.house_number();
  person.house_suffix = absl::AsciiStrToLower(
      absl::StrCat(address.house_letter(), address.house_number_addition()));
  if (details.has_organisation_name()) person.organisation = true;
}

class KeyList {
 public:
  template <typename... Parts>
  void Add(Rule rule, const Parts&... parts) {
    std::string value = absl::StrCat(parts...);
    BlockKey key{rule, std::move(value)};
    if (std::find(keys_.begin(), keys_.end(), key) == keys_.end()) keys_.push_back(std::move(key));
  }
  void AddIdentifiers(v1::IdentifierType type, const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      keys_.push_back({static_cast<uint8_t>(type), value});
    }
  }
  std::vector<BlockKey> Take() && { return std::move(keys_); }
  std::vector<BlockKey>& keys() { return keys_; }

 private:
  std::vector<BlockKey> keys_;
};

// More of an address than the town: it finds the same people as what is
// coarser, in shorter lists.
bool AddressKnown(const Person& person) {
  return !person.postcode.empty() || !person.street.empty();
}

void AddBirthKeys(const Person& person, KeyList& keys) {
  const auto& [year, month, day] = person.birth;
  if (year == 0) return;
  if (!AddressKnown(person) && !person.first_names.empty()) {
    keys.Add(kFirstNameYear, person.first_names[0], "|", year);
  }
  if (month == 0) return;
  const int month_of_year = year * 12 + month;
  for (const std::string& surname : person.surnames) {
    keys.Add(kSoundBirthMonth, SoundOf(surname), "|", month_of_year);
  }
  if (day == 0) return;
  const int date = month_of_year * 32 + day;
  if (!person.initials.empty()) {
    const int ascending = (year * 32 + std::min(month, day)) * 32 + std::max(month, day);
    keys.Add(kInitialBirth, person.initials.substr(0, 1), "|", ascending);
  }
  if (!person.postcode.empty()) {
    keys.Add(kAreaBirth, AreaOf(person.postcode), "|", date);
  } else if (!person.street.empty()) {
    keys.Add(kStreetBirth, person.street, "|", date);
  } else if (!person.city.empty()) {
    keys.Add(kCityBirth, person.city, "|", date);
  }
}

void AddAddressKeys(const Person& person, KeyList& keys) {
  if (person.house_number != 0) {
    if (!person.postcode.empty()) {
      keys.Add(kPostcodeNumber, person.postcode, "|", person.house_number);
    }
    if (!person.street.empty()) keys.Add(kStreetNumber, person.street, "|", person.house_number);
  }
  for (const std::string& surname : person.surnames) {
    if (!person.postcode.empty()) {
      keys.Add(kSoundPostcodeArea, SoundOf(surname), "|", AreaOf(person.postcode));
    }
    if (!person.city.empty() && !AddressKnown(person)) keys.Add(kSurnameCity, surname, "|", person.city);
    if (!person.birth_place.empty()) {
      keys.Add(kSoundBirthPlace, SoundOf(surname), "|", person.birth_place);
    }
  }
  if (!person.initials.empty() && !person.postcode.empty()) {
    keys.Add(kInitialPostcode, person.initials.substr(0, 1), "|", person.postcode);
  }
  if (!person.first_names.empty() && !person.birth_place.empty()) {
    keys.Add(kFirstNameBirthPlace, person.first_names[0], "|", person.birth_place);
  }
}

void AddNameKeys(const Person& person, KeyList& keys) {
  for (const std::string& surname : person.surnames) {
    if (!person.first_names.empty()) {
      const std::string last = SoundOf(surname);
      for (const auto* name : {&person.first_names[0], &person.names_as_surname}) {
        const std::string first = SoundOf(*name);
        keys.Add(kSounds, std::min(first, last), "|", std::max(first, last));
      }
    }
    if (!person.initials.empty()) {
      keys.Add(kSurnameInitial, surname, "|", person.initials.substr(0, 1));
    }
  }
  for (const std::string& email : person.emails) {
    const size_t at = email.rfind('@');
    if (at != std::string::npos && at >= kEmailNameMin) keys.Add(kEmailName, email.substr(0, at));
  }
}

}  // namespace

Person PersonOf(const format::ClaimContent& content) {
  Person person;
  for (const auto& identifier : content.identifiers()) AddIdentifier(identifier, person);
  for (auto* values : {&person.phones, &person.emails, &person.devices}) SortOnce(*values);
  AddNames(content.names(), person);
  AddDetails(content.details(), person);
  return person;
}

std::vector<BlockKey> BlockKeysOf(const Person& person) {
  KeyList keys;
  if (person.organisation) return {};
  keys.AddIdentifiers(v1::IDENTIFIER_TYPE_PHONE, person.phones);
  keys.AddIdentifiers(v1::IDENTIFIER_TYPE_EMAIL, person.emails);
  keys.AddIdentifiers(v1::IDENTIFIER_TYPE_COOKIE, person.devices);
  for (const Person::Number& number : person.numbers) {
    keys.keys().push_back({static_cast<uint8_t>(number.type),
                           number.of.empty() ? number.value
                                             : absl::StrCat(number.of, "/", number.value)});
  }
  AddBirthKeys(person, keys);
  AddAddressKeys(person, keys);
  AddNameKeys(person, keys);
  return std::move(keys).Take();
}

std::vector<v1::EvidenceField> FieldsOf(uint8_t rule) {
  constexpr auto kSurname = v1::EVIDENCE_FIELD_SURNAME, kFirst = v1::EVIDENCE_FIELD_FIRST_NAMES,
                 kBirth = v1::EVIDENCE_FIELD_BIRTH_DATE, kAddress = v1::EVIDENCE_FIELD_ADDRESS,
                 kBirthPlace = v1::EVIDENCE_FIELD_BIRTH_PLACE, kEmail = v1::EVIDENCE_FIELD_EMAIL;
  switch (rule) {
    case v1::IDENTIFIER_TYPE_PHONE:
      return {v1::EVIDENCE_FIELD_PHONE};
    case v1::IDENTIFIER_TYPE_EMAIL:
    case kEmailName:
      return {kEmail};
    case v1::IDENTIFIER_TYPE_COOKIE:
      return {v1::EVIDENCE_FIELD_DEVICE};
    case kInitialBirth:
    case kFirstNameYear:
      return {kFirst, kBirth};
    case kPostcodeNumber:
    case kStreetNumber:
      return {kAddress};
    case kSoundBirthMonth:
      return {kSurname, kBirth};
    case kAreaBirth:
    case kStreetBirth:
    case kCityBirth:
      return {kAddress, kBirth};
    case kInitialPostcode:
      return {kFirst, kAddress};
    case kSurnameInitial:
    case kSounds:
      return {kSurname, kFirst};
    case kSurnameCity:
    case kSoundPostcodeArea:
      return {kSurname, kAddress};
    case kFirstNameBirthPlace:
      return {kFirst, kBirthPlace};
    case kSoundBirthPlace:
      return {kSurname, kBirthPlace};
    default:
      return {v1::EVIDENCE_FIELD_NUMBER};
  }
}

absl::string_view AreaOf(absl::string_view postcode) {
  if (postcode.size() <= 4) return postcode;
  const bool dutch = absl::ascii_isdigit(static_cast<unsigned char>(postcode[0]));
  return postcode.substr(0, dutch ? 4 : postcode.size() - 3);
}

bool MayDisregard(uint8_t rule) {
  return rule == v1::IDENTIFIER_TYPE_PHONE || rule == v1::IDENTIFIER_TYPE_EMAIL ||
         rule == v1::IDENTIFIER_TYPE_COOKIE || rule == v1::IDENTIFIER_TYPE_CUSTOMER;
}

void Disregard(const BlockKey& key, Person& person) {
  if (MayDisregard(key.rule)) person.generic.push_back(key.value);
}

bool GoesWithBirth(uint8_t rule) {
  return rule == kSurnameInitial || rule == kFirstNameYear || rule == kSounds;
}

}  // namespace klantbeeld::store
