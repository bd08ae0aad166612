// Also tests: store/identity/join.cc store/identity/names.cc
#include "store/identity/score.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <set>

#include "tests/store/identity/people.h"

namespace klantbeeld::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Model& kModel = ShippedModel();

Score Compared(const Stated& a, const Stated& b) {
  return Compare(kModel, PersonOf(a), PersonOf(b));
}

const Stated kPieter = {.first_names = "Pieter", .surname = "Ravensteyn", .year = 1980, .month = 3,
                        .day = 12, .postcode = "1234AB", .house_number = 7};

Stated Having(Stated stated, void (*change)(Stated&)) {
  change(stated);
  return stated;
}

v1::Identifier Email(const std::string& value) {
  return Identifier(v1::IDENTIFIER_TYPE_EMAIL, value);
}

// --- Pairs.

TEST(Score, SameNameBirthDateAndAddressLink) {
  EXPECT_GE(Compared(kPieter, kPieter).bits, kModel.link);
  EXPECT_FALSE(Compared(kPieter, kPieter).veto);
}

TEST(Score, OneSlipShortFormInitialAndMoveStillLink) {
  const std::vector<Stated> others = {
      Having(kPieter, [](Stated& s) { s.surname = "Ravenstijn"; }),
      Having(kPieter, [](Stated& s) { s.first_names = "Piet"; }),
      Having(kPieter, [](Stated& s) { s.first_names = ""; s.initials = "P."; }),
      Having(kPieter, [](Stated& s) { s.postcode = "9876ZX"; s.house_number = 101; }),
      Having(kPieter, [](Stated& s) { std::swap(s.first_names, s.surname); }),
      Having(kPieter, [](Stated& s) { s.surname = "van Ravensteijn"; })};
  for (const Stated& other : others) {
    EXPECT_GE(Compared(kPieter, other).bits, kModel.link)
        << other.first_names << " " << other.initials << " " << other.surname << " "
        << other.postcode;
  }
}

TEST(Score, DayAndMonthInEachOthersPlaceAreOneSlip) {
  Stated swapped = kPieter;
  std::swap(swapped.month, swapped.day);
  Stated wrong = kPieter;
  wrong.month = 7;
  wrong.day = 28;
  wrong.year = 1951;
  EXPECT_GE(Compared(kPieter, swapped).bits, kModel.suggest);
  EXPECT_GT(Compared(kPieter, swapped).bits, Compared(kPieter, wrong).bits);
  EXPECT_LT(Compared(kPieter, wrong).bits, kModel.link);
}

TEST(Score, PartnersNameIsASurnameToo) {
  const Stated own = {.first_names = "Anna", .surname = "Ravensteyn", .partner = "Oldenkotte",
                      .year = 1980, .month = 3, .day = 12};
  Stated married = own;
  married.surname = "Oldenkotte";
  married.partner = "";
  EXPECT_GE(Compared(own, married).bits, kModel.link);
  married.surname = "Oldenkotte-Ravensteyn";
  EXPECT_GE(Compared(own, married).bits, kModel.link);
}

TEST(Score, RareNameSaysMoreThanACommonOne) {
  const auto bits = [](const std::string& surname) {
    const Stated one = {.first_names = "Pieter", .surname = surname};
    return Compared(one, one).bits;
  };
  EXPECT_GT(bits("Ravensteyn"), bits("de Jong"));
}

TEST(Score, WhatAHouseholdSharesLinksNobody) {
  // Everything but person-level evidence, and all of it the same.
  const Stated household = {.surname = "Ravensteyn", .postcode = "1234AB", .house_number = 7,
                            .identifiers = {Phone("+31612345678"), Email("a@example.org"),
                                            Identifier(v1::IDENTIFIER_TYPE_COOKIE, "c1")}};
  std::vector<FieldScore> fields;
  const Person one = PersonOf(household);
  EXPECT_LT(Compare(kModel, one, one, &fields).bits, 0);
  EXPECT_TRUE(std::any_of(fields.begin(), fields.end(), [](const FieldScore& field) {
    return field.field == v1::EVIDENCE_FIELD_HOUSEHOLD && field.bits < 0;
  }));
}

