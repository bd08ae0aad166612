// Claims, citizens and what joins them, on disk: who holds which claim, and
// the re-derivation of the citizens that a fact touches.
#ifndef KLANTBEELD_STORE_IDENTITY_IDENTITY_H_
#define KLANTBEELD_STORE_IDENTITY_IDENTITY_H_

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/identity/adopt.h"
#include "store/identity/candidates.h"
#include "store/identity/changes.h"
#include "store/identity/claims.h"
#include "store/identity/model.h"
#include "store/db.h"
#include "store/fact.h"
#include "store/format.pb.h"
#include "store/identity/partition.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Claims made by the fact that is being applied: what they are, so that it is
// neither read back nor hashed again.
struct NewClaim {
  format::ClaimContent content;
  std::vector<IndexValue> values;
};
using NewClaims = std::map<std::string, NewClaim>;

// Most claims that a log-in joins. What more of them share is no log-in but a
// fixed text that some system sends: it joins nobody, and nobody is looked at
// anew because of it.
inline constexpr size_t kLoginClaimsMax = 256;

// Claims that hang together, with what decides about them. `ids` and `rows` are
// of the claims, in the order of the nodes.
struct Component {
  PartitionInput input;
  std::vector<std::string> ids;
  std::vector<format::ClaimRow> rows;
};

// Whether somebody in it died: then when a contact was matters.
bool IsNearDeceased(const PartitionInput& component);

// What one fact changes about who is who. Collects while the fact is applied,
// then re-derives what it touched. One thread; used for one fact only.
class IdentityChange {
 public:
  IdentityChange(const Keys& keys, const ModelInEffect& in_effect, Batch& batch)
      : keys_(keys), model_(*in_effect.model), settled_(in_effect.settled()), batch_(batch),
        candidates_(keys, *in_effect.model, in_effect.adopted, batch) {}

  // A contact's parties stand at other claims now, or in another channel. The
  // contact's timeline rows must be up to date. `decided`: because a person
  // decided, not because the contact itself changed. `moved`: it took place at
  // another time than was known.
  absl::Status Restand(absl::string_view contact_id,
                       const std::vector<format::Standing>& before, v1::Channel channel_before,
                       const std::vector<PartyClaim>& after, v1::Channel channel_after,
                       bool decided, bool moved);

  // The citizen that a claim stands in now; empty: no such claim.
  absl::StatusOr<std::string> CitizenOf(absl::string_view claim_id);

  // The registry answered about a BSN, or to a search. Of two answers the one
  // that was asked for later stands.
  absl::Status Register(const RegistryFact& fact, uint64_t position);

  // A decision about this party was recorded: its claim is looked at again.
  void Touch(absl::string_view claim_id) { seeds_.insert(std::string(claim_id)); }

  // What this claim states is compared by the model in effect, if it was not.
  absl::Status CompareAnew(absl::string_view claim_id);

  // Re-derives, writes claims and citizens, and says what changed with the fact
  // at `position`. Call once, last; rows of `contact` and `decision` must be
  // written before.
  absl::StatusOr<format::Consequences> Finish(uint64_t position);

 private:
  struct Held {
    format::ClaimRow row;
    bool exists = false;
    bool dirty = false;
  };
  // A party went from a citizen to a claim.
  struct Moved {
    std::string citizen_before;
    std::string claim;
    std::string contact_id;
    bool decided = false;
    v1::Assurance assurance_before = v1::ASSURANCE_UNSPECIFIED;
  };

