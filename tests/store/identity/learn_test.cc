// People are made who slip as often as is planted; what is learnt of them must
// say so.
#include "store/identity/learn.h"

// Also tests: store/identity/observe.cc

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "store/identity/adopt.h"
#include "store/prepare.h"
#include "tests/store/events.h"
#include "tests/store/history.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::Contains;
using testing::Not;

constexpr int kPeople = 2'400;
constexpr double kSurnameSlips = 0.02, kSurnameSlipsByPhone = 0.2;  // Of what is stated.
constexpr double kBirthSlips = 0.03, kFirstNameSlips = 0.05, kOtherPhone = 0.1;
constexpr double kTolerance = 0.03;

struct Made {
  std::string surname, first_name, postcode, phone;
  int year, month, day, house_number;
};

class People {
 public:
  std::vector<v1::ContactEvent> Events() {
    for (int i = 0; i < kPeople; ++i) {
      const Made person = Make(i);
      for (int turn = 0; turn < 3; ++turn) Add(State(person, turn == 0));
    }
    // One without a birth date, whose contacts nobody can join; four of a name.
    for (int i = 0; i < 40; ++i) {
      Made hermit = Make(kPeople + i);
      hermit.surname = "Querkeltjes";
      v1::ContactEvent event = State(hermit, false);
      event.mutable_data()->mutable_parties(0)->mutable_details()->clear_birth_date();
      Add(std::move(event));
      if (i >= 4) continue;
      hermit.surname = "Xanthoviel";
      Add(State(hermit, false));
    }
    return std::move(events_);
  }

 private:
  int Roll(int sides) { return static_cast<int>(random_() % static_cast<uint32_t>(sides)); }
  bool Chance(double share) { return static_cast<double>(random_()) < share * 4294967296.0; }

  // The lower ones are the more common.
  std::string Name(int names, int length, uint32_t seed) {
    std::mt19937 letters(seed + static_cast<uint32_t>(std::min(Roll(names), Roll(names))));
    letters.discard(7);
    std::string name;
    for (int i = 0; i < length; ++i) {
      name.push_back("bcdfghklmnprstvwz"[letters() % 17]);
      name.push_back("aeiou"[letters() % 5]);
    }
    return name;
  }

  Made Make(int number) {
    if (number % 2 == 0) {
      home_ = {.surname = Name(150, 4, 1), .first_name = "",
               .postcode = absl::StrCat(1000 + Roll(900), std::string(1, static_cast<char>('A' + Roll(20))), "B"),
               .phone = absl::StrCat("06", 10'000'000 + number * 1'000), .year = 0, .month = 0,
               .day = 0, .house_number = 1 + Roll(200)};
    }
    Made person = home_;
    person.first_name = Name(60, 3, number % 2 == 0 ? 5'000 : 6'000);  // A couple.
    person.year = 1930 + Roll(80);
    person.month = 1 + Roll(12);
    person.day = 1 + Roll(28);
    return person;
  }

  // One letter is another.
  std::string Slip(std::string text) {
    text[1 + static_cast<size_t>(Roll(static_cast<int>(text.size()) - 1))] = 'x';
    return text;
  }

  v1::ContactEvent State(const Made& person, bool by_phone) {
    // Something is always its own, or what is stated alike would be one content.
    std::vector<v1::Identifier> identifiers = {
        Identifier(v1::IDENTIFIER_TYPE_EMAIL, absl::StrCat("a", events_.size(), "q@example.org"))};
    if (Chance(0.8)) {
      identifiers.push_back(Phone(Chance(kOtherPhone) ? absl::StrCat("06", 50'000'000 + Roll(9'000'000))
                                                      : person.phone));
    }
    v1::ContactEvent event =
        EventOf("website", absl::StrCat(events_.size()), static_cast<int64_t>(events_.size()),
                {PartyOf("customer", identifiers)}, by_phone ? v1::CHANNEL_PHONE : v1::CHANNEL_WEB);
    auto& details = *event.mutable_data()->mutable_parties(0)->mutable_details();
    const double slips = by_phone ? kSurnameSlipsByPhone : kSurnameSlips;
    details.set_surname(Chance(slips) ? Slip(person.surname) : person.surname);
    details.set_first_names(Chance(kFirstNameSlips) ? Slip(person.first_name) : person.first_name);
    details.mutable_birth_date()->set_year(person.year);
    details.mutable_birth_date()->set_month(person.month);
    details.mutable_birth_date()->set_day(Chance(kBirthSlips) ? 1 + person.day % 28 : person.day);
    details.mutable_address()->set_postcode(person.postcode);
    details.mutable_address()->set_house_number(person.house_number);
    return event;
  }

  void Add(v1::ContactEvent event) { events_.push_back(std::move(event)); }

  std::mt19937 random_{11};
  Made home_;
  std::vector<v1::ContactEvent> events_;
};

class LearnTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    events_ = new std::vector<v1::ContactEvent>(People().Events());
    store_ = Apply(*events_).release();
  }
  static void TearDownTestSuite() {
    delete store_;
    delete events_;
  }
  static std::unique_ptr<Batch> Apply(const std::vector<v1::ContactEvent>& events) {
    static const auto* const none = new NoRows();
    std::vector<LooseFact> facts;
    for (const auto& event : events) facts.push_back(FactOf(*PrepareEvent(keys_, event)));
    auto store = ApplyAll(keys_, *none, facts);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  static absl::StatusOr<Learnt> Learn(const Reader& rows) {
    return LearnModel(keys_, rows, ShippedModel(), "learnt-1", nullptr);
  }
  static const LearntWeight& WeightOf(const Learnt& learnt, absl::string_view name) {
    static const LearntWeight none;
    for (const auto& weight : learnt.weights) {
      if (weight.name == name) return weight;
    }
    ADD_FAILURE() << name << " was not learnt";
    return none;
  }
  static std::set<std::string> NamesOf(const format::NameWeights& weights) {
    std::set<std::string> names;
    for (const auto& group : weights.common()) {
      for (const absl::string_view name : absl::StrSplit(group.names(), ' ')) names.emplace(name);
    }
    return names;
  }

  static inline const Keys keys_ = TestKeys();
  static inline std::vector<v1::ContactEvent>* events_ = nullptr;
  static inline Batch* store_ = nullptr;
};

