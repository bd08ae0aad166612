#include "store/identity/compare.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "store/identity/score.h"
#include "tests/store/identity/people.h"

namespace klantbeeld::store {
namespace {

TEST(JaroWinkler, HasTheValuesOfTheLiterature) {
  EXPECT_EQ(JaroWinkler("martha", "marhta"), 961);
  EXPECT_EQ(JaroWinkler("dwayne", "duane"), 840);
  EXPECT_EQ(JaroWinkler("dixon", "dicksonx"), 813);
  EXPECT_EQ(JaroWinkler("vries", "vries"), 1000);
  EXPECT_EQ(JaroWinkler("abc", "xyz"), 0);
  EXPECT_EQ(JaroWinkler("", "jansen"), 0);
  EXPECT_EQ(JaroWinkler("", ""), 0);
}

TEST(Edits, CountsSlipsAndNeighboursThatChangedPlaces) {
  EXPECT_EQ(Edits("jansen", "jansen", 2), 0);
  EXPECT_EQ(Edits("jansen", "janssen", 2), 1);
  EXPECT_EQ(Edits("jansen", "jasnen", 2), 1);
  EXPECT_EQ(Edits("ca", "abc", 9), 3);  // Restricted: no letter moves twice.
  EXPECT_EQ(Edits("", "abc", 9), 3);
  EXPECT_EQ(Edits("visser", "bakker", 2), 3);  // More than asked for.
}

TEST(Texts, AreComparedAlikeFromBothSidesAndInAnyLength) {
  std::mt19937 random(5);
  std::uniform_int_distribution<size_t> length(0, 90);
  std::uniform_int_distribution<int> letter('a', 'd');
  for (int i = 0; i < 3000; ++i) {
    std::string a(length(random) / (i % 9 + 1), ' '), b(length(random) / (i % 9 + 1), ' ');
    for (auto* text : {&a, &b}) {
      for (char& c : *text) c = static_cast<char>(letter(random));
    }
    EXPECT_EQ(JaroWinkler(a, b), JaroWinkler(b, a)) << a << " " << b;
    EXPECT_LE(JaroWinkler(a, b), 1000);
    EXPECT_EQ(Edits(a, b, 3), Edits(b, a, 3)) << a << " " << b;
  }
}

struct DateRow {
  Person::Date a, b;
  DateAgreement want;
};

class Dates : public testing::TestWithParam<DateRow> {};

TEST_P(Dates, AgreeAsFarAsKnown) {
  EXPECT_EQ(CompareDates(GetParam().a, GetParam().b), GetParam().want);
  EXPECT_EQ(CompareDates(GetParam().b, GetParam().a), GetParam().want);
}

using enum DateAgreement;
INSTANTIATE_TEST_SUITE_P(
    Rows, Dates,
    testing::Values(DateRow{{1980, 3, 12}, {1980, 3, 12}, kSame},
                    DateRow{{}, {1980, 3, 12}, kUnknown}, DateRow{{}, {}, kUnknown},
                    // Day and month have changed places.
                    DateRow{{1980, 3, 12}, {1980, 12, 3}, kClose},
                    // One digit.
                    DateRow{{1980, 3, 12}, {1981, 3, 12}, kClose},
                    DateRow{{1980, 3, 12}, {1980, 3, 22}, kClose},
                    // Two digits; one year; one birthday.
                    DateRow{{1980, 3, 12}, {1971, 3, 12}, kFar},
                    DateRow{{1980, 3, 12}, {1980, 11, 29}, kFar},
                    DateRow{{1980, 3, 12}, {1949, 3, 12}, kFar},
                    DateRow{{1980, 3, 12}, {1951, 7, 28}, kDifferent},
                    // Parts that the register does not know.
                    DateRow{{1980, 0, 0}, {1980, 3, 12}, kSameYear},
                    DateRow{{1980, 0, 0}, {1980, 0, 0}, kSameYear},
                    DateRow{{1980, 3, 0}, {1980, 3, 12}, kSameYearMonth},
                    DateRow{{1980, 0, 0}, {1981, 3, 12}, kFar},
                    DateRow{{1980, 3, 0}, {1980, 4, 12}, kFar},
                    DateRow{{1980, 0, 0}, {1951, 3, 12}, kDifferent}));

TEST(MayBeOneBirthTest, TwoPartsAgreeOrChangedPlacesOrOneIsNotKnown) {
  const Person::Date date{1980, 3, 12};
  for (const Person::Date& other : {Person::Date{1980, 3, 12}, {1980, 3, 27}, {1980, 7, 12},
                                    {1951, 3, 12}, {1980, 12, 3}, {1951, 0, 0}, {1951, 7, 0}, {}}) {
    EXPECT_TRUE(MayBeOneBirth(date, other)) << other.year << "-" << other.month;
    EXPECT_TRUE(MayBeOneBirth(other, date)) << other.year << "-" << other.month;
  }
  for (const Person::Date& other : {Person::Date{1980, 7, 27}, {1951, 3, 27}, {1951, 7, 12},
                                    {1951, 12, 3}}) {
    EXPECT_FALSE(MayBeOneBirth(date, other)) << other.year << "-" << other.month;
    EXPECT_FALSE(MayBeOneBirth(other, date)) << other.year << "-" << other.month;
  }
}

TEST(Sound, IsThatOfNamesWhichSoundAlike) {
  EXPECT_EQ(SoundOf("visser"), SoundOf("fisser"));
  EXPECT_EQ(SoundOf("meyer"), SoundOf("meier"));
  EXPECT_EQ(SoundOf("jansen"), SoundOf("janssen"));
  EXPECT_EQ(SoundOf("schmidt"), SoundOf("schmitt"));
  EXPECT_EQ(SoundOf("philips"), SoundOf("filips"));
  EXPECT_NE(SoundOf("jansen"), SoundOf("bakker"));
  EXPECT_EQ(SoundOf(""), "");
}

TEST(Address, TownAndQuarterCountBesideAStreet) {
  const Stated here = {.first_names = "Pieter", .surname = "Ravensteyn", .postcode = "2145",
                       .house_number = 7, .street = "Kerkstraat", .city = "Elders"};
  const auto address = [&](const Stated& a, const Stated& b) {
    std::vector<FieldScore> fields;
    Compare(ShippedModel(), PersonOf(a), PersonOf(b), &fields);
    Centibits bits = 0;
    for (const FieldScore& one : fields) {
      if (one.field == v1::EVIDENCE_FIELD_ADDRESS) bits += one.bits;
    }
    return bits;
  };
  const auto with = [&](void (*change)(Stated&)) {
    Stated there = here;
    change(there);
    return address(here, there);
  };
  const Centibits same = ShippedModel().file.address().same();
  EXPECT_EQ(address(here, here), same);
  // A slip in the street is made up for, a missing number is not quite.
  EXPECT_EQ(with([](Stated& s) { s.street = "Kerkstraet"; }), same);
  EXPECT_GT(with([](Stated& s) { s.house_number = 0; }), ShippedModel().file.address().area());
  // There is a Kerkstraat in every town.
  EXPECT_LT(with([](Stated& s) { s.city = "Verweg"; s.postcode = "8311"; }), same);
  EXPECT_LT(with([](Stated& s) { s.city = "Verweg"; s.postcode = "8311"; }),
            with([](Stated& s) { s.city = ""; s.postcode = ""; }));
  // A quarter has many streets with a number 7.
  EXPECT_LT(with([](Stated& s) { s.street = "Molenweg"; }), same);
  // A Dutch postcode is a street's: that says it all.
  Stated dutch = here;
  dutch.postcode = "1234AB";
  Stated neighbour = dutch;
  neighbour.house_number = 9;
  EXPECT_EQ(address(dutch, neighbour),
            ShippedModel().file.address().other_number());
}

}  // namespace
}  // namespace klantbeeld::store
