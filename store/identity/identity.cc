#include "store/identity/identity.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/identity/changes.h"
#include "store/identity/past.h"
#include "store/record.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

void CountChannel(format::ClaimRow& row, v1::Channel channel, int by) {
  auto& counts = *row.mutable_channel_counts();
  auto at = std::lower_bound(counts.begin(), counts.end(), channel,
                             [](const v1::ChannelCount& count, v1::Channel wanted) {
                               return count.channel() < wanted;
                             });
  if (at == counts.end() || at->channel() != channel) {
    const auto place = at - counts.begin();
    counts.Add()->set_channel(channel);
    std::rotate(counts.begin() + place, counts.end() - 1, counts.end());
    at = counts.begin() + place;
  }
  at->set_contacts(at->contacts() + static_cast<uint64_t>(by));
  if (at->contacts() == 0) counts.erase(at);
}

bool IsLogin(const IndexValue& value) {
  return static_cast<uint8_t>(value.index[0]) == kIndexLogin;
}

bool Same(const format::Standing& standing, const PartyClaim& claim) {
  return standing.claim_id() == claim.claim_id &&
         std::equal(standing.extras().begin(), standing.extras().end(), claim.extras.begin(),
                    claim.extras.end());
}

}  // namespace

absl::StatusOr<IdentityChange::Held*> IdentityChange::Load(absl::string_view claim_id) {
  const auto [at, is_new] = held_.try_emplace(std::string(claim_id));
  if (is_new) {
    KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::ClaimRow>(batch_, Family::kClaim,
                                                            ClaimKey(claim_id, kClaimRecord)));
    at->second.exists = row.has_value();
    if (row) at->second.row = *std::move(row);
  }
  return &at->second;
}

absl::StatusOr<std::string> IdentityChange::CitizenOf(absl::string_view claim_id) {
  KB_ASSIGN_OR_RETURN(const Held* held, Load(claim_id));
  return held->exists ? held->row.citizen_id() : std::string();
}

absl::Status IdentityChange::Restand(absl::string_view contact_id,
                                     const std::vector<format::Standing>& before,
                                     v1::Channel channel_before,
                                     const std::vector<PartyClaim>& after,
                                     v1::Channel channel_after, bool decided, bool moved) {
  std::set<std::string> claims_before, claims_after;
  std::map<std::string, const PartyClaim*> wanted;
  for (const PartyClaim& claim : after) {
    wanted[claim.party_key] = &claim;
    claims_after.insert(claim.claim_id);
  }
  for (const format::Standing& standing : before) {
    claims_before.insert(standing.claim_id());
    const auto at = wanted.find(standing.party_key());
    const bool stays = at != wanted.end() && at->second != nullptr;
    if (stays && Same(standing, *at->second) && channel_before == channel_after) {
      if (moved) {
        KB_ASSIGN_OR_RETURN(const Held* held, Load(standing.claim_id()));
        if (held->row.near_deceased()) seeds_.insert(standing.claim_id());
      }
      at->second = nullptr;
      continue;
    }
    if (stays && standing.claim_id() != at->second->claim_id) {
      KB_ASSIGN_OR_RETURN(const Held* left, Load(standing.claim_id()));
      moved_.push_back({left->row.citizen_id(), at->second->claim_id, std::string(contact_id),
                        decided, left->row.assurance()});
    }
    KB_RETURN_IF_ERROR(Release(contact_id, standing, channel_before));
  }
  for (const PartyClaim& claim : after) {
    if (wanted[claim.party_key] == nullptr) continue;
    KB_RETURN_IF_ERROR(Hold(contact_id, claim, channel_after));
  }
  return CountCoParties(claims_before, claims_after);
}

absl::Status IdentityChange::Hold(absl::string_view contact_id, const PartyClaim& claim,
                                  v1::Channel channel) {
  KB_ASSIGN_OR_RETURN(Held* held, Load(claim.claim_id));
  const std::string party(View(PartyHash(keys_, contact_id, claim.party_key)));
  if (!held->exists) {
    held->exists = true;
    held->row.Clear();
    held->row.set_content(Seal({claim.claim_id, "claim", claim.claim_id},
                               claim.content.SerializeAsString()));
    KB_RETURN_IF_ERROR(AddClaim(claim.claim_id, claim.content));
  }
  if (held->row.least_party().empty() || party < held->row.least_party()) {
    held->row.set_least_party(party);
    // A citizen that a number names is called so whoever its parties are.
    if (!held->row.named_by_number()) seeds_.insert(claim.claim_id);
  }
  if (held->row.near_deceased()) seeds_.insert(claim.claim_id);
  held->row.set_holders(held->row.holders() + 1);
  CountChannel(held->row, channel, 1);
  held->dirty = true;
  if (!settled_) again_.insert(claim.content.content_id());
  for (const std::string& extra : claim.extras) {
    KB_RETURN_IF_ERROR(CountExtra(claim.claim_id, extra, 1));
  }
  return absl::OkStatus();
}

