// Clusters of claims, by what stands for them. Pure.
#ifndef KLANTBEELD_STORE_IDENTITY_CLUSTERS_H_
#define KLANTBEELD_STORE_IDENTITY_CLUSTERS_H_

#include <cstddef>
#include <vector>

namespace klantbeeld::store {

using Clusters = std::vector<size_t>;  // Roots of clusters, ascending, each once.

// Groups that share a cluster become one; in rising order.
std::vector<Clusters> Connected(const std::vector<Clusters>& groups);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_CLUSTERS_H_