TEST_F(LearnTest, FindsHowOftenPeopleSlipWithinThreeHundredths) {
  const auto learnt = Learn(*store_);
  ASSERT_TRUE(learnt.ok()) << learnt.status();
  // Of the three pairs of each, two have the call in it.
  const double web = (1 - kSurnameSlips) * (1 - kSurnameSlips);
  const double call = (1 - kSurnameSlips) * (1 - kSurnameSlipsByPhone);
  const LearntWeight& surname = WeightOf(*learnt, "surname.same");
  EXPECT_NEAR(surname.m, (web + 2 * call) / 3, kTolerance);
  EXPECT_NEAR(surname.m_of.at(v1::CHANNEL_PHONE), call, kTolerance);
  EXPECT_NEAR(surname.m_of.at(v1::CHANNEL_WEB), (web + 2 * call) / 3, kTolerance);
  EXPECT_NEAR(WeightOf(*learnt, "firstName.same").m,
              (1 - kFirstNameSlips) * (1 - kFirstNameSlips), kTolerance);
  EXPECT_NEAR(WeightOf(*learnt, "birthDate.same").m, (1 - kBirthSlips) * (1 - kBirthSlips),
              kTolerance);
  EXPECT_NEAR(WeightOf(*learnt, "phone.same").m, (1 - kOtherPhone) * (1 - kOtherPhone),
              kTolerance);
  EXPECT_GT(WeightOf(*learnt, "address.same").m, 1 - kTolerance);
  EXPECT_LT(WeightOf(*learnt, "birthDate.same").u, 0.005);
  EXPECT_LT(WeightOf(*learnt, "phone.same").u, 0.01);
}

TEST_F(LearnTest, ListsCommonNamesAndNoneOfFew) {
  const auto learnt = Learn(*store_);
  ASSERT_TRUE(learnt.ok()) << learnt.status();
  const auto model = ParseModel(learnt->file);
  ASSERT_TRUE(model.ok()) << model.status();
  const auto names = NamesOf(model->file.surname());
  EXPECT_EQ(names.size(), learnt->surnames);
  EXPECT_GT(names.size(), 50u);
  EXPECT_GT(NamesOf(model->file.first_name()).size(), 30u);
  EXPECT_THAT(names, Not(Contains("querkeltjes")));
  EXPECT_THAT(names, Not(Contains("xanthoviel")));
  EXPECT_EQ(learnt->file.find("querkeltjes"), std::string::npos);
  // What is common says less than what is not.
  for (const auto& group : model->file.surname().common()) {
    EXPECT_LT(group.same(), model->file.surname().same());
  }
}

TEST_F(LearnTest, TheSamePeopleGiveTheSameFileInWhateverOrderTheyCame) {
  const auto learnt = Learn(*store_);
  ASSERT_TRUE(learnt.ok()) << learnt.status();
  std::vector<v1::ContactEvent> others = *events_;
  std::mt19937 random(3);
  std::shuffle(others.begin(), others.end(), random);
  const auto again = Learn(*Apply(others));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->file, learnt->file);
}

TEST_F(LearnTest, WhatIsLearntCanBeAdoptedAndKeepsWhatIsDecided) {
  const auto learnt = Learn(*store_);
  ASSERT_TRUE(learnt.ok()) << learnt.status();
  const auto adoption = PrepareAdoption(learnt->file, "");
  ASSERT_TRUE(adoption.ok()) << adoption.status();
  EXPECT_TRUE(CheckAdoption(ModelInEffect(), 2, *adoption).ok());
  const auto& before = ShippedModel().file;
  const auto& after = adoption->model->file;
  EXPECT_EQ(after.name(), "learnt-1");
  EXPECT_EQ(after.link(), before.link());
  EXPECT_EQ(after.suggest(), before.suggest());
  EXPECT_EQ(after.population(), before.population());
  EXPECT_EQ(after.household_gap(), before.household_gap());
  EXPECT_EQ(after.nicknames_size(), before.nicknames_size());
  for (const LearntWeight& weight : learnt->weights) {
    const bool of_name = weight.name == "surname.same" || weight.name == "firstName.same";
    EXPECT_LE(std::abs(weight.after), 1'400) << weight.name;
    EXPECT_LE(std::abs(weight.after - weight.before), of_name ? 1'400 : 300) << weight.name;
  }
}

TEST_F(LearnTest, OfTooFewNothingIsLearnt) {
  const std::vector<v1::ContactEvent> few(events_->begin(), events_->begin() + 60);
  const auto learnt = Learn(*Apply(few));
  EXPECT_EQ(learnt.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(LearnModel(keys_, *store_, ShippedModel(), "No Name", nullptr).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace klantbeeld::store
