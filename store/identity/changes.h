// From which citizen to which: what a fact did, as the feed tells it.
#ifndef KLANTBEELD_STORE_IDENTITY_CHANGES_H_
#define KLANTBEELD_STORE_IDENTITY_CHANGES_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "klantbeeld/v1/citizen.pb.h"
#include "store/db.h"
#include "store/format.pb.h"

namespace klantbeeld::store {

// Most contacts that one change lists; all are counted.
inline constexpr size_t kListedContactsMax = 1000;

// What stays with its citizen and belongs there more or less surely than before.
struct Relevelled {
  std::vector<std::string> claims;
  std::set<std::string> contacts;  // To claims that are new.
};
absl::StatusOr<format::Relevelled> ListRelevelled(const Reader& reader,
                                                  const std::string& citizen,
                                                  const Relevelled& what);

// Collects where claims and contacts of citizens went, then sums it up.
class CitizenFlow {
 public:
  // All contacts of a claim went from one citizen to another, or stayed.
  void Claim(const std::string& from, const std::string& to, const std::string& claim,
             uint64_t contacts);
  // One contact did, to a claim that is new.
  void Contact(const std::string& from, const std::string& to, const std::string& contact);

  std::set<std::string> SuccessorsOf(const std::string& citizen) const;

  // Citizens that hang together by what went between them make one change;
  // those of which everything stayed make none. `reader` lists the contacts.
  absl::StatusOr<std::vector<v1::CitizenChange>> Changes(const Reader& reader) const;

 private:
  struct Flow {
    std::vector<std::string> claims;
    std::set<std::string> contacts;
    uint64_t claim_contacts = 0;
  };
  absl::Status List(const Flow& flow, const Reader& reader, v1::CitizenChange& change) const;

  std::map<std::pair<std::string, std::string>, Flow> flows_;  // By (from, to).
};

// Issues that are new, by citizen.
using RaisedIssues = std::map<std::string, std::set<v1::CitizenIssue>>;
// Tells each with the change of its citizen; one that has none gets one of its own.
void AddIssues(const RaisedIssues& raised, std::vector<v1::CitizenChange>& changes);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_CHANGES_H_
