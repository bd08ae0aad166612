#include "clients/adapters/values.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <phonenumbers/phonenumberutil.h>
#include <unicode/unistr.h>
#include <unicode/ustring.h>

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "klantbeeld/v1/limits.pb.h"

namespace klantbeeld::adapters {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr absl::string_view kUnspecified = "UNSPECIFIED";

// Times as ISO 8601 and RFC 3339 write them; a space will do for the T.
constexpr std::array<absl::string_view, 5> kIsoTimes = {
    "%Y-%m-%d%ET%H:%M:%E*S%Ez", "%Y-%m-%d %H:%M:%E*S%Ez", "%Y-%m-%d%ET%H:%M:%E*S",
    "%Y-%m-%d %H:%M:%E*S", "%Y-%m-%d %H:%M"};

bool NamesZone(absl::string_view format) {
  return absl::StrContains(format, "%z") || absl::StrContains(format, "%Ez") ||
         absl::StrContains(format, "%E*z") || absl::StrContains(format, "%s");
}

absl::CivilSecond Shifted(absl::CivilSecond time, int years) {
  if (years == 0) return time;
  const absl::CivilMonth month(time.year() + years, time.month());
  // 29 February becomes the 28th where there is none.
  const int day = std::min(time.day(), (absl::CivilDay(month + 1) - 1).day());
  return absl::CivilSecond(month.year(), month.month(), day, time.hour(), time.minute(),
                           time.second());
}

std::optional<absl::Time> TimeOf(const std::string& text, const Reading& reading, bool& doubtful) {
  const auto try_one = [&](absl::string_view format) -> std::optional<absl::Time> {
    absl::Time time;
    if (!absl::ParseTime(format, text, absl::UTCTimeZone(), &time, nullptr)) return std::nullopt;
    const absl::TimeZone::CivilInfo parts = absl::UTCTimeZone().At(time);
    const absl::CivilSecond civil = Shifted(parts.cs, reading.years);
    if (NamesZone(format)) return absl::FromCivil(civil, absl::UTCTimeZone()) + parts.subsecond;
    const absl::TimeZone::TimeInfo local = reading.zone.At(civil);
    doubtful = local.kind != absl::TimeZone::TimeInfo::UNIQUE;
    return local.pre + parts.subsecond;
  };
  for (const std::string& format : reading.formats) {
    if (const auto time = try_one(format)) return time;
  }
  if (!reading.formats.empty()) return std::nullopt;
  for (const absl::string_view format : kIsoTimes) {
    if (const auto time = try_one(format)) return time;
  }
  absl::CivilDay day;
  if (!absl::ParseCivilTime(text, &day)) return std::nullopt;
  return absl::FromCivil(Shifted(day, reading.years), reading.zone);
}

std::optional<absl::Duration> LengthOf(const std::string& text, absl::Duration unit) {
  if (absl::StrContains(text, ':')) {
    double seconds = 0;
    for (const absl::string_view part : absl::StrSplit(text, ':')) {
      double number = 0;
      if (!absl::SimpleAtod(part, &number) || number < 0) return std::nullopt;
      seconds = seconds * 60 + number;
    }
    return absl::Seconds(seconds);
  }
  double number = 0;
  if (!absl::SimpleAtod(text, &number) || !(number >= 0)) return std::nullopt;
  return number * unit;
}

// A date of which day and month may be missing: "1985-12-01", "1985-12",
// "1985", "19851201", with 00 for what is not known; or of another form.
std::optional<v1::PartialDate> DateOf(const std::string& text, const Reading& reading) {
  std::array<int, 3> parts{};
  bool fits = false;
  for (const std::string& format : reading.formats) {
    absl::Time time;
    if (fits || !absl::ParseTime(format, text, absl::UTCTimeZone(), &time, nullptr)) continue;
    const absl::CivilDay day = absl::ToCivilDay(time, absl::UTCTimeZone());
    parts = {static_cast<int>(day.year()), day.month(), day.day()};
    fits = true;
  }
  if (reading.formats.empty()) {
    std::string dashed = text;
    if (text.size() == 8 && std::all_of(text.begin(), text.end(), absl::ascii_isdigit)) {
      dashed = absl::StrCat(text.substr(0, 4), "-", text.substr(4, 2), "-", text.substr(6));
    }
    const std::vector<std::string> texts = absl::StrSplit(dashed, '-');
    fits = texts.size() <= 3 && texts[0].size() == 4;
    for (size_t i = 0; fits && i < texts.size(); ++i) fits = absl::SimpleAtoi(texts[i], &parts[i]);
  }
  const auto [year, month, day] = parts;
  if (!fits || year <= 0 || month < 0 || month > 12 || day < 0) return std::nullopt;
  if (month > 0 && day > 0 && absl::CivilDay(year, month, day).day() != day) return std::nullopt;
  v1::PartialDate date;
  date.set_year(year);
  if (month > 0) date.set_month(month);
  if (month > 0 && day > 0) date.set_day(day);
  return date;
}

// Everywhere on Earth: there is no place more than fourteen hours ahead of UTC.
bool LiesAhead(const v1::PartialDate& date, absl::Time now) {
  const absl::CivilDay earliest(date.year(), date.has_month() ? date.month() : 1,
                                date.has_day() ? date.day() : 1);
  return earliest > absl::ToCivilDay(now + absl::Hours(14), absl::UTCTimeZone());
}

bool InRange(const FieldDescriptor& field, int64_t number) {
  const v1::Limit& limit = field.options().GetExtension(v1::limit);
  return limit.numeric_max() == 0 ||
         (number >= limit.numeric_min() && number <= limit.numeric_max());
}

Reason SetNumber(Message& message, const FieldDescriptor& field, const std::string& text) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) return Reason::kNotANumber;
  if (!InRange(field, number)) return Reason::kOutOfRange;
  const auto& access = *message.GetReflection();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      access.SetInt32(&message, &field, static_cast<int32_t>(number));
      break;
    case FieldDescriptor::CPPTYPE_UINT32:
      access.SetUInt32(&message, &field, static_cast<uint32_t>(number));
      break;
    case FieldDescriptor::CPPTYPE_INT64:
      access.SetInt64(&message, &field, number);
      break;
    default:
      access.SetUInt64(&message, &field, static_cast<uint64_t>(number));
  }
  return Reason::kNone;
}

