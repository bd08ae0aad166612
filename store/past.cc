#include "store/past.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "store/apply.h"
#include "store/contact.h"
#include "store/error.h"
#include "store/feed.h"
#include "store/identity/claims.h"
#include "store/identity/explain.h"
#include "store/identity/past.h"
#include "store/rows.h"
#include "store/timeline.h"

namespace klantbeeld::store {
namespace {

// Ids that led to a citizen whose past is told with its own.
constexpr size_t kFormerMax = 100;

// Adds a citizen and the ids that lead to it.
absl::Status AddWithFormer(const Reader& reader, const std::string& id,
                           std::set<std::string>& ids) {
  if (ids.size() > kFormerMax || !ids.insert(id).second) return absl::OkStatus();
  KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::CitizenRow>(reader, Family::kCitizen, id));
  if (!row) return absl::OkStatus();
  for (const std::string& former : row->former()) {
    KB_RETURN_IF_ERROR(AddWithFormer(reader, former, ids));
  }
  return absl::OkStatus();
}

// The id that a citizen stands under now; of one that was split, its own.
absl::StatusOr<std::string> IdNow(const Reader& reader, const std::string& hex_id) {
  const auto citizen = FindStanding(reader, hex_id);
  if (citizen.ok()) return citizen->id;
  const std::string id = IdFromHex(hex_id);
  KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::CitizenRow>(reader, Family::kCitizen, id));
  if (!row) return citizen.status();
  return id;
}

// The parties of a contact as they stood when `position` was applied: by key,
// with their role and claim.
struct PartyThen {
  v1::PartyRole role = v1::PARTY_ROLE_UNSPECIFIED;
  std::string claim;
};
absl::StatusOr<std::map<std::string, PartyThen>> PartiesAt(const Keys& keys, const Reader& reader,
                                                           absl::string_view contact_id,
                                                           const format::ContactRow& row,
                                                           uint64_t position) {
  std::map<std::string, PartyThen> parties;
  KB_ASSIGN_OR_RETURN(const ContactBodies read, ReadBodies(reader, row, position));
  if (read.bodies.empty()) return parties;
  std::vector<FoldEvent> events;
  for (size_t i = 0; i < read.bodies.size(); ++i) {
    events.push_back({&read.bodies[i], read.retracted[i]});
  }
  const uint64_t gone = row.contact_retracted_position();
  const FoldedContact folded = Fold(events, gone != 0 && gone <= position);
  absl::btree_set<std::string> decided;
  for (const auto& party : row.decided()) {
    for (const std::string& id : party.decisions()) {
      KB_ASSIGN_OR_RETURN(const auto decision,
                          ReadRow<format::DecisionRow>(reader, Family::kDecision, id));
      if (!decision) return absl::DataLossError("decision: a party names one that is not there");
      if (decision->position() <= position) decided.insert(party.party_key());
    }
  }
  for (PartyClaim& claim : ClaimsOf(keys, contact_id, folded, decided)) {
    parties[claim.party_key].claim = std::move(claim.claim_id);
  }
  for (const auto& party : folded.contact.data().parties()) {
    const auto at = parties.find(party.key());
    if (at != parties.end()) at->second.role = party.role();
  }
  return parties;
}

// Where those parties of a contact were that are in `citizen` now.
absl::StatusOr<v1::ContactAt> ReadContactAt(const Keys& keys, const Reader& reader,
                                            const StandingCitizen& citizen,
                                            const v1::Contact& contact, uint64_t position) {
  v1::ContactAt at;
  at.set_contact_id(contact.id());
  *at.mutable_ref() = contact.ref();
  const std::string id = IdFromHex(contact.id());
  KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ContactRow>(reader, Family::kContact, id));
  if (!row) return absl::DataLossError("timeline: a row's contact is not there");
  KB_ASSIGN_OR_RETURN(const auto parties, PartiesAt(keys, reader, id, *row, position));
  for (const auto& standing : row->standings()) {
    if (!citizen.claims.contains(standing.claim_id())) continue;
    const auto then = parties.find(standing.party_key());
    if (then == parties.end()) continue;
    KB_ASSIGN_OR_RETURN(const std::string was, CitizenAt(reader, then->second.claim, position));
    if (was.empty()) return absl::DataLossError("claim: it is not known where it was");
    v1::PartyCitizen& one = *at.add_citizens();
    one.set_party_key(standing.party_key());
    one.set_role(then->second.role);
    one.set_citizen_id(ToHex(was));
  }
  return at;
}

