// Also tests: store/identity/identity.cc
// What hangs together, and where that ends.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/store/events.h"
#include "tests/store/identity/facts.h"

namespace klantbeeld::store {
namespace {

class ComponentTest : public FactsTest {
 protected:
  ComponentTest() : FactsTest("website") {}
  size_t Citizens() {
    size_t standing = 0;
    EXPECT_TRUE(batch_.Scan(Family::kCitizen, "", "", [&](auto, auto value) {
      standing += !DecodeAs<format::CitizenRow>(value, "citizen")->claims().empty();
      return true;
    }).ok());
    return standing;
  }
};

v1::ContactEvent LoggedIn(size_t number) {
  return Visit(absl::StrCat("v", number), 1,
               {Phone(absl::StrFormat("06%08d", number)), Session("s")});
}

// Some systems send "undefined" where a session should be.
TEST_F(ComponentTest, SessionThatTooManyShareJoinsNobodyUntilFewerDo) {
  for (size_t i = 0; i < kLoginClaimsMax; ++i) Take(LoggedIn(i));
  EXPECT_EQ(Citizens(), 1u);
  Take(LoggedIn(kLoginClaimsMax));
  EXPECT_EQ(Citizens(), kLoginClaimsMax + 1);
  Take(LoggedIn(kLoginClaimsMax + 1));
  EXPECT_EQ(Citizens(), kLoginClaimsMax + 2);
  Take(RetractEvent("website", "r1", "v3"));
  EXPECT_EQ(Citizens(), kLoginClaimsMax + 1);
  Take(RetractEvent("website", "r2", "v5"));
  EXPECT_EQ(Citizens(), 1u);
}

// The same beside the claims of verified numbers, in another order.
TEST_F(ComponentTest, SessionThatTooManyShareIsTheSameInAnyOrder) {
  Take(Visit("a", 1, {Bsn(kBsnA), Session("s")}));
  for (size_t i = 0; i <= kLoginClaimsMax + 2; ++i) Take(LoggedIn(i));
  Take(Visit("b", 1, {Bsn(kBsnA), Phone("0201234567"), Session("s")}));
  for (const char* gone : {"v7", "v8", "v9"}) {
    Take(RetractEvent("website", absl::StrCat("r", gone), gone));
  }
  EXPECT_EQ(Citizens(), kLoginClaimsMax + 1);  // Two claims of one number more.
  Take(RetractEvent("website", "r10", "v10"));
  Take(RetractEvent("website", "r11", "v11"));
  EXPECT_EQ(Citizens(), 1u);
  const std::string want = DumpOf(batch_);
  std::shuffle(facts_.begin(), facts_.end(), std::mt19937(7));
  const auto again = ApplyAll(keys_, none_, facts_);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(DumpOf(**again), want);
}

// Two who are in very many contacts each, and in one of them together.
TEST_F(ComponentTest, PartiesOfOneContactStayApartHoweverManyContactsThereAre) {
  const std::vector<v1::Identifier> one = {Phone("0201234567"), Session("s")};
  const std::vector<v1::Identifier> two = {Phone("0101234567"), Session("s")};
  const auto meet = [&](const std::string& contact, const std::vector<v1::Identifier>& customer,
                        const std::vector<v1::Identifier>& representative) {
    Take(EventOf("website", contact, 1,
                 {PartyOf("customer", customer), PartyOf("representative", representative)}));
  };
  for (int i = 0; i < 60; ++i) {
    const std::vector<v1::Identifier> other = {Phone(absl::StrFormat("06%08d", i))};
    meet(absl::StrCat("one", i), other, one);
    meet(absl::StrCat("two", i), other, two);
  }
  EXPECT_EQ(Citizen("one1", "representative"), Citizen("two1", "representative"));
  meet("both", one, two);
  EXPECT_NE(Citizen("one1", "representative"), Citizen("two1", "representative"));
}

}  // namespace
}  // namespace klantbeeld::store
