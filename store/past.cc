#include "store/past.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/apply.h"
#include "store/contact.h"
#include "store/error.h"
#include "store/feed.h"
#include "store/identity/claims.h"
#include "store/identity/explain.h"
#include "store/identity/past.h"
#include "store/journal.h"
#include "store/rows.h"
#include "store/timeline.h"

namespace klantbeeld::store {
namespace {

// Ids that led to a citizen whose past is told with its own.
constexpr size_t kFormerMax = 100;
// Facts and contacts that are looked at for what departed.
constexpr size_t kDepartedMax = 1000;
constexpr uint64_t kEver = std::numeric_limits<uint64_t>::max();

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

// The citizen as it stands now; one that was split or is no more has its own
// id and no claims.
absl::StatusOr<StandingCitizen> StandingOrGone(const Reader& reader, const std::string& hex_id) {
  auto citizen = FindStanding(reader, hex_id);
  if (citizen.ok()) return citizen;
  StandingCitizen gone;
  gone.id = IdFromHex(hex_id);
  KB_ASSIGN_OR_RETURN(const auto row,
                      ReadRow<format::CitizenRow>(reader, Family::kCitizen, gone.id));
  if (!row) return citizen.status();
  return gone;
}

// A party as it stood when a position was applied.
struct PartyThen {
  v1::PartyRole role = v1::PARTY_ROLE_UNSPECIFIED;
  std::string citizen;
};
struct ContactThen {
  v1::ContactRef ref;
  std::map<std::string, PartyThen> parties;  // By key; those of whom something was known.
};

absl::StatusOr<ContactThen> ReadThen(const Keys& keys, const Reader& reader,
                                     absl::string_view contact_id, const format::ContactRow& row,
                                     uint64_t position) {
  ContactThen then;
  KB_ASSIGN_OR_RETURN(const ContactBodies read, ReadBodies(reader, row, position));
  if (read.bodies.empty()) return then;
  then.ref = read.bodies[0].event().contact();
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
  for (const PartyClaim& claim : ClaimsOf(keys, contact_id, folded, decided)) {
    std::string& was = then.parties[claim.party_key].citizen;
    KB_ASSIGN_OR_RETURN(was, CitizenAt(reader, claim.claim_id, position));
    if (was.empty()) return absl::DataLossError("claim: it is not known where it was");
  }
  for (const auto& party : folded.contact.data().parties()) {
    const auto at = then.parties.find(party.key());
    if (at != then.parties.end()) at->second.role = party.role();
  }
  return then;
}

void AddParty(const std::string& key, const PartyThen& then,
              google::protobuf::RepeatedPtrField<v1::PartyCitizen>& citizens) {
  v1::PartyCitizen& one = *citizens.Add();
  one.set_party_key(key);
  one.set_role(then.role);
  one.set_citizen_id(ToHex(then.citizen));
}

absl::StatusOr<format::ContactRow> ReadContactRow(const Reader& reader, const std::string& id) {
  KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::ContactRow>(reader, Family::kContact, id));
  if (!row) return absl::DataLossError("contact: one that a row names is not there");
  return *std::move(row);
}

// Where those parties of a contact were that are in `citizen` now.
absl::StatusOr<v1::ContactAt> ReadContactAt(const Keys& keys, const Reader& reader,
                                            const StandingCitizen& citizen,
                                            const v1::Contact& contact, uint64_t position) {
  v1::ContactAt at;
  at.set_contact_id(contact.id());
  *at.mutable_ref() = contact.ref();
  const std::string id = IdFromHex(contact.id());
  KB_ASSIGN_OR_RETURN(const format::ContactRow row, ReadContactRow(reader, id));
  KB_ASSIGN_OR_RETURN(const ContactThen then, ReadThen(keys, reader, id, row, position));
  for (const auto& standing : row.standings()) {
    if (!citizen.claims.contains(standing.claim_id())) continue;
    const auto party = then.parties.find(standing.party_key());
    if (party != then.parties.end()) AddParty(party->first, party->second, *at.mutable_citizens());
  }
  return at;
}

// Contacts that facts after `position` took from one of these citizens, or to
// it. False: there may be others.
absl::StatusOr<bool> FindMoved(const Reader& reader, const std::set<std::string>& ids,
                               uint64_t position, std::set<std::string>& contacts) {
  KB_ASSIGN_OR_RETURN(const auto facts, FactsAbout(reader, ids, kEver, kDepartedMax + 1));
  std::set<std::string> hex_ids;
  for (const std::string& id : ids) hex_ids.insert(ToHex(id));
  const auto ours = [&](const std::string& id) { return hex_ids.contains(id); };
  bool all = ids.size() <= kFormerMax;
  for (const uint64_t fact : facts) {
    if (fact <= position) return all;
    KB_ASSIGN_OR_RETURN(const JournalRecord record, ReadFact(reader, fact));
    if (!record.header.contact_id().empty()) contacts.insert(record.header.contact_id());
    for (const auto& change : record.consequences.changes()) {
      if (std::none_of(change.old_ids().begin(), change.old_ids().end(), ours)) continue;
      for (const std::string& id : change.contact_ids()) contacts.insert(IdFromHex(id));
      if (change.contacts_moved() > static_cast<uint64_t>(change.contact_ids_size())) all = false;
    }
    if (contacts.size() > kDepartedMax) return false;
  }
  return all && facts.size() <= kDepartedMax;
}

// Adds the contacts with parties that were in one of `ids` and are not in
// `citizen` now.
absl::Status AddDeparted(const Keys& keys, const Reader& reader, const std::string& citizen,
                         uint64_t position, v1::ListCitizensAtResponse& response) {
  std::set<std::string> ids, contacts;
  KB_RETURN_IF_ERROR(AddWithFormer(reader, citizen, ids));
  KB_ASSIGN_OR_RETURN(const bool all, FindMoved(reader, ids, position, contacts));
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(reader));
  response.set_departed_more(!all);
  for (const std::string& id : contacts) {
    KB_ASSIGN_OR_RETURN(const format::ContactRow row, ReadContactRow(reader, id));
    KB_ASSIGN_OR_RETURN(const ContactThen then, ReadThen(keys, reader, id, row, position));
    KB_ASSIGN_OR_RETURN(const ContactThen now, ReadThen(keys, reader, id, row, head.position()));
    v1::ContactAt at;
    for (const auto& [key, party] : then.parties) {
      const auto is = now.parties.find(key);
      const bool known = is != now.parties.end();
      if (!ids.contains(party.citizen) || (known && is->second.citizen == citizen)) continue;
      AddParty(key, party, *at.mutable_citizens());
      if (known) AddParty(key, is->second, *at.mutable_citizens_now());
    }
    if (at.citizens().empty()) continue;
    if (response.departed_size() == static_cast<int>(kDepartedMax)) {
      response.set_departed_more(true);
      return absl::OkStatus();
    }
    at.set_contact_id(ToHex(id));
    *at.mutable_ref() = then.ref;
    *response.add_departed() = std::move(at);
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> PositionOf(const Reader& reader, absl::string_view log_id,
                                    const v1::ListCitizensAtRequest& request) {
  v1::FollowStart start;
  if (request.has_recorded_at()) {
    *start.mutable_recorded_at() = request.recorded_at();
    return ResumePosition(reader, log_id, start);
  }
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(reader));
  if (request.at_position() <= head.position()) return request.at_position();
  return Error(v1::ERROR_REASON_POSITION_AHEAD,
               absl::StrCat("position ", request.at_position(), " is ahead of the head, ",
                            head.position()),
               {.field = "at_position",
                .name = "head",
                .value = absl::StrCat(head.position())});
}

}  // namespace

