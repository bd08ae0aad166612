#include "clients/cli/detect.h"

#include <gtest/gtest.h>

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
  const auto detected = Detect(row.term, row.kind, row.born);
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
        Row{"NineDigitsThatFail", "999990018", "", "", Label::bsn_fails, nullptr},
        Row{"NineZeroes", "000000000", "", "", Label::bsn_fails, nullptr},
        Row{"NineDigitsAsCase", "999990018", "case", "", Label::kind_case, nullptr},
        Row{"Mobile", "0612345678", "", "", Label::kind_phone, "+31612345678"},
        Row{"MobileWithDash", "06-12 34 56 78", "", "", Label::kind_phone, "+31612345678"},
        Row{"International", "+32 470 12 34 56", "", "", Label::kind_phone, "+32470123456"},
        Row{"NoPhone", "06", "phone", "", Label::phone_expected, nullptr},
        Row{"Email", "j.jansen@example.org", "", "", Label::kind_email, "j.jansen@example.org"},
        Row{"Kvk", "12345678", "", "", Label::kind_kvk, "12345678"},
        Row{"KvkTooShort", "1234567", "kvk", "", Label::kvk_expected, nullptr},
        Row{"Address", "1234AB 12", "", "", Label::kind_address, nullptr},
        Row{"AddressLoose", "1234 ab 12", "", "", Label::kind_address, nullptr},
        Row{"AddressWithoutNumber", "1234AB", "postcode", "", Label::address_expected, nullptr},
        Row{"NameAndDate", "Jansen 12-03-1980", "", "", Label::kind_name, nullptr},
        Row{"NameAndIsoDate", "de Vries 1980-03-12", "", "", Label::kind_name, nullptr},
        Row{"NameAndDigits", "Jansen 12031980", "", "", Label::kind_name, nullptr},
        Row{"NameAndBorn", "Jansen", "", "12-03-1980", Label::kind_name, nullptr},
        Row{"NameAlone", "Jansen", "", "", Label::name_needs_date, nullptr},
        Row{"NameAndNoDate", "Jansen", "", "31-02-1980", Label::date_expected, nullptr},
        Row{"Nothing", " ", "", "", Label::search_hint, nullptr}),
    [](const auto& row) { return row.param.name; });

TEST(Detect, AddressAndNameAreTakenApart) {
  const Key address = std::get<Key>(Detect("1234 ab 12", "", ""));
  EXPECT_EQ(address.request.address().postcode(), "1234AB");
  EXPECT_EQ(address.request.address().house_number(), 12);
  const Key name = std::get<Key>(Detect("de Vries 1980-03-12", "", ""));
  EXPECT_EQ(name.request.name().surname(), "de Vries");
  EXPECT_EQ(name.request.name().birth_date().year(), 1980);
  EXPECT_EQ(name.request.name().birth_date().month(), 3);
  EXPECT_EQ(name.request.name().birth_date().day(), 12);
}

}  // namespace
}  // namespace klantbeeld::cli
