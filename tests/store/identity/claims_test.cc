#include "store/identity/claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/record.h"
#include "tests/store/events.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::ElementsAre;

const Keys kKeys = TestKeys();
const std::string kContact(16, 'k');

FoldedParty Party(const std::string& key, std::vector<v1::Identifier> identifiers) {
  return {.key = key, .identifiers = std::move(identifiers)};
}

std::vector<PartyClaim> Claims(std::vector<FoldedParty> parties,
                               const absl::btree_set<std::string>& decided = {},
                               const std::string& contact = kContact) {
  FoldedContact folded;
  folded.parties = std::move(parties);
  return ClaimsOf(kKeys, contact, folded, decided);
}

PartyClaim One(FoldedParty party, const std::string& contact = kContact) {
  auto claims = Claims({std::move(party)}, {}, contact);
  EXPECT_EQ(claims.size(), 1u);
  return claims.at(0);
}

// The types by which a claim's values, or those beside it, join.
std::vector<int> Joins(const PartyClaim& claim) {
  std::vector<IndexValue> values = ValuesOf(kKeys, claim.content);
  for (const auto& extra : claim.extras) values.push_back(FromExtra(extra));
  std::vector<int> types;
  for (const auto& value : values) {
    if (value.joins) types.push_back(value.index[0]);
  }
  return types;
}

v1::Identifier Kvk(const std::string& value, v1::VerifiedBy verified) {
  return Identifier(v1::IDENTIFIER_TYPE_KVK, value, verified);
}
v1::Identifier Vestiging(const std::string& parent, const std::string& value,
                         v1::VerifiedBy verified) {
  v1::Identifier identifier = Identifier(v1::IDENTIFIER_TYPE_VESTIGING, value, verified);
  identifier.set_parent(parent);
  return identifier;
}

TEST(Claims, SameContentIsOneClaimOverContactsAndParties) {
  const auto a = One(Party("customer", {Phone("+31612345678")}), std::string(16, 'a'));
  const auto b = One(Party("subject", {Phone("+31612345678")}), std::string(16, 'b'));
  EXPECT_EQ(a.claim_id, b.claim_id);
  EXPECT_EQ(a.content.own_reason(), format::ClaimContent::SHARED);
  EXPECT_NE(a.claim_id, One(Party("customer", {Phone("+31612345679")})).claim_id);
}

TEST(Claims, VerificationAndDetailsArePartOfTheContent) {
  const auto verified = One(Party("customer", {Bsn(kBsnA)}));
  const auto typed = One(Party("customer", {Bsn(kBsnA, v1::VERIFIED_BY_TYPED)}));
  EXPECT_NE(verified.claim_id, typed.claim_id);
  FoldedParty named = Party("customer", {Bsn(kBsnA)});
  named.details.set_surname("Jansen");
  EXPECT_NE(One(named).claim_id, verified.claim_id);
}

TEST(Claims, EmptyPartyHasNoneUnlessDecided) {
  EXPECT_TRUE(Claims({Party("customer", {})}).empty());
  const auto decided = Claims({Party("customer", {})}, {"customer"});
  ASSERT_EQ(decided.size(), 1u);
  EXPECT_EQ(decided[0].content.own_reason(), format::ClaimContent::DECIDED);
}

TEST(Claims, DecidedPartyHasItsOwn) {
  const auto shared = One(Party("customer", {Phone("+31612345678")}));
  const auto own = Claims({Party("customer", {Phone("+31612345678")})}, {"customer"}).at(0);
  EXPECT_NE(own.claim_id, shared.claim_id);
  EXPECT_EQ(own.content.content_id(), shared.claim_id);
  EXPECT_EQ(own.content.own().party_key(), "customer");
  const auto elsewhere =
      Claims({Party("customer", {Phone("+31612345678")})}, {"customer"}, std::string(16, 'z'));
  EXPECT_NE(elsewhere.at(0).claim_id, own.claim_id);
}

TEST(Claims, PartiesOfOneContactThatLookAlikeHaveTheirOwn) {
  const auto claims =
      Claims({Party("customer", {Phone("+31612345678")}), Party("other", {Phone("+31612345679")}),
              Party("subject", {Phone("+31612345678")})});
  ASSERT_EQ(claims.size(), 3u);
  EXPECT_EQ(claims[0].content.own_reason(), format::ClaimContent::ALIKE);
  EXPECT_EQ(claims[1].content.own_reason(), format::ClaimContent::SHARED);
  EXPECT_EQ(claims[2].content.own_reason(), format::ClaimContent::ALIKE);
  EXPECT_NE(claims[0].claim_id, claims[2].claim_id);
}