TEST(Score, FatherAndSonWithOneInitialStayApart) {
  const Stated father = Having(kPieter, [](Stated& s) { s.first_names = ""; s.initials = "P"; });
  Stated son = father;
  son.year = 2007;
  son.month = 8;
  son.day = 25;
  EXPECT_LT(Compared(father, son).bits, kModel.suggest);
  // Nor does the initial alone say which of them it is.
  Stated unborn = father;
  unborn.year = unborn.month = unborn.day = 0;
  EXPECT_LT(Compared(father, unborn).bits, kModel.link);
}

TEST(Score, TwinsNeverLink) {
  const Stated twin = Having(kPieter, [](Stated& s) { s.first_names = "Willemijn"; });
  const Score score = Compared(kPieter, twin);
  EXPECT_TRUE(score.twins);
  EXPECT_LT(score.bits, kModel.link);
  EXPECT_FALSE(Compared(kPieter, kPieter).twins);
  EXPECT_FALSE(Compared(kPieter, Having(kPieter, [](Stated& s) { s.first_names = "Peter"; })).twins);
}

TEST(Score, NamesThatAreBothKnownAreTwoHoweverAlikeTheyAreWritten) {
  const auto twins = [](const std::string& one, const std::string& other) {
    Stated a = kPieter, b = kPieter;
    a.first_names = one;
    b.first_names = other;
    return Compared(a, b).twins;
  };
  EXPECT_TRUE(twins("Johannes", "Johanna"));
  EXPECT_TRUE(twins("Bert", "Gert"));
  EXPECT_FALSE(twins("Johannes", "Johanes"));      // A slip.
  EXPECT_FALSE(twins("Johannes", "Hans"));         // A form.
  EXPECT_FALSE(twins("Johanna Maria", "Maria"));   // One of several.
}

TEST(Score, FirstNamesNoMoreThanAlikeAreSuggested) {
  Stated one = kPieter, other = kPieter;
  one.first_names = "Sierra";
  other.first_names = "Serena";
  EXPECT_LT(Compared(one, other).bits, kModel.link);
  EXPECT_GE(Compared(one, other).bits, kModel.suggest);
  EXPECT_FALSE(Compared(one, other).twins);
  // Nor are two names one that are known and only written alike.
  one.year = one.month = one.day = 0;
  one.first_names = "Johannes";
  other.first_names = "Johanna";
  EXPECT_LT(Compared(one, other).bits, kModel.link);
}

TEST(Score, FormIsSeenThroughItsEndingAndASlip) {
  const auto bits = [](const std::string& one, const std::string& other) {
    return Compared({.first_names = one, .surname = "Ravensteyn"},
                    {.first_names = other, .surname = "Ravensteyn"}).bits;
  };
  const Centibits form = bits("Robert", "Robbie"), other = bits("Robert", "Willem");
  EXPECT_EQ(bits("Robert", "Robbi"), form);
  EXPECT_EQ(bits("Robert", "Bobbey"), form);
  EXPECT_EQ(bits("Willem", "Robby"), other);
  EXPECT_GT(bits("Bert", "Gijsbretus"), bits("Bert", "Willem"));
  // A name of its own is no slip of a form: "Dina" is not "Tina".
  EXPECT_EQ(bits("Christien", "Dina"), bits("Christien", "Willem"));
  EXPECT_EQ(Compared({.first_names = "J. Willem", .surname = "Ravensteyn"},
                     {.first_names = "Jan", .surname = "Ravensteyn"}).bits,
            Compared({.initials = "J", .surname = "Ravensteyn"},
                     {.first_names = "Jan", .surname = "Ravensteyn"}).bits);
}

