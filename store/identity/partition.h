// Who is who: from claims and decisions to citizens. Pure: a function of what
// is put in, whatever order it came in.
#ifndef KLANTBEELD_STORE_IDENTITY_PARTITION_H_
#define KLANTBEELD_STORE_IDENTITY_PARTITION_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "klantbeeld/v1/citizen.pb.h"
#include "store/identity/model.h"
#include "store/identity/person.h"
#include "store/identity/score.h"

namespace klantbeeld::store {

// Most claims that are compared at once. Above it only the same verified
// number joins, and an issue is raised.
inline constexpr size_t kComponentClaimsMax = 4096;

// Most parties that are joined by what they state. Above it that is only
// suggested, and an issue is raised.
inline constexpr size_t kScoredMax = 512;

// Classes of joining, strongest first.
enum class JoinClass { kNumber, kLogin, kLink, kFound, kScore, kContent };

// A claim, as the rules see it. Ids and values are opaque bytes.
struct ClaimNode {
  std::string id;
  std::string least_party;      // Smallest keyed hash of its parties: names a citizen.
  std::string bsn_citizen;      // Citizen id of the verified, undisputed BSN, if it has one.
  // Numbers of which a person or organisation has one: (kind, value); verified
  // or not, contested ones all. Two of a kind are never in one citizen.
  std::set<std::pair<int, std::string>> numbers;
  bool person = false;          // Says what only a natural person has.
  std::vector<std::string> number_values;   // Join values of class kNumber.
  std::vector<std::string> login_values;    // Of class kLogin.
  // Of class kFound: the join value of the BSN that the registry found for it,
  // which is among its `numbers` too. It has no verified number itself.
  std::string found_value;
  std::string content;                      // Of class kContent.
  std::optional<int64_t> dead_from_us;      // Of the register: contacts from then on are after
                                            // the death.
  int64_t latest_us = std::numeric_limits<int64_t>::min();  // Its latest contact; known where
                                                            // somebody in the component died.
  bool secret = false;                      // Secrecy was granted to whose verified BSN it is.
  bool decided = false;                     // A claim of one party, made by a decision.
  bool by_content = true;                   // May join by content.
  bool contested = false;
};

// A person's decision about parties, by the keyed hash of (contact, party).
struct DecisionNode {
  std::string id;
  bool unlink = false;
  int64_t decided_us = 0;
  std::set<std::string> a;              // Unlink: taken out.
  std::set<std::string> b;              // Unlink: kept.
  std::set<std::string> shared_values;  // Unlink: join values both sides held then.
  bool resting = false;                 // Unlink: keeps apart what is suggested only (undo.h).
};

// Contents that were compared, the lesser id first.
struct ContentPair {
  std::string low;
  std::string high;
  Score score;
};

struct PartitionInput {
  std::vector<ClaimNode> claims;         // By id.
  std::vector<DecisionNode> decisions;
  const Model* model = nullptr;          // Needed where there are persons.
  std::map<std::string, Person> persons;  // By content; of those that are compared.
  std::vector<ContentPair> pairs;        // Each once.
  // Claims, by index, that are different parties of one contact; lower first.
  std::set<std::pair<size_t, size_t>> co_parties;
  bool obstacles = false;                // Whether what is left apart is to be told.
};

struct CitizenPart {
  std::string id;
  bool named_by_number = false;                // By a verified BSN, undisputed.
  std::vector<size_t> claims;                  // Ascending.
  std::vector<v1::Assurance> assurances;       // One per claim.
  std::set<v1::CitizenIssue> issues;
};

// Two claims whose contents say that they may be one, and were not joined.
struct ApartPair {
  size_t low = 0;
  size_t high = 0;
  Score score;
  v1::Obstacle obstacle = v1::OBSTACLE_UNSPECIFIED;
  v1::Obstacle second_obstacle = v1::OBSTACLE_UNSPECIFIED;
};

struct PartitionResult {
  std::vector<CitizenPart> citizens;  // By id.
  std::vector<ApartPair> apart;       // If asked for.
};

// The citizens that the claims are. docs/identity.md says what is decided how.
PartitionResult Partition(const PartitionInput& input);

// Kinds of numbers in ClaimNode::numbers.
inline constexpr int kNumberBsn = 1;
inline constexpr int kNumberRsin = 2;
inline constexpr int kNumberKvk = 3;
inline constexpr int kNumberVestiging = 4;

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_PARTITION_H_
