#include "store/identity/person.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/store/identity/people.h"

namespace klantbeeld::store {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;
using testing::IsEmpty;

bool Meet(const Stated& a, const Stated& b) {
  const auto keys = BlockKeysOf(PersonOf(b));
  for (const BlockKey& key : BlockKeysOf(PersonOf(a))) {
    if (std::find(keys.begin(), keys.end(), key) != keys.end()) return true;
  }
  return false;
}

TEST(Person, IsMadeOfFoldedNamesAndDetails) {
  const Person person =
      PersonOf({.first_names = "Dr. Ren\xC3\xA9 Jan-Willem", .surname = "van Dijk-de Boer",
                .partner = "IJssel", .year = 1980, .month = 3, .day = 12,
                .postcode = "1234 ab", .house_number = 7, .street = "Lange Kerkstr.",
                .city = "'s-Gravenhage", .birth_place = "Sint Maarten", .sex = v1::SEX_FEMALE});
  EXPECT_THAT(person.surnames, ElementsAre("dykdeboer", "yssel", "dyk", "boer"));
  EXPECT_THAT(person.first_names, ElementsAre("rene", "jan", "willem"));
  EXPECT_EQ(person.initials, "rjw");
  EXPECT_EQ(person.birth, (Person::Date{1980, 3, 12}));
  EXPECT_EQ(person.postcode, "1234AB");
  EXPECT_EQ(person.house_number, 7);
  EXPECT_EQ(person.street, "lange kerkstraat");
  EXPECT_EQ(person.city, "s gravenhage");
  EXPECT_EQ(person.birth_place, "sint maarten");
  EXPECT_EQ(person.sex, v1::SEX_FEMALE);
  EXPECT_FALSE(person.organisation);
}

TEST(Person, StatedInitialsComeBeforeThoseOfFirstNames) {
  EXPECT_EQ(PersonOf({.first_names = "Hans", .initials = "J.P."}).initials, "jp");
  // A letter where a name should be is an initial.
  const Person letters = PersonOf({.first_names = "J. P.", .surname = "Vos"});
  EXPECT_EQ(letters.initials, "jp");
  EXPECT_THAT(letters.first_names, IsEmpty());
}

TEST(Person, NumbersKeepKindRegisterAndProof) {
  v1::Identifier other = Identifier(v1::IDENTIFIER_TYPE_OTHER, "77");
  other.set_register_("wmo");
  const Person person = PersonOf({.identifiers = {Bsn(kBsnA), other, Phone("+31612345678"),
                                                  Phone("+31201234567")}});
  ASSERT_EQ(person.numbers.size(), 2u);
  EXPECT_EQ(person.numbers[0].type, v1::IDENTIFIER_TYPE_BSN);
  EXPECT_TRUE(person.numbers[0].verified);
  EXPECT_EQ(person.numbers[1].of, "wmo");
  EXPECT_THAT(person.phones, ElementsAre("+31201234567", "+31612345678"));
}

TEST(Person, OrganisationIsFoundByNothingOfAPerson) {
  const Person firm = PersonOf({.identifiers = {Identifier(v1::IDENTIFIER_TYPE_KVK, "68099013"),
                                                Phone("+31612345678")}});
  EXPECT_TRUE(firm.organisation);
  EXPECT_THAT(BlockKeysOf(firm), IsEmpty());
}

TEST(Blocking, FindsOneWhoWroteSomethingWrong) {
  const Stated jansen = {.first_names = "Pieter", .surname = "Jansen", .year = 1980, .month = 3,
                         .day = 12, .postcode = "1234AB", .house_number = 7};
  Stated other = jansen;
  other.surname = "Janssen";
  EXPECT_TRUE(Meet(jansen, other)) << "surname";
  other = {.first_names = "Jansen", .surname = "Pieter"};
  EXPECT_TRUE(Meet(jansen, other)) << "names in each other's place";
  other = {.initials = "P", .surname = "Smit", .year = 1980, .month = 12, .day = 3};
  EXPECT_TRUE(Meet(jansen, other)) << "day and month in each other's place";
  other = {.first_names = "Peter", .surname = "Jansen", .year = 1981, .month = 3, .day = 12};
  EXPECT_TRUE(Meet(jansen, other)) << "year";
  other = {.first_names = "Janssen", .surname = "Pieter"};
  EXPECT_TRUE(Meet(jansen, other)) << "names in each other's place, and a slip";
  other = {.postcode = "1234 ab", .house_number = 7};
  EXPECT_TRUE(Meet(jansen, other)) << "nameless";
  other = {.initials = "P", .surname = "Visser", .postcode = "1234AB"};
  EXPECT_TRUE(Meet(jansen, other)) << "another surname since";
  other = {.first_names = "Klaas", .surname = "Visser", .year = 1951, .month = 7, .day = 28};
  EXPECT_FALSE(Meet(jansen, other)) << "somebody else";
}

TEST(Blocking, FindsByStreetWhereThereIsNoPostcode) {
  EXPECT_TRUE(Meet({.house_number = 61, .street = "Woronora St"},
                   {.house_number = 61, .street = "woronora street"}));
  EXPECT_TRUE(Meet({.year = 1980, .month = 3, .day = 12, .street = "Woronora St"},
                   {.year = 1980, .month = 3, .day = 12, .street = "woronora street"}));
}

TEST(Blocking, FindsByTownAndYearOnlyWhereNoAddressIsKnown) {
  const Stated lee = {.first_names = "An", .surname = "Lee", .year = 1980, .month = 3, .day = 12,
                      .city = "Ede"};
  EXPECT_TRUE(Meet(lee, {.surname = "Lee", .city = "Ede"}));
  EXPECT_TRUE(Meet(lee, {.year = 1980, .month = 3, .day = 12, .city = "Ede"}));
  EXPECT_TRUE(Meet(lee, {.first_names = "An", .surname = "Bos", .year = 1980}));
  Stated address = lee;
  address.street = "Dorpsstraat";
  EXPECT_FALSE(Meet(address, {.surname = "Lee", .city = "Ede"}));
  EXPECT_FALSE(Meet(address, {.first_names = "An", .surname = "Bos", .year = 1980}));
}

TEST(Blocking, FindsByEitherSurname) {
  EXPECT_TRUE(Meet({.surname = "Bakker", .partner = "Smit", .year = 1980, .month = 3, .day = 12},
                   {.surname = "Smit", .year = 1980, .month = 3, .day = 12}));
  EXPECT_TRUE(Meet({.surname = "Smit-Bakker", .year = 1980, .month = 3, .day = 12},
                   {.surname = "Bakker", .year = 1980, .month = 3, .day = 12}));
}

TEST(Blocking, KeysComeOnceAndDependOnThePersonAlone) {
  const Stated stated = {.first_names = "Jan", .surname = "Jan-Jan", .year = 1980, .month = 3,
                         .day = 12, .postcode = "1234AB", .house_number = 7, .city = "Ede",
                         .identifiers = {Phone("+31612345678"), Bsn(kBsnA)}};
  const auto keys = BlockKeysOf(PersonOf(stated));
  EXPECT_EQ(keys, BlockKeysOf(PersonOf(stated)));
  for (size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(std::count(keys.begin(), keys.end(), keys[i]), 1) << int{keys[i].rule};
  }
}

TEST(Disregard, NotesIdentifiersThatTooManyShareAndNothingElse) {
  Person person = PersonOf({.surname = "Vos", .year = 1980, .month = 3, .day = 12,
                            .identifiers = {Phone("+31612345678"), Phone("+31201234567"),
                                            Identifier(v1::IDENTIFIER_TYPE_COOKIE, "c")}});
  for (const BlockKey& key : BlockKeysOf(person)) {
    if (key.value != "+31201234567") Disregard(key, person);
  }
  EXPECT_THAT(person.generic, UnorderedElementsAre("+31612345678", "c"));
  EXPECT_THAT(person.surnames, ElementsAre("vos"));
  EXPECT_EQ(person.birth.year, 1980);
}

TEST(Area, IsTheFirstPartOfAPostcode) {
  EXPECT_EQ(AreaOf("1234AB"), "1234");
  EXPECT_EQ(AreaOf("TQ138DF"), "TQ13");
  EXPECT_EQ(AreaOf("2119"), "2119");
}

}  // namespace
}  // namespace klantbeeld::store
