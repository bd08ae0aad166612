#include "service/registry/brp_messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

namespace klantbeeld::registry {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr char kBsn[] = "999990019";

// The answer about one person with these members.
absl::StatusOr<std::vector<store::RegistryAnswer>> Read(const std::string& members) {
  return ReadAnswers(absl::StrCat(R"({"type":"RaadpleegMetBurgerservicenummer","personen":[)",
                                  R"({"burgerservicenummer":")", kBsn, "\"",
                                  members.empty() ? "" : ",", members, "}]}"),
                     {kBsn});
}

store::RegistryAnswer Person(const std::string& members) {
  const auto answers = Read(members);
  EXPECT_TRUE(answers.ok()) << answers.status();
  return answers.ok() ? answers->at(0) : store::RegistryAnswer{};
}

TEST(AskBody, AsksForTheBsnsAndForNoOtherFieldsThanAreKept) {
  const Json body = Json::parse(AskBody({kBsn, "999990020"}));
  EXPECT_EQ(body["type"], "RaadpleegMetBurgerservicenummer");
  EXPECT_THAT(body["burgerservicenummer"].get<std::vector<std::string>>(),
              ElementsAre(kBsn, "999990020"));
  EXPECT_EQ(body.size(), 3u);
  const auto fields = body["fields"].get<std::vector<std::string>>();
  EXPECT_THAT(fields, testing::Contains("naam.geslachtsnaam"));
  for (const std::string& field : fields) {
    EXPECT_THAT(field, testing::AnyOf("burgerservicenummer", "geslacht.code", "geboorte.datum", "overlijden.datum",
                                      testing::StartsWith("naam."),
                                      testing::StartsWith("partners.naam."),
                                      testing::StartsWith("verblijfplaats.verblijfadres.")));
  }
}

TEST(SearchBody, HoldsTheKindItsParametersAndAsksForTheBsn) {
  const Json name =
      Json::parse(SearchBody(NameAndBirth{"Berg", "van", "S*", absl::CivilDay(1985, 2, 3)}));
  EXPECT_EQ(name, Json::parse(R"({"type":"ZoekMetGeslachtsnaamEnGeboortedatum",
      "fields":["burgerservicenummer"],"geslachtsnaam":"Berg","voorvoegsel":"van",
      "voornamen":"S*","geboortedatum":"1985-02-03"})"));
  const Json place = Json::parse(SearchBody(PostcodeAndNumber{"3077AW", 31, "a", ""}));
  EXPECT_EQ(place, Json::parse(R"({"type":"ZoekMetPostcodeEnHuisnummer",
      "fields":["burgerservicenummer"],"postcode":"3077AW","huisnummer":31,"huisletter":"a"})"));
}

struct Birth {
  std::string name, json;
  int year, month, day;  // 0: not known.
};
class BirthTest : public testing::TestWithParam<Birth> {};

TEST_P(BirthTest, DateKeepsItsPrecision) {
  const auto answer = Person(absl::StrCat(R"("geboorte":{"datum":)", GetParam().json, "}"));
  const v1::PartialDate& date = answer.details.birth_date();
  EXPECT_EQ(date.year(), GetParam().year);
  EXPECT_EQ(date.month(), GetParam().month);
  EXPECT_EQ(date.day(), GetParam().day);
  EXPECT_EQ(answer.details.has_birth_date(), GetParam().year != 0);
  EXPECT_EQ(date.has_month(), GetParam().month != 0);
  EXPECT_EQ(date.has_day(), GetParam().day != 0);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, BirthTest,
    testing::ValuesIn(std::vector<Birth>{
        {"Whole", R"({"type":"Datum","datum":"1985-12-01","langFormaat":"1 december 1985"})", 1985,
         12, 1},
        {"NoDay", R"({"type":"JaarMaandDatum","jaar":1985,"maand":12})", 1985, 12, 0},
        {"NoMonth", R"({"type":"JaarDatum","jaar":1985})", 1985, 0, 0},
        {"Unknown", R"({"type":"DatumOnbekend","onbekend":true})", 0, 0, 0},
        {"Impossible", R"({"type":"Datum","datum":"1985-02-31"})", 0, 0, 0},
        {"NoDate", R"({"type":"Datum","datum":"ooit-in-mei"})", 0, 0, 0},
    }),
    [](const auto& info) { return info.param.name; });

