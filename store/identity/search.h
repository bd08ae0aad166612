// Finding citizens by what somebody says of himself, slips forgiven: with the
// normal forms, candidates and weights by which contacts are told apart.
#ifndef KLANTBEELD_STORE_IDENTITY_SEARCH_H_
#define KLANTBEELD_STORE_IDENTITY_SEARCH_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "klantbeeld/v1/citizen_service.pb.h"
#include "store/db.h"
#include "store/identity/model.h"
#include "store/identity/person.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Most citizens that a search shows, as the BRP asks (Haal Centraal BRP
// bevragen: tooManyResults).
inline constexpr size_t kFoundMax = 10;

// Contents that share with a person a value by which candidates are found, or
// would but for a slip in the birth date or for names in each other's place.
struct Alike {
  std::set<std::string> contents;
  bool too_common = false;  // Some of what was stated is shared by too many to compare them.
};
// What too many share says nothing any more in `person`.
absl::StatusOr<Alike> FindAlike(const Keys& keys, const Model& model, const Reader& reader,
                                Person& person);

struct Hit {
  std::string citizen;  // Id.
  v1::CitizenMatch match;
};
struct SearchResult {
  std::vector<Hit> hits;    // Those that fit exactly first, then the best; at most kFoundMax.
  bool more = false;        // Others fit too.
  bool too_common = false;  // Some of what was stated is shared by too many to compare them.
};

// `known`: claims, one of each citizen, that are in the answer whatever speaks
// against them, by citizen; no more than kFoundMax. INVALID_ARGUMENT names the
// field under `stated`.
absl::StatusOr<SearchResult> Search(const Keys& keys, const Model& model, const Reader& reader,
                                    const v1::StatedPerson& stated,
                                    const std::map<std::string, std::string>& known);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_SEARCH_H_
