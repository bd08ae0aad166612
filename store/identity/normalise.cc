#include "store/identity/normalise.h"

#include <phonenumbers/phonenumberutil.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "store/error.h"

namespace klantbeeld::store {
namespace {

// Numbers whose normal form a thread remembers.
constexpr size_t kKnownPhonesMax = 8192;

bool AllDigits(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// Digits may be grouped by spaces, dots and hyphens.
std::string Ungrouped(absl::string_view text) {
  return absl::StrReplaceAll(absl::StripAsciiWhitespace(text), {{" ", ""}, {".", ""}, {"-", ""}});
}

absl::Status Invalid(absl::string_view what) {
  return Error(v1::ERROR_REASON_FIELD_INVALID, what, {.field = "value"});
}

absl::Status NormaliseElevenTested(v1::Identifier& identifier, absl::string_view name) {
  std::string digits = Ungrouped(identifier.value());
  // Some systems keep the number as a number and lose the leading zero.
  if (digits.size() == 8 && AllDigits(digits)) digits.insert(0, 1, '0');
  if (!PassesElevenTest(digits)) {
    return Error(v1::ERROR_REASON_BSN_INVALID,
                 absl::StrCat(name, " must be nine digits that pass the eleven test, not 000000000; "
                                    "correct it, or leave it out"),
                 {.field = "value"});
  }
  identifier.set_value(digits);
  return absl::OkStatus();
}

absl::Status NormaliseDigits(v1::Identifier& identifier, size_t count, absl::string_view name) {
  const std::string digits = Ungrouped(identifier.value());
  if (digits.size() != count || !AllDigits(digits)) {
    return Invalid(absl::StrCat(name, " must be ", count, " digits"));
  }
  identifier.set_value(digits);
  return absl::OkStatus();
}

absl::Status NormaliseVestiging(v1::Identifier& identifier) {
  if (!identifier.has_parent() || identifier.parent().empty()) {
    return Error(v1::ERROR_REASON_PARENT_REQUIRED,
                 "a vestigingsnummer needs its KVK number in parent", {.field = "parent"});
  }
  if (identifier.parent().size() != 8 || !AllDigits(identifier.parent())) {
    return Error(v1::ERROR_REASON_FIELD_INVALID, "parent must be a KVK number of eight digits",
                 {.field = "parent"});
  }
  return NormaliseDigits(identifier, 12, "a vestigingsnummer");
}

absl::Status NormalisePhone(v1::Identifier& identifier) {
  // Parsing costs more than all the rest of an event, and the same lines call
  // again and again.
  thread_local absl::flat_hash_map<std::string, std::string> known;
  if (const auto at = known.find(identifier.value()); at != known.end()) {
    identifier.set_value(at->second);
    return absl::OkStatus();
  }
  if (known.size() >= kKnownPhonesMax) known.clear();
  std::string typed = identifier.value();
  using i18n::phonenumbers::PhoneNumberUtil;
  PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  i18n::phonenumbers::PhoneNumber number;
  if (util.Parse(identifier.value(), "NL", &number) != PhoneNumberUtil::NO_PARSING_ERROR ||
      !util.IsPossibleNumber(number)) {
    return Invalid("a telephone number must be Dutch, or begin with + and the country's number");
  }
  util.Format(number, PhoneNumberUtil::E164, identifier.mutable_value());
  known.emplace(std::move(typed), identifier.value());
  return absl::OkStatus();
}

absl::Status NormaliseEmail(v1::Identifier& identifier) {
  const std::string text(absl::StripAsciiWhitespace(identifier.value()));
  const size_t at = text.rfind('@');
  const bool blank = std::any_of(text.begin(), text.end(), absl::ascii_isspace);
  if (at == std::string::npos || at == 0 || at + 1 == text.size() || blank) {
    return Invalid("an e-mail address must have a name, @ and a domain, and no spaces");
  }
  identifier.set_value(FoldText(text) == text ? text : absl::AsciiStrToLower(text));
  return absl::OkStatus();
}

// Word processors set curly quotes and other hyphens where people type ' and -.
UChar32 Typed(UChar32 c) {
  if (c == 0x2018 || c == 0x2019 || c == 0x02BC) return '\'';
  if (c == 0x2010 || c == 0x2012 || c == 0x2013) return '-';
  return c;
}

constexpr std::array<absl::string_view, 24> kPrefixes = {
    "van der ", "van den ", "van de ", "van 't ", "von der ", "in 't ", "in het ", "op de ",
    "op den ",  "aan de ",  "uit de ", "de la ",  "van ",     "von ",   "de ",     "den ",
    "der ",     "het ",     "ten ",    "ter ",    "te ",      "'t ",    "d'",      "el "};

// Forms of address and titles that end up in a field for names.
constexpr absl::string_view kTitles[] = {
    "baron", "baronet", "bart",   "bt",   "capt",  "captain", "col",    "count", "countess",
    "dame",  "dhr",     "dr",     "drs",  "duke",  "earl",    "esq",    "fam",   "general",
    "heer",  "hon",     "ing",    "ir",   "jhr",   "jkvr",    "jr",     "lady",  "lord",
    "lt",    "maj",     "major",  "mej",  "mevr",  "mevrouw", "miss",   "mr",    "mrs",
    "ms",    "mw",      "of",     "prof", "rev",   "reverend", "sir",   "sr",    "viscount"};

// A title, or an ordinal such as "2nd" and "3e".
bool IsTitle(absl::string_view folded_word) {
  folded_word = absl::StripSuffix(folded_word, ".");
  if (absl::c_linear_search(kTitles, folded_word)) return true;
  if (folded_word.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(folded_word[0]))) {
    return false;
  }
  absl::string_view ending = folded_word;
  while (!ending.empty() && absl::ascii_isdigit(static_cast<unsigned char>(ending[0]))) {
    ending.remove_prefix(1);
  }
  return ending.empty() || ending == "st" || ending == "nd" || ending == "rd" || ending == "th" ||
         ending == "e" || ending == "de" || ending == "ste";
}

// Words that end the name of a street, short and in full.
constexpr std::pair<absl::string_view, absl::string_view> kStreetWords[] = {
    {"av", "avenue"},   {"ave", "avenue"},  {"avn", "avenue"},  {"blvd", "boulevard"},
    {"cir", "circle"},  {"cl", "close"},    {"cres", "crescent"}, {"ct", "court"},
    {"dr", "drive"},    {"hwy", "highway"}, {"ln", "lane"},     {"pkwy", "parkway"},
    {"pl", "place"},    {"rd", "road"},     {"sq", "square"},   {"st", "street"},
    {"str", "straat"},  {"ter", "terrace"}, {"trl", "trail"}};

// Letters, digits and single spaces; what else there is parts words, but for
// the apostrophe and the dot of an abbreviation.
std::string WordsOf(absl::string_view text) {
  std::string words;
  for (const char c : FoldText(text)) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || byte >= 0x80) {
      words.push_back(c);
    } else if (c != '\'' && !words.empty() && words.back() != ' ') {
      words.push_back(' ');
    }
  }
  if (!words.empty() && words.back() == ' ') words.pop_back();
  return words;
}