absl::StatusOr<uint64_t> PositionOf(const Reader& reader, absl::string_view log_id,
                                    const v1::ListCitizensAtRequest& request) {
  v1::FollowStart start;
  if (request.has_recorded_at()) {
    *start.mutable_recorded_at() = request.recorded_at();
  } else {
    start.set_position(request.at_position());
  }
  return ResumePosition(reader, log_id, start);
}

}  // namespace

absl::StatusOr<v1::ListHistoryResponse> ListHistory(const Keys& keys, const Reader& reader,
                                                    const v1::ListHistoryRequest& request) {
  std::string hex_id = request.citizen_id();
  if (hex_id.empty()) {
    KB_ASSIGN_OR_RETURN(hex_id, CitizenOfParty(keys, reader, request.party()));
  }
  KB_ASSIGN_OR_RETURN(const std::string id, IdNow(reader, hex_id));
  std::set<std::string> ids;
  KB_RETURN_IF_ERROR(AddWithFormer(reader, id, ids));
  const auto wanted =
      static_cast<size_t>(request.page_size() == 0 ? kPageDefault : request.page_size());
  const uint64_t before = request.before_position() == 0 ? std::numeric_limits<uint64_t>::max()
                                                         : request.before_position();
  KB_ASSIGN_OR_RETURN(const auto positions, FactsAbout(reader, ids, before, wanted + 1));
  v1::ListHistoryResponse response;
  response.set_citizen_id(ToHex(id));
  size_t bytes = 0;
  for (const uint64_t position : positions) {
    if (static_cast<size_t>(response.facts_size()) == wanted || bytes > kPageBytesMax) {
      response.set_next_before(response.facts().rbegin()->position());
      break;
    }
    KB_ASSIGN_OR_RETURN(*response.add_facts(), ReadFactOnly(reader, position));
    bytes += response.facts().rbegin()->ByteSizeLong();
  }
  return response;
}

absl::StatusOr<v1::ListCitizensAtResponse> ListCitizensAt(
    const Keys& keys, const Reader& reader, absl::string_view log_id,
    const v1::ListCitizensAtRequest& request) {
  v1::ListTimelineRequest list;
  list.set_citizen_id(request.citizen_id());
  if (request.citizen_id().empty()) {
    KB_ASSIGN_OR_RETURN(*list.mutable_citizen_id(),
                        CitizenOfParty(keys, reader, request.party()));
  }
  list.set_page_size(request.page_size());
  list.set_page_token(request.page_token());
  KB_ASSIGN_OR_RETURN(const StandingCitizen citizen, FindStanding(reader, list.citizen_id()));
  KB_ASSIGN_OR_RETURN(const uint64_t position, PositionOf(reader, log_id, request));
  KB_ASSIGN_OR_RETURN(TimelinePage page, ReadTimeline(keys, reader, citizen, list));
  v1::ListCitizensAtResponse response;
  response.set_citizen_id(ToHex(citizen.id));
  response.set_at_position(position);
  const v1::ListTimelineResponse entries = page.entries.Parse();
  for (const auto& entry : entries.entries()) {
    KB_ASSIGN_OR_RETURN(*response.add_contacts(),
                        ReadContactAt(keys, reader, citizen, entry.contact(), position));
  }
  response.set_next_page_token(std::move(page.next_page_token));
  return response;
}

}  // namespace klantbeeld::store