absl::Status IdentityChange::Release(absl::string_view contact_id,
                                     const format::Standing& standing, v1::Channel channel) {
  KB_ASSIGN_OR_RETURN(Held* held, Load(standing.claim_id()));
  if (!held->exists) return absl::DataLossError("claim: a contact stands at one that is not there");
  for (const std::string& extra : standing.extras()) {
    KB_RETURN_IF_ERROR(CountExtra(standing.claim_id(), extra, -1));
  }
  const std::string party(View(PartyHash(keys_, contact_id, standing.party_key())));
  held->row.set_holders(held->row.holders() - 1);
  CountChannel(held->row, channel, -1);
  held->dirty = true;
  // A claim without holders may be held again within this fact: it is removed
  // at the end.
  if (held->row.least_party() == party) {
    held->row.clear_least_party();
    least_to_find_.insert(standing.claim_id());
  }
  seeds_.insert(standing.claim_id());
  return absl::OkStatus();
}

absl::Status IdentityChange::AddClaim(absl::string_view claim_id,
                                      const format::ClaimContent& content) {
  NewClaim& claim = made_[std::string(claim_id)];
  claim = {content, ValuesOf(keys_, content)};
  for (const IndexValue& value : claim.values) {
    batch_.Put(Family::kIdentifier, absl::StrCat(value.index, claim_id),
               IndexMark(value.joins));
    if (IsLogin(value)) KB_RETURN_IF_ERROR(SeedLogin(value.index));
    NoteNumber(content, value);
  }
  if (content.own_reason() != format::ClaimContent::SHARED) {
    batch_.Put(Family::kIdentifier, absl::StrCat(OwnByContent(content.content_id()), claim_id),
               IndexMark(content.own_reason() == format::ClaimContent::DECIDED));
    KB_RETURN_IF_ERROR(CountOwn(content, 1));
  }
  candidates_.Touch(content);
  seeds_.insert(std::string(claim_id));
  return AddSought(claim_id, content);
}

absl::Status IdentityChange::RemoveClaim(absl::string_view claim_id, Held& held) {
  KB_ASSIGN_OR_RETURN(const format::ClaimContent content, OpenContent(claim_id, held.row));
  for (const IndexValue& value : ValuesOf(keys_, content)) {
    batch_.Delete(Family::kIdentifier, absl::StrCat(value.index, claim_id));
    NoteNumber(content, value);
    if (value.joins) {
      KB_RETURN_IF_ERROR(IsLogin(value) ? SeedLogin(value.index) : SeedIndex(value.index));
    }
  }
  if (content.own_reason() != format::ClaimContent::SHARED) {
    batch_.Delete(Family::kIdentifier, absl::StrCat(OwnByContent(content.content_id()), claim_id));
    KB_RETURN_IF_ERROR(CountOwn(content, -1));
  }
  KB_RETURN_IF_ERROR(SeedIndex(OwnByContent(content.content_id())));
  seeds_.insert(content.content_id());
  // What it held together is looked at again, whatever held it.
  if (!held.row.citizen_id().empty()) {
    bereft_.insert(held.row.citizen_id());
    NoteWhereItWas(batch_, claim_id, held.row.citizen_id(), position_);
    KB_ASSIGN_OR_RETURN(const auto citizen,
                        ReadRow<format::CitizenRow>(batch_, Family::kCitizen,
                                                    held.row.citizen_id()));
    if (citizen) seeds_.insert(citizen->claims().begin(), citizen->claims().end());
  }
  candidates_.Touch(content);
  KB_RETURN_IF_ERROR(RemoveSought(claim_id, content));
  seeds_.erase(std::string(claim_id));
  batch_.Delete(Family::kClaim, ClaimKey(claim_id, kClaimRecord));
  held.exists = false;
  held.dirty = false;
  return absl::OkStatus();
}

