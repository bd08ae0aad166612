#include "store/citizen.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/apply.h"
#include "store/identity/claims.h"
#include "store/contact.h"
#include "store/error.h"
#include "store/identity/identity.h"
#include "store/identity/model.h"
#include "store/identity/normalise.h"
#include "store/identity/search.h"
#include "store/record.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

constexpr int kDetailsMax = 20;
constexpr int kIdentifiersMax = 200;
constexpr int kFormerMax = 100;
// Claims that a look-up reads before it says that there are too many.
constexpr size_t kFoundClaimsMax = 5000;

// The latest contact of a claim.
struct Latest {
  std::string source;
  google::protobuf::Timestamp at;
};

absl::StatusOr<Latest> LatestOf(const Reader& reader, absl::string_view claim) {
  Latest latest;
  absl::Status inner;
  KB_RETURN_IF_ERROR(reader.Scan(Family::kTimeline, claim, claim,
                                 [&](absl::string_view key, absl::string_view value) {
                                   const auto row = OpenTimelineRow(key, value);
                                   inner = row.status();
                                   if (!row.ok()) return false;
                                   latest.source = row->contact().ref().source();
                                   latest.at = row->contact().happened_at();
                                   return false;
                                 }));
  KB_RETURN_IF_ERROR(inner);
  return latest;
}

bool Later(const google::protobuf::Timestamp& a, const google::protobuf::Timestamp& b) {
  return std::make_pair(a.seconds(), a.nanos()) > std::make_pair(b.seconds(), b.nanos());
}

class CitizenReader {
 public:
  CitizenReader(const Reader& reader, const StandingCitizen& citizen)
      : reader_(reader), citizen_(citizen) {}