  absl::StatusOr<Held*> Load(absl::string_view claim_id);
  absl::Status Hold(absl::string_view contact_id, const PartyClaim& claim, v1::Channel channel);
  absl::Status Release(absl::string_view contact_id, const format::Standing& standing,
                       v1::Channel channel);
  absl::Status AddClaim(absl::string_view claim_id, const format::ClaimContent& content);
  absl::Status RemoveClaim(absl::string_view claim_id, Held& held);
  absl::Status CountOwn(const format::ClaimContent& content, int by);
  absl::Status CountExtra(absl::string_view claim_id, absl::string_view extra, int by);
  absl::Status CountCoParties(const std::set<std::string>& before,
                              const std::set<std::string>& after);
  absl::Status CountCoParty(absl::string_view claim, absl::string_view other, int by);
  // What the registry answered (registry.cc), and found (found.cc).
  absl::Status RegisterPerson(const format::RegistryBody& body, const std::string& claim_before,
                              format::RegistryRow& row);
  absl::Status RegisterSearch(const format::RegistryBody& body);
  absl::Status AddSought(absl::string_view claim_id, const format::ClaimContent& content);
  absl::Status RemoveSought(absl::string_view claim_id, const format::ClaimContent& content);
  absl::Status SetFound(absl::string_view claim_id, const std::string& bsn);
  absl::Status SettleSoughts();
  absl::Status SettleRegistry();
  absl::Status SettleRegistry(const std::string& index, const std::string& bsn);
  void NoteNumber(const format::ClaimContent& content, const IndexValue& value);
  absl::Status SeedIndex(absl::string_view index);
  absl::Status SeedLogin(absl::string_view index);
  absl::Status FindLeastParty(absl::string_view claim_id, Held& held);

  // Derive what was touched, and say how citizens changed: with all settled, and
  // while not all is; see adopt.h.
  absl::StatusOr<std::vector<v1::CitizenChange>> FinishTouched();
  absl::StatusOr<std::vector<v1::CitizenChange>> FinishAnew();
  absl::StatusOr<Anew> CompareContent(const std::string& content);
  absl::StatusOr<Component> ReadAnew(const std::string& seed);

  absl::Status WriteParts(const std::vector<std::string>& claims,
                          const std::vector<CitizenPart>& parts, bool near_deceased);
  absl::Status WriteCitizen(const CitizenPart& part, const std::vector<std::string>& claims);
  absl::Status Supersede(const std::string& old_id, const std::set<std::string>& successors);
  absl::StatusOr<std::vector<v1::CitizenChange>> Changes(
      const std::map<std::string, std::string>& citizens_before);
  absl::Status AddRelevelled(format::Consequences& consequences);
  absl::Status Flush();

  const Keys& keys_;
  const Model& model_;
  const bool settled_;
  Batch& batch_;
  CandidateChange candidates_;
  std::map<std::string, Held> held_;
  std::set<std::string> seeds_;              // Claims to look at again.
  std::set<std::string> again_;              // Contents to compare anew; unless settled.
  std::map<std::string, std::string> numbers_;  // BSNs that contacts verified or no longer do,
                                                // or that were asked about, by index.
  std::map<std::string, bool> soughts_;         // What claims that came or went are sought by,
                                                // or the registry was searched for; false: only
                                                // came.
  std::set<std::string> least_to_find_;
  NewClaims made_;                           // By this fact.
  std::set<std::string> bereft_;             // Citizens that lost a claim for good.
  std::vector<Moved> moved_;
  RaisedIssues raised_;
  std::map<std::string, Relevelled> relevelled_;  // By citizen.
  uint64_t position_ = 0;
};

// Reads the component that the seeds, claims or contents, hang together with, by
// everything that could join them. Suggestions that cannot join are left out unless
// `suggestions`.
// `compared`, if given, has what was read already, and gives it away.
absl::StatusOr<Component> ReadComponent(const Keys& keys, const Model& model, const Reader& reader,
                                        const std::set<std::string>& seeds, const NewClaims& bare,
                                        bool suggestions = false,
                                        CandidateChange* compared = nullptr);

// The claims that carry a value of the index, in the order of their ids; no
// more than `max`.
absl::StatusOr<std::vector<std::string>> ClaimsAt(const Reader& reader, absl::string_view index,
                                                  size_t max);

// A claim's row and content, and the row's value.
absl::StatusOr<format::ClaimContent> OpenContent(absl::string_view claim_id,
                                                 const format::ClaimRow& row);

// Contact id and party key that a reference means.
std::pair<std::string, std::string> PartyAt(const Keys& keys, const v1::PartyRef& ref);

// The claim at which a party of a contact stands; empty: none.
std::string ClaimOfParty(const format::ContactRow& row, absl::string_view party_key);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_IDENTITY_H_
