// The person whom the file and the BRP of the tests both hold.
#ifndef KLANTBEELD_TESTS_SERVICE_REGISTRY_PERSON_H_
#define KLANTBEELD_TESTS_SERVICE_REGISTRY_PERSON_H_

#include <gtest/gtest.h>

#include "store/identity/registry.h"

namespace klantbeeld::registry {

// Every field that is kept has come through.
inline void ExpectWhole(const store::RegistryAnswer& answer) {
  EXPECT_TRUE(answer.found);
  const v1::PersonalDetails& details = answer.details;
  EXPECT_EQ(details.first_names(), "Sanne Élise");
  EXPECT_EQ(details.initials(), "S.É.");
  EXPECT_EQ(details.surname_prefix(), "van der");
  EXPECT_EQ(details.surname(), "Berg");
  EXPECT_EQ(details.partner_prefix(), "de");
  EXPECT_EQ(details.partner_surname(), "Vries");
  EXPECT_EQ(details.birth_date().year(), 1985);
  EXPECT_EQ(details.birth_date().month(), 12);
  EXPECT_EQ(details.birth_date().day(), 1);
  EXPECT_EQ(details.sex(), v1::SEX_FEMALE);
  EXPECT_EQ(details.address().street(), "Lindelaan");
  EXPECT_EQ(details.address().house_number(), 31);
  EXPECT_EQ(details.address().house_letter(), "a");
  EXPECT_EQ(details.address().house_number_addition(), "bis");
  EXPECT_EQ(details.address().postcode(), "3077AW");
  EXPECT_EQ(details.address().city(), "Lindewaard");
}

}  // namespace klantbeeld::registry

#endif  // KLANTBEELD_TESTS_SERVICE_REGISTRY_PERSON_H_
