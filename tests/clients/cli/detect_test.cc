#include "clients/cli/detect.h"

#include <gtest/gtest.h>
#include <phonenumbers/phonenumberutil.h>

#include "absl/strings/str_cat.h"
#include "clients/cli/settings.h"

namespace klantbeeld::cli {
namespace {

struct Row {
  const char* name;
  const char* term;
  const char* kind;
  const char* born;
  Label want;
  const char* value;  // Of an identifier.
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class DetectTest : public ::testing::TestWithParam<Row> {};

TEST_P(DetectTest, ReadsTheTerm) {
  const Row& row = GetParam();
  const auto detected = Detect(row.term, {row.kind, row.born, kCasePattern});
  if (const Label* wrong = std::get_if<Label>(&detected)) {
    EXPECT_EQ(*wrong, row.want);
    return;
  }
  const Key& key = std::get<Key>(detected);
  EXPECT_EQ(key.kind, row.want);
  if (row.value != nullptr) {
    EXPECT_EQ(key.request.identifier().value(), row.value);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Terms, DetectTest,
    ::testing::Values(
        Row{"Bsn", "999990019", "", "", Label::kind_bsn, "999990019"},
        Row{"BsnWithSpaces", "  999990019 ", "", "", Label::kind_bsn, "999990019"},
        Row{"BsnInGroups", "9999 90 019", "", "", Label::kind_bsn, "999990019"},
        Row{"BsnWithDots", "9999.90.019", "bsn", "", Label::kind_bsn, "999990019"},
        Row{"NineDigitsThatFail", "999990018", "", "", Label::bsn_fails, nullptr},
        Row{"NineZeroes", "000000000", "", "", Label::bsn_fails, nullptr},
        Row{"NineDigitsAsCase", "999990018", "case", "", Label::kind_case, nullptr},
        Row{"Mobile", "0612345678", "", "", Label::kind_phone, "+31612345678"},
        Row{"MobileWithDash", "06-12 34 56 78", "", "", Label::kind_phone, "+31612345678"},
        Row{"International", "+32 470 12 34 56", "", "", Label::kind_phone, "+32470123456"},
        Row{"InternationalByZeroes", "0031612345678", "", "", Label::kind_phone, "+31612345678"},
        Row{"AreaCodeInBrackets", "(020) 123 45 67", "", "", Label::kind_phone, "+31201234567"},
        Row{"PhoneAndBorn", "0612345678", "", "12-03-1980", Label::kind_phone, "+31612345678"},
        Row{"PhoneAndNoDate", "0612345678", "", "maart", Label::date_expected, nullptr},
        Row{"NoPhone", "06", "phone", "", Label::phone_expected, nullptr},
        Row{"Email", "j.jansen@example.org", "", "", Label::kind_email, "j.jansen@example.org"},
        Row{"Kvk", "12345678", "", "", Label::kind_kvk, "12345678"},
        Row{"KvkTooShort", "1234567", "kvk", "", Label::kvk_expected, nullptr},
        Row{"Address", "1234AB 12", "", "", Label::kind_address, nullptr},
        Row{"AddressLoose", "1234 ab 12", "", "", Label::kind_address, nullptr},
        Row{"AddressWithLetter", "1234AB 12a", "", "", Label::kind_address, nullptr},
        Row{"AddressWithAddition", "1234AB 12-bis", "", "", Label::kind_address, nullptr},
        Row{"AddressWithWords", "1234AB 12 bij de brug", "postcode", "", Label::address_expected,
            nullptr},
        Row{"AddressWithoutNumber", "1234AB", "postcode", "", Label::address_expected, nullptr},
        Row{"CaseNumber", "Z-2025-0012", "", "", Label::kind_case, nullptr},
        Row{"CaseNumberOfTheDemo", "ZAAK-2025-0000123", "", "", Label::kind_case, nullptr},
        Row{"CaseNumberByYear", "2025/000123", "", "", Label::kind_case, nullptr},
        Row{"DateIsNoCaseNumber", "1980-03-12", "", "", Label::date_needs_name, nullptr},
        Row{"DateBeforeName", "12-03-1980 de Vries", "", "", Label::kind_name, nullptr},
        Row{"NameAndDate", "Jansen 12-03-1980", "", "", Label::kind_name, nullptr},
        Row{"NameAndIsoDate", "de Vries 1980-03-12", "", "", Label::kind_name, nullptr},
        Row{"NameAndDigits", "Jansen 12031980", "", "", Label::kind_name, nullptr},
        Row{"NameAndBorn", "Jansen", "", "12-03-1980", Label::kind_name, nullptr},
        Row{"NameAlone", "Jansen", "", "", Label::name_needs_date, nullptr},
        Row{"NameAndNoDate", "Jansen", "", "31-02-1980", Label::date_expected, nullptr},
        Row{"Postcode", "1234AB", "", "", Label::postcode_needs_number, nullptr},
        Row{"PostcodeApart", "1234 ab", "", "", Label::postcode_needs_number, nullptr},
        Row{"PostcodeAndBorn", "1234AB", "", "12-03-1980", Label::postcode_needs_number, nullptr},
        Row{"DateAlone", "12-04-1984", "", "", Label::date_needs_name, nullptr},
        Row{"DateAloneAsName", "12-04-1984", "name", "", Label::date_needs_name, nullptr},
        Row{"NoDateAlone", "31-02-1984", "", "", Label::date_expected, nullptr},
        Row{"NameAndDateThatIsNone", "Jansen 31-02-1984", "", "", Label::date_expected, nullptr},
        Row{"NameAndYear", "Jansen 1984", "", "", Label::date_expected, nullptr},
        Row{"ShortPhone", "06-116667", "", "", Label::phone_short, nullptr},
        Row{"ShortPhoneInOne", "0611666", "", "", Label::phone_short, nullptr},
        Row{"EmergencyNumber", "112", "", "", Label::number_unknown, nullptr},
        Row{"Zero", "0", "", "", Label::number_unknown, nullptr},
        Row{"TenDigits", "6123456789", "", "", Label::number_unknown, nullptr},
        Row{"NumberAsName", "112", "name", "12-03-1980", Label::name_expected, nullptr},
        Row{"Signs", "--?", "", "", Label::search_hint, nullptr},
        Row{"NameOfOtherLetters", "Łé 12-03-1980", "", "", Label::kind_name, nullptr},
        Row{"KvkSaid", "KvK 12345678", "", "", Label::kind_kvk, "12345678"},
        Row{"KvkSaidOfADate", "kvk 12031980", "", "", Label::kind_kvk, "12031980"},
        Row{"KvkSaidTooShort", "kvk: 1234567", "", "", Label::kvk_expected, nullptr},
        Row{"BsnSaid", "bsn 999990019", "", "", Label::kind_bsn, "999990019"},
        Row{"BsnSaidThatFails", "bsn 999990018", "", "", Label::bsn_expected, nullptr},
        Row{"CaseSaid", "zaak BZW 77", "", "", Label::kind_case, nullptr},
        Row{"PhoneSaid", "telefoon: 0612345678", "", "", Label::kind_phone, "+31612345678"},
        Row{"SomebodyNamedCase", "Case Jansen 12-03-1980", "", "", Label::kind_name, nullptr},
        Row{"KindAlone", "zaak", "", "", Label::name_needs_date, nullptr},
        Row{"NameAndShortDate", "Noor van Essen 12-4-1984", "", "", Label::kind_name, nullptr},
        Row{"Nothing", " ", "", "", Label::search_hint, nullptr}),
    [](const auto& row) { return row.param.name; });

// Dutch numbers are read without the library, and must come out as it says.
TEST(Detect, DutchNumbersAreReadAsTheLibraryReadsThem) {
  using i18n::phonenumbers::PhoneNumberUtil;
  const PhoneNumberUtil& util = *PhoneNumberUtil::GetInstance();
  for (int prefix = 10; prefix < 100; ++prefix) {
    const std::string typed = absl::StrCat("0", prefix, "-1234567");
    i18n::phonenumbers::PhoneNumber number;
    std::string want;
    ASSERT_EQ(util.Parse(typed, "NL", &number), PhoneNumberUtil::NO_PARSING_ERROR);
    ASSERT_TRUE(util.IsPossibleNumber(number)) << typed;
    util.Format(number, PhoneNumberUtil::E164, &want);
    EXPECT_EQ(std::get<Key>(Detect(typed, {})).request.identifier().value(), want);
  }
}

TEST(Detect, CaseNumbersAreWhatTheMunicipalitySays) {
  const auto kind = [](const std::string& pattern) {
    return std::get<Key>(Detect("BZW 77", {"", "12-03-1980", pattern})).kind;
  };
  EXPECT_EQ(kind("BZW [0-9]+"), Label::kind_case);
  EXPECT_EQ(kind(kCasePattern), Label::kind_name);
  EXPECT_EQ(kind("BZW ["), Label::kind_name) << "a pattern that is none matches nothing";
}

TEST(Detect, AddressAndNameAreTakenApart) {
  const Key address = std::get<Key>(Detect("1234 ab 12", {}));
  EXPECT_EQ(address.request.address().postcode(), "1234AB");
  EXPECT_EQ(address.request.address().house_number(), 12);
  const Key name = std::get<Key>(Detect("de Vries 1980-03-12", {}));
  EXPECT_EQ(name.request.name().surname(), "de Vries");
  EXPECT_EQ(name.request.name().birth_date().year(), 1980);
  EXPECT_EQ(name.request.name().birth_date().month(), 3);
  EXPECT_EQ(name.request.name().birth_date().day(), 12);
  EXPECT_EQ(std::get<Key>(Detect("12-03-1980, de Vries", {})).request.name().surname(), "de Vries");
  const Key turned = std::get<Key>(Detect("van Essen, Noor 12-4-1984", {}));
  EXPECT_EQ(turned.request.name().surname(), "Noor van Essen");
  EXPECT_EQ(turned.request.name().birth_date().month(), 4);
  EXPECT_EQ(std::get<Key>(Detect("van Essen, 12-4-1984", {})).request.name().surname(),
            "van Essen");
  EXPECT_EQ(std::get<Key>(Detect("0612345678", {"", "12-03-1980", ""})).born,
            absl::CivilDay(1980, 3, 12));
}

}  // namespace
}  // namespace klantbeeld::cli
