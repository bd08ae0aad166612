#include "service/registry/brp_messages.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/party_rules.h"
#include "service/validate.h"
#include "store/identity/normalise.h"

namespace klantbeeld::registry {
namespace {

using Json = nlohmann::json;

// Secrecy, and why a record is no longer kept up, come unasked.
constexpr const char* kFields[] = {
    "burgerservicenummer",
    "naam.voornamen",
    "naam.voorletters",
    "naam.voorvoegsel",
    "naam.geslachtsnaam",
    "naam.aanduidingNaamgebruik.code",
    "partners.naam.voorvoegsel",
    "partners.naam.geslachtsnaam",
    "geboorte.datum",
    "geslacht.code",
    "overlijden.datum",
    "verblijfplaats.verblijfadres.officieleStraatnaam",
    "verblijfplaats.verblijfadres.korteStraatnaam",
    "verblijfplaats.verblijfadres.huisnummer",
    "verblijfplaats.verblijfadres.huisletter",
    "verblijfplaats.verblijfadres.huisnummertoevoeging",
    "verblijfplaats.verblijfadres.postcode",
    "verblijfplaats.verblijfadres.woonplaats",
};

// What a name is in the BRP when it is not known.
constexpr absl::string_view kUnknownName = ".";

std::string Text(const Json& body) {
  return body.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// The member of an object; null when there is none, of whatever kind it is.
const Json& At(const Json& json, const char* name) {
  static const auto* const none = new Json;
  if (!json.is_object()) return *none;
  const auto it = json.find(name);
  return it != json.end() ? *it : *none;
}

std::string TextAt(const Json& json, const char* name) {
  const Json& value = At(json, name);
  return value.is_string() ? value.get<std::string>() : "";
}

int32_t NumberAt(const Json& json, const char* name) {
  const Json& value = At(json, name);
  if (!value.is_number_integer()) return 0;
  const auto number = value.get<int64_t>();
  return number > 0 && number < INT32_MAX ? static_cast<int32_t>(number) : 0;
}

// Each kind of date has the parts that are known.
v1::PartialDate ReadDate(const Json& json) {
  v1::PartialDate date;
  int year = NumberAt(json, "jaar"), month = NumberAt(json, "maand"), day = 0;
  const std::vector<std::string> parts = absl::StrSplit(TextAt(json, "datum"), '-');
  if (parts.size() == 3 &&
      !(absl::SimpleAtoi(parts[0], &year) && absl::SimpleAtoi(parts[1], &month) &&
        absl::SimpleAtoi(parts[2], &day))) {
    return date;
  }
  if (year > 0) date.set_year(year);
  if (month > 0) date.set_month(month);
  if (day > 0) date.set_day(day);
  return date;
}

std::string NameAt(const Json& json, const char* name) {
  std::string text = TextAt(json, name);
  return text == kUnknownName ? "" : text;
}

void ReadNames(const Json& person, v1::PersonalDetails& details) {
  const Json& name = At(person, "naam");
  if (auto text = NameAt(name, "voornamen"); !text.empty()) details.set_first_names(text);
  if (auto text = NameAt(name, "voorvoegsel"); !text.empty()) details.set_surname_prefix(text);
  if (auto text = NameAt(name, "geslachtsnaam"); !text.empty()) details.set_surname(text);
  // The BRP makes them of the first names, of which there may be very many.
  if (auto text = NameAt(name, "voorletters");
      !text.empty() && service::Characters(text) <= 20) {
    details.set_initials(text);
  }
  // Partner's name alone, before or after the own one.
  const std::string use = TextAt(At(name, "aanduidingNaamgebruik"), "code");
  if (use != "P" && use != "V" && use != "N") return;
  const Json& partners = At(person, "partners");
  if (!partners.is_array()) return;
  for (const Json& partner : partners) {
    const Json& theirs = At(partner, "naam");
    const std::string surname = NameAt(theirs, "geslachtsnaam");
    if (surname.empty()) continue;
    details.set_partner_surname(surname);
    const std::string prefix = NameAt(theirs, "voorvoegsel");
    if (!prefix.empty()) details.set_partner_prefix(prefix);
    return;
  }
}

void ReadAddress(const Json& person, v1::PersonalDetails& details) {
  const Json& place = At(person, "verblijfplaats");
  if (TextAt(place, "type") != "Adres") return;  // Abroad, a place without number, unknown.
  const Json& json = At(place, "verblijfadres");
  v1::Address address;
  std::string street = NameAt(json, "officieleStraatnaam");
  if (street.empty()) street = NameAt(json, "korteStraatnaam");
  if (!street.empty()) address.set_street(street);
  if (const int32_t number = NumberAt(json, "huisnummer")) address.set_house_number(number);
  if (auto text = TextAt(json, "huisletter"); !text.empty()) address.set_house_letter(text);
  if (auto text = TextAt(json, "huisnummertoevoeging"); !text.empty()) {
    address.set_house_number_addition(text);
  }
  if (auto text = TextAt(json, "postcode"); !text.empty() && !service::CheckPostcode(text)) {
    address.set_postcode(store::NormalPostcode(text));
  }
  if (auto text = NameAt(json, "woonplaats"); !text.empty()) address.set_city(text);
  if (address.ByteSizeLong() > 0) *details.mutable_address() = std::move(address);
}

std::string WhySuspended(const Json& person) {
  return TextAt(At(At(person, "opschortingBijhouding"), "reden"), "code");
}

void ReadPerson(const Json& person, store::RegistryAnswer& answer) {
  answer.found = true;
  answer.deceased = WhySuspended(person) == "O";
  if (v1::PartialDate died = ReadDate(At(At(person, "overlijden"), "datum"));
      answer.deceased && died.has_year() && !service::CheckDate(died)) {
    answer.deceased_on = std::move(died);
  }
  v1::PersonalDetails details;
  ReadNames(person, details);
  ReadAddress(person, details);
  if (v1::PartialDate birth = ReadDate(At(At(person, "geboorte"), "datum"));
      birth.has_year() && !service::CheckDate(birth)) {
    *details.mutable_birth_date() = std::move(birth);
  }
  const std::string sex = TextAt(At(person, "geslacht"), "code");
  if (sex == "V") details.set_sex(v1::SEX_FEMALE);
  if (sex == "M") details.set_sex(v1::SEX_MALE);
  if (sex == "O") details.set_sex(v1::SEX_OTHER);
  // One record that breaks our limits must not keep nineteen others waiting for
  // ever: of that person it is known that there is one, and whether in secrecy.
  if (service::Validate(details, service::UnknownFields::kRefuse)) details.Clear();
  if (At(person, "geheimhoudingPersoonsgegevens") == true) details.set_secret(true);
  answer.details = std::move(details);
}

absl::StatusOr<Json> ReadPersons(absl::string_view body, absl::string_view type) {
  const Json json = Json::parse(body.begin(), body.end(), nullptr, false);
  if (json.is_discarded()) {
    return Failed(Failure::kNotUnderstood, "the registry's answer is not JSON");
  }
  const Json& persons = At(json, "personen");
  const bool all_objects =
      persons.is_array() &&
      std::all_of(persons.begin(), persons.end(), [](const Json& one) { return one.is_object(); });
  if (!all_objects || (!type.empty() && TextAt(json, "type") != type)) {
    return Failed(Failure::kNotUnderstood,
                  "the registry's answer is JSON, and not a list of persons of the kind asked for");
  }
  return persons;
}

Json Begin(const char* type) {
  Json body;
  body["type"] = type;
  return body;
}

Json ToJson(const NameAndBirth& query) {
  Json body = Begin("ZoekMetGeslachtsnaamEnGeboortedatum");
  body["geslachtsnaam"] = query.surname;
  body["geboortedatum"] = absl::FormatCivilTime(query.birth_date);
  if (!query.prefix.empty()) body["voorvoegsel"] = query.prefix;
  if (!query.first_names.empty()) body["voornamen"] = query.first_names;
  return body;
}

Json ToJson(const PostcodeAndNumber& query) {
  Json body = Begin("ZoekMetPostcodeEnHuisnummer");
  body["postcode"] = query.postcode;
  body["huisnummer"] = query.house_number;
  if (!query.house_letter.empty()) body["huisletter"] = query.house_letter;
  if (!query.addition.empty()) body["huisnummertoevoeging"] = query.addition;
  return body;
}

// Codes are words of the interface. Anything else could be what was asked.
std::string CodeOf(absl::string_view body) {
  const Json json = Json::parse(body.begin(), body.end(), nullptr, false);
  std::string code = TextAt(json, "code");
  const bool word = code.size() <= 25 && std::all_of(code.begin(), code.end(), [](char c) {
                      return absl::ascii_isalpha(static_cast<unsigned char>(c));
                    });
  return word ? code : "";
}

}  // namespace

std::string AskBody(const std::vector<std::string>& bsns) {
  Json body = Begin("RaadpleegMetBurgerservicenummer");
  body["fields"] = kFields;
  body["burgerservicenummer"] = bsns;
  return Text(body);
}

std::string SearchBody(const Query& query) {
  Json body = std::visit([](const auto& one) { return ToJson(one); }, query);
  body["fields"] = {"burgerservicenummer"};
  return Text(body);
}

absl::StatusOr<std::vector<store::RegistryAnswer>> ReadAnswers(
    absl::string_view body, const std::vector<std::string>& bsns) {
  const auto persons = ReadPersons(body, "RaadpleegMetBurgerservicenummer");
  if (!persons.ok()) return persons.status();
  std::vector<store::RegistryAnswer> answers;
  for (const std::string& bsn : bsns) answers.emplace_back().bsn = bsn;
  for (const Json& person : *persons) {
    const std::string bsn = TextAt(person, "burgerservicenummer");
    const auto at = std::find_if(answers.begin(), answers.end(),
                                 [&bsn](const auto& answer) { return answer.bsn == bsn; });
    if (at == answers.end()) {
      return Failed(Failure::kNotUnderstood,
                    "the registry's answer has a person who was not asked for");
    }
    const std::string why = WhySuspended(person);
    if (why != "F" && why != "W") ReadPerson(person, *at);
  }
  return answers;
}

absl::StatusOr<std::vector<std::string>> ReadHits(absl::string_view body) {
  const auto persons = ReadPersons(body, "");
  if (!persons.ok()) return persons.status();
  std::vector<std::string> hits;
  for (const Json& person : *persons) {
    hits.push_back(TextAt(person, "burgerservicenummer"));
    if (!store::PassesElevenTest(hits.back())) {
      return Failed(Failure::kNotUnderstood, "the registry's answer has a person without BSN");
    }
  }
  if (hits.size() <= kHitsMax) return hits;
  return Failed(Failure::kTooManyResults,
                absl::StrCat("more than ", kHitsMax, " persons fit; ask with more"));
}

absl::Status ReadError(long http_status, absl::string_view body, absl::Duration retry_after) {
  const std::string code = CodeOf(body);
  const std::string said = absl::StrCat("the registry answered ", http_status,
                                        code.empty() ? "" : ", ", code);
  if (code == NameOf(Failure::kTooManyResults)) return Failed(Failure::kTooManyResults, said);
  if (http_status == 401 || http_status == 403) return Failed(Failure::kDenied, said);
  if (http_status == 429) return Failed(Failure::kTooManyRequests, said, retry_after);
  if (http_status == 408 || http_status == 504) return Failed(Failure::kTimeOut, said, retry_after);
  if (http_status >= 500) return Failed(Failure::kOutage, said, retry_after);
  if (http_status == 400 || http_status == 422) return Failed(Failure::kRefused, said);
  // A redirect, a page that is not there: no BRP stands at this address.
  return Failed(Failure::kNotUnderstood, said);
}

}  // namespace klantbeeld::registry
