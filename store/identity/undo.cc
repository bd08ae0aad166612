#include "store/identity/undo.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "store/identity/decisions.h"

namespace klantbeeld::store {
namespace {

bool Holds(const std::set<std::string>& side, const std::set<std::string>& parties) {
  return std::includes(side.begin(), side.end(), parties.begin(), parties.end());
}

bool TakesBack(const DecisionNode& unlink, const DecisionNode& link) {
  if (!unlink.unlink || link.unlink || link.a.empty() || link.b.empty()) return false;
  if (std::tie(unlink.decided_us, unlink.id) < std::tie(link.decided_us, link.id)) return false;
  return (Holds(unlink.a, link.a) && Holds(unlink.b, link.b)) ||
         (Holds(unlink.a, link.b) && Holds(unlink.b, link.a));
}

std::vector<std::vector<size_t>> Alike(const PartitionInput& input) {
  std::set<std::string> decided;  // Parties, by what counts.
  for (const DecisionNode& decision : input.decisions) {
    if (decision.resting) continue;
    decided.insert(decision.a.begin(), decision.a.end());
    decided.insert(decision.b.begin(), decision.b.end());
  }
  std::map<std::string, std::vector<size_t>> by_content;
  for (size_t claim = 0; claim < input.claims.size(); ++claim) {
    const ClaimNode& node = input.claims[claim];
    if (!node.by_content || (node.decided && decided.contains(node.least_party))) continue;
    std::vector<size_t>& group = by_content[node.content];
    // Of one content, they say the same numbers.
    if (!group.empty() && input.claims[group[0]].numbers != node.numbers) continue;
    const bool of_one_contact = std::any_of(group.begin(), group.end(), [&](size_t other) {
      return input.co_parties.contains({other, claim});
    });
    if (!of_one_contact) group.push_back(claim);
  }
  std::vector<std::vector<size_t>> alike;
  for (auto& [content, group] : by_content) {
    if (group.size() > 1) alike.push_back(std::move(group));
  }
  return alike;
}

}  // namespace

std::optional<Undone> TakeBack(const PartitionInput& input, const std::set<std::string>& awake) {
  std::set<std::string> links, unlinks;
  for (const DecisionNode& unlink : input.decisions) {
    for (const DecisionNode& link : input.decisions) {
      if (!TakesBack(unlink, link)) continue;
      links.insert(link.id);
      unlinks.insert(unlink.id);
    }
  }
  if (links.empty()) return std::nullopt;
  Undone undone{.input = input, .alike = {}};
  std::erase_if(undone.input.decisions,
                [&](const DecisionNode& decision) { return links.contains(decision.id); });
  for (DecisionNode& decision : undone.input.decisions) {
    decision.resting = unlinks.contains(decision.id) && !awake.contains(decision.id);
  }
  undone.alike = Alike(undone.input);
  // What several contacts say alike is as late as the latest of them.
  for (const std::vector<size_t>& group : undone.alike) {
    int64_t latest_us = undone.input.claims[group[0]].latest_us;
    for (const size_t claim : group) {
      latest_us = std::max(latest_us, undone.input.claims[claim].latest_us);
    }
    for (const size_t claim : group) undone.input.claims[claim].latest_us = latest_us;
  }
  return undone;
}

std::set<std::string> Woken(const Undone& undone, const PartitionResult& result) {
  const Decisions decisions(undone.input);
  std::set<std::string> woken;
  for (const auto& [decision, unlink] : decisions.resting()) {
    const bool met = std::any_of(
        result.citizens.begin(), result.citizens.end(),
        [&](const CitizenPart& part) { return HoldBothSides(part.claims, unlink); });
    if (met) woken.insert(undone.input.decisions[decision].id);
  }
  return woken;
}

}  // namespace klantbeeld::store