TEST(Score, WhoHasNothingButTheNamesMayLiveAnywhere) {
  const auto bits = [](const Stated& stated) { return Compared(stated, stated).bits; };
  EXPECT_GE(bits({.first_names = "Quirinus", .surname = "Ravensteyn"}), kModel.link);
  const Stated common = {.first_names = "Daniel", .surname = "Beek"};
  EXPECT_LT(bits(common), kModel.link);
  EXPECT_GE(bits(common) + kModel.file.names_alone(), kModel.link);
  EXPECT_GE(bits(common), kModel.suggest);
  EXPECT_GE(bits(Having(common, [](Stated& s) { s.birth_place = "Nijkerk"; })), kModel.link);
  EXPECT_GE(bits(Having(common, [](Stated& s) { s.year = 1980; })), kModel.link);
}

TEST(Score, TwoSlipsMayBeABrotherOrSister) {
  const auto bits = [](const std::string& name, int day, int month) {
    Stated other = kPieter;
    other.first_names = name;
    other.day = day;
    other.month = month;
    return Compared(kPieter, other).bits;
  };
  ASSERT_EQ(kPieter.day, 12);
  EXPECT_GE(bits("Pieterr", 12, 3), kModel.link);  // One slip,
  EXPECT_GE(bits("Pieter", 13, 3), kModel.link);
  EXPECT_LT(bits("Pieterr", 13, 3), kModel.link);  // two,
  EXPECT_GE(bits("Piet", 13, 3), kModel.link);     // and a short form is none,
  EXPECT_LT(bits("Piet", 23, 3), kModel.link);     // but of a birthday that differs more.
  EXPECT_GE(bits("Pieterr", 0, 3), kModel.link);   // What is not known is no slip.
  EXPECT_GE(bits("Pieterr", 0, 0), kModel.link);
}

TEST(Score, SameNumberInARegisterIsNoTwinOrSomebodyBornAnotherDay) {
  const auto with = [](v1::IdentifierType type, const std::string& name) {
    Stated stated = kPieter;
    stated.first_names = name;
    stated.identifiers = {Identifier(type, "5316988")};
    if (type == v1::IDENTIFIER_TYPE_OTHER) stated.identifiers[0].set_register_("ssn");
    return stated;
  };
  const auto twins = [&](v1::IdentifierType type) {
    return Compared(with(type, "Pieter"), with(type, "Willemijn")).twins;
  };
  EXPECT_FALSE(twins(v1::IDENTIFIER_TYPE_OTHER));
  EXPECT_TRUE(twins(v1::IDENTIFIER_TYPE_CUSTOMER));  // A household may share that.
  Stated born = with(v1::IDENTIFIER_TYPE_OTHER, "Pieter");
  born.year = 1951;
  born.month = 7;
  born.day = 28;
  EXPECT_FALSE(Compared(with(v1::IDENTIFIER_TYPE_OTHER, "Pieter"), born).born_apart);
}

TEST(Score, NamelessNeverLinks) {
  Stated nameless = kPieter;
  nameless.first_names = nameless.surname = "";
  nameless.identifiers = {Phone("+31612345678"), Email("a@example.org")};
  Stated named = kPieter;
  named.identifiers = nameless.identifiers;
  const Score score = Compared(named, nameless);
  EXPECT_LT(score.bits, kModel.link);
  EXPECT_GE(score.bits, kModel.suggest);
  Stated surname_only = named;
  surname_only.first_names = "";
  EXPECT_LT(Compared(named, surname_only).bits, kModel.link);
}

TEST(Score, PartlyUnknownBirthDateIsNoContradiction) {
  const Stated year = Having(kPieter, [](Stated& s) { s.month = s.day = 0; });
  const Stated none = Having(kPieter, [](Stated& s) { s.year = s.month = s.day = 0; });
  const Stated other = Having(kPieter, [](Stated& s) { s.year = 1951; s.month = s.day = 0; });
  EXPECT_GT(Compared(kPieter, year).bits, Compared(kPieter, none).bits);
  EXPECT_GT(Compared(kPieter, kPieter).bits, Compared(kPieter, year).bits);
  EXPECT_LT(Compared(kPieter, other).bits, Compared(kPieter, none).bits);
}

TEST(Score, FirstOfJanuaryIsOftenAYearOnly) {
  const Stated new_year = Having(kPieter, [](Stated& s) { s.month = s.day = 1; });
  EXPECT_LT(Compared(new_year, new_year).bits, Compared(kPieter, kPieter).bits);
}

