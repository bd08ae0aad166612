// Also tests: store/identity/candidates.cc
// What never happens, whatever came before: tried after random histories, with
// how often each was tried.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "store/contact.h"
#include "store/identity/identity.h"
#include "store/identity/registry.h"
#include "store/prepare.h"
#include "store/rows.h"
#include "tests/store/events.h"
#include "tests/store/history.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

constexpr int kSteps = 18;

// A store in memory that facts are applied to.
struct World {
  explicit World(const std::vector<LooseFact>& facts = {}) {
    for (const LooseFact& fact : facts) Take(fact);
  }
  void Take(const LooseFact& fact) {
    const absl::Status status = Append(keys, batch, head, fact);
    EXPECT_TRUE(status.ok()) << status;
  }
  void Take(const v1::ContactEvent& event) {
    const auto prepared = PrepareEvent(keys, event);
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    Take(FactOf(*prepared));
  }
  std::multiset<std::string> Lines() const {
    const std::vector<std::string> lines = absl::StrSplit(DumpOf(batch), '\n', absl::SkipEmpty());
    return {lines.begin(), lines.end()};
  }

  const Keys keys = TestKeys();
  const NoRows none;
  Batch batch{&none};
  format::Head head;
};

// --- Who was said to be two.

struct Said {
  std::string id;
  format::DecisionRow row;
  bool Before(const Said& other) const {
    return std::make_pair(row.decided_us(), id) < std::make_pair(other.row.decided_us(), other.id);
  }
};

using Parties = std::set<PartyOfContact>;

Parties PartiesOf(const google::protobuf::RepeatedPtrField<format::PartyId>& list) {
  Parties parties;
  for (const auto& party : list) parties.insert({party.contact_id(), party.party_key()});
  return parties;
}

bool Meet(const Parties& a, const Parties& b) {
  return std::any_of(a.begin(), a.end(), [&](const auto& one) { return b.contains(one); });
}

std::vector<Said> Decisions(const Reader& reader) {
  std::vector<Said> decisions;
  EXPECT_TRUE(reader
                  .Scan(Family::kDecision, "", "",
                        [&](absl::string_view key, absl::string_view value) {
                          const auto row = DecodeAs<format::DecisionRow>(value, "decision");
                          decisions.push_back({std::string(key), *row});
                          return true;
                        })
                  .ok());
  return decisions;
}

// Pairs that an unlink took apart and that no later link said to be one, and
// how many of them stand in one citizen all the same.
struct Apart {
  int pairs = 0;
  int together = 0;
};

Apart CountApart(const Reader& reader) {
  const auto partition = PartitionOf(reader);
  const std::vector<Said> decisions = Decisions(reader);
  Apart apart;
  for (const Said& unlink : decisions) {
    if (!unlink.row.unlink()) continue;
    const Parties kept = PartiesOf(unlink.row.parties_b());
    for (const PartyOfContact& out : PartiesOf(unlink.row.parties_a())) {
      const bool ended = std::any_of(decisions.begin(), decisions.end(), [&](const Said& link) {
        if (link.row.unlink() || !unlink.Before(link)) return false;
        const Parties a = PartiesOf(link.row.parties_a()), b = PartiesOf(link.row.parties_b());
        return (a.contains(out) && Meet(b, kept)) || (b.contains(out) && Meet(a, kept));
      });
      if (ended || !partition.contains(out)) continue;
      for (const PartyOfContact& other : kept) {
        if (!partition.contains(other)) continue;
        ++apart.pairs;
        apart.together += partition.at(out) == partition.at(other);
      }
    }
  }
  return apart;
}

TEST(Properties, WhoWasSaidToBeTwoIsNeverOne) {
  int tried = 0;
  for (uint32_t seed = 1; seed <= 600; ++seed) {
    const History history = MakeHistory(TestKeys(), seed, kSteps);
    World world;
    for (size_t i = 0; i < history.facts.size(); ++i) {
      world.Take(history.facts[i]);
      const Apart apart = CountApart(world.batch);
      ASSERT_EQ(apart.together, 0) << "seed " << seed << ", position " << i + 1;
      tried += apart.pairs;
    }
  }
  EXPECT_GT(tried, 1500);
}

// --- Who has nothing to do with it.

// A name that no other number has.
std::string NameOf(int number) {
  std::string name;
  for (int i = 0; i < 6; ++i, number /= 20) name += "bcdfghjklmnpqrstvwxz"[number % 20];
  return absl::StrCat("Q", name);
}

v1::ContactEvent Stranger(int number) {
  v1::Party party = PartyOf("customer", {Phone(absl::StrCat("+3168", 1000000 + number)),
                                         Session(absl::StrCat("elsewhere", number))});
  party.mutable_details()->set_surname(NameOf(number));
  party.mutable_details()->set_first_names(NameOf(number + 1000));
  party.mutable_details()->mutable_birth_date()->set_year(1921 + number);
  return EventOf("elsewhere", absl::StrCat("x", number), number, {party});
}

