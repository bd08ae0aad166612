// Also tests: store/identity/identity.cc
// Merge, then unmerge: what stood, stands again; over random histories. The few
// unlinks that do more need the digest of a dry run.
#include <gtest/gtest.h>

#include <algorithm>
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

  std::map<Party, std::string> Partition() const { return PartitionOf(batch_); }

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

  Party Any(const std::map<Party, std::string>& partition) {
    return std::next(partition.begin(), static_cast<int>(random_() % partition.size()))->first;
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

TEST(Unmerge, RestoresWhatStood) {
  int rounds = 0, reversed = 0, otherwise = 0, stayed = 0;
  for (uint32_t seed = 1; seed <= 3000; ++seed) {
    Round round(seed);
    const auto before = round.Partition();
    if (before.size() < 2) continue;
    const auto link = round.Link(round.Any(before), round.Any(before));
    if (!link) continue;
    if (round.UnlinkedBefore(link->body)) {
      ++reversed;  // The link ends an earlier unlink: that is what it is for.
      continue;
    }
    const bool more = round.UnlinkAll(link->body.parties_b());
    ++rounds;
    if (round.Partition() == before) continue;
    // A value that kept others apart no longer counts for those taken out:
    // then the unlink also joins, which nobody does without seeing it first. Or
    // a third party came with the link, by a session that all three share: it
    // stays with the side that was kept.
    ++(more ? otherwise : stayed);
  }
  EXPECT_GT(rounds, 800);
  EXPECT_LT(reversed, rounds);
  EXPECT_LE(otherwise, rounds / 30);
  EXPECT_LE(stayed, rounds / 200);
}

}  // namespace
}  // namespace klantbeeld::store
