#include "store/identity/compare.h"

#include <gtest/gtest.h>

#include <random>

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

TEST(Sound, IsThatOfNamesWhichSoundAlike) {
  EXPECT_EQ(SoundOf("visser"), SoundOf("fisser"));
  EXPECT_EQ(SoundOf("meyer"), SoundOf("meier"));
  EXPECT_EQ(SoundOf("jansen"), SoundOf("janssen"));
  EXPECT_EQ(SoundOf("schmidt"), SoundOf("schmitt"));
  EXPECT_EQ(SoundOf("philips"), SoundOf("filips"));
  EXPECT_NE(SoundOf("jansen"), SoundOf("bakker"));
  EXPECT_EQ(SoundOf(""), "");
}

}  // namespace
}  // namespace klantbeeld::store