// The first line that is no longer there as it was.
std::string Gone(const std::multiset<std::string>& before, const std::multiset<std::string>& after) {
  std::vector<std::string> gone;
  std::set_difference(before.begin(), before.end(), after.begin(), after.end(),
                      std::back_inserter(gone));
  return gone.empty() ? "" : gone[0];
}

TEST(Properties, UnrelatedEventChangesNothingElse) {
  int tried = 0;
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    const History history = MakeHistory(TestKeys(), seed, kSteps);
    std::mt19937 random(seed);
    World world;
    int strangers = 0;
    for (const LooseFact& fact : history.facts) {
      world.Take(fact);
      if (random() % 4 != 0) continue;
      const auto before = world.Lines();
      world.Take(Stranger(strangers++));
      const auto after = world.Lines();
      ASSERT_EQ(Gone(before, after), "") << "seed " << seed << ", position " << world.head.position();
      ++tried;
    }
    // And the history comes to the same with strangers in it as without.
    std::multiset<std::string> want = World(history.facts).Lines();
    const auto got = world.Lines();
    ASSERT_EQ(Gone(want, got), "") << "seed " << seed;
  }
  EXPECT_GT(tried, 500);
}

// --- What comes again.

TEST(Properties, WhatComesAgainChangesNothing) {
  int events = 0, answers = 0;
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    const TempDir temp;
    TestStore store(temp / "data");
    const History history = MakeHistory(store.keys(), seed, 80);
    std::vector<v1::ContactEvent> said;
    std::vector<RegistryAnswer> answered;
    for (const LooseFact& fact : history.facts) {
      if (fact.header.kind() == v1::FACT_KIND_CONTACT_EVENT) {
        said.push_back(OpenEvent(fact)->event());
      } else if (fact.header.kind() == v1::FACT_KIND_REGISTRY) {
        const auto body = OpenRegistry(fact.header, fact.body);
        answered.push_back({body->bsn(), body->found(), body->details(), body->deceased(),
                            absl::FromUnixMicros(body->asked_us()), body->deceased_on(), body->sought()});
      }
    }
    const auto send = [&] {
      store.RecordAll(said);
      // Of several answers about one number the last asked for stands; an
      // older one that comes again is a fact, and changes nothing.
      for (const auto& answer : answered) {
        ASSERT_TRUE(store->RecordRegistryAnswer(answer, [](absl::StatusOr<uint64_t> outcome) {
                           EXPECT_TRUE(outcome.ok()) << outcome.status();
                         }).ok());
      }
    };
    send();
    const std::string before = store.Dump();
    const uint64_t head = store->head();
    ASSERT_GE(head, said.size());
    std::mt19937 random(seed);
    std::shuffle(said.begin(), said.end(), random);
    store.RecordAll(said);
    EXPECT_EQ(store->head(), head) << "an event was recorded twice, seed " << seed;
    send();
    EXPECT_EQ(store.Dump(), before) << "seed " << seed;
    events += static_cast<int>(said.size());
    answers += static_cast<int>(answered.size());
  }
  EXPECT_GT(events, 500);
  EXPECT_GT(answers, 20);
}

// --- What very many share.

// Counts the rows that are read of what stood before a fact.
class Counting : public Reader {
 public:
  explicit Counting(const Reader& below) : below_(below) {}
  absl::StatusOr<std::optional<std::string>> Get(Family family,
                                                 absl::string_view key) const override {
    ++rows;
    return below_.Get(family, key);
  }
  absl::Status Scan(Family family, absl::string_view prefix, absl::string_view from,
                    Row row) const override {
    ++rows;
    return below_.Scan(family, prefix, from, [&](absl::string_view key, absl::string_view value) {
      ++rows;
      return row(key, value);
    });
  }
  mutable int rows = 0;

 private:
  const Reader& below_;
};

TEST(Properties, ValueThatTenThousandTypedJoinsNobodyAndStaysBounded) {
  World world;
  constexpr int kPeople = 10000;
  const auto typed = [](int i, const std::string& surname) {
    v1::Party party = PartyOf("customer", {Phone("+31201234567"),
                                           Identifier(v1::IDENTIFIER_TYPE_EMAIL, "balie@voorbeeld.nl"),
                                           Identifier(v1::IDENTIFIER_TYPE_COOKIE, "kiosk")});
    party.mutable_details()->set_surname(surname);
    return EventOf("kiosk", absl::StrCat("k", i), i, {party});
  };
  // Rows read, and bytes written, for who comes with a name of his own and for
  // one who goes; neither is taken.
  using Cost = std::pair<int, size_t>;
  const auto costs = [&] {
    std::vector<Cost> each;
    for (const v1::ContactEvent& event :
         {typed(kPeople, "Xylander"), RetractContact("kiosk", "r", "k500")}) {
      const Counting counting(world.batch);
      Batch group(&counting);
      format::Head head = world.head;
      EXPECT_TRUE(Append(world.keys, group, head, FactOf(*PrepareEvent(world.keys, event))).ok());
      each.push_back({counting.rows, group.bytes()});
    }
    return each;
  };
  std::vector<int> rows;
  std::vector<Cost> of_a_thousand;
  for (int i = 0; i < kPeople; ++i) {
    if (i == 1000) of_a_thousand = costs();
    const auto prepared = PrepareEvent(world.keys, typed(i, NameOf(i)));
    ASSERT_TRUE(prepared.ok());
    const Counting counting(world.batch);
    Batch group(&counting);
    ASSERT_TRUE(Append(world.keys, group, world.head, FactOf(*prepared)).ok());
    rows.push_back(counting.rows);
    group.MoveInto(world.batch);
  }
  std::map<std::string, int> parties;
  for (const auto& [party, citizen] : PartitionOf(world.batch)) ++parties[citizen];
  EXPECT_EQ(parties.size(), static_cast<size_t>(kPeople)) << "somebody was joined";
  // The few that bring it to its cap cost most; from then on it is the same
  // however many follow.
  EXPECT_LE(*std::max_element(rows.begin(), rows.end()), 3000);
  const int early = *std::max_element(rows.begin() + 500, rows.begin() + 1500);
  const int late = *std::max_element(rows.end() - 1000, rows.end());
  EXPECT_LE(early, 60);
  EXPECT_LE(late, early);
  const std::vector<Cost> of_all = costs();
  for (size_t i = 0; i < of_all.size(); ++i) {
    EXPECT_LE(of_all[i].first, of_a_thousand[i].first) << i;
    EXPECT_LE(of_all[i].second, of_a_thousand[i].second + 8) << i;  // Numbers are longer.
  }
}