TEST(ReadAnswers, PartnersNameIsTakenOnlyWhereThePersonUsesIt) {
  const auto with = [](const std::string& use) {
    return Person(absl::StrCat(R"("naam":{"geslachtsnaam":"Berg","aanduidingNaamgebruik":{"code":")",
                               use, R"("}},"partners":[{"naam":{"geslachtsnaam":"."}},)",
                               R"({"naam":{"voorvoegsel":"de","geslachtsnaam":"Vries"}}])"))
        .details;
  };
  EXPECT_FALSE(with("E").has_partner_surname());
  EXPECT_FALSE(with("").has_partner_surname());
  for (const char* use : {"P", "V", "N"}) {
    EXPECT_EQ(with(use).partner_surname(), "Vries") << use;
    EXPECT_EQ(with(use).partner_prefix(), "de") << use;
    EXPECT_EQ(with(use).surname(), "Berg") << use;
  }
}

TEST(ReadAnswers, SecrecyDeathAndRecordsMadeInError) {
  EXPECT_TRUE(Person(R"("geheimhoudingPersoonsgegevens":true)").details.secret());
  EXPECT_FALSE(Person("").details.has_secret());
  EXPECT_TRUE(Person(R"("opschortingBijhouding":{"reden":{"code":"O"}})").deceased);
  const auto died = Person(
      R"("opschortingBijhouding":{"reden":{"code":"O"}},"overlijden":{"datum":{"type":"JaarMaandDatum","jaar":2025,"maand":2}})");
  EXPECT_EQ(died.deceased_on.year(), 2025);
  EXPECT_EQ(died.deceased_on.month(), 2);
  EXPECT_FALSE(died.deceased_on.has_day());
  const auto emigrated = Person(R"("opschortingBijhouding":{"reden":{"code":"E"}})");
  EXPECT_TRUE(emigrated.found);
  EXPECT_FALSE(emigrated.deceased);
  EXPECT_FALSE(Person(R"("opschortingBijhouding":{"reden":{"code":"F"}})").found);
  EXPECT_FALSE(Person(R"("opschortingBijhouding":{"reden":{"code":"W"}})").found);
}

TEST(ReadAnswers, LiveRecordCountsBesideAnErasedOneOfTheSameBsn) {
  const auto answers = ReadAnswers(
      R"({"type":"RaadpleegMetBurgerservicenummer","personen":[
          {"burgerservicenummer":"999990019","geslacht":{"code":"M"}},
          {"burgerservicenummer":"999990019","opschortingBijhouding":{"reden":{"code":"W"}}}]})",
      {kBsn});
  ASSERT_TRUE(answers.ok()) << answers.status();
  EXPECT_TRUE(answers->at(0).found);
  EXPECT_EQ(answers->at(0).details.sex(), v1::SEX_MALE);
}

TEST(ReadAnswers, AddressAbroadIsLeftOut) {
  EXPECT_FALSE(Person(R"("verblijfplaats":{"type":"VerblijfplaatsBuitenland",
      "verblijfadres":{"regel1":"1 Main Street"}})").details.has_address());
  EXPECT_EQ(Person(R"("verblijfplaats":{"type":"Adres",
      "verblijfadres":{"korteStraatnaam":"Lindeln","woonplaats":"."}})")
                .details.address()
                .street(),
            "Lindeln");
}

TEST(ReadAnswers, RecordBeyondOurLimitsIsAPersonWithoutDetails) {
  const auto answer = Person(absl::StrCat(R"("geheimhoudingPersoonsgegevens":true,"naam":{)",
                                          R"("geslachtsnaam":")", std::string(201, 'a'), "\"}"));
  EXPECT_TRUE(answer.found);
  EXPECT_TRUE(answer.details.secret());
  EXPECT_FALSE(answer.details.has_surname());
}

TEST(ReadAnswers, MoreInitialsThanAreKeptAreLeftOut) {
  const auto details = Person(absl::StrCat(R"("naam":{"voorletters":")", std::string(21, 'A'),
                                           R"(","geslachtsnaam":"Berg"})"))
                           .details;
  EXPECT_FALSE(details.has_initials());
  EXPECT_EQ(details.surname(), "Berg");
}

