// What hangs together with a citizen, and what the rules make of it: read once
// for its suggestions and for why its parties are in it.
#ifndef KLANTBEELD_STORE_IDENTITY_SURROUNDINGS_H_
#define KLANTBEELD_STORE_IDENTITY_SURROUNDINGS_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "klantbeeld/v1/identity_service.pb.h"
#include "store/db.h"
#include "store/format.pb.h"
#include "store/identity/model.h"
#include "store/identity/partition.h"
#include "store/identity/score.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Most suggestions of one answer.
inline constexpr size_t kSuggestionsMax = 3;

// What a score is made of, as the contract has it. Returns what it comes to, in
// bits.
double ToEvidence(const std::vector<FieldScore>& fields,
                  google::protobuf::RepeatedPtrField<v1::FieldEvidence>& evidence);

// A party of the claim: that of its latest contact, or of the latest but `but`.
// None of what only the register says.
absl::StatusOr<v1::PartyRef> PartyOfClaim(const Reader& reader, absl::string_view claim,
                                          absl::string_view but = "");

absl::StatusOr<format::ClaimContent> ContentOfClaim(const Reader& reader,
                                                    const std::string& claim);

// One thread; what it is given must outlive it.
class Surroundings {
 public:
  Surroundings(const Keys& keys, const Model& model, const Reader& reader)
      : keys_(keys), model_(model), reader_(reader) {}

  // First. With what the claims could be suggested to be, too; and with whom a
  // search for what they state finds, if `further`.
  absl::Status Read(const std::set<std::string>& claims, bool further);

  struct Listed {
    std::vector<v1::Suggestion> suggestions;
    std::vector<v1::Suggestion> further;
  };
  // The best pair with each other citizen, best first.
  absl::StatusOr<Listed> Suggestions(const std::set<std::string>& claims);

  // What comparing two claims says, in bits. Nothing of two who state nothing
  // that is compared.
  absl::StatusOr<double> Weigh(size_t a, size_t b,
                               google::protobuf::RepeatedPtrField<v1::FieldEvidence>& evidence);

  // Claims are named by their index.
  const PartitionInput& input() const { return input_; }
  const std::vector<std::string>& ids() const { return ids_; }
  const CitizenPart& PartOf(size_t claim) const { return result_.citizens[part_of_.at(claim)]; }

 private:
  using Contents = std::pair<std::string, std::string>;  // The lesser id first.

  struct Offered {
    ApartPair pair;
    size_t other = 0;  // Its claim that is not of the citizen asked about.
    Centibits rank = 0;
  };
  using Best = std::map<size_t, Offered>;  // By citizen.

  Contents ContentsOf(const ApartPair& pair) const;
  void Offer(const Offered& one, Best& best) const;
  absl::StatusOr<std::vector<v1::Suggestion>> List(const Best& best, size_t most);
  absl::Status FindFurther(const std::set<std::string>& mine, std::set<std::string>& seeds);
  absl::Status AddFurther();
  absl::Status FindOwners(const format::ClaimContent& content, std::set<std::string>& seeds);
  absl::Status AddOwned();
  absl::StatusOr<const Person*> PersonOf(const std::string& content);
  absl::StatusOr<Person> PersonAt(size_t claim, size_t other);

  const Keys& keys_;
  const Model& model_;
  const Reader& reader_;
  PartitionInput input_;
  std::vector<std::string> ids_;
  PartitionResult result_;
  std::map<size_t, size_t> part_of_;  // Citizen of each claim.
  struct Owned {
    std::string content;
    std::string owner;  // A claim; once they are read, its content.
    std::string device;
  };
  std::vector<Owned> owned_;
  std::map<Contents, Centibits> further_;  // What they say if all that a household shares counts.
  std::optional<Model> telling_all_;
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_SURROUNDINGS_H_
