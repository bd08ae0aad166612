#include "store/identity/clusters.h"

#include <algorithm>
#include <set>
#include <utility>

namespace klantbeeld::store {

std::vector<Clusters> Connected(const std::vector<Clusters>& groups) {
  std::vector<std::set<size_t>> components;
  for (const Clusters& group : groups) {
    std::set<size_t> merged(group.begin(), group.end());
    std::erase_if(components, [&](const std::set<size_t>& component) {
      const bool meets = std::any_of(component.begin(), component.end(),
                                     [&](size_t one) { return merged.contains(one); });
      if (meets) merged.insert(component.begin(), component.end());
      return meets;
    });
    components.push_back(std::move(merged));
  }
  std::sort(components.begin(), components.end());
  std::vector<Clusters> result;
  for (const auto& one : components) result.emplace_back(one.begin(), one.end());
  return result;
}

}  // namespace klantbeeld::store
