#include "service/registry/file_registry.h"

// Also tests: service/registry/rows.cc
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/service/registry/person.h"

namespace klantbeeld::registry {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr char kHeader[] =
    "bsn,first_names,initials,prefix,surname,partner_prefix,partner_surname,name_use,birth_date,"
    "sex,street,house_number,house_letter,addition,postcode,city,secret,deceased_on\n";

class FileRegistryTest : public testing::Test {
 protected:
  FileRegistryTest() {
    std::string name = std::filesystem::temp_directory_path() / "kb-reg-XXXXXX";
    dir_ = mkdtemp(name.data());
  }
  ~FileRegistryTest() override { std::filesystem::remove_all(dir_); }

  std::string Write(const std::string& text) {
    std::ofstream(dir_ + "/persons.csv") << text;
    return dir_ + "/persons.csv";
  }
  // The only person of a file with this header and row.
  store::RegistryAnswer One(const std::string& text, const std::string& bsn = "999990019") {
    auto registry = OpenFileRegistry(Write(text));
    EXPECT_TRUE(registry.ok()) << registry.status();
    if (!registry.ok()) return {};
    const auto answers = (*registry)->Ask({bsn}, absl::InfiniteFuture());
    EXPECT_TRUE(answers.ok()) << answers.status();
    return answers.ok() ? answers->at(0) : store::RegistryAnswer{};
  }
  std::string ErrorOf(const std::string& text) {
    const auto registry = OpenFileRegistry(Write(text));
    EXPECT_EQ(registry.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(registry.status().message());
  }

  std::string dir_;
};

TEST_F(FileRegistryTest, EveryColumnIsRead) {
  const auto answer = One(absl::StrCat(
      kHeader,
      "999990019,Sanne Élise,S.É.,van der,Berg,de,Vries,V,1985-12-01,V,Lindelaan,31,a,bis,3077 aw,"
      "Lindewaard,true,2024-00-00\n"));
  ExpectWhole(answer);
  EXPECT_TRUE(answer.deceased);
  EXPECT_TRUE(answer.deceased_on.has_year());
  EXPECT_TRUE(answer.details.secret());
}

TEST_F(FileRegistryTest, WhoIsNotThereIsAnAnswerInItsPlace) {
  auto registry = OpenFileRegistry(Write("bsn,surname\n999990019,Berg\n"));
  ASSERT_TRUE(registry.ok()) << registry.status();
  const auto answers = (*registry)->Ask({"999990020", "999990019"}, absl::InfiniteFuture());
  ASSERT_TRUE(answers.ok());
  ASSERT_THAT(*answers, SizeIs(2));
  EXPECT_EQ(answers->at(0).bsn, "999990020");
  EXPECT_FALSE(answers->at(0).found);
  EXPECT_EQ(answers->at(1).bsn, "999990019");
  EXPECT_TRUE(answers->at(1).found);
}

TEST_F(FileRegistryTest, PartnersNameIsThereOnlyWhereThePersonUsesIt) {
  const std::string header = "bsn,partner_surname,name_use\n999990019,Vries,";
  EXPECT_FALSE(One(header + "E\n").details.has_partner_surname());
  EXPECT_FALSE(One(header + "\n").details.has_partner_surname());
  for (const char* use : {"P", "V", "N"}) {
    EXPECT_EQ(One(header + use + "\n").details.partner_surname(), "Vries") << use;
  }
}

TEST_F(FileRegistryTest, PartlyUnknownBirthDateKeepsItsPrecision) {
  const auto birth = [this](const std::string& date) {
    return One("bsn,birth_date\n999990019," + date + "\n").details;
  };
  EXPECT_FALSE(birth("1968-03-00").birth_date().has_day());
  EXPECT_EQ(birth("1968-03-00").birth_date().month(), 3);
  EXPECT_FALSE(birth("1968-00-00").birth_date().has_month());
  EXPECT_EQ(birth("1968-00-00").birth_date().year(), 1968);
  EXPECT_FALSE(birth("0000-00-00").has_birth_date());
  EXPECT_FALSE(birth("").has_birth_date());
}

TEST_F(FileRegistryTest, QuotesByteOrderMarkAndEmptyLinesAreRead) {
  const auto answer =
      One("\xEF\xBB\xBF" "bsn,street,city\r\n\r\n999990019,\"Laan, \"\"Het Hof\"\"\",Lindewaard\r\n");
  EXPECT_EQ(answer.details.address().street(), "Laan, \"Het Hof\"");
}

struct Bad {
  std::string name, text, want;
};
class BadFile : public FileRegistryTest, public testing::WithParamInterface<Bad> {};

TEST_P(BadFile, IsRefusedByLineAndColumnWithoutItsContents) {
  const std::string error = ErrorOf(GetParam().text);
  EXPECT_THAT(error, HasSubstr("persons.csv"));
  EXPECT_THAT(error, HasSubstr(GetParam().want));
  EXPECT_THAT(error, Not(HasSubstr("9999900")));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BadFile,
    testing::ValuesIn(std::vector<Bad>{
        {"Empty", "", "is empty; begin it with a header line"},
        {"NoBsnColumn", "surname\nBerg\n", "line 1, bsn: the header must name this column"},
        {"UnknownColumn", "bsn,name\n", "line 1, column 2: its name is none of bsn, first_names"},
        {"ColumnTwice", "bsn,bsn\n", "line 1, bsn: stands twice"},
        {"ElevenTest", "bsn\n999990019\n\n999990018\n", "line 4, bsn: must be nine digits that pass"},
        {"NoBsn", "bsn,surname\n,Berg\n", "line 2, bsn: must be nine digits"},
        {"BsnTwice", "bsn\n999990019\n999990020\n999990019\n", "line 4, bsn: stands in line 2 too"},
        {"TooFewCells", "bsn,surname\n999990019\n", "line 2, 1 cells: must be 2"},
        {"Date", "bsn,birth_date\n999990019,1985-02-30\n", "line 2, birth_date: must be a date"},
        {"DateForm", "bsn,birth_date\n999990019,01-12-1985\n", "birth_date: must be a date"},
        {"DayWithoutMonth", "bsn,birth_date\n999990019,1985-00-12\n", "birth_date: must be a date"},
        {"Deceased", "bsn,deceased_on\n999990019,yes\n", "deceased_on: must be a date"},
        {"Sex", "bsn,sex\n999990019,F\n", "sex: must be V, M or O"},
        {"NameUse", "bsn,name_use\n999990019,X\n", "name_use: must be E, P, V or N"},
        {"Secret", "bsn,secret\n999990019,geheim\n", "secret: must be true or false"},
        {"Postcode", "bsn,postcode\n999990019,3077\n", "postcode: must be four digits"},
        {"HouseNumber", "bsn,house_number\n999990019,12a\n", "house_number: must be a whole number"},
        {"HouseNumberRange", "bsn,house_number\n999990019,0\n", "line 2, house_number: "},
        {"LongText", "bsn,initials\n999990019," + std::string(21, 'A') + "\n", "line 2, initials: "},
        {"LongPrefix", "bsn,prefix\n999990019," + std::string(31, 'a') + "\n", "line 2, prefix: "},
        {"OpenQuote", "bsn,surname\n999990019,\"Berg\n\n", "line 2: a quote is not closed"},
        {"InnerQuote", "bsn,surname\n999990019,Be\"rg\n", "line 2: a quote"},
    }),
    [](const auto& info) { return info.param.name; });

class SearchTest : public FileRegistryTest {
 protected:
  std::unique_ptr<Registry> Persons() {
    auto registry = OpenFileRegistry(Write(
        "bsn,first_names,prefix,surname,birth_date,postcode,house_number,house_letter,deceased_on\n"
        "999990019,Sanne Élise,van der,Bérg,1985-12-01,3077AW,31,A,\n"
        "999990020,Jan,,Berg,1985-12-01,3077AW,31,,\n"
        "999990032,Piet,,Berg,1985-12-01,3077AW,33,,\n"
        "999990044,Kees,,Berg,1985-12-01,3077AW,31,,2020-01-01\n"
        "999990056,Gijs,,Berg,1985-12-00,,,,\n"));
    EXPECT_TRUE(registry.ok()) << registry.status();
    return *std::move(registry);
  }
  static std::vector<std::string> Hits(Registry& registry, const Query& query) {
    const auto hits = registry.Search(query, absl::InfiniteFuture());
    EXPECT_TRUE(hits.ok()) << hits.status();
    return hits.ok() ? *hits : std::vector<std::string>{};
  }
};

TEST_F(SearchTest, LivingPersonsWithNameAndWholeBirthDateAreFound) {
  const auto registry = Persons();
  const absl::CivilDay day(1985, 12, 1);
  EXPECT_THAT(Hits(*registry, NameAndBirth{"berg", "", "", day}),
              ElementsAre("999990019", "999990020", "999990032"));
  EXPECT_THAT(Hits(*registry, NameAndBirth{"Berg", "van der", "", day}), ElementsAre("999990019"));
  EXPECT_THAT(Hits(*registry, NameAndBirth{"Berg", "", "JAN", day}), ElementsAre("999990020"));
  EXPECT_THAT(Hits(*registry, NameAndBirth{"Berg", "", "sanne e*", day}), ElementsAre("999990019"));
  EXPECT_THAT(Hits(*registry, NameAndBirth{"Berg", "", "Sanne", day}), IsEmpty());
  EXPECT_THAT(Hits(*registry, NameAndBirth{"Ber", "", "", day}), IsEmpty());
}

TEST_F(SearchTest, LivingPersonsAtAnAddressAreFound) {
  const auto registry = Persons();
  EXPECT_THAT(Hits(*registry, PostcodeAndNumber{"3077 aw", 31, "", ""}),
              ElementsAre("999990019", "999990020"));
  EXPECT_THAT(Hits(*registry, PostcodeAndNumber{"3077AW", 31, "a", ""}), ElementsAre("999990019"));
  EXPECT_THAT(Hits(*registry, PostcodeAndNumber{"3077AW", 35, "", ""}), IsEmpty());
}

TEST_F(SearchTest, MoreThanTenHitsAreRefusedByName) {
  std::string text = "bsn,postcode,house_number\n";
  const std::vector<std::string> bsns = {"999990007", "999990019", "999990020", "999990032",
                                         "999990044", "999990056", "999990068", "999990081",
                                         "999990093", "999990111", "999990123"};
  for (size_t i = 0; i < 10; ++i) absl::StrAppend(&text, bsns[i], ",3077AW,31\n");
  const Query query = PostcodeAndNumber{"3077AW", 31, "", ""};
  EXPECT_THAT(Hits(**OpenFileRegistry(Write(text)), query), SizeIs(10));
  absl::StrAppend(&text, bsns[10], ",3077AW,31\n");
  const auto registry = OpenFileRegistry(Write(text));
  const absl::Status status = (*registry)->Search(query, absl::InfiniteFuture()).status();
  EXPECT_EQ(FailureOf(status), Failure::kTooManyResults);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(FileRegistryTest, StoppedGivesNoAnswers) {
  auto registry = OpenFileRegistry(Write("bsn\n999990019\n"));
  (*registry)->Stop();
  EXPECT_EQ(FailureOf((*registry)->Ask({"999990019"}, absl::InfiniteFuture()).status()),
            Failure::kStopped);
}

}  // namespace
}  // namespace klantbeeld::registry