absl::Status IdentityChange::CountOwn(const format::ClaimContent& content, int by) {
  const std::string key = OwnByContent(content.content_id());
  KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::ClaimCount>(batch_, Family::kIdentifier, key));
  if (!row) row.emplace();
  row->set_count(row->count() + static_cast<uint64_t>(by));
  if (row->count() == 0) {
    batch_.Delete(Family::kIdentifier, key);
  } else {
    batch_.Put(Family::kIdentifier, key, Encode(*row));
  }
  return absl::OkStatus();
}

// Whoever carries this value is looked at again.
absl::Status IdentityChange::SeedIndex(absl::string_view index) {
  KB_ASSIGN_OR_RETURN(const auto claims,
                      ClaimsAt(batch_, index, std::numeric_limits<size_t>::max()));
  seeds_.insert(claims.begin(), claims.end());
  return absl::OkStatus();
}

// A log-in came to a claim, or left one. Too many share it before and after:
// nothing changes.
absl::Status IdentityChange::SeedLogin(absl::string_view index) {
  KB_ASSIGN_OR_RETURN(const auto claims, ClaimsAt(batch_, index, kLoginClaimsMax + 2));
  if (claims.size() <= kLoginClaimsMax + 1) seeds_.insert(claims.begin(), claims.end());
  return absl::OkStatus();
}

absl::Status IdentityChange::CountExtra(absl::string_view claim_id, absl::string_view extra,
                                        int by) {
  const IndexValue value = FromExtra(extra);
  const std::string key = ClaimKey(claim_id, kClaimExtra, value.index);
  KB_ASSIGN_OR_RETURN(auto count, ReadRow<format::ClaimCount>(batch_, Family::kClaim, key));
  const bool had = count.has_value();
  if (!count) count.emplace();
  count->set_count(count->count() + static_cast<uint64_t>(by));
  count->set_extra(std::string(extra));
  const std::string row = absl::StrCat(value.index, claim_id);
  if (count->count() == 0) {
    batch_.Delete(Family::kClaim, key);
    batch_.Delete(Family::kIdentifier, row);
  } else {
    batch_.Put(Family::kClaim, key, Encode(*count));
    if (!had) {
      batch_.Put(Family::kIdentifier, row,
                 IndexMark(value.joins));
    }
  }
  const bool changed = !had || count->count() == 0;
  if (changed && IsLogin(value)) {
    KB_ASSIGN_OR_RETURN(Held* held, Load(claim_id));
    held->row.set_logins(held->row.logins() + static_cast<uint64_t>(had ? -1 : 1));
    held->dirty = true;
  }
  if (!changed || !value.joins) return absl::OkStatus();
  // A log-in that nobody else shares changes nothing: someone with hundreds of
  // them is not looked at anew for each.
  KB_ASSIGN_OR_RETURN(const auto sharing, ClaimsAt(batch_, value.index, 2));
  if (sharing.empty() || (sharing.size() == 1 && sharing[0] == claim_id)) {
    return absl::OkStatus();
  }
  seeds_.insert(std::string(claim_id));
  return SeedLogin(value.index);
}

absl::Status IdentityChange::CountCoParties(const std::set<std::string>& before,
                                            const std::set<std::string>& after) {
  if (before == after || (before.size() < 2 && after.size() < 2)) return absl::OkStatus();
  const auto count = [&](const std::set<std::string>& claims, const std::set<std::string>& in,
                         int by) -> absl::Status {
    for (const std::string& a : claims) {
      for (const std::string& b : claims) {
        if (a == b || (in.contains(a) && in.contains(b))) continue;
        KB_RETURN_IF_ERROR(CountCoParty(a, b, by));
      }
    }
    return absl::OkStatus();
  };
  KB_RETURN_IF_ERROR(count(before, after, -1));
  return count(after, before, 1);
}

absl::Status IdentityChange::CountCoParty(absl::string_view claim, absl::string_view other,
                                          int by) {
  const std::string key = ClaimKey(claim, kClaimCoParty, other);
  KB_ASSIGN_OR_RETURN(auto count, ReadRow<format::ClaimCount>(batch_, Family::kClaim, key));
  const bool had = count.has_value();
  if (!count) count.emplace();
  count->set_count(count->count() + static_cast<uint64_t>(by));
  if (count->count() == 0) {
    batch_.Delete(Family::kClaim, key);
  } else {
    batch_.Put(Family::kClaim, key, Encode(*count));
  }
  if (had && count->count() != 0) return absl::OkStatus();
  KB_ASSIGN_OR_RETURN(Held* held, Load(claim));
  held->row.set_co_parties(held->row.co_parties() + static_cast<uint64_t>(had ? -1 : 1));
  held->dirty = true;
  seeds_.insert(std::string(claim));
  return absl::OkStatus();
}