Reason SetBool(Message& message, const FieldDescriptor& field, const std::string& text) {
  const std::string word = Folded(text);
  bool value = false;
  if (word == "ja" || word == "j" || word == "y" || word == "x") {
    value = true;
  } else if (word != "nee" && !absl::SimpleAtob(word, &value)) {
    return Reason::kNotYesOrNo;
  }
  message.GetReflection()->SetBool(&message, &field, value);
  return Reason::kNone;
}

Reason SetEnum(Message& message, const FieldDescriptor& field, const std::string& text) {
  const int number = EnumValue(*field.enum_type(), text);
  if (number < 0) return Reason::kWordUnknown;
  if (field.is_repeated()) {
    message.GetReflection()->AddEnumValue(&message, &field, number);
  } else {
    message.GetReflection()->SetEnumValue(&message, &field, number);
  }
  return Reason::kNone;
}

Set SetMessage(Message& message, const FieldDescriptor& field, const std::string& text,
               const Reading& reading) {
  Message* const sub = message.GetReflection()->MutableMessage(&message, &field);
  if (auto* date = dynamic_cast<v1::PartialDate*>(sub)) {
    const auto read = DateOf(text, reading);
    if (!read) return {Reason::kNotADate};
    if (!InRange(*date->GetDescriptor()->FindFieldByName("year"), read->year()) ||
        LiesAhead(*read, reading.now)) {
      return {Reason::kOutOfRange};
    }
    *date = *read;
    return {};
  }
  if (auto* length = dynamic_cast<google::protobuf::Duration*>(sub)) {
    const auto read = LengthOf(text, reading.unit);
    if (!read) return {Reason::kNotALength};
    length->set_seconds(absl::ToInt64Seconds(*read));
    length->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(*read - absl::Seconds(length->seconds()))));
    return {};
  }
  auto* time = static_cast<google::protobuf::Timestamp*>(sub);
  Set result;
  const auto read = TimeOf(text, reading, result.doubtful);
  if (!read) return {Reason::kNotATime};
  time->set_seconds(absl::ToUnixSeconds(*read));
  time->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(*read - absl::FromUnixSeconds(time->seconds()))));
  return result;
}

bool PassesElevenTest(const std::string& digits) {
  if (digits.size() != 9 || !std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) ||
      digits == "000000000") {
    return false;
  }
  int sum = -(digits[8] - '0');
  for (int i = 0; i < 8; ++i) sum += (9 - i) * (digits[static_cast<size_t>(i)] - '0');
  return sum % 11 == 0;
}

}  // namespace

