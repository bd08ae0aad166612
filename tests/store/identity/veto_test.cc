// Also tests: store/identity/registry.cc
// Who is never joined by evidence: whom the register says to have died before,
// and to whom secrecy was granted.
#include "store/identity/veto.h"

#include <gtest/gtest.h>

#include "store/citizen.h"
#include "store/identity/decide.h"
#include "tests/store/identity/facts.h"
#include "tests/store/identity/people.h"

namespace klantbeeld::store {
namespace {

// The moments of events are minutes after 21:20 on 19 February 2025.
constexpr int64_t kOnTheDay = 1000;  // 20 February.
constexpr int64_t kDayAfter = 1600;  // 21 February, 00:00.

const Stated kNoor = {.first_names = "Noor",
                      .surname = "van der Berkenbosch",
                      .year = 1984,
                      .month = 4,
                      .day = 12,
                      .postcode = "1234AB",
                      .house_number = 5};

v1::ContactEvent Call(const std::string& id, int64_t minute, const Stated& stated) {
  v1::Party party = PartyOf("customer", stated.identifiers);
  *party.mutable_details() = DetailsOf(stated);
  return EventOf("exchange", id, minute, {party}, v1::CHANNEL_PHONE);
}

v1::ContactEvent LogIn(const std::string& bsn) {
  return EventOf("exchange", "login" + bsn, 1, {PartyOf("customer", {Bsn(bsn)})});
}

RegistryAnswer Registered(const std::string& bsn, const Stated& stated) {
  RegistryAnswer answer;
  answer.bsn = bsn;
  answer.found = true;
  answer.details = DetailsOf(stated);
  answer.asked_at = absl::FromUnixSeconds(1'740'000'000);
  return answer;
}

// Died on 20 February 2025.
RegistryAnswer Deceased(int month = 2, int day = 20) {
  RegistryAnswer answer = Registered(kBsnA, kNoor);
  answer.deceased = true;
  answer.deceased_on.set_year(2025);
  if (month != 0) answer.deceased_on.set_month(month);
  if (day != 0) answer.deceased_on.set_day(day);
  return answer;
}

RegistryAnswer Secret() {
  RegistryAnswer answer = Registered(kBsnA, kNoor);
  answer.details.set_secret(true);
  return answer;
}

Stated WithPhone(const std::string& number) {
  Stated stated = kNoor;
  stated.identifiers = {Phone(number)};
  return stated;
}

class VetoTest : public FactsTest {
 protected:
  VetoTest() : FactsTest("exchange") {}
  bool Joined(const std::string& contact) {
    return Citizen(contact) == Citizen(std::string("login") + kBsnA);
  }
};

TEST_F(VetoTest, ContactAfterTheDeathIsSuggestedOnly) {
  Take(LogIn(kBsnA));
  Take(Deceased());
  Take(Call("that-day", kOnTheDay, kNoor));
  Take(Call("after", kDayAfter, WithPhone("0612345678")));
  EXPECT_TRUE(Joined("that-day"));
  EXPECT_FALSE(Joined("after"));
  const auto suggested = Suggestions("after").suggestions();
  ASSERT_EQ(suggested.size(), 1u);
  EXPECT_EQ(suggested[0].citizen_id(), Citizen("that-day"));
  EXPECT_EQ(suggested[0].obstacle(), v1::OBSTACLE_DECEASED);
  ExpectAnyOrderGivesTheSame();
}

TEST_F(VetoTest, WhoeverSaysTheSameLaterTakesTheClaimAlongUntilTakenBack) {
  Take(LogIn(kBsnA));
  Take(Deceased());
  Take(Call("that-day", kOnTheDay, kNoor));
  EXPECT_TRUE(Joined("that-day"));
  Take(Call("after", kDayAfter, kNoor));  // The same content: one claim.
  EXPECT_FALSE(Joined("that-day"));
  ExpectAnyOrderGivesTheSame();
  Take(RetractContact("exchange", "r", "after", 5000));
  EXPECT_TRUE(Joined("that-day"));
  ExpectAnyOrderGivesTheSame();
}

TEST_F(VetoTest, ContactThatWasEarlierAfterAllIsJoined) {
  Take(LogIn(kBsnA));
  Take(Deceased());
  Take(Call("call", kDayAfter, kNoor));
  EXPECT_FALSE(Joined("call"));
  v1::ContactEvent correction = About("exchange", "correction", "exchange", "call", 9000);
  *correction.mutable_data()->mutable_occurred_at() = At(kOnTheDay);
  Take(correction);
  EXPECT_TRUE(Joined("call"));
  ExpectAnyOrderGivesTheSame();
}

TEST_F(VetoTest, DeathThatIsHeardOfLaterCounts) {
  Take(LogIn(kBsnA));
  Take(Registered(kBsnA, kNoor));
  Take(Call("call", kDayAfter, kNoor));
  EXPECT_TRUE(Joined("call"));
  RegistryAnswer later = Deceased();
  later.asked_at += absl::Hours(1);
  Take(later);
  EXPECT_FALSE(Joined("call"));
  ExpectAnyOrderGivesTheSame();
}

TEST_F(VetoTest, OfADatePartlyKnownTheFirstDayCounts) {
  for (const auto& [month, day] : {std::pair(2, 0), {0, 0}}) {
    facts_.clear();
    Take(LogIn(kBsnA));
    RegistryAnswer died = Deceased(month, day);
    died.asked_at += absl::Hours(month);
    Take(died);
    Take(Call("call", kOnTheDay, kNoor));
    EXPECT_FALSE(Joined("call")) << month;
  }
}

TEST_F(VetoTest, PersonMayLinkWhatCameAfterTheDeath) {
  Take(LogIn(kBsnA));
  Take(Deceased());
  Take(Call("before", kOnTheDay, WithPhone("0687654321")));
  Take(Call("after", kDayAfter, kNoor));
  v1::LinkRequest request =
      LinkOf("d", 5000, RefOf("exchange", "after"), RefOf("exchange", std::string("login") + kBsnA));
  const auto fact = ListLink(keys_, batch_, request);
  ASSERT_TRUE(fact.ok()) << fact.status();
  Take(*fact);
  EXPECT_TRUE(Joined("after"));
  // What came before is joined all the same.
  EXPECT_TRUE(Joined("before"));
  Take(Call("before-too", kOnTheDay, WithPhone("0611111111")));
  EXPECT_TRUE(Joined("before-too"));
}

// A number or log-in of somebody who died is used: it joins, and is told.
TEST_F(VetoTest, NumberUsedAfterTheDeathIsAnIssue) {
  const auto issues = [&] {
    const auto row = ReadRow<format::CitizenRow>(batch_, Family::kCitizen,
                                                 IdFromHex(Citizen(std::string("login") + kBsnA)));
    return std::vector<int>((*row)->issues().begin(), (*row)->issues().end());
  };
  Take(LogIn(kBsnA));
  Take(Deceased());
  Take(Call("that-day", kOnTheDay, kNoor));
  EXPECT_TRUE(issues().empty());
  // Whom a person linked has been looked at.
  Take(Call("linked", kDayAfter, WithPhone("0611111111")));
  const auto link = ListLink(keys_, batch_, LinkOf("d", 5000, RefOf("exchange", "linked"),
                                                   RefOf("exchange", std::string("login") + kBsnA)));
  ASSERT_TRUE(link.ok()) << link.status();
  Take(FactOf(*link));
  EXPECT_TRUE(Joined("linked"));
  EXPECT_TRUE(issues().empty());
  Take(EventOf("exchange", "late", kDayAfter, {PartyOf("customer", {Bsn(kBsnA)})}));
  EXPECT_TRUE(Joined("late"));
  EXPECT_EQ(issues(), std::vector<int>{v1::CITIZEN_ISSUE_CONTACT_AFTER_DEATH});
  ExpectAnyOrderGivesTheSame();
  Take(RetractContact("exchange", "r", "late", 6000));
  EXPECT_TRUE(issues().empty());
  ExpectAnyOrderGivesTheSame();
}

TEST_F(VetoTest, CitizenTellsOfSecrecyAndDeath) {
  const auto citizen = [&] {
    const auto standing = FindStanding(batch_, Citizen(std::string("login") + kBsnA));
    EXPECT_TRUE(standing.ok()) << standing.status();
    return *ReadCitizen(keys_, batch_, *standing, {});
  };
  Take(LogIn(kBsnA));
  EXPECT_FALSE(citizen().secret() || citizen().deceased());
  RegistryAnswer answer = Deceased(2, 0);
  answer.details.set_secret(true);
  Take(answer);
  EXPECT_TRUE(citizen().secret());
  EXPECT_TRUE(citizen().deceased());
  EXPECT_EQ(citizen().deceased_on().month(), 2);
  EXPECT_FALSE(citizen().deceased_on().has_day());
}

// Whoever knows an address does not learn that somebody lives there in secret.
TEST_F(VetoTest, SecretPersonIsNotFoundByAddress) {
  const auto found = [&](const v1::FindCitizensRequest& request) {
    const auto response = FindCitizens(keys_, batch_, request);
    EXPECT_TRUE(response.ok()) << response.status();
    return response->citizens_size();
  };
  v1::FindCitizensRequest address;
  address.mutable_address()->set_postcode("1234 AB");
  address.mutable_address()->set_house_number(5);
  v1::FindCitizensRequest name;
  name.mutable_name()->set_surname(kNoor.surname);
  *name.mutable_name()->mutable_birth_date() = DetailsOf(kNoor).birth_date();
  Take(LogIn(kBsnA));
  Take(Registered(kBsnA, kNoor));
  EXPECT_EQ(found(address), 1);
  RegistryAnswer secret = Secret();
  secret.asked_at += absl::Hours(1);
  Take(secret);
  EXPECT_EQ(found(address), 0);
  EXPECT_EQ(found(name), 1);
  v1::FindCitizensRequest stated;
  v1::PersonalDetails& details = *stated.mutable_stated()->mutable_details();
  details.mutable_address()->set_postcode("1234AB");
  details.mutable_address()->set_house_number(5);
  EXPECT_EQ(found(stated), 0);
  details.set_surname(kNoor.surname);
  *details.mutable_birth_date() = name.name().birth_date();
  EXPECT_EQ(found(stated), 1);
}

TEST_F(VetoTest, SecretPersonIsFoundByVerifiedNumberOnly) {
  Take(LogIn(kBsnA));
  Take(Secret());
  Take(Call("call", kOnTheDay, kNoor));
  Stated typed = WithPhone("0612345678");
  typed.identifiers.push_back(Bsn(kBsnA, v1::VERIFIED_BY_TYPED));
  Take(Call("typed", kOnTheDay, typed));
  Stated verified = WithPhone("0687654321");
  verified.identifiers.push_back(Bsn(kBsnA));
  Take(Call("verified", kOnTheDay, verified));
  EXPECT_TRUE(Joined("verified"));
  for (const char* contact : {"call", "typed"}) {
    EXPECT_FALSE(Joined(contact)) << contact;
    const auto response = Suggestions(contact);
    for (const auto& one : response.suggestions()) {
      EXPECT_NE(one.citizen_id(), Citizen("verified")) << contact;
    }
  }
  EXPECT_TRUE(Suggestions("verified").suggestions().empty());
  ExpectAnyOrderGivesTheSame();
}

// Two residents who look alike, of whom one is secret: that the other is the
// one who is left joins nobody to him.
TEST_F(VetoTest, SecretPersonStillStandsInTheWayOfOthers) {
  Take(LogIn(kBsnA));
  Take(Secret());
  Take(LogIn(kBsnB));
  Take(Registered(kBsnB, kNoor));
  Take(Call("call", kOnTheDay, kNoor));
  EXPECT_FALSE(Joined("call"));
  EXPECT_NE(Citizen("call"), Citizen(std::string("login") + kBsnB));
}

TEST_F(VetoTest, TwoInTheRegisterAreNeverOne) {
  Stated other = kNoor;
  other.day = 21;  // The same but for the birth date; and the very same.
  for (const Stated& stated : {other, kNoor}) {
    Take(LogIn(kBsnA));
    Take(LogIn(kBsnB));
    Take(Registered(kBsnA, kNoor));
    RegistryAnswer second = Registered(kBsnB, stated);
    second.asked_at += absl::Hours(stated.day);
    Take(second);
    EXPECT_FALSE(Joined(std::string("login") + kBsnB));
  }
}

}  // namespace
}  // namespace klantbeeld::store