absl::Status IdentityChange::FindLeastParty(absl::string_view claim_id, Held& held) {
  std::string least = held.row.least_party();
  absl::Status inner;
  KB_RETURN_IF_ERROR(batch_.Scan(
      Family::kTimeline, claim_id, claim_id,
      [&](absl::string_view key, absl::string_view value) {
        const std::string contact = PlaceOf(key).contact;
        const auto row = OpenTimelineRow(key, value);
        inner = row.status();
        if (!row.ok()) return false;
        for (const std::string& party_key : row->party_keys()) {
          const std::string party(View(PartyHash(keys_, contact, party_key)));
          if (least.empty() || party < least) least = party;
        }
        return true;
      }));
  KB_RETURN_IF_ERROR(inner);
  held.row.set_least_party(least);
  return absl::OkStatus();
}

absl::Status IdentityChange::Flush() {
  for (auto& [id, held] : held_) {
    if (!held.dirty) continue;
    if (held.row.holders() == 0) {
      KB_RETURN_IF_ERROR(RemoveClaim(id, held));
      continue;
    }
    if (least_to_find_.contains(id)) KB_RETURN_IF_ERROR(FindLeastParty(id, held));
    batch_.Put(Family::kClaim, ClaimKey(id, kClaimRecord), Encode(held.row));
    held.dirty = false;
  }
  return absl::OkStatus();
}

bool IsNearDeceased(const PartitionInput& component) {
  return std::any_of(component.claims.begin(), component.claims.end(),
                     [](const ClaimNode& node) { return node.dead_from_us.has_value(); });
}

absl::StatusOr<format::Consequences> IdentityChange::Finish(uint64_t position) {
  position_ = position;
  KB_RETURN_IF_ERROR(Flush());
  KB_RETURN_IF_ERROR(SettleRegistry());
  KB_RETURN_IF_ERROR(SettleSoughts());
  KB_ASSIGN_OR_RETURN(const auto changed, candidates_.Finish());
  seeds_.insert(changed.begin(), changed.end());  // And whoever else has that content.
  format::Consequences consequences;
  if (settled_ && seeds_.empty() && bereft_.empty()) return consequences;
  KB_ASSIGN_OR_RETURN(auto changes, settled_ ? FinishTouched() : FinishAnew());
  for (v1::CitizenChange& change : changes) {
    for (const auto* ids : {&change.old_ids(), &change.new_ids()}) {
      for (const std::string& id : *ids) NoteFactAbout(batch_, IdFromHex(id), position);
    }
    *consequences.add_changes() = std::move(change);
  }
  KB_RETURN_IF_ERROR(AddRelevelled(consequences));
  return consequences;
}

absl::StatusOr<std::vector<v1::CitizenChange>> IdentityChange::FinishTouched() {
  KB_ASSIGN_OR_RETURN(Component component,
                      ReadComponent(keys_, model_, batch_, seeds_, made_, false, &candidates_));
  std::map<std::string, std::string> before;
  for (size_t i = 0; i < component.ids.size(); ++i) {
    const auto [at, is_new] = held_.try_emplace(component.ids[i]);
    if (is_new) at->second = {std::move(component.rows[i]), true, false};
    before[component.ids[i]] = at->second.row.citizen_id();
  }
  KB_RETURN_IF_ERROR(WriteParts(component.ids, Partition(component.input).citizens,
                                IsNearDeceased(component.input)));
  KB_RETURN_IF_ERROR(Flush());
  return Changes(before);
}

absl::Status IdentityChange::WriteParts(const std::vector<std::string>& claims,
                                        const std::vector<CitizenPart>& parts,
                                        bool near_deceased) {
  for (const CitizenPart& part : parts) {
    for (size_t i = 0; i < part.claims.size(); ++i) {
      KB_ASSIGN_OR_RETURN(Held* held, Load(claims[part.claims[i]]));
      if (held->row.citizen_id() == part.id && held->row.assurance() == part.assurances[i] &&
          held->row.named_by_number() == part.named_by_number &&
          held->row.near_deceased() == near_deceased) {
        continue;
      }
      const std::string& before = held->row.citizen_id();
      if (before == part.id && held->row.assurance() != part.assurances[i]) {
        relevelled_[part.id].claims.push_back(claims[part.claims[i]]);
      } else if (before != part.id && !before.empty()) {
        NoteWhereItWas(batch_, claims[part.claims[i]], before, position_);
      }
      held->row.set_near_deceased(near_deceased);
      held->row.set_named_by_number(part.named_by_number);
      held->row.set_citizen_id(part.id);
      held->row.set_assurance(part.assurances[i]);
      held->dirty = true;
    }
    KB_RETURN_IF_ERROR(WriteCitizen(part, claims));
  }
  return absl::OkStatus();
}