TEST(Claims, PartyThatIsOnlyASessionOrANameHasItsOwn) {
  const auto a = One(Party("customer", {Session("s")}), std::string(16, 'a'));
  const auto b = One(Party("customer", {Session("s")}), std::string(16, 'b'));
  EXPECT_EQ(a.content.own_reason(), format::ClaimContent::SAYS_TOO_LITTLE);
  EXPECT_NE(a.claim_id, b.claim_id);
  FoldedParty named = Party("customer", {Session("s")});
  named.details.set_surname("Jansen");
  EXPECT_EQ(One(named).content.own_reason(), format::ClaimContent::SAYS_TOO_LITTLE);
  named.details.mutable_birth_date()->set_year(1980);
  EXPECT_EQ(One(named).content.own_reason(), format::ClaimContent::SHARED);
}

// 150 log-ins of one person are one claim, not 150.
TEST(Claims, BsnIsAHub) {
  const auto visit = [](const std::string& n) {
    return One(Party("customer",
                     {Bsn(kBsnA), Session("s" + n), Identifier(v1::IDENTIFIER_TYPE_COOKIE, "c" + n),
                      Identifier(v1::IDENTIFIER_TYPE_TICKET, "t" + n),
                      Identifier(v1::IDENTIFIER_TYPE_APPOINTMENT, "a" + n)}));
  };
  EXPECT_EQ(visit("1").claim_id, visit("2").claim_id);
  EXPECT_NE(visit("1").extras, visit("2").extras);
  EXPECT_EQ(visit("1").extras.size(), 5u);  // The session twice: as value and as log-in.
  EXPECT_THAT(Joins(visit("1")), ElementsAre(v1::IDENTIFIER_TYPE_BSN, kIndexLogin));
}

TEST(Claims, WithoutAVerifiedNumberSessionAndCookieAreContent) {
  for (const auto verified : {v1::VERIFIED_BY_TYPED, v1::VERIFIED_BY_CONTROL_QUESTIONS}) {
    const auto claim = One(Party("customer", {Bsn(kBsnA, verified), Session("s")}));
    EXPECT_EQ(claim.content.identifiers_size(), 2);
    EXPECT_TRUE(claim.extras.empty());
    EXPECT_THAT(Joins(claim), ElementsAre(kIndexLogin));
  }
}

TEST(Claims, CasesStandBesideTheClaim) {
  FoldedContact folded;
  folded.parties.push_back(Party("customer", {Phone("+31612345678")}));
  folded.contact.mutable_data()->add_cases("Z-1");
  folded.contact.mutable_data()->add_cases("z-1");
  const auto claims = ClaimsOf(kKeys, kContact, folded, {});
  EXPECT_EQ(claims.at(0).claim_id, One(Party("customer", {Phone("+31612345678")})).claim_id);
  ASSERT_EQ(claims.at(0).extras.size(), 1u);
  EXPECT_EQ(FromExtra(claims.at(0).extras[0]).index, IndexOfCase(kKeys, "Z-1"));
  EXPECT_FALSE(FromExtra(claims.at(0).extras[0]).joins);
}

struct JoinRow {
  const char* name;
  std::vector<v1::Identifier> identifiers;
  std::vector<int> joins;
};

TEST(Values, JoinByVerifiedNumbersAndAuthenticatedSessionsOnly) {
  const JoinRow rows[] = {
      {"bsn", {Bsn(kBsnA)}, {v1::IDENTIFIER_TYPE_BSN}},
      {"bsn of a document", {Bsn(kBsnA, v1::VERIFIED_BY_ID_DOCUMENT)}, {v1::IDENTIFIER_TYPE_BSN}},
      {"bsn typed", {Bsn(kBsnA, v1::VERIFIED_BY_TYPED)}, {}},
      {"bsn by control questions", {Bsn(kBsnA, v1::VERIFIED_BY_CONTROL_QUESTIONS)}, {}},
      {"bsn of a session", {Bsn(kBsnA, v1::VERIFIED_BY_SESSION)}, {}},
      {"rsin",
       {Identifier(v1::IDENTIFIER_TYPE_RSIN, "111222333", v1::VERIFIED_BY_EHERKENNING)},
       {v1::IDENTIFIER_TYPE_RSIN}},
      {"kvk", {Kvk("68099013", v1::VERIFIED_BY_EHERKENNING)}, {kIndexOrganisation}},
      {"kvk typed", {Kvk("68099013", v1::VERIFIED_BY_TYPED)}, {}},
      {"vestiging",
       {Kvk("68099013", v1::VERIFIED_BY_EHERKENNING),
        Vestiging("68099013", "000037314509", v1::VERIFIED_BY_EHERKENNING)},
       {kIndexOrganisation}},
      {"person and organisation", {Bsn(kBsnA), Kvk("68099013", v1::VERIFIED_BY_EHERKENNING)}, {}},
      {"session logged in", {Session("s")}, {kIndexLogin}},
      {"session logged in elsewhere", {Session("s", v1::VERIFIED_BY_SESSION)}, {kIndexLogin}},
      {"session", {Session("s", v1::VERIFIED_BY_UNSPECIFIED)}, {}},
      {"phone", {Phone("+31612345678")}, {}},
      {"e-mail", {Identifier(v1::IDENTIFIER_TYPE_EMAIL, "a@b.nl", v1::VERIFIED_BY_DIGID)}, {}},
      {"cookie", {Identifier(v1::IDENTIFIER_TYPE_COOKIE, "c", v1::VERIFIED_BY_DIGID)}, {}},
  };
  for (const JoinRow& row : rows) {
    EXPECT_EQ(Joins(One(Party("customer", row.identifiers))), row.joins) << row.name;
  }
}

