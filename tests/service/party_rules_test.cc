#include "service/party_rules.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/service/events.h"

namespace klantbeeld::service {
namespace {

struct Row {
  std::string name;
  std::function<void(v1::ContactData&)> change;
  v1::ErrorReason want = v1::ERROR_REASON_UNSPECIFIED;  // UNSPECIFIED: accepted.
  std::string path = {};
};

constexpr auto kRequired = v1::ERROR_REASON_FIELD_REQUIRED;
constexpr auto kInvalid = v1::ERROR_REASON_FIELD_INVALID;
constexpr auto kTime = v1::ERROR_REASON_TIME_INVALID;

v1::Party& P(v1::ContactData& d) { return *d.mutable_parties(0); }
v1::Identifier& I(v1::ContactData& d) { return *P(d).mutable_identifiers(0); }
void Add(v1::ContactData& d, v1::IdentifierType type, const std::string& value) {
  *P(d).add_identifiers() = Number(type, value);
}
void Birth(v1::ContactData& d, int year, int month, int day) {
  v1::PartialDate& date = *P(d).mutable_details()->mutable_birth_date();
  if (year != 0) date.set_year(year);
  if (month != 0) date.set_month(month);
  if (day != 0) date.set_day(day);
}

std::vector<Row> Keys() {
  return {
      {"Plain", [](auto&) {}},
      {"Given", [](auto& d) { P(d).set_key("buur-1_a"); }},
      {"Capital", [](auto& d) { P(d).set_key("Buur"); }, kInvalid, "parties[0].key"},
      {"Empty", [](auto& d) { P(d).set_key(""); }, kInvalid, "parties[0].key"},
      {"TwoByDefault", [](auto& d) { d.add_parties(); }, kInvalid, "parties[1].key"},
      {"DefaultOfAnotherRole",
       [](auto& d) { d.add_parties()->set_role(v1::PARTY_ROLE_CONTACT_PERSON); }},
      {"GivenEqualsDefault",
       [](auto& d) {
         v1::Party& party = *d.add_parties();
         party.set_role(v1::PARTY_ROLE_SUBJECT);
         party.set_key("customer");
       },
       kInvalid, "parties[1].key"},
      {"ClearedKey", [](auto& d) { P(d).mutable_cleared()->add_paths("key"); }, kInvalid,
       "parties[0].cleared.paths[0]"},
      {"ClearedDetail",
       [](auto& d) { P(d).mutable_cleared()->add_paths("details.address.postcode"); }},
      {"ClearedBirthDate",
       [](auto& d) { P(d).mutable_cleared()->add_paths("details.birth_date"); }},
      {"ClearedPartOfADate",
       [](auto& d) { P(d).mutable_cleared()->add_paths("details.birth_date.year"); }, kInvalid,
       "parties[0].cleared.paths[0]"},
      {"ClearedAndGiven", [](auto& d) { P(d).mutable_cleared()->add_paths("identifiers"); },
       kInvalid, "parties[0].cleared.paths[0]"},
  };
}

std::vector<Row> Identifiers() {
  return {
      {"WithoutValue", [](auto& d) { I(d).clear_value(); }, kRequired,
       "parties[0].identifiers[0].value"},
      {"Masked", [](auto& d) { I(d).set_masked("***678"); }, kInvalid,
       "parties[0].identifiers[0].masked"},
      {"TwoPhones", [](auto& d) { Add(d, v1::IDENTIFIER_TYPE_PHONE, "0201234567"); }},
      {"TwoBsns",
       [](auto& d) {
         Add(d, v1::IDENTIFIER_TYPE_BSN, "999990019");
         Add(d, v1::IDENTIFIER_TYPE_BSN, "999990020");
       },
       v1::ERROR_REASON_IDENTIFIER_NOT_SINGLE, "parties[0].identifiers[2]"},
      {"PersonAndOrganisation",
       [](auto& d) {
         Add(d, v1::IDENTIFIER_TYPE_BSN, "999990019");
         Add(d, v1::IDENTIFIER_TYPE_KVK, "12345678");
       },
       kInvalid, "parties[0].identifiers[2]"},
      {"KvkAndTheNameOfWhoSpoke",
       [](auto& d) {
         Add(d, v1::IDENTIFIER_TYPE_KVK, "12345678");
         P(d).mutable_details()->set_organisation_name("Bakkerij Bolwerk");
         P(d).mutable_details()->set_initials("N");
         P(d).mutable_details()->set_surname("Verhulsdonck");
       }},
      {"BsnAndTheNameOfAnOrganisation",
       [](auto& d) {
         Add(d, v1::IDENTIFIER_TYPE_BSN, "999990019");
         P(d).mutable_details()->set_organisation_name("Bakkerij Bolwerk");
       }},
      {"KvkAndBirthDate",
       [](auto& d) {
         Add(d, v1::IDENTIFIER_TYPE_KVK, "12345678");
         Birth(d, 1984, 4, 12);
       },
       kInvalid, "parties[0].details.birth_date"},
      {"RsinAndBirthPlace",
       [](auto& d) {
         Add(d, v1::IDENTIFIER_TYPE_RSIN, "999990019");
         P(d).mutable_details()->set_birth_place("Lindewaard");
       },
       kInvalid, "parties[0].details.birth_place"},
      {"VestigingAndBirthDate",
       [](auto& d) {
         Add(d, v1::IDENTIFIER_TYPE_VESTIGING, "000012345678");
         P(d).mutable_identifiers(1)->set_parent("12345678");
         Birth(d, 1984, 0, 0);
       },
       kInvalid, "parties[0].details.birth_date"},
      {"KvkAndRsin",
       [](auto& d) {
         Add(d, v1::IDENTIFIER_TYPE_KVK, "12345678");
         Add(d, v1::IDENTIFIER_TYPE_RSIN, "999990019");
       }},
      {"VestigingAlone", [](auto& d) { Add(d, v1::IDENTIFIER_TYPE_VESTIGING, "000012345678"); },
       v1::ERROR_REASON_PARENT_REQUIRED, "parties[0].identifiers[1].parent"},
      {"VestigingUnderItsKvk",
       [](auto& d) {
         Add(d, v1::IDENTIFIER_TYPE_VESTIGING, "000012345678");
         P(d).mutable_identifiers(1)->set_parent("12345678");
       }},
      {"VestigingUnderSevenDigits",
       [](auto& d) {
         Add(d, v1::IDENTIFIER_TYPE_VESTIGING, "000012345678");
         P(d).mutable_identifiers(1)->set_parent("1234567");
       },
       kInvalid, "parties[0].identifiers[1].parent"},
      {"PhoneWithParent", [](auto& d) { I(d).set_parent("12345678"); }, kInvalid,
       "parties[0].identifiers[0].parent"},
      {"OtherWithoutRegister", [](auto& d) { I(d).set_type(v1::IDENTIFIER_TYPE_OTHER); }, kRequired,
       "parties[0].identifiers[0].register"},
      {"PhoneWithRegister", [](auto& d) { I(d).set_register_("x"); }, kInvalid,
       "parties[0].identifiers[0].register"},
  };
}

std::vector<Row> Details() {
  const std::string birth = "parties[0].details.birth_date.";
  const std::string address = "parties[0].details.address.";
  const auto at = [](auto& d) -> v1::Address& {
    return *P(d).mutable_details()->mutable_address();
  };
  return {
      {"BirthYearOnly", [](auto& d) { Birth(d, 1980, 0, 0); }},
      {"BirthMonthAlone", [](auto& d) { Birth(d, 0, 2, 0); }, kTime, birth + "month"},
      {"BirthDayWithoutMonth", [](auto& d) { Birth(d, 1980, 0, 3); }, kTime, birth + "day"},
      {"BirthThirtiethOfFebruary", [](auto& d) { Birth(d, 1980, 2, 30); }, kTime, birth + "day"},
      {"BirthLeapDay", [](auto& d) { Birth(d, 1980, 2, 29); }},
      {"BirthNoLeapDay", [](auto& d) { Birth(d, 1900, 2, 29); }, kTime, birth + "day"},
      {"BirthToday", [](auto& d) { Birth(d, 2025, 3, 3); }},
      {"BirthTomorrow", [](auto& d) { Birth(d, 2025, 3, 4); }, v1::ERROR_REASON_TIME_IN_FUTURE,
       "parties[0].details.birth_date"},
      {"BirthThisMonth", [](auto& d) { Birth(d, 2025, 3, 0); }},
      {"BirthNextMonth", [](auto& d) { Birth(d, 2025, 4, 0); }, v1::ERROR_REASON_TIME_IN_FUTURE,
       "parties[0].details.birth_date"},
      {"BirthNextYear", [](auto& d) { Birth(d, 2026, 0, 0); }, v1::ERROR_REASON_TIME_IN_FUTURE,
       "parties[0].details.birth_date"},
      {"Postcode", [at](auto& d) { at(d).set_postcode("1011 ab"); }},
      {"PostcodeShort", [at](auto& d) { at(d).set_postcode("101AB"); }, kInvalid,
       address + "postcode"},
      {"PostcodeZero", [at](auto& d) { at(d).set_postcode("0123AB"); }, kInvalid,
       address + "postcode"},
      {"PostcodeAbroad",
       [at](auto& d) {
         at(d).set_postcode("TQ13 8DF");
         at(d).set_country("GB");
       }},
      {"PostcodeAbroadInTheNetherlands",
       [at](auto& d) {
         at(d).set_postcode("TQ13 8DF");
         at(d).set_country("NL");
       },
       kInvalid, address + "postcode"},
      {"HouseLetterDigit", [at](auto& d) { at(d).set_house_letter("1"); }, kInvalid,
       address + "house_letter"},
      {"BagIdShort", [at](auto& d) { at(d).set_bag_id("1"); }, kInvalid, address + "bag_id"},
      {"CountryLower", [at](auto& d) { at(d).set_country("nl"); }, kInvalid, address + "country"},
      {"LanguageLong", [](auto& d) { P(d).mutable_details()->set_preferred_language("NLD"); },
       kInvalid, "parties[0].details.preferred_language"},
  };
}

class PartyRules : public testing::TestWithParam<Row> {};

TEST_P(PartyRules, AnswersWithReasonAndPath) {
  v1::ContactData data = Call().data();
  GetParam().change(data);
  const MaybeFault fault = CheckParties(data, kNow);
  EXPECT_EQ(fault ? fault->reason : v1::ERROR_REASON_UNSPECIFIED, GetParam().want)
      << (fault ? fault->path + ": " + fault->what : "accepted");
  EXPECT_EQ(fault ? fault->path : "", GetParam().path);
}

// The day begins where the municipality is, in winter and in summer.
TEST(Birth, IsOfTodayFromMidnightInAmsterdam) {
  const auto refused = [](int month, int day, absl::Time now) {
    v1::PartialDate born;
    born.set_year(2025);
    born.set_month(month);
    born.set_day(day);
    return CheckBirth(born, now).has_value();
  };
  const absl::Time winter = absl::FromCivil(absl::CivilSecond(2025, 3, 3, 23), absl::UTCTimeZone());
  EXPECT_TRUE(refused(3, 4, winter - absl::Seconds(1)));
  EXPECT_FALSE(refused(3, 4, winter));
  EXPECT_TRUE(refused(3, 5, winter));
  const absl::Time summer = absl::FromCivil(absl::CivilSecond(2025, 7, 1, 22), absl::UTCTimeZone());
  EXPECT_TRUE(refused(7, 2, summer - absl::Seconds(1)));
  EXPECT_FALSE(refused(7, 2, summer));
}

std::string NameOf(const testing::TestParamInfo<Row>& info) { return info.param.name; }
INSTANTIATE_TEST_SUITE_P(Key, PartyRules, testing::ValuesIn(Keys()), NameOf);
INSTANTIATE_TEST_SUITE_P(Identifier, PartyRules, testing::ValuesIn(Identifiers()), NameOf);
INSTANTIATE_TEST_SUITE_P(Detail, PartyRules, testing::ValuesIn(Details()), NameOf);

}  // namespace
}  // namespace klantbeeld::service