TEST(Score, TypedNumberNeedsSomethingThatAgrees) {
  Stated verified = kPieter;
  verified.identifiers = {Bsn(kBsnA)};
  const Stated typed = {.initials = "P", .surname = "Ravensteyn",
                        .identifiers = {Bsn(kBsnA, v1::VERIFIED_BY_TYPED)}};
  EXPECT_TRUE(Compared(verified, typed).typed_number);
  EXPECT_GE(Compared(verified, typed).bits, kModel.link);
  const Stated born = {.year = 1980, .month = 3, .day = 12, .identifiers = typed.identifiers};
  EXPECT_TRUE(Compared(verified, born).typed_number);
  const Stated bare = {.identifiers = typed.identifiers};
  EXPECT_FALSE(Compared(verified, bare).typed_number);
  EXPECT_LT(Compared(verified, bare).bits, kModel.link);
  const Stated somebody = {.first_names = "Willemijn", .surname = "Oldenkotte", .year = 1951,
                           .month = 7, .day = 28, .identifiers = typed.identifiers};
  EXPECT_FALSE(Compared(verified, somebody).typed_number);
  EXPECT_LT(Compared(verified, somebody).bits, kModel.link);
}

TEST(Score, TwoBsnsAreAVetoHoweverWellTheRestAgrees) {
  Stated a = kPieter, b = kPieter;
  a.identifiers = {Bsn(kBsnA)};
  b.identifiers = {Bsn(kBsnB, v1::VERIFIED_BY_TYPED)};
  EXPECT_TRUE(Compared(a, b).veto);
}

TEST(Score, NumberOfAnotherRegisterIsStrongAndMayHaveASlip) {
  const auto with = [](const std::string& value) {
    Stated stated = {.first_names = "Pieter", .surname = "Ravensteyn"};
    stated.identifiers = {Identifier(v1::IDENTIFIER_TYPE_OTHER, value)};
    stated.identifiers[0].set_register_("ssn");
    return stated;
  };
  const Score same = Compared(with("5316988"), with("5316988"));
  const Score slip = Compared(with("5316988"), with("5361988"));
  const Score other = Compared(with("5316988"), with("1804974"));
  EXPECT_GE(same.bits, kModel.link);
  EXPECT_GT(same.bits, slip.bits);
  EXPECT_GT(slip.bits, other.bits);
  EXPECT_FALSE(other.veto);
}

TEST(Score, PersonAndOrganisationAreNeverOne) {
  const Stated firm = {.identifiers = {Identifier(v1::IDENTIFIER_TYPE_KVK, "68099013")}};
  EXPECT_TRUE(Compared(kPieter, firm).veto);
  EXPECT_FALSE(Compared(firm, firm).veto);
  EXPECT_LT(Compared(firm, firm).bits, kModel.suggest);
}

std::vector<Stated> Town() {
  std::mt19937 random(11);
  const std::vector<std::string> first = {"Jan", "Johannes", "Hans", "Willemijn", "J", "", "Piet"};
  const std::vector<std::string> last = {"Ravensteyn", "Ravenstein", "de Jong", "Oldenkotte", ""};
  const auto pick = [&](const auto& of) { return of[random() % of.size()]; };
  std::vector<Stated> town;
  for (int i = 0; i < 60; ++i) {
    Stated one = {.first_names = pick(first), .surname = pick(last)};
    if (random() % 3 != 0) {
      one.year = 1980 + static_cast<int>(random() % 2);
      one.month = 1 + static_cast<int>(random() % 3);
      one.day = 1 + static_cast<int>(random() % 3);
    }
    if (random() % 2 != 0) {
      one.postcode = random() % 2 != 0 ? "1234AB" : "1234AC";
      one.house_number = 7 + static_cast<int>(random() % 2);
    }
    if (random() % 3 == 0) one.identifiers.push_back(Phone("+31612345678"));
    if (random() % 6 == 0) one.identifiers.push_back(Bsn(random() % 2 != 0 ? kBsnA : kBsnB));
    town.push_back(one);
  }
  return town;
}

