#include "store/identity/decisions.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace klantbeeld::store {

Decisions::Decisions(const PartitionInput& input)
    : input_(input), order_(input.decisions.size()), taken_(input.claims.size()) {
  for (size_t i = 0; i < input.claims.size(); ++i) {
    if (input.claims[i].decided) claim_of_party_[input.claims[i].least_party] = i;
  }
  std::iota(order_.begin(), order_.end(), size_t{0});
  std::sort(order_.begin(), order_.end(), [&](size_t x, size_t y) { return Before(x, y); });
  for (const size_t decision : order_) {
    const DecisionNode& unlink = input.decisions[decision];
    if (!unlink.unlink) continue;
    Side& side = (unlink.resting ? resting_ : sides_)[decision];
    for (const std::string& party : unlink.b) {
      if (const auto claim = ClaimOf(party)) side.kept.insert(*claim);
    }
    for (const std::string& party : unlink.a) {
      const auto claim = ClaimOf(party);
      if (!claim || Released(party, decision)) continue;
      side.taken.insert(*claim);
      if (!unlink.resting) taken_[*claim].insert(decision);
    }
  }
  std::erase_if(order_, [&](size_t decision) { return input.decisions[decision].resting; });
}

std::optional<size_t> Decisions::ClaimOf(const std::string& party) const {
  const auto at = claim_of_party_.find(party);
  return at == claim_of_party_.end() ? std::nullopt : std::optional<size_t>(at->second);
}

bool Decisions::Before(size_t x, size_t y) const {
  const DecisionNode& a = input_.decisions[x];
  const DecisionNode& b = input_.decisions[y];
  return std::tie(a.decided_us, a.id) < std::tie(b.decided_us, b.id);
}

// A later link of a party taken out with a party of the kept side ends the
// dispute for it.
bool Decisions::Released(const std::string& party, size_t unlink) const {
  const std::set<std::string>& kept = input_.decisions[unlink].b;
  const auto meets = [&](const std::set<std::string>& side) {
    return std::any_of(kept.begin(), kept.end(),
                       [&](const std::string& one) { return side.contains(one); });
  };
  for (const size_t later : order_) {
    const DecisionNode& link = input_.decisions[later];
    if (link.unlink || !Before(unlink, later)) continue;
    if (link.a.contains(party) && meets(link.b)) return true;
    if (link.b.contains(party) && meets(link.a)) return true;
  }
  return false;
}

bool HoldBothSides(const std::vector<size_t>& claims, const Decisions::Side& unlink) {
  const auto any = [&](const std::set<size_t>& side) {
    return std::any_of(side.begin(), side.end(), [&](size_t claim) {
      return std::binary_search(claims.begin(), claims.end(), claim);
    });
  };
  return any(unlink.taken) && any(unlink.kept);
}

bool HoldBothSides(const std::vector<size_t>& claims,
                   const std::map<size_t, Decisions::Side>& unlinks) {
  return std::any_of(unlinks.begin(), unlinks.end(), [&](const auto& unlink) {
    return HoldBothSides(claims, unlink.second);
  });
}

}  // namespace klantbeeld::store
