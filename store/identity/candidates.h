// Which contents are worth comparing, and what comparing them said. Kept for
// contents and not for claims: a decision gives parties claims of their own,
// and must not change what is compared with what.
#ifndef KLANTBEELD_STORE_IDENTITY_CANDIDATES_H_
#define KLANTBEELD_STORE_IDENTITY_CANDIDATES_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/db.h"
#include "store/format.pb.h"
#include "store/identity/model.h"
#include "store/identity/person.h"
#include "store/identity/score.h"
#include "store/keys.h"

namespace klantbeeld::store {

// What became of comparing a content by another model than before.
enum class Anew { kNever, kAlready, kNow };  // kNever: it is compared with no other.

// What one fact changes about candidates. One thread; used for one fact only.
class CandidateChange {
 public:
  // `adopted` names the model: the position of its adoption.
  CandidateChange(const Keys& keys, const Model& model, uint64_t adopted, Batch& batch)
      : keys_(keys), model_(model), adopted_(adopted), batch_(batch) {}

  // A claim with this content came or went.
  void Touch(const format::ClaimContent& content) { touched_[content.content_id()] = content; }

  // Brings postings and edges up to date with the claims' rows, which must be
  // written. Returns the contents that an edge that may join came to or left.
  absl::StatusOr<std::set<std::string>> Finish();

  // Compares a content with whoever shares an open value, unless it was by this
  // model. After Finish; adds to `changed` as Finish returns.
  absl::StatusOr<Anew> CompareAnew(const std::string& content, std::set<std::string>& changed);

 private:
  using Pair = std::pair<std::string, std::string>;  // Contents, the lesser first.
  struct Shared {
    std::set<std::string> came;
    std::set<std::string> went;
    bool generic = false;               // Afterwards.
    std::vector<std::string> contents;  // Afterwards, unless it is generic.
  };
  // A content as it stands now, read once.
  struct Known {
    std::optional<format::ClaimContent> stated;
    std::optional<format::ComparedRow> row;    // None: it is not compared, or went.
    bool dirty = false;
    std::optional<Person> person;              // Made when all postings are up to date.
    std::optional<std::set<std::string>> open;  // Keys that are not generic.
  };

  void WriteKnown();
  absl::Status FindWhatCameAndWent();
  absl::Status UpdatePostings();
  absl::Status UpdatePosting(const std::string& index, const std::optional<std::string>& value,
                             Shared& shared);
  absl::Status Cross(const std::string& index, bool generic);
  void PairUp(const std::string& content);
  absl::Status DropEdges(const std::string& content);
  absl::Status Evaluate(const Pair& pair);
  absl::Status SetEdge(const Pair& pair, const Score* score);
  absl::Status CountEdge(const Pair& pair, int by);
  absl::Status KnowAll(const std::vector<std::string>& contents);
  absl::StatusOr<Known*> Know(const std::string& content);
  absl::StatusOr<const Person*> PersonAt(const std::string& content);
  absl::StatusOr<bool> ShareOpenKey(const Pair& pair);
  absl::StatusOr<const std::set<std::string>*> OpenKeys(const std::string& content);

  const Keys& keys_;
  const Model& model_;
  const uint64_t adopted_;
  Batch& batch_;
  std::map<std::string, format::ClaimContent> touched_;
  std::map<std::string, std::vector<std::string>> came_;  // Contents with their index keys.
  std::map<std::string, Shared> shared_;                  // By index key.
  std::set<Pair> found_;      // Share an open value: compared.
  std::set<Pair> doubtful_;   // A value came to say something, or no longer: looked at anew.
  std::map<std::string, Known> known_;
  std::set<std::string> changed_;
};

// An edge as it is read.
struct Edge {
  std::string other;  // Content.
  Score score;
};
absl::StatusOr<std::vector<Edge>> EdgesOf(const Reader& reader, absl::string_view content);

// What is compared of a content, with the values that too many share noted.
// Nothing known of it when no claim has it.
Person PersonWith(const Keys& keys, const format::ClaimContent& content,
                  const format::ComparedRow& row);
absl::StatusOr<Person> ReadPerson(const Keys& keys, const Reader& reader,
                                  absl::string_view content);

// Key in `identifier` of the row that counts the claims of one party's own that
// have this content; each has a row of its own too: key · claim id.
std::string OwnByContent(absl::string_view content);

// The claims with this content that are one party's own. Hardly ever any, which
// the row that counts them says sooner than a scan.
absl::StatusOr<std::vector<std::string>> OwnClaimsWith(const Reader& reader,
                                                       absl::string_view content);
// Those, and the one that parties share.
absl::StatusOr<std::vector<std::string>> ClaimsWith(const Reader& reader,
                                                    absl::string_view content);

// Contents that share a value, at most `max`, the smallest ids first.
absl::StatusOr<std::vector<std::string>> ContentsAt(const Reader& reader,
                                                    absl::string_view index, size_t max);

// Keys of candidates' rows, in the order of BlockKeysOf.
std::vector<std::string> CandidateKeys(const Keys& keys, const Person& person);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_CANDIDATES_H_
