// What a person's decisions mean for the claims of a component: in which order
// they count, and whom an unlink takes out. Pure.
#ifndef KLANTBEELD_STORE_IDENTITY_DECISIONS_H_
#define KLANTBEELD_STORE_IDENTITY_DECISIONS_H_

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "store/identity/partition.h"

namespace klantbeeld::store {

using Taken = std::set<size_t>;  // Indexes of unlinks.

// Decisions and claims are named by their index in the input, which must
// outlive it.
class Decisions {
 public:
  explicit Decisions(const PartitionInput& input);

  // Claims of the parties that an unlink names, as far as they are there.
  struct Side {
    std::set<size_t> taken;
    std::set<size_t> kept;
  };

  const std::vector<size_t>& order() const { return order_; }        // Oldest first; none that rests.
  const std::map<size_t, Side>& sides() const { return sides_; }     // Of unlinks.
  const std::map<size_t, Side>& resting() const { return resting_; }  // Of those that rest.
  const Taken& taken(size_t claim) const { return taken_[claim]; }   // Unlinks in force.
  // The claim of a party that was decided about, by its hash.
  std::optional<size_t> ClaimOf(const std::string& party) const;

 private:
  bool Before(size_t x, size_t y) const;
  bool Released(const std::string& party, size_t unlink) const;

  const PartitionInput& input_;
  std::map<std::string, size_t> claim_of_party_;
  std::vector<size_t> order_;
  std::map<size_t, Side> sides_;
  std::map<size_t, Side> resting_;
  std::vector<Taken> taken_;
};

// Whether the claims, ascending, hold some of both sides of an unlink, or of one
// of several.
bool HoldBothSides(const std::vector<size_t>& claims, const Decisions::Side& unlink);
bool HoldBothSides(const std::vector<size_t>& claims,
                   const std::map<size_t, Decisions::Side>& unlinks);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_DECISIONS_H_
