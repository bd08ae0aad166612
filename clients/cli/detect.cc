#include "clients/cli/detect.h"

#include <phonenumbers/phonenumberutil.h>
#include <unicode/regex.h>

#include <algorithm>
#include <cctype>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "clients/cli/times.h"

namespace klantbeeld::cli {
namespace {

using Detected = std::variant<Key, Label>;

// Longer than any key; what is longer is not looked at by the pattern.
constexpr size_t kTermBytesMax = 500;

bool AllDigits(const std::string& text, size_t count) {
  return text.size() == count && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

Detected Identifier(Label kind, v1::IdentifierType type, std::string value) {
  Key key{kind, {}, {}};
  key.request.mutable_identifier()->set_type(type);
  key.request.mutable_identifier()->set_value(std::move(value));
  return key;
}

// People write a BSN in groups: "9999 90 019", "9999.90.019".
std::string WithoutGroups(const std::string& term) {
  std::string packed = term;
  packed.erase(std::remove_if(packed.begin(), packed.end(),
                              [](char c) { return c == ' ' || c == '.'; }),
               packed.end());
  return packed;
}

Detected Bsn(const std::string& term) {
  const std::string digits = WithoutGroups(term);
  if (!PassesElevenTest(digits)) return Label::bsn_expected;
  return Identifier(Label::kind_bsn, v1::IDENTIFIER_TYPE_BSN, digits);
}

// Ten digits of the Dutch network, which need no library to be read; that one
// takes longer to wake up than all the rest of a search.
std::optional<std::string> DutchNumber(const std::string& term) {
  std::string digits = term;
  digits.erase(std::remove_if(digits.begin(), digits.end(),
                              [](char c) { return c == ' ' || c == '-'; }),
               digits.end());
  if (!AllDigits(digits, 10) || digits[0] != '0' || digits[1] == '0') return std::nullopt;
  return "+31" + digits.substr(1);
}

Detected Phone(const std::string& term) {
  if (auto number = DutchNumber(term))
    return Identifier(Label::kind_phone, v1::IDENTIFIER_TYPE_PHONE, *std::move(number));
  using i18n::phonenumbers::PhoneNumberUtil;
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  i18n::phonenumbers::PhoneNumber number;
  if (util.Parse(term, "NL", &number) != PhoneNumberUtil::NO_PARSING_ERROR ||
      !util.IsPossibleNumber(number))
    return Label::phone_expected;
  std::string normal;
  util.Format(number, PhoneNumberUtil::E164, &normal);
  return Identifier(Label::kind_phone, v1::IDENTIFIER_TYPE_PHONE, normal);
}

// "1234AB 12", "1234 ab 12a", "1234AB 12-2": what comes behind the number is
// not looked up by, since sources write it in many ways.
Detected Address(const std::string& term) {
  std::string packed = term;
  packed.erase(std::remove(packed.begin(), packed.end(), ' '), packed.end());
  if (packed.size() < 7 || !AllDigits(packed.substr(0, 4), 4) || !absl::ascii_isalpha(packed[4]) ||
      !absl::ascii_isalpha(packed[5]))
    return Label::address_expected;
  size_t end = 6;
  while (end < packed.size() && absl::ascii_isdigit(packed[end])) ++end;
  int32_t number = 0;
  if (!absl::SimpleAtoi(packed.substr(6, end - 6), &number) || number < 1 || number > 99999 ||
      packed.size() - end > 5)
    return Label::address_expected;
  Key key{Label::kind_address, {}, {}};
  key.request.mutable_address()->set_postcode(absl::AsciiStrToUpper(packed.substr(0, 6)));
  key.request.mutable_address()->set_house_number(number);
  return key;
}

Detected Kvk(const std::string& term) {
  if (!AllDigits(term, 8)) return Label::kvk_expected;
  return Identifier(Label::kind_kvk, v1::IDENTIFIER_TYPE_KVK, term);
}

// A birth date written of digits alone, or one that does not exist.
bool LooksLikeDate(const std::string& word) {
  const std::vector<std::string> parts = absl::StrSplit(word, absl::ByAnyChar("-/."));
  return parts.size() == 3 && (parts.front().size() == 4 || parts.back().size() == 4) &&
         std::all_of(parts.begin(), parts.end(),
                     [](const std::string& part) { return AllDigits(part, part.size()); });
}

bool HasLetter(const std::string& text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return absl::ascii_isalpha(c) || !absl::ascii_isascii(c); });
}

// "van Essen, Noor" to "Noor van Essen".
void PutFirstNamesFirst(std::string& name) {
  const size_t comma = name.find(',');
  if (comma == std::string::npos) return;
  name = absl::StrCat(name.substr(comma + 1), " ", name.substr(0, comma));
  absl::StripAsciiWhitespace(&name);
}

// Takes a birth date off either end of `name`.
std::string TakeBirthDate(std::string& name) {
  const size_t last = name.rfind(' '), first = name.find(' ');
  if (last == std::string::npos) return "";
  std::string born = name.substr(last + 1);
  if (ParseBirthDate(born)) {
    name.resize(last);
  } else {
    born = name.substr(0, name[first - 1] == ',' ? first - 1 : first);
    if (!ParseBirthDate(born)) return "";
    name.erase(0, first);
  }
  absl::StripAsciiWhitespace(&name);
  if (!name.empty() && name.back() == ',') name.pop_back();
  return born;
}

Detected Name(std::string name, std::string born) {
  if (LooksLikeDate(name))
    return ParseBirthDate(name) ? Label::date_needs_name : Label::date_expected;
  if (born.empty()) born = TakeBirthDate(name);
  if (!HasLetter(name)) return Label::name_expected;
  // What stands behind a name and is no word was meant as its date.
  if (born.empty() && !HasLetter(name.substr(name.rfind(' ') + 1))) return Label::date_expected;
  if (born.empty()) return Label::name_needs_date;
  const auto day = ParseBirthDate(born);
  if (!day) return Label::date_expected;
  PutFirstNamesFirst(name);
  Key key{Label::kind_name, {}, {}};
  key.request.mutable_name()->set_surname(name);
  v1::PartialDate& date = *key.request.mutable_name()->mutable_birth_date();
  date.set_year(static_cast<int32_t>(day->year()));
  date.set_month(day->month());
  date.set_day(day->day());
  return key;
}

Detected Case(const std::string& term) {
  Key key{Label::kind_case, {}, {}};
  key.request.set_case_number(term);
  return key;
}

bool LooksLikeCase(const std::string& term, const std::string& pattern) {
  if (pattern.empty() || term.size() > kTermBytesMax) return false;
  UErrorCode error = U_ZERO_ERROR;
  const icu::UnicodeString text = icu::UnicodeString::fromUTF8(term);
  icu::RegexMatcher matcher(icu::UnicodeString::fromUTF8(pattern), text, 0, error);
  // A pattern of somebody's own must not keep the caller waiting.
  matcher.setTimeLimit(100, error);
  const UBool matches = matcher.matches(error);
  return U_SUCCESS(error) && matches;
}

bool LooksLikePhone(const std::string& term) {
  std::string digits;
  for (const char c : term) {
    if (absl::ascii_isdigit(c))
      digits += c;
    else if (std::string(" -()+./").find(c) == std::string::npos)
      return false;
  }
  return term[0] == '+' || (digits.size() == 10 && digits[0] == '0') ||
         (digits.size() >= 11 && digits.compare(0, 2, "00") == 0);
}

// A postcode and no number behind it.
bool LooksLikePostcode(const std::string& term) {
  std::string packed = term;
  packed.erase(std::remove(packed.begin(), packed.end(), ' '), packed.end());
  return packed.size() >= 6 && AllDigits(packed.substr(0, 4), 4) &&
         absl::ascii_isalpha(packed[4]) && absl::ascii_isalpha(packed[5]) &&
         (packed.size() == 6 || !absl::ascii_isalnum(packed[6]));
}

// What a term without any letter lacks to be a key.
Label WhatLacks(const std::string& term) {
  if (ParseBirthDate(term)) return Label::date_needs_name;
  if (LooksLikeDate(term)) return Label::date_expected;
  const auto digits = std::count_if(term.begin(), term.end(), absl::ascii_isdigit);
  if (digits == 0) return Label::search_hint;
  return term[0] == '0' && digits > 2 ? Label::phone_short : Label::number_unknown;
}

// "kvk 12345678", "zaak: BZW 77": the kind stands before the term. Nothing where
// it may be somebody's name.
std::optional<Searching> KindInFront(std::string& term) {
  const size_t end = term.find_first_of(" :");
  if (end == std::string::npos) return std::nullopt;
  std::string kind = absl::AsciiStrToLower(term.substr(0, end));
  for (const auto& [dutch, name] : {std::pair("telefoon", "phone"), std::pair("zaak", "case")})
    if (kind == dutch) kind = name;
  const bool number = kind == "bsn" || kind == "kvk";
  if (!number && kind != "phone" && kind != "case" && kind != "postcode" && kind != "email")
    return std::nullopt;
  std::string rest = term.substr(end + 1);
  absl::StripAsciiWhitespace(&rest);
  std::string dated = term;
  if (rest.empty() || (!number && !TakeBirthDate(dated).empty())) return std::nullopt;
  term = rest;
  return Searching{kind, "", ""};
}

Detected ByKind(const std::string& term, const Searching& searching);

// By its form alone.
Detected Guess(const std::string& term, const Searching& searching) {
  std::string rest = term;
  if (const auto said = KindInFront(rest)) return ByKind(rest, *said);
  const std::string packed = WithoutGroups(term);
  if (PassesElevenTest(packed)) return Bsn(packed);
  if (AllDigits(packed, 9)) return Label::bsn_fails;
  if (LooksLikePhone(term)) return Phone(term);
  const Detected address = Address(term);
  if (std::holds_alternative<Key>(address)) return address;
  if (term.find('@') != std::string::npos)
    return Identifier(Label::kind_email, v1::IDENTIFIER_TYPE_EMAIL, term);
  if (AllDigits(term, 8)) return Kvk(term);
  if (LooksLikeCase(term, searching.case_pattern)) return Case(term);
  if (LooksLikePostcode(term)) return Label::postcode_needs_number;
  if (!HasLetter(term)) return WhatLacks(term);
  return Name(term, searching.born);
}

Detected ByKind(const std::string& term, const Searching& searching) {
  const std::string& kind = searching.kind;
  if (kind.empty()) return Guess(term, searching);
  if (kind == "bsn") return Bsn(term);
  if (kind == "phone") return Phone(term);
  if (kind == "email") return Identifier(Label::kind_email, v1::IDENTIFIER_TYPE_EMAIL, term);
  if (kind == "kvk") return Kvk(term);
  if (kind == "postcode") return Address(term);
  if (kind == "case") return Case(term);
  return Name(term, searching.born);
}

}  // namespace

bool PassesElevenTest(const std::string& digits) {
  if (!AllDigits(digits, 9) || digits == "000000000") return false;
  int sum = -(digits[8] - '0');
  for (size_t i = 0; i < 8; ++i) sum += (digits[i] - '0') * (9 - static_cast<int>(i));
  return sum % 11 == 0;
}

Detected Detect(const std::string& given, const Searching& searching) {
  const std::string term(absl::StripAsciiWhitespace(given));
  if (term.empty()) return Label::search_hint;
  Detected detected = ByKind(term, searching);
  Key* key = std::get_if<Key>(&detected);
  if (key == nullptr || searching.born.empty() || key->kind == Label::kind_name) return detected;
  key->born = ParseBirthDate(searching.born);
  if (!key->born) return Label::date_expected;
  return detected;
}

}  // namespace klantbeeld::cli
