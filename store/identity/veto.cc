#include "store/identity/veto.h"

#include <algorithm>
#include <map>
#include <string>

namespace klantbeeld::store {

bool HoldTwoNumbers(const PartitionInput& input, const std::vector<size_t>& claims) {
  std::map<int, std::string> seen;
  bool person = false, organisation = false;
  for (const size_t claim : claims) {
    const ClaimNode& node = input.claims[claim];
    person = person || node.person;
    for (const auto& [kind, value] : node.numbers) {
      const auto [at, is_new] = seen.try_emplace(kind, value);
      if (!is_new && at->second != value) return true;
      (kind == kNumberBsn ? person : organisation) = true;
    }
  }
  return person && organisation;
}

std::map<std::string, std::vector<size_t>> LoginsOfTwo(const PartitionInput& input) {
  std::map<std::string, std::vector<size_t>> holders;
  for (size_t claim = 0; claim < input.claims.size(); ++claim) {
    for (const std::string& value : input.claims[claim].login_values) {
      holders[value].push_back(claim);
    }
  }
  std::erase_if(holders, [&](const auto& login) { return !HoldTwoNumbers(input, login.second); });
  return holders;
}

bool ShareNumber(const PartitionInput& input, size_t a, size_t b) {
  const auto& values = input.claims[b].number_values;
  return std::find_first_of(values.begin(), values.end(), input.claims[a].number_values.begin(),
                            input.claims[a].number_values.end()) != values.end();
}

bool SaidToBeOne(const PartitionInput& input, size_t a, size_t b, const DecisionNode* link) {
  if (!input.claims[a].decided || !input.claims[b].decided) return false;
  const std::string& one = input.claims[a].least_party;
  const std::string& other = input.claims[b].least_party;
  const auto lists = [&](const DecisionNode& decision) {
    return !decision.unlink && (decision.a.contains(one) || decision.b.contains(one)) &&
           (decision.a.contains(other) || decision.b.contains(other));
  };
  if (link != nullptr) return lists(*link);
  return std::any_of(input.decisions.begin(), input.decisions.end(), lists);
}

bool HoldCoParties(const PartitionInput& input, const std::vector<size_t>& claims, JoinClass join,
                   const DecisionNode* link, absl::FunctionRef<size_t(size_t)> root_of) {
  for (const auto& [low, high] : input.co_parties) {
    if (root_of(low) == root_of(high)) continue;
    if (!std::binary_search(claims.begin(), claims.end(), low) ||
        !std::binary_search(claims.begin(), claims.end(), high)) {
      continue;
    }
    if (join == JoinClass::kNumber && ShareNumber(input, low, high)) continue;
    if (!SaidToBeOne(input, low, high, link)) return true;
  }
  return false;
}

std::set<size_t> WithoutBarred(const PartitionInput& input, const std::set<size_t>& claims,
                               absl::FunctionRef<bool(const std::set<size_t>&)> may_be_one,
                               absl::FunctionRef<size_t(size_t)> root_of) {
  std::set<size_t> holders, rest;
  const auto is_found = [&](size_t claim) { return !input.claims[claim].found_value.empty(); };
  for (const size_t claim : claims) (is_found(claim) ? rest : holders).insert(claim);
  std::erase_if(rest, [&](size_t claim) {
    std::set<size_t> with = holders;
    with.insert(claim);
    return !may_be_one(with);
  });
  std::set<size_t> roots, of_one_contact;
  for (const size_t claim : rest) roots.insert(root_of(claim));
  for (const auto& [low, high] : input.co_parties) {
    const size_t a = root_of(low), b = root_of(high);
    if (a == b || !roots.contains(a) || !roots.contains(b)) continue;
    if (!SaidToBeOne(input, low, high, nullptr)) of_one_contact.insert({a, b});
  }
  std::erase_if(rest, [&](size_t claim) { return of_one_contact.contains(root_of(claim)); });
  rest.insert(holders.begin(), holders.end());
  return rest;
}

Barriers::Barriers(const PartitionInput& input)
    : input_(input),
      any_(std::any_of(input.claims.begin(), input.claims.end(), [](const ClaimNode& node) {
        return node.secret || node.dead_from_us.has_value();
      })) {}

Barrier Barriers::Between(const std::vector<size_t>& claims,
                          absl::FunctionRef<size_t(size_t)> root_of) const {
  if (!any_) return Barrier::kNone;
  bool deceased = false;
  for (const size_t claim : claims) {
    const ClaimNode& node = input_.claims[claim];
    if (!node.secret && !node.dead_from_us) continue;
    for (const size_t other : claims) {
      if (root_of(other) == root_of(claim)) continue;
      if (node.secret) return Barrier::kSecret;
      deceased = deceased || DiedBefore(claim, other);
    }
  }
  return deceased ? Barrier::kDeceased : Barrier::kNone;
}

bool Barriers::DiedBefore(const std::vector<size_t>& ones,
                          const std::vector<size_t>& others) const {
  return any_ && std::any_of(ones.begin(), ones.end(), [&](size_t one) {
    return std::any_of(others.begin(), others.end(),
                       [&](size_t other) { return DiedBefore(one, other); });
  });
}

bool Barriers::SeenAfterDeath(const std::vector<size_t>& claims,
                              absl::FunctionRef<size_t(size_t)> root_of) const {
  return any_ && std::any_of(claims.begin(), claims.end(), [&](size_t one) {
    if (!input_.claims[one].dead_from_us) return false;
    return std::any_of(claims.begin(), claims.end(), [&](size_t other) {
      return root_of(one) == root_of(other) && DiedBefore(one, other);
    });
  });
}

bool Barriers::DiedBefore(size_t one, size_t other) const {
  const auto& dead_from = input_.claims[one].dead_from_us;
  return dead_from && input_.claims[other].latest_us >= *dead_from;
}

}  // namespace klantbeeld::store