  absl::StatusOr<v1::Citizen> Read(const v1::GetCitizenRequest& request) {
    shown_.set_id(ToHex(citizen_.id));
    shown_.set_status(v1::CITIZEN_STATUS_UNIDENTIFIED);
    for (const auto& [claim, assurance] : citizen_.claims) {
      KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::ClaimRow>(reader_, Family::kClaim,
                                                              ClaimKey(claim, kClaimRecord)));
      if (!row) return absl::DataLossError("citizen: a claim is not there");
      KB_RETURN_IF_ERROR(AddClaim(claim, *row));
      claims_[claim] = *std::move(row);
    }
    Arrange(request);
    KB_RETURN_IF_ERROR(CountChannels());
    KB_RETURN_IF_ERROR(AddFormer(citizen_.row));
    const bool whole = claims_.size() == static_cast<size_t>(citizen_.row.claims_size());
    for (const int issue : citizen_.row.issues()) {
      if (whole) shown_.add_issues(static_cast<v1::CitizenIssue>(issue));
    }
    shown_.set_claims(static_cast<uint32_t>(claims_.size()));
    return std::move(shown_);
  }

 private:
  absl::Status AddClaim(const std::string& claim, const format::ClaimRow& row) {
    KB_ASSIGN_OR_RETURN(const format::ClaimContent content, OpenContent(claim, row));
    KB_ASSIGN_OR_RETURN(const Latest latest, LatestOf(reader_, claim));
    for (const auto* list : {&content.identifiers(), &content.contested()}) {
      for (const auto& identifier : *list) AddIdentifier(identifier, latest);
    }
    if (content.has_details()) {
      v1::CitizenDetails& details = *shown_.add_details();
      *details.mutable_details() = content.details();
      if (content.own_reason() == format::ClaimContent::REGISTRY) {
        details.set_source("brp");
      } else {
        details.set_source(latest.source);
        *details.mutable_seen_at() = latest.at;
      }
      details.set_assurance(row.assurance());
    }
    if (content.details().secret()) shown_.set_secret(true);
    if (content.deceased()) shown_.set_deceased(true);
    if (content.has_deceased_on()) *shown_.mutable_deceased_on() = content.deceased_on();
    return absl::OkStatus();
  }

  void AddIdentifier(const v1::Identifier& identifier, const Latest& latest) {
    if (IsVerified(identifier) && (IsSingle(identifier.type()) ||
                                   identifier.type() == v1::IDENTIFIER_TYPE_DIGID_PSEUDONYM)) {
      shown_.set_status(v1::CITIZEN_STATUS_IDENTIFIED);
    }
    v1::CitizenIdentifier& kept = identifiers_[{identifier.type(), identifier.register_(),
                                                identifier.parent(), identifier.value()}];
    const bool is_new = !kept.has_identifier();
    if (is_new || VerificationRank(identifier.verified()) >
                      VerificationRank(kept.identifier().verified())) {
      *kept.mutable_identifier() = identifier;
    }
    if (is_new || Later(latest.at, kept.seen_at())) {
      kept.set_source(latest.source);
      *kept.mutable_seen_at() = latest.at;
    }
  }

  // Also those that lead here over others; each leads to one later id only.
  absl::Status AddFormer(const format::CitizenRow& row) {
    for (const std::string& former : row.former()) {
      if (shown_.former_ids_size() == kFormerMax) break;
      shown_.add_former_ids(ToHex(former));
      KB_ASSIGN_OR_RETURN(const auto earlier,
                          ReadRow<format::CitizenRow>(reader_, Family::kCitizen, former));
      if (earlier) KB_RETURN_IF_ERROR(AddFormer(*earlier));
    }
    return absl::OkStatus();
  }

  void Arrange(const v1::GetCitizenRequest& request) {
    std::vector<v1::CitizenIdentifier> all;
    for (auto& [key, identifier] : identifiers_) all.push_back(std::move(identifier));
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
      return VerificationRank(a.identifier().verified()) >
             VerificationRank(b.identifier().verified());
    });
    if (all.size() > kIdentifiersMax) all.resize(kIdentifiersMax);
    for (auto& one : all) {
      const auto& reveal = request.reveal();
      if (std::find(reveal.begin(), reveal.end(), one.identifier().type()) == reveal.end()) {
        MaskIdentifier(*one.mutable_identifier());
      }
      *shown_.add_identifiers() = std::move(one);
    }
    auto& details = *shown_.mutable_details();
    std::stable_sort(details.begin(), details.end(), [](const auto& a, const auto& b) {
      return Later(a.seen_at(), b.seen_at());
    });
    if (details.size() > kDetailsMax) {
      details.DeleteSubrange(kDetailsMax, details.size() - kDetailsMax);
    }
  }

  // Each contact counts once, also where two of its parties are this citizen.
  absl::Status CountChannels() {
    std::map<int, uint64_t> counts;
    KB_ASSIGN_OR_RETURN(const bool shared, ContactsShared());
    if (shared) {
      std::set<std::string> seen;
      for (const auto& [claim, row] : claims_) {
        absl::Status inner;
        KB_RETURN_IF_ERROR(reader_.Scan(
            Family::kTimeline, claim, claim, [&](absl::string_view key, absl::string_view value) {
              if (!seen.insert(PlaceOf(key).contact).second) return true;
              const auto opened = OpenTimelineRow(key, value);
              inner = opened.status();
              if (opened.ok()) ++counts[opened->contact().data().channel()];
              return opened.ok();
            }));
        KB_RETURN_IF_ERROR(inner);
      }
    } else {
      for (const auto& [claim, row] : claims_) {
        for (const auto& count : row.channel_counts()) counts[count.channel()] += count.contacts();
      }
    }
    for (const auto& [channel, contacts] : counts) {
      auto& count = *shown_.add_channel_counts();
      count.set_channel(static_cast<v1::Channel>(channel));
      count.set_contacts(contacts);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<bool> ContactsShared() {
    for (const auto& [claim, row] : claims_) {
      for (auto other = claims_.upper_bound(claim); other != claims_.end();
           ++other) {
        KB_ASSIGN_OR_RETURN(const auto co, reader_.Get(Family::kClaim, ClaimKey(claim, kClaimCoParty,
                                                                                other->first)));
        if (co) return true;
      }
    }
    return false;
  }

  const Reader& reader_;
  const StandingCitizen& citizen_;
  absl::btree_map<std::string, format::ClaimRow> claims_;
  v1::Citizen shown_;
  std::map<std::tuple<int, std::string, std::string, std::string>, v1::CitizenIdentifier>
      identifiers_;
};

absl::StatusOr<std::string> IndexFor(const Keys& keys, const v1::FindCitizensRequest& request) {
  switch (request.key_case()) {
    case v1::FindCitizensRequest::kIdentifier: {
      v1::Identifier identifier = request.identifier();
      const absl::Status status = NormaliseIdentifier(identifier);
      if (!status.ok()) return WithFieldPrefix(status, "identifier.");
      return IndexOfIdentifier(keys, identifier);
    }
    case v1::FindCitizensRequest::kName:
      return IndexOfNameBirth(keys, FoldSurname(request.name().surname()),
                              request.name().birth_date());
    case v1::FindCitizensRequest::kAddress:
      return IndexOfAddress(keys, NormalPostcode(request.address().postcode()),
                            request.address().house_number());
    case v1::FindCitizensRequest::kStated:
      return IndexOfNameBirth(keys, FoldNames(request.stated().details()).surname(),
                              request.stated().details().birth_date());
    case v1::FindCitizensRequest::kCaseNumber:
      return IndexOfCase(keys, request.case_number());
    default:
      return Error(v1::ERROR_REASON_FIELD_REQUIRED,
                   "a key is required: identifier, name, address, case_number or stated",
                   {.field = "key"});
  }
}

// The details that a search compares; nothing where a key alone is looked up.
std::optional<v1::StatedPerson> StatedIn(const v1::FindCitizensRequest& request) {
  v1::StatedPerson stated;
  v1::PersonalDetails& details = *stated.mutable_details();
  switch (request.key_case()) {
    case v1::FindCitizensRequest::kName:
      details.set_surname(request.name().surname());
      *details.mutable_birth_date() = request.name().birth_date();
      return stated;
    case v1::FindCitizensRequest::kStated:
      return request.stated();
    default:
      return std::nullopt;
  }
}

// Asked for by more than where somebody lives: by a number, or a name and birth date.
bool IsKnownOtherwise(const v1::FindCitizensRequest& request) {
  if (!request.has_stated()) return !request.has_address();
  const v1::PersonalDetails& details = request.stated().details();
  const bool named = !details.surname().empty() || !details.partner_surname().empty();
  return !request.stated().identifiers().empty() || (named && details.birth_date().has_day());
}

absl::Status TooMany() {
  return Error(v1::ERROR_REASON_TOO_MANY_RESULTS,
               absl::StrCat("more than ", kFoundMax,
                            " citizens; refine with a birth date, a house number or another key"));
}

// Citizens that have this value, each with one of its claims that do; one more
// than kFoundMax where there are more.
absl::StatusOr<std::map<std::string, std::string>> CitizensAt(const Reader& reader,
                                                              const std::string& index) {
  std::vector<std::string> claims;
  KB_RETURN_IF_ERROR(reader.Scan(Family::kIdentifier, index, index,
                                 [&](absl::string_view key, absl::string_view) {
                                   claims.emplace_back(key.substr(17));
                                   return claims.size() < kFoundClaimsMax;
                                 }));
  std::map<std::string, std::string> citizens;
  for (const std::string& claim : claims) {
    KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                                  ClaimKey(claim, kClaimRecord)));
    if (row) citizens.try_emplace(row->citizen_id(), claim);
    if (citizens.size() > kFoundMax) break;
  }
  // Not all were looked at: there may be more than was found.
  if (claims.size() == kFoundClaimsMax && citizens.size() <= kFoundMax) return TooMany();
  return citizens;
}

}  // namespace