std::string FoldFirstNames(absl::string_view first_names) {
  const std::string folded = FoldText(absl::StripAsciiWhitespace(first_names));
  std::vector<absl::string_view> kept;
  for (const absl::string_view word : absl::StrSplit(folded, ' ', absl::SkipEmpty())) {
    if (!IsTitle(word)) kept.push_back(word);
  }
  return absl::StrJoin(kept, " ");
}

}  // namespace

bool PassesElevenTest(absl::string_view digits) {
  if (digits.size() != 9 || !AllDigits(digits) || digits == "000000000") return false;
  int sum = -(digits[8] - '0');
  for (int i = 0; i < 8; ++i) sum += (9 - i) * (digits[static_cast<size_t>(i)] - '0');
  return sum % 11 == 0;
}

absl::Status NormaliseIdentifier(v1::Identifier& identifier) {
  switch (identifier.type()) {
    case v1::IDENTIFIER_TYPE_BSN:
      return NormaliseElevenTested(identifier, "a BSN");
    case v1::IDENTIFIER_TYPE_RSIN:
      return NormaliseElevenTested(identifier, "an RSIN");
    case v1::IDENTIFIER_TYPE_KVK:
      return NormaliseDigits(identifier, 8, "a KVK number");
    case v1::IDENTIFIER_TYPE_VESTIGING:
      return NormaliseVestiging(identifier);
    case v1::IDENTIFIER_TYPE_PHONE:
      return NormalisePhone(identifier);
    case v1::IDENTIFIER_TYPE_EMAIL:
      return NormaliseEmail(identifier);
    default: {
      const std::string text(absl::StripAsciiWhitespace(identifier.value()));
      if (text.empty()) return Invalid("an identifier's value must not be empty");
      identifier.set_value(text);
      return absl::OkStatus();
    }
  }
}

