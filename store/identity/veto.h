// What is never one citizen, whatever speaks for it. Pure.
#ifndef KLANTBEELD_STORE_IDENTITY_VETO_H_
#define KLANTBEELD_STORE_IDENTITY_VETO_H_

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "store/identity/partition.h"

namespace klantbeeld::store {

// The claims hold two different numbers of a kind of which there is one,
// verified or not, or are of a person and of an organisation.
bool HoldTwoNumbers(const PartitionInput& input, const std::vector<size_t>& claims);

// Log-ins in which two numbers were seen, with the claims that have them; also
// where an unlink suspends one of these: it joins nobody then, and still speaks
// against the other.
std::map<std::string, std::vector<size_t>> LoginsOfTwo(const PartitionInput& input);

// What lets two parties of one contact be one: a verified number that both
// have, or a person who said so, in `link` or, where that is null, ever.
bool ShareNumber(const PartitionInput& input, size_t a, size_t b);
bool SaidToBeOne(const PartitionInput& input, size_t a, size_t b, const DecisionNode* link);

// The claims hold two parties of one contact in different clusters: they are
// apart unless they share a verified number, by which they join, or a person
// says that they are one.
bool HoldCoParties(const PartitionInput& input, const std::vector<size_t>& claims, JoinClass join,
                   const DecisionNode* link, absl::FunctionRef<size_t(size_t)> root_of);

// Of those who have a number and those for whom the registry found it: all but
// those found who may not be one with those who have it, or who are a party of
// a contact of another of them. They spoil it for nobody else. `may_be_one`
// says whether something else forbids it; `root_of` names a claim's cluster.
std::set<size_t> WithoutBarred(const PartitionInput& input, const std::set<size_t>& claims,
                               absl::FunctionRef<bool(const std::set<size_t>&)> may_be_one,
                               absl::FunctionRef<size_t(size_t)> root_of);

// What stands between clusters that only evidence would join.
enum class Barrier {
  kNone,
  kDeceased,  // One died before a contact of another: a person decides.
  kSecret,    // Secrecy was granted to one: found by a verified BSN only, not even suggested.
};

class Barriers {
 public:
  explicit Barriers(const PartitionInput& input);

  // Between claims of different clusters. `root_of` names a claim's cluster.
  Barrier Between(const std::vector<size_t>& claims, absl::FunctionRef<size_t(size_t)> root_of) const;
  // Somebody of the claims `ones` died before the latest contact of `others`.
  bool DiedBefore(const std::vector<size_t>& ones, const std::vector<size_t>& others) const;
  // Somebody died before a contact of the same cluster. By clusters that
  // numbers and log-ins made: what a person linked has been looked at.
  bool SeenAfterDeath(const std::vector<size_t>& claims,
                      absl::FunctionRef<size_t(size_t)> root_of) const;
  bool any() const { return any_; }

 private:
  bool DiedBefore(size_t one, size_t other) const;

  const PartitionInput& input_;
  bool any_ = false;
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_VETO_H_