TEST(Values, ContestedNumberIsFoundButJoinsNobody) {
  FoldedParty party = Party("customer", {});
  party.contested = {Bsn(kBsnA), Bsn(kBsnB)};
  const auto claim = One(party);
  EXPECT_TRUE(Joins(claim).empty());
  std::vector<std::string> places;
  for (const auto& value : ValuesOf(kKeys, claim.content)) places.push_back(value.index);
  EXPECT_THAT(places, testing::UnorderedElementsAre(IndexOfIdentifier(kKeys, Bsn(kBsnA)),
                                                    IndexOfIdentifier(kKeys, Bsn(kBsnB))));
}

TEST(Values, VestigingenOfOneKvkAreDifferent) {
  const auto value = [](const std::string& number) {
    return IndexOfIdentifier(kKeys, Vestiging("68099013", number, v1::VERIFIED_BY_EHERKENNING));
  };
  EXPECT_NE(value("000000000001"), value("000000000002"));
  EXPECT_NE(IndexOfIdentifier(kKeys, Vestiging("11111111", "000000000001", {})),
            IndexOfIdentifier(kKeys, Vestiging("22222222", "000000000001", {})));
}

TEST(Values, NameWithFullBirthDateAndAddressAreFoundBy) {
  FoldedParty party = Party("customer", {});
  party.names.set_surname("boer");
  party.names.set_partner_surname("vries");
  auto& birth = *party.details.mutable_birth_date();
  birth.set_year(1980);
  birth.set_month(2);
  EXPECT_TRUE(ValuesOf(kKeys, One(party).content).empty());
  birth.set_day(3);
  party.details.mutable_address()->set_postcode("1234AB");
  party.details.mutable_address()->set_house_number(5);
  std::vector<std::string> places;
  for (const auto& value : ValuesOf(kKeys, One(party).content)) {
    EXPECT_FALSE(value.joins);
    places.push_back(value.index);
  }
  EXPECT_THAT(places, testing::UnorderedElementsAre(IndexOfNameBirth(kKeys, "boer", birth),
                                                    IndexOfNameBirth(kKeys, "vries", birth),
                                                    IndexOfAddress(kKeys, "1234AB", 5)));
}

TEST(Values, ThoseThatJoinAreAmongAllOfThem) {
  v1::Identifier kvk;
  kvk.set_type(v1::IDENTIFIER_TYPE_KVK);
  kvk.set_value("12345678");
  kvk.set_verified(v1::VERIFIED_BY_EHERKENNING);
  for (const std::vector<v1::Identifier>& identifiers :
       {std::vector<v1::Identifier>{Bsn(kBsnA), Phone("+31612345678")},
        {Session("s"), Phone("+31612345678")},
        {kvk},
        {kvk, Bsn(kBsnA)}}) {
    const PartyClaim claim = One(Party("customer", identifiers));
    std::vector<std::string> all, joining;
    for (const auto& value : ValuesOf(kKeys, claim.content)) {
      if (value.joins) all.push_back(value.index + value.permanent);
    }
    for (const auto& value : JoiningValuesOf(kKeys, claim.content)) {
      EXPECT_TRUE(value.joins);
      EXPECT_EQ(value.permanent.size(), 17u);
      joining.push_back(value.index + value.permanent);
    }
    EXPECT_EQ(joining, all);
  }
}

TEST(Values, KeepTheirBytesBesideTheClaim) {
  const IndexValue value{std::string(17, 'i'), std::string(17, 'p'), true};
  const IndexValue read = FromExtra(ExtraBytes(value));
  EXPECT_EQ(read.index, value.index);
  EXPECT_EQ(read.permanent, value.permanent);
  EXPECT_TRUE(read.joins);
}

}  // namespace
}  // namespace klantbeeld::store