class NotAnAnswer : public testing::TestWithParam<std::string> {};

TEST_P(NotAnAnswer, IsNotUnderstood) {
  const auto answers = ReadAnswers(GetParam(), {kBsn});
  EXPECT_EQ(FailureOf(answers.status()), Failure::kNotUnderstood) << answers.status();
  EXPECT_EQ(FailureOf(ReadHits(GetParam()).status()), Failure::kNotUnderstood);
}

INSTANTIATE_TEST_SUITE_P(
    Rows, NotAnAnswer,
    testing::Values("", "[]", "null", "<html></html>", R"({"personen":)", R"({"personen":{}})",
                    R"({"type":"RaadpleegMetBurgerservicenummer"})",
                    R"({"type":"RaadpleegMetBurgerservicenummer","personen":[1]})",
                    R"({"type":"RaadpleegMetBurgerservicenummer","personen":[{}]})",
                    R"({"type":"RaadpleegMetBurgerservicenummer","personen":[
                        {"burgerservicenummer":999990019}]})"));

TEST(ReadAnswers, SomebodyElseIsNotUnderstoodAndNotNamed) {
  const auto answers = ReadAnswers(
      R"({"type":"RaadpleegMetBurgerservicenummer","personen":[{"burgerservicenummer":"999990020"}]})",
      {kBsn});
  EXPECT_EQ(FailureOf(answers.status()), Failure::kNotUnderstood);
  EXPECT_THAT(std::string(answers.status().message()), Not(HasSubstr("99999")));
}

TEST(ReadHits, MoreThanTenAreRefused) {
  Json persons = Json::array();
  for (int i = 0; i < 10; ++i) persons.push_back({{"burgerservicenummer", kBsn}});
  EXPECT_EQ(ReadHits(Json{{"personen", persons}}.dump())->size(), 10u);
  persons.push_back({{"burgerservicenummer", kBsn}});
  EXPECT_EQ(FailureOf(ReadHits(Json{{"personen", persons}}.dump()).status()),
            Failure::kTooManyResults);
}

struct Error {
  long http_status;
  std::string body;
  Failure want;
};
class ErrorTest : public testing::TestWithParam<Error> {};

TEST_P(ErrorTest, SaysWhyThereIsNoAnswer) {
  const absl::Status status = ReadError(GetParam().http_status, GetParam().body, absl::Seconds(7));
  EXPECT_EQ(FailureOf(status), GetParam().want);
  EXPECT_THAT(std::string(status.message()), HasSubstr(absl::StrCat(GetParam().http_status)));
}

INSTANTIATE_TEST_SUITE_P(
    Rows, ErrorTest,
    testing::ValuesIn(std::vector<Error>{
        {400, R"({"code":"tooManyResults"})", Failure::kTooManyResults},
        {400, R"({"code":"paramsValidation"})", Failure::kRefused},
        {401, R"({"code":"authentication"})", Failure::kDenied},
        {403, "", Failure::kDenied},
        {404, "<html>", Failure::kNotUnderstood},
        {302, "", Failure::kNotUnderstood},
        {408, "", Failure::kTimeOut},
        {429, "{}", Failure::kTooManyRequests},
        {500, "null", Failure::kOutage},
        {503, R"({"code":"notAvailable"})", Failure::kOutage},
        {504, "", Failure::kTimeOut},
    }));

TEST(ReadError, OnlyAWordOfTheInterfaceIsRepeated) {
  EXPECT_THAT(std::string(ReadError(503, R"({"code":"notAvailable"})", {}).message()),
              HasSubstr("notAvailable"));
  EXPECT_THAT(std::string(ReadError(500, R"({"code":"999990019","detail":"Berg"})", {}).message()),
              Not(testing::AnyOf(HasSubstr("99999"), HasSubstr("Berg"))));
  EXPECT_EQ(WaitOf(ReadError(429, "", absl::Seconds(7))), absl::Seconds(7));
}

}  // namespace
}  // namespace klantbeeld::registry
