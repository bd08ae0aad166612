#include "store/identity/normalise.h"

#include <gtest/gtest.h>

#include <set>

#include "store/error.h"
#include "tests/store/events.h"

namespace klantbeeld::store {
namespace {

struct Row {
  v1::IdentifierType type;
  std::string value;
  std::string want;  // Empty: refused.
};

class Identifiers : public testing::TestWithParam<Row> {};

TEST_P(Identifiers, HaveOneSpelling) {
  v1::Identifier identifier = Identifier(GetParam().type, GetParam().value);
  const absl::Status status = NormaliseIdentifier(identifier);
  if (GetParam().want.empty()) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << GetParam().value;
    return;
  }
  ASSERT_TRUE(status.ok()) << GetParam().value << ": " << status;
  EXPECT_EQ(identifier.value(), GetParam().want);
  // Normal form stays as it is.
  ASSERT_TRUE(NormaliseIdentifier(identifier).ok());
  EXPECT_EQ(identifier.value(), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Numbers, Identifiers,
                         testing::Values(Row{v1::IDENTIFIER_TYPE_BSN, "999990019", "999990019"},
                                         Row{v1::IDENTIFIER_TYPE_BSN, " 9999.90.019 ", "999990019"},
                                         Row{v1::IDENTIFIER_TYPE_BSN, "9999-90-019", "999990019"},
                                         Row{v1::IDENTIFIER_TYPE_BSN, "12345672", "012345672"},
                                         Row{v1::IDENTIFIER_TYPE_BSN, "999990018", ""},
                                         Row{v1::IDENTIFIER_TYPE_BSN, "000000000", ""},
                                         Row{v1::IDENTIFIER_TYPE_BSN, "00000000", ""},
                                         Row{v1::IDENTIFIER_TYPE_BSN, "9999900190", ""},
                                         Row{v1::IDENTIFIER_TYPE_BSN, "99999001A", ""},
                                         Row{v1::IDENTIFIER_TYPE_BSN, "", ""},
                                         Row{v1::IDENTIFIER_TYPE_RSIN, "1112 22 333", "111222333"},
                                         Row{v1::IDENTIFIER_TYPE_RSIN, "111222334", ""},
                                         Row{v1::IDENTIFIER_TYPE_KVK, "6809 9013", "68099013"},
                                         Row{v1::IDENTIFIER_TYPE_KVK, "6809901", ""},
                                         Row{v1::IDENTIFIER_TYPE_KVK, "6809901X", ""},
                                         Row{v1::IDENTIFIER_TYPE_CUSTOMER, "  K-1 ", "K-1"},
                                         Row{v1::IDENTIFIER_TYPE_COOKIE, "aB", "aB"},
                                         Row{v1::IDENTIFIER_TYPE_TICKET, "   ", ""}));

INSTANTIATE_TEST_SUITE_P(
    Phones, Identifiers,
    testing::Values(Row{v1::IDENTIFIER_TYPE_PHONE, "0612345678", "+31612345678"},
                    Row{v1::IDENTIFIER_TYPE_PHONE, "06-12 34 56 78", "+31612345678"},
                    Row{v1::IDENTIFIER_TYPE_PHONE, "+31 6 12345678", "+31612345678"},
                    Row{v1::IDENTIFIER_TYPE_PHONE, "0031612345678", "+31612345678"},
                    Row{v1::IDENTIFIER_TYPE_PHONE, "(020) 123 45 67", "+31201234567"},
                    Row{v1::IDENTIFIER_TYPE_PHONE, "+49 30 901820", "+4930901820"},
                    Row{v1::IDENTIFIER_TYPE_PHONE, "12", ""},
                    Row{v1::IDENTIFIER_TYPE_PHONE, "anoniem", ""}));

INSTANTIATE_TEST_SUITE_P(Emails, Identifiers,
                         testing::Values(Row{v1::IDENTIFIER_TYPE_EMAIL, " J.Jansen@Example.ORG ",
                                             "j.jansen@example.org"},
                                         Row{v1::IDENTIFIER_TYPE_EMAIL, "a@b@example.org",
                                             "a@b@example.org"},
                                         Row{v1::IDENTIFIER_TYPE_EMAIL, "@example.org", ""},
                                         Row{v1::IDENTIFIER_TYPE_EMAIL, "j@", ""},
                                         Row{v1::IDENTIFIER_TYPE_EMAIL, "j jansen@example.org", ""},
                                         Row{v1::IDENTIFIER_TYPE_EMAIL, "example.org", ""}));

TEST(ElevenTest, FindsEverySingleWrongDigitAndSwap) {
  int valid = 0;
  for (int number = 100'000'000; number < 100'001'000; ++number) {
    const std::string digits = std::to_string(number);
    if (!PassesElevenTest(digits)) continue;
    ++valid;
    for (size_t i = 0; i < digits.size(); ++i) {
      for (char digit = '0'; digit <= '9'; ++digit) {
        std::string wrong = digits;
        wrong[i] = digit;
        EXPECT_EQ(PassesElevenTest(wrong), wrong == digits) << wrong;
      }
      std::string swapped = digits;
      if (i + 1 < digits.size()) std::swap(swapped[i], swapped[i + 1]);
      EXPECT_EQ(PassesElevenTest(swapped), swapped == digits) << swapped;
    }
  }
  EXPECT_NEAR(valid, 91, 2);  // One in eleven.
}

TEST(ElevenTest, TakesNineDigitsOnly) {
  EXPECT_TRUE(PassesElevenTest("012345672"));
  EXPECT_FALSE(PassesElevenTest("12345672"));
  EXPECT_FALSE(PassesElevenTest("000000000"));
  EXPECT_FALSE(PassesElevenTest("99999001 "));
}

TEST(Vestiging, StandsUnderItsKvkNumber) {
  v1::Identifier vestiging = Identifier(v1::IDENTIFIER_TYPE_VESTIGING, "0000 3731 4509");
  EXPECT_EQ(ReasonOf(NormaliseIdentifier(vestiging)), v1::ERROR_REASON_PARENT_REQUIRED);
  vestiging.set_parent("6809901");
  EXPECT_EQ(ReasonOf(NormaliseIdentifier(vestiging)), v1::ERROR_REASON_FIELD_INVALID);
  vestiging.set_parent("68099013");
  ASSERT_TRUE(NormaliseIdentifier(vestiging).ok());
  EXPECT_EQ(vestiging.value(), "000037314509");
}

TEST(Postcode, IsUpperCaseWithoutSpaces) {
  EXPECT_EQ(NormalPostcode("1234 ab"), "1234AB");
  EXPECT_EQ(NormalPostcode("1234AB"), "1234AB");
}

TEST(Surname, FoldsToOneSpelling) {
  const std::vector<std::vector<std::string>> alike = {
      {"Vries", "de Vries", "DE VRIES", " de vries "},
      {"Berg", "van den Berg", "Van Den Berg", "van der Berg", "van Berg", "v\xC3\xA1n Berg"},
      {"Dyk", "Dijk", "van Dijk", "D\xC4\xB3k", "DIJK"},
      {"M\xC3\xBCller", "Muller", "MU\xCC\x88LLER"},
      {"Jansen-Smit", "Jansen Smit", "jansensmit"},
      {"d'Angelo", "Angelo"},
      {"'t Hooft", "van 't Hooft", "Hooft"},
      {"IJsselstein", "Ysselstein"},
  };
  std::set<std::string> different;
  for (const auto& spellings : alike) {
    for (const auto& spelling : spellings) {
      EXPECT_EQ(FoldSurname(spelling), FoldSurname(spellings[0])) << spelling;
    }
    different.insert(FoldSurname(spellings[0]));
  }
  EXPECT_EQ(different.size(), alike.size());
}

TEST(Surname, CurlyQuotesAndOtherHyphensAreThoseOfAKeyboard) {
  EXPECT_EQ(FoldSurname("van \xE2\x80\x99t Hof"), FoldSurname("van 't Hof"));
  EXPECT_EQ(FoldSurname("D\xE2\x80\x99hondt"), FoldSurname("d'Hondt"));
  EXPECT_EQ(FoldSurname("Jansen\xE2\x80\x91" "Bos"), FoldSurname("Jansen-Bos"));
}

TEST(Surname, ThatIsAPrefixOnlyStays) {
  EXPECT_EQ(FoldSurname("De"), "de");
  EXPECT_EQ(FoldSurname("Vanmeer"), "vanmeer");
  EXPECT_EQ(FoldSurname("-"), "");
}

TEST(Text, IsComparedWithoutAccentsAndCapitals) {
  EXPECT_EQ(FoldText("Caf\xC3\xA9 ZO\xC3\x8B"), "cafe zoe");
  EXPECT_EQ(FoldText("Plain"), "plain");
  EXPECT_EQ(FoldText("foto\xE2\x80\x99s"), "foto's");
}

TEST(Names, AreFoldedWhereStated) {
  v1::PersonalDetails details;
  EXPECT_EQ(FoldNames(details).ByteSizeLong(), 0u);
  details.set_surname("van Dijk");
  details.set_partner_surname("de Boer");
  details.set_first_names("Ren\xC3\xA9");
  details.set_initials("R. J.");
  const format::FoldedNames names = FoldNames(details);
  EXPECT_EQ(names.surname(), "dyk");
  EXPECT_EQ(names.partner_surname(), "boer");
  EXPECT_EQ(names.first_names(), "rene");
  EXPECT_EQ(names.initials(), "rj");
}

TEST(Names, TitlesAndOrdinalsAreNoNames) {
  v1::PersonalDetails details;
  details.set_first_names("Dr. 2nd Jan Piet");
  details.set_surname("bt.");
  const format::FoldedNames names = FoldNames(details);
  EXPECT_EQ(names.first_names(), "jan piet");
  EXPECT_EQ(names.first_names_as_surname(), "janpiet");
  EXPECT_EQ(names.surname(), "");
}

TEST(Street, HasItsKindWrittenOut) {
  EXPECT_EQ(FoldStreet("Lange Kerkstr."), "lange kerkstraat");
  EXPECT_EQ(FoldStreet("Woronora St"), "woronora street");
  EXPECT_EQ(FoldStreet("St. Jansweg"), "st jansweg");
}

}  // namespace
}  // namespace klantbeeld::store
