// Also tests: store/identity/explain.cc
#include "store/identity/owner.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "store/identity/claims.h"
#include "store/identity/decide.h"
#include "tests/store/identity/facts.h"
#include "tests/store/identity/people.h"

namespace klantbeeld::store {
namespace {

v1::Identifier Cookie(const std::string& value = "c") {
  return Identifier(v1::IDENTIFIER_TYPE_COOKIE, value);
}

// Visits to a site: some log in, some leave a cookie only.
class OwnerTest : public FactsTest {
 protected:
  OwnerTest() : FactsTest("website") {}
  void LogIn(const std::string& bsn, const std::string& cookie = "c") {
    ++visits_;
    Take(Visit(absl::StrCat("login", visits_), visits_, {Bsn(bsn), Cookie(cookie)}));
  }
  auto Suggested(const std::string& visit = "bare") { return Suggestions(visit).suggestions(); }
  std::string CitizenOfBsn(const std::string& bsn) { return ToHex(View(CitizenIdOfBsn(keys_, bsn))); }

  int visits_ = 0;
};

TEST_F(OwnerTest, DeviceOfOneKnownPersonIsSuggestedFromTheSecondLogIn) {
  Take(Visit("bare", 100, {Cookie()}));
  LogIn(kBsnA);
  EXPECT_TRUE(Suggested().empty());
  LogIn(kBsnA);
  const auto suggested = Suggested();
  ASSERT_EQ(suggested.size(), 1u);
  EXPECT_EQ(suggested[0].citizen_id(), CitizenOfBsn(kBsnA));
  EXPECT_EQ(suggested[0].obstacle(), v1::OBSTACLE_TOO_LITTLE);
  EXPECT_EQ(suggested[0].evidence(0).field(), v1::EVIDENCE_FIELD_DEVICE);
  EXPECT_EQ(suggested[0].evidence(0).agreement(), v1::AGREEMENT_SAME);
  Take(RetractContact("website", "r", "login1"));
  EXPECT_TRUE(Suggested().empty());
}

TEST_F(OwnerTest, OtherDeviceIsNobodys) {
  Take(Visit("bare", 100, {Cookie("d")}));
  LogIn(kBsnA);
  LogIn(kBsnA);
  EXPECT_TRUE(Suggested().empty());
}

class SharedDevice : public OwnerTest, public testing::WithParamInterface<std::string> {};

TEST_P(SharedDevice, IsAHouseholdsOnceSomebodyElseSaysWhoHeIs) {
  v1::Party other = PartyOf("customer", {Cookie()});
  if (GetParam() == "Verified") *other.add_identifiers() = Bsn(kBsnB);
  if (GetParam() == "Typed") *other.add_identifiers() = Bsn(kBsnB, v1::VERIFIED_BY_TYPED);
  if (GetParam() == "Named") *other.mutable_details() = DetailsOf({.surname = "Verhulsdonck"});
  Take(Visit("bare", 100, {Cookie()}));
  LogIn(kBsnA);
  LogIn(kBsnA);
  EXPECT_EQ(Suggested().size(), 1u);
  Take(EventOf("website", "other", 50, {other}));
  EXPECT_TRUE(Suggested().empty());
}

INSTANTIATE_TEST_SUITE_P(Others, SharedDevice, testing::Values("Verified", "Typed", "Named"),
                         [](const auto& info) { return info.param; });

TEST_F(OwnerTest, DeviceThatVeryManyShareIsNobodys) {
  Take(Visit("bare", 100, {Cookie()}));
  LogIn(kBsnA);
  LogIn(kBsnA);
  const size_t room = ShippedModel().candidates_max - 2;
  for (size_t i = 0; i < room; ++i) {
    Take(Visit(absl::StrCat("more", i), 200, {Cookie(), Phone(absl::StrCat("06", 20'000'001 + i))}));
  }
  EXPECT_EQ(Suggested().size(), 1u);
  Take(Visit("last", 200, {Cookie(), Phone("0611111111")}));
  EXPECT_TRUE(Suggested().empty());
}

TEST_F(OwnerTest, RefusedIsNotSuggestedAgain) {
  Take(Visit("bare", 100, {Cookie()}));
  LogIn(kBsnA);
  LogIn(kBsnA);
  ASSERT_EQ(Suggested().size(), 1u);
  v1::UnlinkRequest request = UnlinkOf("u", 5000, {});
  request.set_citizen(ToHex(PartitionOf(batch_).at(
      {std::string(View(EventOrContactId(keys_, "website", "bare"))), "customer"})));
  request.set_apart_from(CitizenOfBsn(kBsnA));
  const auto unlink = ListUnlink(keys_, ShippedModel(), batch_, request);
  ASSERT_TRUE(unlink.ok()) << unlink.status();
  Take(FactOf(*unlink));
  EXPECT_TRUE(Suggested().empty());
}

TEST_F(OwnerTest, SecretOwnerIsNotSuggested) {
  Take(Visit("bare", 100, {Cookie()}));
  LogIn(kBsnA);
  LogIn(kBsnA);
  RegistryAnswer answer;
  answer.bsn = kBsnA;
  answer.found = true;
  answer.details.set_secret(true);
  answer.asked_at = absl::FromUnixSeconds(1'740'000'000);
  Take(FactOf(PrepareRegistry(keys_, answer)));
  EXPECT_TRUE(Suggested().empty());
}

}  // namespace
}  // namespace klantbeeld::store
