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
#include "store/identity/posting.h"
#include "store/identity/score.h"
#include "store/keys.h"

namespace klantbeeld::store {

// A value by which candidates are found: its rule, and its place in the index.
struct CandidateKey {
  uint8_t rule = 0;
  std::string index;
};
// In the order of BlockKeysOf.
std::vector<CandidateKey> CandidateKeys(const Keys& keys, const Person& person);

// What became of comparing a content by another model than before.
enum class Anew { kNever, kAlready, kNow };  // kNever: it is compared with no other.

// A content as it stands now, read once.
struct KnownContent {
  std::optional<format::ClaimRow> claim;  // Of the claim that parties share, if it was read.
  std::optional<format::ClaimContent> stated;
  std::optional<format::ComparedRow> row;  // None: it is not compared, or went.
  bool dirty = false;
  std::optional<Person> person;            // Made when all postings are up to date.
};

// What one fact changes about candidates. One thread; used for one fact only.
class CandidateChange {
 public:
  // `adopted` names the model: the position of its adoption.
  CandidateChange(const Keys& keys, const Model& model, uint64_t adopted, Batch& batch)
      : keys_(keys), model_(model), adopted_(adopted), batch_(batch) {}

  // A claim with this content came or went.
  void Touch(const format::ClaimContent& content);

  // Brings postings and edges up to date with the claims' rows, which must be
  // written. Returns the contents that an edge that may join came to or left.
  absl::StatusOr<std::set<std::string>> Finish();

  // Compares a content with whoever shares an open value, unless it was by this
  // model. After Finish; adds to `changed` as Finish returns.
  absl::StatusOr<Anew> CompareAnew(const std::string& content, std::set<std::string>& changed);

  // Gives away what was read of a content, whose rows stand as they are. The last
  // thing that is asked.
  std::optional<KnownContent> Take(const std::string& content);

 private:
  using Pair = std::pair<std::string, std::string>;  // Contents, the lesser first.
  // What sharing a value comes to: nothing, or being candidates if the birth
  // dates do not speak against it, or in any case.
  enum class Says { kNothing, kIfBornAlike, kEnough };
  struct Shared {
    uint8_t rule = 0;
    std::map<std::string, std::string> came;  // With marks of birth dates.
    std::set<std::string> went;
    Says says = Says::kNothing;   // Afterwards.
    Holders holders;              // Afterwards, unless it says nothing.
  };
  using Known = KnownContent;
  struct Came {
    std::string birth;  // Mark.
    std::vector<CandidateKey> keys;
  };

  void WriteKnown();
  absl::Status FindWhatCameAndWent();
  absl::Status CountOwn();
  absl::Status UpdatePostings();
  absl::Status UpdatePosting(const std::string& index, const std::optional<std::string>& value,
                             Shared& shared);
  absl::Status Cross(const std::string& index, uint8_t rule, Says before, Says after,
                     const Holders& holders);
  absl::Status DoubtEdgesAmong(const Holders& holders);
  void PairUp(const std::string& content);
  absl::Status Evaluate(const Pair& pair, Says says);
  absl::Status SetEdge(const Pair& pair, const Score* score);
  absl::Status KnowAll(const std::vector<std::string>& contents);
  absl::StatusOr<Known*> Know(const std::string& content);
  absl::StatusOr<const Person*> PersonAt(const std::string& content);
  absl::StatusOr<Says> SharedValuesSay(const Pair& pair);
  Says SaysOf(uint8_t rule, uint64_t count) const;
  absl::StatusOr<Says> SaysOf(const std::string& index, uint8_t rule);

  const Keys& keys_;
  const Model& model_;
  const uint64_t adopted_;
  Batch& batch_;
  std::map<std::string, format::ClaimContent> touched_;
  std::set<std::string> own_;              // Of those, whose own claims came or went.
  std::map<std::string, Came> came_;
  std::map<std::string, Shared> shared_;   // By index key.
  std::map<std::string, Says> asked_;      // Index keys that were asked for beside.
  std::map<Pair, Says> found_;             // By the best of what they share: compared.
  std::set<Pair> doubtful_;   // A value came to say something, or no longer: looked at anew.
  std::map<std::string, Known> known_;
  std::set<std::string> changed_;
};

// The contents that comparing said something of, with what it said.
struct Edge {
  std::string other;  // Content.
  Score score;
};
std::vector<Edge> EdgesIn(const format::ComparedRow& row);
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


}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_CANDIDATES_H_