TEST(Score, IsTheSameFromBothSidesAndTheSumOfItsFields) {
  const auto town = Town();
  for (const Stated& a : town) {
    for (const Stated& b : town) {
      std::vector<FieldScore> fields;
      const Score there = Compare(kModel, PersonOf(a), PersonOf(b), &fields);
      const Score back = Compared(b, a);
      ASSERT_EQ(there.bits, back.bits) << a.first_names << "|" << a.surname << " "
                                       << b.first_names << "|" << b.surname;
      ASSERT_EQ(there.veto, back.veto);
      ASSERT_EQ(there.typed_number, back.typed_number);
      Centibits sum = 0;
      for (const FieldScore& field : fields) sum += field.bits;
      ASSERT_EQ(there.bits, sum);
    }
  }
}

// --- Joining.

struct Joined {
  std::vector<std::set<size_t>> clusters;  // Of more than one, ascending.
  std::vector<LeftApart> apart;
};

Joined JoinAll(const std::vector<Stated>& people, const std::set<std::set<size_t>>& never = {},
               const Model& model = kModel, unsigned shuffle = 0) {
  std::vector<Person> persons;
  for (const Stated& one : people) persons.push_back(PersonOf(one));
  std::vector<const Person*> pointers;
  for (const Person& one : persons) pointers.push_back(&one);
  std::vector<ScoredPair> pairs;
  for (size_t low = 0; low < persons.size(); ++low) {
    for (size_t high = low + 1; high < persons.size(); ++high) {
      pairs.push_back({low, high, Compare(model, persons[low], persons[high])});
    }
  }
  std::mt19937 random(shuffle);
  std::shuffle(pairs.begin(), pairs.end(), random);
  std::vector<size_t> of(people.size());
  std::iota(of.begin(), of.end(), size_t{100});
  const auto members = [&](size_t name) {
    std::set<size_t> claims;
    for (size_t claim = 0; claim < of.size(); ++claim) {
      if (of[claim] == name) claims.insert(claim);
    }
    return claims;
  };
  Joined joined;
  joined.apart = JoinByScore(
      model, pointers, pairs, [&](size_t claim) { return of[claim]; },
      [&](size_t x, size_t y) {
        for (const size_t a : members(x)) {
          for (const size_t b : members(y)) {
            if (never.contains({a, b})) return MayJoin::kNever;
          }
        }
        return MayJoin::kYes;
      },
      [&](size_t x, size_t y) {
        EXPECT_NE(x, y);
        std::replace(of.begin(), of.end(), y, x);
      },
      true);
  for (const size_t name : std::set<size_t>(of.begin(), of.end())) {
    if (members(name).size() > 1) joined.clusters.push_back(members(name));
  }
  std::sort(joined.clusters.begin(), joined.clusters.end());
  return joined;
}

TEST(Join, PutsTogetherWhatSaysEnough) {
  const Stated other = {.first_names = "Klaas", .surname = "Bakker", .year = 1951, .month = 7,
                        .day = 28};
  const auto joined = JoinAll({kPieter, other, kPieter, other});
  EXPECT_THAT(joined.clusters, ElementsAre(std::set<size_t>{0, 2}, std::set<size_t>{1, 3}));
  EXPECT_THAT(joined.apart, IsEmpty());
}

TEST(Join, LeavesApartWhatIsForbidden) {
  const auto joined = JoinAll({kPieter, kPieter}, {{0, 1}});
  EXPECT_THAT(joined.clusters, IsEmpty());
  ASSERT_EQ(joined.apart.size(), 1u);
  EXPECT_EQ(joined.apart[0].obstacle, v1::OBSTACLE_DISAGREES);
}

TEST(Join, SaysWhereThereIsTooLittle) {
  Stated nameless = kPieter;
  nameless.first_names = "";
  const auto joined = JoinAll({kPieter, nameless});
  EXPECT_THAT(joined.clusters, IsEmpty());
  ASSERT_EQ(joined.apart.size(), 1u);
  EXPECT_EQ(joined.apart[0].obstacle, v1::OBSTACLE_TOO_LITTLE);
}

