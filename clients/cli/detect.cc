#include "clients/cli/detect.h"

#include <phonenumbers/phonenumberutil.h>

#include <algorithm>
#include <cctype>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "clients/cli/times.h"

namespace klantbeeld::cli {
namespace {

using Detected = std::variant<Key, Label>;

bool AllDigits(const std::string& text, size_t count) {
  return text.size() == count && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

Detected Identifier(Label kind, v1::IdentifierType type, std::string value) {
  Key key{kind, {}};
  key.request.mutable_identifier()->set_type(type);
  key.request.mutable_identifier()->set_value(std::move(value));
  return key;
}

Detected Bsn(const std::string& term) {
  if (!PassesElevenTest(term)) return Label::bsn_expected;
  return Identifier(Label::kind_bsn, v1::IDENTIFIER_TYPE_BSN, term);
}

Detected Phone(const std::string& term) {
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

// "1234AB 12", "1234 ab 12".
Detected Address(const std::string& term) {
  std::string packed = term;
  packed.erase(std::remove(packed.begin(), packed.end(), ' '), packed.end());
  int32_t number = 0;
  if (packed.size() < 7 || !AllDigits(packed.substr(0, 4), 4) || !absl::ascii_isalpha(packed[4]) ||
      !absl::ascii_isalpha(packed[5]) || !AllDigits(packed.substr(6), packed.size() - 6) ||
      !absl::SimpleAtoi(packed.substr(6), &number) || number < 1 || number > 99999)
    return Label::address_expected;
  Key key{Label::kind_address, {}};
  key.request.mutable_address()->set_postcode(absl::AsciiStrToUpper(packed.substr(0, 6)));
  key.request.mutable_address()->set_house_number(number);
  return key;
}

Detected Kvk(const std::string& term) {
  if (!AllDigits(term, 8)) return Label::kvk_expected;
  return Identifier(Label::kind_kvk, v1::IDENTIFIER_TYPE_KVK, term);
}

Detected Name(std::string name, std::string born) {
  if (born.empty()) {
    const size_t space = name.rfind(' ');
    if (space != std::string::npos && ParseBirthDate(name.substr(space + 1))) {
      born = name.substr(space + 1);
      name = std::string(absl::StripAsciiWhitespace(name.substr(0, space)));
    }
  }
  if (born.empty()) return Label::name_needs_date;
  const auto day = ParseBirthDate(born);
  if (!day) return Label::date_expected;
  Key key{Label::kind_name, {}};
  key.request.mutable_name()->set_surname(name);
  v1::PartialDate& date = *key.request.mutable_name()->mutable_birth_date();
  date.set_year(static_cast<int32_t>(day->year()));
  date.set_month(day->month());
  date.set_day(day->day());
  return key;
}

Detected Case(const std::string& term) {
  Key key{Label::kind_case, {}};
  key.request.set_case_number(term);
  return key;
}

bool LooksLikePhone(const std::string& term) {
  std::string digits;
  for (const char c : term) {
    if (absl::ascii_isdigit(c))
      digits += c;
    else if (c != ' ' && c != '-' && c != '(' && c != ')' && c != '+')
      return false;
  }
  return term[0] == '+' || (digits.size() == 10 && digits[0] == '0');
}

}  // namespace

bool PassesElevenTest(const std::string& digits) {
  if (!AllDigits(digits, 9) || digits == "000000000") return false;
  int sum = -(digits[8] - '0');
  for (size_t i = 0; i < 8; ++i) sum += (digits[i] - '0') * (9 - static_cast<int>(i));
  return sum % 11 == 0;
}

Detected Detect(const std::string& given, const std::string& kind, const std::string& born) {
  const std::string term(absl::StripAsciiWhitespace(given));
  if (term.empty()) return Label::search_hint;
  if (kind == "bsn") return Bsn(term);
  if (kind == "phone") return Phone(term);
  if (kind == "email") return Identifier(Label::kind_email, v1::IDENTIFIER_TYPE_EMAIL, term);
  if (kind == "kvk") return Kvk(term);
  if (kind == "postcode") return Address(term);
  if (kind == "name") return Name(term, born);
  if (kind == "case") return Case(term);
  if (!born.empty()) return Name(term, born);
  if (PassesElevenTest(term)) return Bsn(term);
  if (AllDigits(term, 9)) return Label::bsn_fails;
  if (LooksLikePhone(term)) return Phone(term);
  const Detected address = Address(term);
  if (std::holds_alternative<Key>(address)) return address;
  if (term.find('@') != std::string::npos)
    return Identifier(Label::kind_email, v1::IDENTIFIER_TYPE_EMAIL, term);
  if (AllDigits(term, 8)) return Kvk(term);
  return Name(term, born);
}

}  // namespace klantbeeld::cli