absl::Status IdentityChange::WriteCitizen(const CitizenPart& part,
                                          const std::vector<std::string>& claims) {
  KB_ASSIGN_OR_RETURN(auto row,
                      ReadRow<format::CitizenRow>(batch_, Family::kCitizen, part.id));
  format::CitizenRow next;
  if (row) *next.mutable_former() = row->former();
  for (const size_t claim : part.claims) next.add_claims(claims[claim]);
  // Here too, so that a page of the timeline need not read the claims.
  for (const v1::Assurance assurance : part.assurances) next.add_assurances(assurance);
  for (const v1::CitizenIssue issue : part.issues) next.add_issues(issue);
  for (const v1::CitizenIssue issue : part.issues) {
    const bool known = row && std::find(row->issues().begin(), row->issues().end(), issue) !=
                                  row->issues().end();
    if (!known) raised_[part.id].insert(issue);
  }
  const std::string value = Encode(next);
  if (row && Encode(*row) == value) return absl::OkStatus();
  batch_.Put(Family::kCitizen, part.id, value);
  // An id that stands again leads nowhere else any more.
  if (row) {
    for (const std::string& successor : row->successors()) {
      KB_ASSIGN_OR_RETURN(auto other,
                          ReadRow<format::CitizenRow>(batch_, Family::kCitizen, successor));
      if (!other) continue;
      auto& former = *other->mutable_former();
      former.erase(std::remove(former.begin(), former.end(), part.id), former.end());
      batch_.Put(Family::kCitizen, successor, Encode(*other));
    }
  }
  return absl::OkStatus();
}

absl::Status IdentityChange::Supersede(const std::string& old_id,
                                       const std::set<std::string>& successors) {
  // Ids that led here lead on with it.
  KB_ASSIGN_OR_RETURN(const auto before,
                      ReadRow<format::CitizenRow>(batch_, Family::kCitizen, old_id));
  format::CitizenRow gone;
  if (before) *gone.mutable_former() = before->former();
  for (const std::string& successor : successors) gone.add_successors(successor);
  batch_.Put(Family::kCitizen, old_id, Encode(gone));
  if (successors.size() != 1) return absl::OkStatus();
  KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::CitizenRow>(batch_, Family::kCitizen,
                                                            *successors.begin()));
  if (!row) return absl::DataLossError("citizen: a successor is not there");
  row->add_former(old_id);
  batch_.Put(Family::kCitizen, *successors.begin(), Encode(*row));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<v1::CitizenChange>> IdentityChange::Changes(
    const std::map<std::string, std::string>& citizens_before) {
  CitizenFlow flow;
  std::set<std::string> standing;
  for (const auto& [claim, before] : citizens_before) {
    const Held& held = held_.at(claim);
    standing.insert(held.row.citizen_id());
    if (!before.empty()) bereft_.insert(before);
    // What the registry says is no contact.
    const uint64_t contacts = held.row.least_party().empty() ? 0 : held.row.holders();
    if (!before.empty()) flow.Claim(before, held.row.citizen_id(), claim, contacts);
  }
  for (const Moved& moved : moved_) {
    KB_ASSIGN_OR_RETURN(const std::string citizen, CitizenOf(moved.claim));
    if (moved.citizen_before.empty() || citizen.empty()) continue;
    // A contact that itself changed explains where its citizen went only when
    // nothing of that citizen is left.
    if (!moved.decided && standing.contains(moved.citizen_before)) continue;
    flow.Contact(moved.citizen_before, citizen, moved.contact_id);
  }
  for (const std::string& old_id : bereft_) {
    if (!standing.contains(old_id)) {
      KB_RETURN_IF_ERROR(Supersede(old_id, flow.SuccessorsOf(old_id)));
    }
  }
  KB_ASSIGN_OR_RETURN(auto changes, flow.Changes(batch_));
  AddIssues(raised_, changes);
  return changes;
}

}  // namespace klantbeeld::store