TEST(Join, ClaimThatFitsBothTwinsJoinsNeither) {
  const Stated twin = Having(kPieter, [](Stated& s) { s.first_names = "Paulus"; });
  const Stated initial = Having(kPieter, [](Stated& s) { s.first_names = ""; s.initials = "P"; });
  const auto joined = JoinAll({kPieter, twin, initial});
  EXPECT_THAT(joined.clusters, IsEmpty());
  ASSERT_GE(joined.apart.size(), 2u);
  EXPECT_EQ(joined.apart[0].obstacle, v1::OBSTACLE_ANOTHER_FITS);
  EXPECT_EQ(joined.apart[1].obstacle, v1::OBSTACLE_ANOTHER_FITS);
}

TEST(Join, ClaimThatFitsTwoNumbersJoinsNeither) {
  Stated a = kPieter, b = kPieter;
  a.identifiers = {Bsn(kBsnA)};
  b.identifiers = {Bsn(kBsnB)};
  EXPECT_THAT(JoinAll({a, b, kPieter}).clusters, IsEmpty());
}

const Stated kTwin = Having(kPieter, [](Stated& s) { s.first_names = "Willemijn"; });

TEST(Join, NoThirdClaimBringsTwinsTogether) {
  const Stated both = Having(kPieter, [](Stated& s) { s.first_names = "Pieter Willemijn"; });
  for (const auto& cluster : JoinAll({kPieter, kTwin, both, kPieter, kTwin}).clusters) {
    EXPECT_FALSE(cluster.contains(0) && cluster.contains(1));
  }
}

// A lower threshold joins what is suggested, and no model what is never joined.
TEST(Join, TwinsStayTwoWhateverTheThreshold) {
  Model low = kModel;
  low.link = low.suggest = -10'000;
  const Stated nameless = Having(kPieter, [](Stated& s) { s.first_names = ""; });
  EXPECT_THAT(JoinAll({kPieter, nameless}, {}, low).clusters, ElementsAre(std::set<size_t>{0, 1}));
  EXPECT_THAT(JoinAll({kPieter, kTwin}, {}, low).clusters, IsEmpty());
}

TEST(Join, DependsOnNoOrderOfPairs) {
  const auto town = Town();
  Model low = kModel;
  low.link = low.suggest;
  for (const Model& model : {kModel, low}) {
    const auto first = JoinAll(town, {{3, 9}, {4, 17}}, model, 0);
    EXPECT_FALSE(first.clusters.empty());
    for (unsigned shuffle = 1; shuffle < 6; ++shuffle) {
      const auto again = JoinAll(town, {{3, 9}, {4, 17}}, model, shuffle);
      EXPECT_EQ(again.clusters, first.clusters);
      ASSERT_EQ(again.apart.size(), first.apart.size());
      for (size_t i = 0; i < first.apart.size(); ++i) {
        EXPECT_EQ(again.apart[i].pair.low, first.apart[i].pair.low);
        EXPECT_EQ(again.apart[i].pair.high, first.apart[i].pair.high);
        EXPECT_EQ(again.apart[i].obstacle, first.apart[i].obstacle);
      }
    }
  }
}

TEST(Join, NeverPutsTwoNumbersOrTwinsTogether) {
  const auto town = Town();
  for (const auto& cluster : JoinAll(town).clusters) {
    for (const size_t a : cluster) {
      for (const size_t b : cluster) {
        const Score score = Compared(town[a], town[b]);
        EXPECT_FALSE(score.veto);
        EXPECT_FALSE(score.twins);
      }
    }
  }
}

TEST(Join, LargestComponentIsBounded) {
  // 512 claims of a few dozen people, all candidates for each other.
  std::vector<Stated> crowd;
  while (crowd.size() < 512) {
    for (const Stated& one : Town()) {
      if (crowd.size() < 512) crowd.push_back(one);
    }
  }
  const auto joined = JoinAll(crowd);
  EXPECT_FALSE(joined.clusters.empty());
}

}  // namespace
}  // namespace klantbeeld::store
