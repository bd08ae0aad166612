#include "store/identity/veto.h"

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

}  // namespace klantbeeld::store
