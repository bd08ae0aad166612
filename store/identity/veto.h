// What is never one citizen, whatever speaks for it. Pure.
#ifndef KLANTBEELD_STORE_IDENTITY_VETO_H_
#define KLANTBEELD_STORE_IDENTITY_VETO_H_

#include <cstddef>
#include <vector>

#include "store/identity/partition.h"

namespace klantbeeld::store {

// The claims hold two different numbers of a kind of which there is one,
// verified or not, or are of a person and of an organisation.
bool HoldTwoNumbers(const PartitionInput& input, const std::vector<size_t>& claims);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_VETO_H_
