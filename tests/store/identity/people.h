// People to compare, as claims state them.
#ifndef KLANTBEELD_TESTS_STORE_IDENTITY_PEOPLE_H_
#define KLANTBEELD_TESTS_STORE_IDENTITY_PEOPLE_H_

#include <string>
#include <utility>
#include <vector>

#include "store/identity/normalise.h"
#include "store/identity/person.h"
#include "tests/store/events.h"

namespace klantbeeld::store {

struct Stated {
  std::string first_names = "";
  std::string initials = "";
  std::string surname = "";
  std::string partner = "";
  int year = 0, month = 0, day = 0;
  std::string postcode = "";
  int house_number = 0;
  std::string street = "";
  std::string city = "";
  std::string birth_place = "";
  v1::Sex sex = v1::SEX_UNSPECIFIED;
  std::vector<v1::Identifier> identifiers = {};
};

inline v1::PersonalDetails DetailsOf(const Stated& stated) {
  v1::PersonalDetails details;
  if (!stated.first_names.empty()) details.set_first_names(stated.first_names);
  if (!stated.initials.empty()) details.set_initials(stated.initials);
  if (!stated.surname.empty()) details.set_surname(stated.surname);
  if (!stated.partner.empty()) details.set_partner_surname(stated.partner);
  if (stated.year != 0) details.mutable_birth_date()->set_year(stated.year);
  if (stated.month != 0) details.mutable_birth_date()->set_month(stated.month);
  if (stated.day != 0) details.mutable_birth_date()->set_day(stated.day);
  if (!stated.postcode.empty()) details.mutable_address()->set_postcode(stated.postcode);
  if (stated.house_number != 0) {
    details.mutable_address()->set_house_number(stated.house_number);
  }
  if (!stated.street.empty()) details.mutable_address()->set_street(stated.street);
  if (!stated.city.empty()) details.mutable_address()->set_city(stated.city);
  if (!stated.birth_place.empty()) details.set_birth_place(stated.birth_place);
  if (stated.sex != v1::SEX_UNSPECIFIED) details.set_sex(stated.sex);
  return details;
}

inline format::ClaimContent ContentOf(const Stated& stated) {
  format::ClaimContent content;
  *content.mutable_details() = DetailsOf(stated);
  *content.mutable_names() = FoldNames(content.details());
  for (const auto& identifier : stated.identifiers) *content.add_identifiers() = identifier;
  return content;
}

inline Person PersonOf(const Stated& stated) { return PersonOf(ContentOf(stated)); }

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_TESTS_STORE_IDENTITY_PEOPLE_H_