absl::StatusOr<v1::Citizen> ReadCitizen(const Keys& keys, const Reader& reader,
                                        const StandingCitizen& citizen,
                                        const v1::GetCitizenRequest& request) {
  KB_ASSIGN_OR_RETURN(v1::Citizen shown, CitizenReader(reader, citizen).Read(request));
  v1::ListTimelineRequest list;
  list.set_page_size(request.latest() == 0 ? 5 : request.latest());
  KB_ASSIGN_OR_RETURN(const TimelinePage page, ReadTimeline(keys, reader, citizen, list));
  *shown.mutable_latest() = std::move(*page.entries.Parse().mutable_entries());
  return shown;
}

absl::StatusOr<v1::FindCitizensResponse> FindCitizens(const Keys& keys, const Reader& reader,
                                                      const v1::FindCitizensRequest& request) {
  KB_ASSIGN_OR_RETURN(const std::string index, IndexFor(keys, request));
  KB_ASSIGN_OR_RETURN(auto citizens, CitizensAt(reader, index));
  const bool many = citizens.size() > kFoundMax;
  // Whoever states more than a name may be told apart by it.
  if (many && !request.has_stated()) return TooMany();
  if (many) citizens.clear();
  const auto stated = StatedIn(request);
  // Whoever has the one key exactly is who was asked for.
  const bool compared = stated && (request.has_stated() || citizens.empty());
  SearchResult result;
  if (compared) {
    KB_ASSIGN_OR_RETURN(result, Search(keys, ShippedModel(), reader, *stated, citizens));
  } else {
    for (const auto& [id, claim] : citizens) result.hits.push_back({id, {}});
  }
  std::vector<v1::Citizen> found;
  v1::GetCitizenRequest one;
  one.set_latest(1);
  for (Hit& hit : result.hits) {
    KB_ASSIGN_OR_RETURN(const StandingCitizen citizen, FindStanding(reader, ToHex(hit.citizen)));
    KB_ASSIGN_OR_RETURN(v1::Citizen shown, ReadCitizen(keys, reader, citizen, one));
    // Whoever knows an address must not learn who lives there in secret.
    if (shown.secret() && !IsKnownOtherwise(request)) continue;
    if (compared) *shown.mutable_match() = std::move(hit.match);
    found.push_back(std::move(shown));
  }
  const auto order = [](const v1::Citizen& citizen) {
    return std::tuple(citizen.match().exact(), citizen.match().bits(),
                      citizen.latest().empty()
                          ? int64_t{0}
                          : ToMicros(citizen.latest(0).contact().happened_at()));
  };
  std::stable_sort(found.begin(), found.end(),
                   [&](const auto& a, const auto& b) { return order(a) > order(b); });
  v1::FindCitizensResponse response;
  for (auto& citizen : found) *response.add_citizens() = std::move(citizen);
  response.set_more(result.more);
  response.set_too_common(result.too_common);
  return response;
}