std::string Folded(absl::string_view text) {
  const absl::string_view bare = absl::StripAsciiWhitespace(text);
  if (std::all_of(bare.begin(), bare.end(), absl::ascii_isascii)) {
    return absl::AsciiStrToLower(bare);
  }
  std::string folded;
  icu::UnicodeString::fromUTF8({bare.data(), static_cast<int32_t>(bare.size())})
      .toLower()
      .toUTF8String(folded);
  return folded;
}

bool IsUtf8(absl::string_view text) {
  if (std::all_of(text.begin(), text.end(), absl::ascii_isascii)) return true;
  UErrorCode error = U_ZERO_ERROR;
  int32_t length = 0;
  u_strFromUTF8(nullptr, 0, &length, text.data(), static_cast<int32_t>(text.size()), &error);
  return error == U_BUFFER_OVERFLOW_ERROR || U_SUCCESS(error);
}

bool IsTimeFormat(const std::string& format) {
  const std::string written =
      absl::FormatTime(format, absl::FromUnixSeconds(0), absl::UTCTimeZone());
  absl::Time time;
  return written != format && absl::ParseTime(format, written, &time, nullptr);
}

int EnumValue(const EnumDescriptor& type, absl::string_view name) {
  const std::string& first = type.value(0)->name();
  const std::string wanted =
      first.substr(0, first.size() - kUnspecified.size()) +
      absl::AsciiStrToUpper(absl::StrReplaceAll(name, {{"-", "_"}, {" ", "_"}}));
  const auto* value = type.FindValueByName(wanted);
  return value == nullptr || value->number() == 0 ? -1 : value->number();
}

std::string EnumValues(const EnumDescriptor& type) {
  const std::string& first = type.value(0)->name();
  std::vector<std::string> names;
  for (int i = 1; i < type.value_count(); ++i) {
    names.push_back(absl::StrReplaceAll(
        absl::AsciiStrToLower(type.value(i)->name().substr(first.size() - kUnspecified.size())),
        {{"_", "-"}}));
  }
  return absl::StrJoin(names, ", ");
}

bool Fits(v1::IdentifierType type, const std::string& value) {
  const std::string bare = absl::StrReplaceAll(value, {{" ", ""}, {".", ""}, {"-", ""}});
  switch (type) {
    case v1::IDENTIFIER_TYPE_BSN:
    case v1::IDENTIFIER_TYPE_RSIN:
      return PassesElevenTest(bare.size() == 8 ? "0" + bare : bare);
    case v1::IDENTIFIER_TYPE_PHONE: {
      i18n::phonenumbers::PhoneNumber number;
      const auto& phones = *i18n::phonenumbers::PhoneNumberUtil::GetInstance();
      return phones.Parse(value, "NL", &number) ==
                 i18n::phonenumbers::PhoneNumberUtil::NO_PARSING_ERROR &&
             phones.IsPossibleNumber(number);
    }
    case v1::IDENTIFIER_TYPE_EMAIL: {
      const size_t at = value.rfind('@');
      return at != std::string::npos && at > 0 && at + 1 < value.size() &&
             std::none_of(value.begin(), value.end(), absl::ascii_isspace);
    }
    default:
      return !bare.empty();
  }
}

Set SetField(Message& message, const FieldDescriptor& field, const std::string& given,
             const Reading& reading) {
  if (!IsUtf8(given)) return {Reason::kNotUtf8};
  if (absl::StrContains(given, '\0')) return {Reason::kNotText};
  std::string text(absl::StripAsciiWhitespace(given));
  if (!reading.words.empty()) {
    const auto found = reading.words.find(Folded(text));
    if (found == reading.words.end() && reading.otherwise.empty()) return {Reason::kWordUnknown};
    text = found == reading.words.end() ? reading.otherwise : found->second;
    if (text.empty()) return {Reason::kNone, false, true};
  }
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (field.is_repeated()) {
        message.GetReflection()->AddString(&message, &field, text);
      } else {
        message.GetReflection()->SetString(&message, &field, text);
      }
      return {};
    case FieldDescriptor::CPPTYPE_ENUM:
      return {SetEnum(message, field, text)};
    case FieldDescriptor::CPPTYPE_BOOL:
      return {SetBool(message, field, text)};
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return SetMessage(message, field, text, reading);
    default:
      return {SetNumber(message, field, text)};
  }
}

}  // namespace klantbeeld::adapters
