// Links that a later unlink takes back, so that what stood stands again. Pure.
//
// An unlink takes a link back if it came later and one side of it holds the one
// side of the link, the other side the other. The link then counts for nothing.
// The unlink rests: it only keeps the two from being suggested, as long as they
// are apart without it. Where they would not be, it wakes and counts as any.
#ifndef KLANTBEELD_STORE_IDENTITY_UNDO_H_
#define KLANTBEELD_STORE_IDENTITY_UNDO_H_

#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/identity/partition.h"

namespace klantbeeld::store {

struct Undone {
  PartitionInput input;  // Without the links, and with the unlinks resting.
  // Claims that were one before a decision gave their parties claims of their
  // own, and about which none that counts says anything: they are one again.
  std::vector<std::vector<size_t>> alike;
};

// `awake`: unlinks, by id, that do not rest. Nothing: no link was taken back.
std::optional<Undone> TakeBack(const PartitionInput& input, const std::set<std::string>& awake);

// The resting unlinks whose two sides are in one citizen.
std::set<std::string> Woken(const Undone& undone, const PartitionResult& result);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_UNDO_H_
