#include "store/identity/nobodys.h"

#include <gmock/gmock.h>

#include <set>

#include "absl/strings/str_join.h"
#include "store/check.h"
#include "store/journal.h"
#include "tests/store/events.h"
#include "tests/store/identity/facts.h"

namespace klantbeeld::store {
namespace {

using testing::HasSubstr;

NobodysLists Lists() {
  NobodysLists lists = DefaultNobodys();
  lists.phones = {"+31201234567"};
  lists.emails = {"post@bedrijf.example"};
  lists.domains = {"gemeente.example"};
  return lists;
}

struct Row {
  std::string name;
  v1::IdentifierType type;
  std::string value;
  bool nobodys;
};

class NobodysValue : public testing::TestWithParam<Row> {};

TEST_P(NobodysValue, AreSomebodysOrNobodys) {
  EXPECT_EQ(IsNobodys(Lists(), Identifier(GetParam().type, GetParam().value)), GetParam().nobodys);
}

constexpr auto kPhone = v1::IDENTIFIER_TYPE_PHONE;
constexpr auto kEmail = v1::IDENTIFIER_TYPE_EMAIL;
constexpr auto kCookie = v1::IDENTIFIER_TYPE_COOKIE;

INSTANTIATE_TEST_SUITE_P(
    All, NobodysValue,
    testing::ValuesIn(std::vector<Row>{
        {"ListedPhone", kPhone, "+31201234567", true},
        {"OtherPhone", kPhone, "+31201234568", false},
        {"PhoneOfZeros", kPhone, "+31600000000", true},
        {"PhoneThatEndsInSomeZeros", kPhone, "+31201000000", false},
        {"ListedEmail", kEmail, "post@bedrijf.example", true},
        {"OtherAddressThere", kEmail, "noor@bedrijf.example", false},
        {"Info", kEmail, "info@elders.example", true},
        {"NameThatBeginsAlike", kEmail, "infora@elders.example", false},
        {"NoReply", kEmail, "noreply@elders.example", true},
        {"ListedDomain", kEmail, "noor@gemeente.example", true},
        {"BelowAListedDomain", kEmail, "noor@balie.gemeente.example", true},
        {"DomainThatEndsAlike", kEmail, "noor@mijngemeente.example", false},
        {"CookieUndefined", kCookie, "Undefined", true},
        {"CookieOfZeros", kCookie, "0000-0000", false},
        {"CookieOfZerosOnly", kCookie, "00000000", true},
        {"Cookie", kCookie, "c-1", false},
        {"SessionNull", v1::IDENTIFIER_TYPE_SESSION, "null", true},
        {"CustomerAnonymous", v1::IDENTIFIER_TYPE_CUSTOMER, "anonymous", true},
        {"KvkOfZeros", v1::IDENTIFIER_TYPE_KVK, "00000000", false}}),
    [](const auto& info) { return info.param.name; });

TEST(NobodysList, WhatCanNeverMatchIsRefusedByName) {
  const auto says = [](auto change) {
    NobodysLists lists;
    change(lists);
    return std::string(lists.Validate().message());
  };
  EXPECT_EQ(says([](auto& l) { l = Lists(); }), "");
  EXPECT_THAT(says([](auto& l) { l.phones = {"020 1234567"}; }),
              HasSubstr("nobodys.phones: \"020 1234567\" must be + and digits"));
  EXPECT_THAT(says([](auto& l) { l.emails = {"info"}; }), HasSubstr("nobodys.emails: \"info\""));
  EXPECT_THAT(says([](auto& l) { l.local_parts = {"info@"}; }),
              HasSubstr("nobodys.local_parts: \"info@\""));
  EXPECT_THAT(says([](auto& l) { l.domains = {".nl"}; }), HasSubstr("nobodys.domains: \".nl\""));
  EXPECT_THAT(says([](auto& l) { l.values = {" x"}; }), HasSubstr("nobodys.values: \" x\""));
}

class NobodysTest : public FactsTest {
 protected:
  NobodysTest() : FactsTest("website") {}
  // The values that the customer's claim states.
  std::string ContentOf(const std::string& contact) {
    const std::string claim = ClaimOf(contact);
    if (claim.empty()) return "none";
    std::vector<std::string> values;
    const auto content = OpenContent(claim, RowOf(contact));
    for (const auto& one : content->identifiers()) values.push_back(one.value());
    return absl::StrJoin(values, ",");
  }
  std::string Shown(const std::string& contact) {
    const auto row = ContactAt(contact);
    const auto body =
        OpenEvent(*ReadFact(batch_, row.last_position()));
    std::vector<std::string> values;
    const FoldedContact folded = Fold({{&*body, false}}, false);
    for (const auto& one : folded.contact.data().parties(0).identifiers()) {
      values.push_back(one.value());
    }
    return absl::StrJoin(values, ",");
  }
};

TEST_F(NobodysTest, StaysVisibleAndSaysNothing) {
  Take(Visit("a", 1, {Phone("020-1234567"), Phone("0612345678")}), Lists());
  EXPECT_EQ(Shown("a"), "+31612345678,+31201234567");
  EXPECT_EQ(ContentOf("a"), "+31612345678");
}

TEST_F(NobodysTest, PartyThatGivesNothingElseIsInNoCitizen) {
  Take(Visit("a", 1, {Phone("020-1234567"), Identifier(kCookie, "undefined")}), Lists());
  EXPECT_EQ(ContentOf("a"), "none");
}

TEST_F(NobodysTest, SessionThatIsNobodysJoinsNobody) {
  Take(Visit("a", 1, {Session("undefined"), Phone("0612345678")}), Lists());
  Take(Visit("b", 2, {Session("undefined"), Phone("0687654321")}), Lists());
  Take(Visit("c", 3, {Session("undefined"), Bsn(kBsnA)}), Lists());
  EXPECT_EQ(ContentOf("a"), "+31612345678");
  const auto partition = PartitionOf(batch_);
  std::set<std::string> citizens;
  for (const auto& [party, citizen] : partition) citizens.insert(citizen);
  EXPECT_EQ(citizens.size(), 3u);
}

// Of two systems that tell of one contact either may have told of it before the
// list was made.
TEST_F(NobodysTest, OneEventThatCallsItNobodysIsEnoughInAnyOrder) {
  v1::ContactEvent other = About("desk", "d", "website", "a", 5);
  *other.mutable_data()->add_parties() = PartyOf("customer", {Phone("+31201234567")});
  Take(Visit("a", 1, {Phone("020-1234567")}), {});
  EXPECT_EQ(ContentOf("a"), "+31201234567");
  Take(other, Lists());
  EXPECT_EQ(ContentOf("a"), "none");
  const std::string want = DumpOf(batch_);
  std::reverse(facts_.begin(), facts_.end());
  const auto again = ApplyAll(keys_, none_, facts_);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(DumpOf(**again), want);
}

TEST_F(NobodysTest, WhatWasRecordedBeforeIsReplayedAsItWas) {
  Take(Visit("a", 1, {Phone("020-1234567")}), {});
  Take(Visit("b", 2, {Phone("020-1234567")}), Lists());
  EXPECT_EQ(ContentOf("a"), "+31201234567");
  EXPECT_EQ(ContentOf("b"), "none");
  const auto again = ApplyAll(keys_, none_, facts_);
  EXPECT_EQ(DumpOf(**again), DumpOf(batch_));
}

// Neither what stands, nor a replay, nor an event that comes again asks for the
// list of today.
TEST(NobodysStore, AnotherListChangesNothingThatStands) {
  TempDir temp;
  TestStore store(temp / "data");
  const auto open_with = [&](NobodysLists lists) {
    store.Close();
    store.nobodys = std::move(lists);
    store.Open();
  };
  open_with(Lists());
  const auto first = store.Record(Visit("a", 1, {Phone("020-1234567"), Phone("0612345678")}));
  ASSERT_TRUE(first.ok()) << first.status();
  open_with({});
  ASSERT_TRUE(store.Record(Visit("b", 2, {Phone("020-1234567"), Phone("0687654321")})).ok());
  // As our own export gives it: in normal form.
  const auto prepared =
      store->Prepare(Visit("a", 1, {Phone("020-1234567"), Phone("0612345678")}));
  ASSERT_TRUE(prepared.ok()) << prepared.status();
  const auto again = store.Record(prepared->body.event());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->duplicate());
  EXPECT_EQ(again->position(), first->position());
  const std::string stands = store.Dump();
  store.ExpectConsistent();
  open_with(DefaultNobodys());
  store.Close();
  ASSERT_TRUE(Rebuild(store.dir(), store.keys(), nullptr).ok());
  store.Open();
  EXPECT_EQ(store.Dump(), stands);
}

}  // namespace
}  // namespace klantbeeld::store