absl::StatusOr<v1::ListHistoryResponse> ListHistory(const Keys& keys, const Reader& reader,
                                                    const v1::ListHistoryRequest& request) {
  std::string hex_id = request.citizen_id();
  if (hex_id.empty()) {
    KB_ASSIGN_OR_RETURN(hex_id, CitizenOfParty(keys, reader, request.party()));
  }
  KB_ASSIGN_OR_RETURN(const StandingCitizen citizen, StandingOrGone(reader, hex_id));
  std::set<std::string> ids;
  KB_RETURN_IF_ERROR(AddWithFormer(reader, citizen.id, ids));
  const auto wanted =
      static_cast<size_t>(request.page_size() == 0 ? kPageDefault : request.page_size());
  const uint64_t before = request.before_position() == 0 ? kEver : request.before_position();
  KB_ASSIGN_OR_RETURN(const auto positions, FactsAbout(reader, ids, before, wanted + 1));
  v1::ListHistoryResponse response;
  response.set_citizen_id(ToHex(citizen.id));
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
  KB_ASSIGN_OR_RETURN(const StandingCitizen citizen, StandingOrGone(reader, list.citizen_id()));
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
  if (response.next_page_token().empty()) {
    KB_RETURN_IF_ERROR(AddDeparted(keys, reader, citizen.id, position, response));
  }
  return response;
}

}  // namespace klantbeeld::store
