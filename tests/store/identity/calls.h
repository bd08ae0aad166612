// Calls of people who state something: who is whose, who is suggested, and why.
#ifndef KLANTBEELD_TESTS_STORE_IDENTITY_CALLS_H_
#define KLANTBEELD_TESTS_STORE_IDENTITY_CALLS_H_

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "store/identity/decide.h"
#include "tests/store/events.h"
#include "tests/store/identity/facts.h"

namespace klantbeeld::store {

struct Says {
  std::string first_names = {};
  std::string surname = {};
  int year = 0;
  int month = 4;
  int day = 12;
  std::string postcode = {};
  int house_number = 0;
  std::vector<v1::Identifier> identifiers = {};
};

inline v1::PersonalDetails DetailsOf(const Says& says) {
  v1::PersonalDetails details;
  if (!says.first_names.empty()) details.set_first_names(says.first_names);
  if (!says.surname.empty()) details.set_surname(says.surname);
  if (says.year != 0) {
    details.mutable_birth_date()->set_year(says.year);
    details.mutable_birth_date()->set_month(says.month);
    details.mutable_birth_date()->set_day(says.day);
  }
  if (!says.postcode.empty()) {
    details.mutable_address()->set_postcode(says.postcode);
    details.mutable_address()->set_house_number(says.house_number);
  }
  return details;
}

inline v1::ContactEvent Call(const std::string& id, const Says& says) {
  v1::Party party = PartyOf("customer", says.identifiers);
  *party.mutable_details() = DetailsOf(says);
  return EventOf("exchange", id, 1, {party}, v1::CHANNEL_PHONE);
}

class CandidatesTest : public FactsTest {
 protected:
  CandidatesTest() : FactsTest("exchange") {}

  // Says that the citizens of two contacts are two people.
  void KeepApart(const std::string& contact, const std::string& other) {
    v1::UnlinkRequest request;
    *request.mutable_decision() = DecisionOf(absl::StrCat("no", ++decisions_), 1000);
    request.set_citizen(Citizen(contact));
    request.set_apart_from(Citizen(other));
    const auto fact = ListUnlink(keys_, ShippedModel(), batch_, request);
    ASSERT_TRUE(fact.ok()) << fact.status();
    Take(*fact);
  }

  int decisions_ = 0;
};

inline const Says kNoor = {"Noor", "van der Berkenbosch", 1984, 4, 12, "1234AB", 5};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_TESTS_STORE_IDENTITY_CALLS_H_
