#include "store/identity/model.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <functional>

#include "store/identity/compare.h"
#include "store/identity/normalise.h"

namespace klantbeeld::store {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

std::string Json(const format::ModelFile& file) {
  std::string json;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(file, &json).ok());
  return json;
}

TEST(Model, ShippedOneIsNamedByItsContent) {
  const Model& model = ShippedModel();
  EXPECT_THAT(model.version, MatchesRegex("klantbeeld-[0-9]+-[0-9a-f]{12}"));
  EXPECT_EQ(ParseModel(ShippedModelFile())->version, model.version);
  // One space more is another file.
  EXPECT_NE(ParseModel(std::string(ShippedModelFile()) + " ")->version, model.version);
}

TEST(Model, ShippedOneKeepsTheOrderOfItsThresholds) {
  const Model& model = ShippedModel();
  EXPECT_GT(model.link, model.suggest);
  EXPECT_GT(model.margin, 0);
  EXPECT_EQ(model.candidates_max, 64u);
  EXPECT_LT(model.file.nameless_max(), model.link);
  EXPECT_GT(model.population_bits, 1000);
}

TEST(Model, NamesStandInTheFormThatTheyAreComparedIn) {
  const Model& model = ShippedModel();
  for (const auto& [name, bits] : model.surnames) {
    EXPECT_EQ(FoldSurname(name), name);
    EXPECT_LT(bits, model.file.surname().same()) << name << " is common";
  }
  for (const auto& [name, bits] : model.first_names) EXPECT_EQ(FoldText(name), name);
  for (const auto& [name, forms] : model.nicknames) EXPECT_EQ(FoldText(name), name);
}

TEST(Model, ShortFormsShareAGroupWithTheNameInFull) {
  const Model& model = ShippedModel();
  const auto alike = [&](const std::string& a, const std::string& b) {
    for (const uint16_t group : model.nicknames.at(a).groups) {
      const auto& other = model.nicknames.at(b).groups;
      if (std::find(other.begin(), other.end(), group) != other.end()) return true;
    }
    return false;
  };
  EXPECT_TRUE(alike("jan", "johannes"));
  EXPECT_TRUE(alike("hans", "johannes"));
  EXPECT_TRUE(alike("kees", "cornelis"));
  EXPECT_TRUE(alike("bill", "william"));
  EXPECT_TRUE(alike("fritz", "friedrich"));
  EXPECT_FALSE(alike("kees", "johannes"));
}

struct Fault {
  std::string name;
  std::function<void(format::ModelFile&)> spoil;
  std::string want;
};

class Refused : public testing::TestWithParam<Fault> {};

TEST_P(Refused, SaysWhichFieldAndWhatIsAllowed) {
  format::ModelFile file = ShippedModel().file;
  ASSERT_TRUE(ParseModel(Json(file)).ok());
  GetParam().spoil(file);
  const auto parsed = ParseModel(Json(file));
  ASSERT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(GetParam().want));
}

INSTANTIATE_TEST_SUITE_P(
    Faults, Refused,
    testing::Values(
        Fault{"Name", [](auto& f) { f.set_name("Ons model"); }, "name must be 1 to 40 of a-z"},
        Fault{"NoName", [](auto& f) { f.clear_name(); }, "name must be"},
        Fault{"Population", [](auto& f) { f.set_population(0); }, "population must be 2 or more"},
        Fault{"SuggestAboveLink", [](auto& f) { f.set_suggest(f.link() + 1); },
              "suggest must be at most link"},
        Fault{"Margin", [](auto& f) { f.set_margin(-1); }, "margin must be 0 or more"},
        Fault{"Candidates", [](auto& f) { f.set_candidates_max(1); }, "candidatesMax must be"},
        Fault{"NamelessLinks", [](auto& f) { f.set_nameless_max(f.link()); },
              "namelessMax must be less than link"},
        Fault{"NamesAlone", [](auto& f) { f.set_names_alone(-1); }, "namesAlone must be 0 or more"},
        Fault{"Support", [](auto& f) { f.set_support(1); }, "support must be at most 0"},
        Fault{"Contradiction", [](auto& f) { f.set_contradiction(f.support() + 1); },
              "contradiction must be at most support"},
        Fault{"Weight", [](auto& f) { f.mutable_phone()->set_same(10'001); },
              "phone.same must be from -10000 to 10000"},
        Fault{"WeightInList",
              [](auto& f) { f.mutable_surname()->mutable_common(1)->set_same(-20'000); },
              "surname.common[1].same must be"},
        Fault{"Rising", [](auto& f) { f.mutable_birth_date()->set_far(9'000); },
              "birthDate must be weights that fall"},
        Fault{"NameTwice",
              [](auto& f) { *f.mutable_surname()->add_common() = f.surname().common(0); },
              "surname.common must be names"},
        Fault{"TwoSpaces", [](auto& f) { f.add_nicknames("jan  hans"); }, "nicknames["},
        Fault{"Capital", [](auto& f) { f.add_nicknames("Jan hans"); }, "names in lower case"}),
    [](const auto& info) { return info.param.name; });

TEST(Model, WhatIsNoModelIsRefused) {
  for (const std::string text : {"", "[]", "{", R"({"weights": 3})", R"({"link": "high"})"}) {
    const auto parsed = ParseModel(text);
    ASSERT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr("model: ")) << text;
  }
}

// It may be a file of people that was given by mistake.
TEST(Model, WhatIsNoModelIsNotRepeated) {
  for (const std::string text : {"999990019,Petra,Kwakkelstein\n", R"({"link": "Kwakkelstein"})",
                                 R"({"Kwakkelstein": 1})"}) {
    const auto parsed = ParseModel(text);
    ASSERT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(parsed.status().message()), Not(HasSubstr("Kwakkelstein"))) << text;
  }
}

}  // namespace
}  // namespace klantbeeld::store
