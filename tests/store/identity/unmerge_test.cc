// Also tests: store/identity/identity.cc store/identity/undo.cc
// Merge, then unmerge: what stood, stands again, exactly; over random histories.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "store/contact.h"
#include "store/identity/decide.h"
#include "store/identity/identity.h"
#include "store/rows.h"
#include "tests/store/events.h"
#include "tests/store/history.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using Party = PartyOfContact;

class Round {
 public:
  explicit Round(uint32_t seed) : random_(seed) {
    const History history = MakeHistory(keys_, seed, 16);
    for (const LooseFact& fact : history.facts) {
      EXPECT_TRUE(Append(keys_, batch_, head_, fact).ok());
    }
  }

  // The citizen of each party, and how sure that is.
  using Stands = std::map<Party, std::pair<std::string, v1::Assurance>>;
  Stands Standing() const {
    Stands standing;
    for (const auto& [party, citizen] : PartitionOf(batch_)) {
      const auto row = ReadRow<format::ContactRow>(batch_, Family::kContact, party.first);
      const auto claim = ReadRow<format::ClaimRow>(
          batch_, Family::kClaim, ClaimKey(ClaimOfParty(**row, party.second), kClaimRecord));
      standing[party] = {citizen, (*claim)->assurance()};
    }
    return standing;
  }

  // Whether the link changed the citizen of a party that it does not name.
  bool MovesOthers(const Stands& before, const format::DecisionBody& link) const {
    std::set<Party> named;
    for (const auto* side : {&link.parties_a(), &link.parties_b()}) {
      for (const auto& party : *side) named.insert({party.contact_id(), party.party_key()});
    }
    const auto after = PartitionOf(batch_);
    return std::any_of(before.begin(), before.end(), [&](const auto& stood) {
      return !named.contains(stood.first) && after.at(stood.first) != stood.second.first;
    });
  }

  // Parties whom an unlink has named so far.
  bool UnlinkedBefore(const format::DecisionBody& link) const {
    std::set<Party> linked;
    for (const auto* side : {&link.parties_a(), &link.parties_b()}) {
      for (const auto& party : *side) linked.insert({party.contact_id(), party.party_key()});
    }
    bool found = false;
    EXPECT_TRUE(batch_
                    .Scan(Family::kDecision, "", "",
                          [&](absl::string_view, absl::string_view value) {
                            const auto row = DecodeAs<format::DecisionRow>(value, "decision");
                            for (const auto* side : {&row->parties_a(), &row->parties_b()}) {
                              for (const auto& party : *side) {
                                found |= row->unlink() &&
                                         linked.contains({party.contact_id(), party.party_key()});
                              }
                            }
                            return true;
                          })
                    .ok());
    return found;
  }

  std::optional<DecisionFact> Link(const Party& a, const Party& b) {
    v1::LinkRequest request;
    *request.mutable_decision() = DecisionOf("link", 100'000);
    *request.add_parties_a() = RefTo(a);
    *request.add_parties_b() = RefTo(b);
    auto fact = ListLink(keys_, batch_, request);
    if (!fact.ok()) return std::nullopt;
    Batch trial(&batch_);
    EXPECT_TRUE(ApplyDecision(keys_, ModelInEffect(), trial, head_.position() + 1, *fact).ok());
    if (!CheckLinked(trial, *fact, "parties_b").ok()) return std::nullopt;
    Take(*fact);
    return *std::move(fact);
  }

  // Whether the unlink does more than was asked, and would need its digest.
  bool UnlinkAll(const google::protobuf::RepeatedPtrField<format::PartyId>& parties) {
    v1::UnlinkRequest request;
    *request.mutable_decision() = DecisionOf("unlink", 100'001);
    for (const auto& party : parties) {
      *request.add_parties() = RefTo({party.contact_id(), party.party_key()});
    }
    const auto fact = ListUnlink(keys_, ShippedModel(), batch_, request);
    EXPECT_TRUE(fact.ok()) << fact.status();
    Batch trial(&batch_);
    const auto applied = ApplyDecision(keys_, ModelInEffect(), trial, head_.position() + 1, *fact);
    const auto effect = CheckUnlinked(trial, *fact, applied->consequences, false);
    EXPECT_TRUE(effect.ok()) << effect.status();
    Take(*fact);
    return effect->more_than_asked;
  }

  Party Any(const Stands& standing) {
    return std::next(standing.begin(), static_cast<int>(random_() % standing.size()))->first;
  }

 private:
  static v1::PartyRef RefTo(const Party& party) {
    v1::PartyRef ref;
    ref.set_contact_id(ToHex(party.first));
    ref.set_party_key(party.second);
    return ref;
  }
  void Take(const DecisionFact& decision) {
    EXPECT_TRUE(Append(keys_, batch_, head_, FactOf(decision)).ok());
  }

  const Keys keys_ = TestKeys();
  const NoRows none_;
  Batch batch_{&none_};
  format::Head head_;
  std::mt19937 random_;
};

// Whatever else stood: unlinks that the link ended, third parties that came with
// it, or that it kept from somebody.
TEST(Unmerge, RestoresExactlyWhatStood) {
  int rounds = 0, relinked = 0, others = 0, seen_first = 0;
  for (uint32_t seed = 1; seed <= 3000; ++seed) {
    Round round(seed);
    const auto before = round.Standing();
    if (before.size() < 2) continue;
    const auto link = round.Link(round.Any(before), round.Any(before));
    if (!link) continue;
    ++rounds;
    relinked += round.UnlinkedBefore(link->body);
    others += round.MovesOthers(before, link->body);
    seen_first += round.UnlinkAll(link->body.parties_b());
    ASSERT_EQ(round.Standing(), before) << "seed " << seed;
  }
  std::cout << rounds << " links taken back, " << relinked << " of them had ended an unlink, "
            << others << " had moved others too; " << seen_first
            << " unlinks did more than split the two\n";
  EXPECT_GT(rounds, 1200);
  EXPECT_GT(relinked, 200);
  EXPECT_GT(others, 20);
}

}  // namespace
}  // namespace klantbeeld::store