std::string NormalPostcode(absl::string_view postcode) {
  return absl::AsciiStrToUpper(absl::StrReplaceAll(postcode, {{" ", ""}}));
}

std::string FoldText(absl::string_view text) {
  const bool ascii = std::all_of(text.begin(), text.end(), absl::ascii_isascii);
  if (ascii) return absl::AsciiStrToLower(text);
  UErrorCode error = U_ZERO_ERROR;
  static const icu::Normalizer2* const nfkd = icu::Normalizer2::getNFKDInstance(error);
  if (U_FAILURE(error)) return absl::AsciiStrToLower(text);
  const icu::UnicodeString apart = nfkd->normalize(
      icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size()))),
      error);
  icu::UnicodeString kept;
  for (int32_t i = 0; i < apart.length(); i = apart.moveIndex32(i, 1)) {
    const UChar32 c = apart.char32At(i);
    if ((U_GET_GC_MASK(c) & U_GC_MN_MASK) == 0) kept.append(Typed(c));
  }
  kept.foldCase();
  std::string folded;
  kept.toUTF8String(folded);
  return folded;
}

std::string WithoutPrefix(absl::string_view surname) {
  std::string folded = FoldText(absl::StripAsciiWhitespace(surname));
  for (const absl::string_view prefix : kPrefixes) {
    if (absl::StartsWith(folded, prefix) && folded.size() > prefix.size()) {
      folded.erase(0, prefix.size());
      break;
    }
  }
  return folded;
}

std::string FoldSurname(absl::string_view surname) {
  return absl::StrReplaceAll(WithoutPrefix(surname),
                             {{" ", ""}, {"-", ""}, {"'", ""}, {".", ""}, {"ij", "y"}});
}

std::string FoldStreet(absl::string_view street) {
  std::string folded = WordsOf(street);
  const size_t space = folded.rfind(' ');
  if (space != std::string::npos) {
    const absl::string_view last = absl::string_view(folded).substr(space + 1);
    for (const auto& [shorter, full] : kStreetWords) {
      if (last == shorter) return absl::StrCat(absl::string_view(folded).substr(0, space + 1), full);
    }
  }
  if (absl::EndsWith(folded, "str")) folded += "aat";
  return folded;
}

format::FoldedNames FoldNames(const v1::PersonalDetails& details) {
  format::FoldedNames names;
  if (details.has_surname()) {
    names.set_surname(IsTitle(FoldText(details.surname())) ? "" : FoldSurname(details.surname()));
  }
  if (details.has_partner_surname()) {
    names.set_partner_surname(FoldSurname(details.partner_surname()));
  }
  for (const absl::string_view part : absl::StrSplit(details.surname(), '-')) {
    const std::string folded = FoldSurname(part);
    if (folded.size() > 1 && folded != names.surname()) names.add_surname_parts(folded);
  }
  if (details.has_first_names()) {
    names.set_first_names(FoldFirstNames(details.first_names()));
    const std::string whole = FoldSurname(names.first_names());
    if (whole != names.first_names()) names.set_first_names_as_surname(whole);
  }
  if (details.has_initials()) {
    names.set_initials(absl::StrReplaceAll(FoldText(details.initials()), {{".", ""}, {" ", ""}}));
  }
  const v1::Address& address = details.address();
  if (address.has_street()) names.set_street(FoldStreet(address.street()));
  if (address.has_city()) names.set_city(WordsOf(address.city()));
  if (details.has_birth_place()) names.set_birth_place(WordsOf(details.birth_place()));
  return names;
}

}  // namespace klantbeeld::store