// --- When it matters when contacts took place.

// A claim that hangs together with somebody who died is looked at again when a
// contact comes to it or moves: none of those may be missed.
TEST(Properties, WhoeverHangsTogetherWithADeceasedIsKnownTo) {
  int near = 0;
  for (uint32_t seed = 1; seed <= 300; ++seed) {
    World world(MakeHistory(TestKeys(), seed, 40).facts);
    std::map<std::string, bool> claims;
    ASSERT_TRUE(world.batch
                    .Scan(Family::kClaim, "", "",
                          [&](absl::string_view key, absl::string_view value) {
                            if (key[16] != kClaimRecord) return true;
                            const auto row = DecodeAs<format::ClaimRow>(value, "claim");
                            claims[std::string(key.substr(0, 16))] = row->near_deceased();
                            return true;
                          })
                    .ok());
    for (const auto& [claim, known] : claims) {
      const auto component = ReadComponent(world.keys, ShippedModel(), world.batch, {claim}, {});
      ASSERT_TRUE(component.ok());
      const auto& nodes = component->input.claims;
      const bool any = std::any_of(nodes.begin(), nodes.end(),
                                   [](const auto& node) { return node.dead_from_us.has_value(); });
      EXPECT_LE(any, known) << "seed " << seed;
      near += any;
    }
  }
  EXPECT_GT(near, 200);
}

// --- A cap that is crossed and crossed again.

// Somebody who shares everything that people of the histories share, and is
// nobody of them.
v1::ContactEvent Crowd(int number) {
  v1::Party party = PartyOf("customer", {Phone("+31612345678"), Phone("+31201234567")});
  party.mutable_details()->set_surname(NameOf(number));
  party.mutable_details()->mutable_birth_date()->set_year(1984);
  party.mutable_details()->mutable_birth_date()->set_month(4);
  party.mutable_details()->mutable_birth_date()->set_day(12);
  party.mutable_details()->mutable_address()->set_postcode("1234AB");
  party.mutable_details()->mutable_address()->set_house_number(5);
  return EventOf("crowd", absl::StrCat("m", number), number, {party});
}

// What is kept of who is like whom, and who is whose.
std::multiset<std::string> IdentityLines(const World& world) {
  std::multiset<std::string> kept;
  for (const std::string& line : world.Lines()) {
    for (const char* kind : {"identifier ", "claim ", "citizen ", "standing "}) {
      if (absl::StartsWith(line, kind)) kept.insert(line);
    }
  }
  return kept;
}

TEST(Properties, CapCrossedUpAndDownGivesWhatStood) {
  int crossed = 0;
  for (uint32_t seed = 1; seed <= 25; ++seed) {
    World world(MakeHistory(TestKeys(), seed, 24).facts);
    const auto partition = PartitionOf(world.batch);
    const auto before = IdentityLines(world);
    constexpr int kCrowd = 70;
    for (int i = 0; i < kCrowd; ++i) world.Take(Crowd(i));
    // What the histories' people have in common says less of them now.
    crossed += Gone(before, IdentityLines(world)) != "";
    std::vector<int> order(kCrowd);
    for (int i = 0; i < kCrowd; ++i) order[static_cast<size_t>(i)] = i;
    std::mt19937 random(seed);
    std::shuffle(order.begin(), order.end(), random);
    for (const int i : order) {
      world.Take(RetractContact("crowd", absl::StrCat("r", i), absl::StrCat("m", i)));
    }
    ASSERT_EQ(PartitionOf(world.batch), partition) << "seed " << seed;
    ASSERT_EQ(IdentityLines(world), before) << "seed " << seed;
  }
  EXPECT_GT(crossed, 4) << "the crowd changed nobody: the cap was never felt";
}

}  // namespace
}  // namespace klantbeeld::store