absl::StatusOr<v1::Contact> FoldAt(const Reader& reader, absl::string_view contact_id,
                                   const format::ContactRow& row, uint64_t position) {
  KB_ASSIGN_OR_RETURN(const ContactBodies read, ReadBodies(reader, row, position));
  std::vector<FoldEvent> events;
  for (size_t i = 0; i < read.bodies.size(); ++i) {
    events.push_back({&read.bodies[i], read.retracted[i]});
  }
  const uint64_t gone = row.contact_retracted_position();
  FoldedContact folded = Fold(events, gone != 0 && gone <= position);
  v1::Contact& contact = folded.contact;
  contact.set_id(ToHex(contact_id));
  contact.set_event_count(static_cast<uint32_t>(read.bodies.size()));
  if (!read.bodies.empty()) *contact.mutable_ref() = read.bodies.front().event().contact();
  uint64_t last = gone <= position ? gone : 0;
  for (size_t i = 0; i < read.bodies.size(); ++i) last = std::max(last, read.positions[i]);
  for (const auto& event : row.events()) {
    if (event.retracted_position() <= position) last = std::max(last, event.retracted_position());
  }
  contact.set_position(last);
  for (size_t i = 0; i < read.bodies.size(); ++i) {
    v1::RecordedEvent& event = *contact.add_events();
    event.set_position(read.positions[i]);
    *event.mutable_recorded_at() = FromMicros(read.recorded_us[i]);
    *event.mutable_event() = read.bodies[i].event();
    event.set_retracted(read.retracted[i]);
  }
  auto& listed = *contact.mutable_events();
  std::sort(listed.begin(), listed.end(), [](const auto& a, const auto& b) {
    const auto order = [](const v1::RecordedEvent& one) {
      return std::make_tuple(one.event().revised_at().seconds(), one.event().revised_at().nanos(),
                             one.position());
    };
    return order(a) < order(b);
  });
  return std::move(contact);
}

namespace {

// As many of the latest events as a client takes in one reply.
void KeepLatestEvents(v1::Contact& contact) {
  auto& events = *contact.mutable_events();
  size_t bytes = 0;
  int kept = 0;
  while (kept < events.size()) {
    bytes += events[events.size() - 1 - kept].ByteSizeLong();
    if (kept > 0 && bytes > kPageBytesMax) break;
    ++kept;
  }
  events.DeleteSubrange(0, events.size() - kept);
}

}  // namespace

absl::StatusOr<v1::Contact> ReadContact(const Keys& keys, const Reader& reader,
                                        const v1::GetContactRequest& request) {
  const std::string id = request.has_ref()
                             ? std::string(View(EventOrContactId(keys, request.ref().source(),
                                                                 request.ref().id())))
                             : IdFromHex(request.contact_id());
  const uint64_t position =
      request.at_position() == 0 ? std::numeric_limits<uint64_t>::max() : request.at_position();
  KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ContactRow>(reader, Family::kContact, id));
  const bool known = row && std::any_of(row->events().begin(), row->events().end(),
                                        [&](const auto& event) { return event.position() <= position; });
  if (!known) {
    return Error(v1::ERROR_REASON_CONTACT_NOT_FOUND, "no such contact",
                 {.field = request.has_ref() ? "ref" : "contact_id"});
  }
  KB_ASSIGN_OR_RETURN(v1::Contact contact, FoldAt(reader, id, *row, position));
  if (!request.with_events()) contact.clear_events();
  KeepLatestEvents(contact);
  MaskContact(contact);
  if (request.at_position() != 0) return contact;
  for (const auto& standing : row->standings()) {
    KB_ASSIGN_OR_RETURN(const auto claim,
                        ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                  ClaimKey(standing.claim_id(), kClaimRecord)));
    if (!claim) return absl::DataLossError("contact: a claim is not there");
    v1::PartyCitizen& citizen = *contact.add_citizens();
    citizen.set_party_key(standing.party_key());
    citizen.set_citizen_id(ToHex(claim->citizen_id()));
    for (const auto& party : contact.data().parties()) {
      if (party.key() == standing.party_key()) citizen.set_role(party.role());
    }
  }
  return contact;
}

}  // namespace klantbeeld::store
