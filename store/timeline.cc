#include "store/timeline.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "store/contact.h"
#include "store/error.h"
#include "store/identity.h"
#include "store/normalise.h"
#include "store/record.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

// The part of a timeline key after the claim: time and contact. The same in
// every claim's timeline, so it orders a merged one.
constexpr size_t kSuffix = 16;

std::string SuffixAt(int64_t happened_us) {
  return TimelineKey("", happened_us, "");
}

class Filter {
 public:
  explicit Filter(const v1::TimelineFilter& filter)
      : filter_(filter),
        product_(FoldText(filter.product())),
        text_(FoldText(filter.text())) {}

  bool Passes(const v1::Contact& contact) const {
    const v1::ContactData& data = contact.data();
    const int64_t happened = ToMicros(contact.happened_at());
    if (filter_.has_since() && happened < ToMicros(filter_.since())) return false;
    if (filter_.has_until() && happened >= ToMicros(filter_.until())) return false;
    const auto state = data.has_state() ? data.state() : v1::CONTACT_STATE_ENDED;
    return Among(filter_.channels(), data.channel()) && Among(filter_.states(), state) &&
           PassesProduct(data) && PassesText(data);
  }

 private:
  template <typename List>
  static bool Among(const List& list, int value) {
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
  }
  bool PassesProduct(const v1::ContactData& data) const {
    return product_.empty() || FoldText(data.product().code()) == product_ ||
           FoldText(data.product().name()) == product_;
  }
  bool PassesText(const v1::ContactData& data) const {
    return text_.empty() || absl::StrContains(FoldText(data.subject()), text_) ||
           absl::StrContains(FoldText(data.note()), text_);
  }

  const v1::TimelineFilter& filter_;
  const std::string product_;
  const std::string text_;
};

// One claim's timeline, read ahead some rows at a time.
class ClaimCursor {
 public:
  ClaimCursor(const Reader& reader, std::string claim, std::string from, size_t ahead)
      : reader_(reader), claim_(std::move(claim)), from_(std::move(from)), ahead_(ahead) {}

  // Null at the end.
  absl::StatusOr<const std::pair<std::string, std::string>*> Peek() {
    if (rows_.empty() && !ended_) {
      KB_RETURN_IF_ERROR(reader_.Scan(Family::kTimeline, claim_, claim_ + from_,
                                      [&](absl::string_view key, absl::string_view value) {
                                        rows_.emplace_back(std::string(key), std::string(value));
                                        return rows_.size() < ahead_;
                                      }));
      ended_ = rows_.size() < ahead_;
    }
    return rows_.empty() ? nullptr : &rows_.front();
  }
  void Next() {
    from_ = rows_.front().first.substr(kSuffix) + '\0';
    rows_.pop_front();
  }
  const std::string& claim() const { return claim_; }

 private:
  const Reader& reader_;
  const std::string claim_;
  std::string from_;
  const size_t ahead_;
  std::deque<std::pair<std::string, std::string>> rows_;
  bool ended_ = false;
};

void AddTo(v1::TimelineEntry& entry, const format::TimelineRow& row,
           const format::ClaimRow& claim) {
  if (!entry.has_contact()) {
    *entry.mutable_contact() = row.contact();
    MaskContact(*entry.mutable_contact());
  }
  entry.set_assurance(std::max(entry.assurance(), claim.assurance()));
  for (const auto& party : row.contact().data().parties()) {
    const auto& keys = row.party_keys();
    if (std::find(keys.begin(), keys.end(), party.key()) == keys.end()) continue;
    const auto& roles = entry.roles();
    if (std::find(roles.begin(), roles.end(), party.role()) == roles.end()) {
      entry.add_roles(party.role());
    }
  }
}

// Page tokens: where the next page begins, and a keyed hash over that and the
// query, so that a token serves its own query only.
std::string QueryOf(const v1::ListTimelineRequest& request) {
  return absl::StrCat(BigEndian(request.citizen_id().size()), request.citizen_id(),
                      request.filter().SerializeAsString());
}

std::string TokenFor(const Keys& keys, const v1::ListTimelineRequest& request,
                     absl::string_view from) {
  const Id mac = keys.IdOf("page token", absl::StrCat(from, QueryOf(request)));
  return absl::WebSafeBase64Escape(absl::StrCat(from, View(mac)));
}

absl::StatusOr<std::string> FromToken(const Keys& keys, const v1::ListTimelineRequest& request) {
  std::string bytes;
  if (absl::WebSafeBase64Unescape(request.page_token(), &bytes) && bytes.size() > 16) {
    const std::string from = bytes.substr(0, bytes.size() - 16);
    if (TokenFor(keys, request, from) == request.page_token()) return from;
  }
  return Error(v1::ERROR_REASON_PAGE_TOKEN_INVALID,
               "the page token is not of this query; use next_page_token of the page before, with "
               "the same citizen and filter",
               {.field = "page_token"});
}

}  // namespace

void MaskIdentifier(v1::Identifier& identifier) {
  if (identifier.type() != v1::IDENTIFIER_TYPE_BSN || !identifier.has_value()) return;
  const std::string& value = identifier.value();
  identifier.set_masked(absl::StrCat("******", value.substr(value.size() < 3 ? 0 : value.size() - 3)));
  identifier.clear_value();
}

void MaskContact(v1::Contact& contact) {
  for (auto& party : *contact.mutable_data()->mutable_parties()) {
    for (auto& identifier : *party.mutable_identifiers()) MaskIdentifier(identifier);
  }
  for (auto& event : *contact.mutable_events()) {
    for (auto& party : *event.mutable_event()->mutable_data()->mutable_parties()) {
      for (auto& identifier : *party.mutable_identifiers()) MaskIdentifier(identifier);
    }
  }
}

absl::StatusOr<format::TimelineRow> OpenTimelineRow(absl::string_view key,
                                                    absl::string_view value) {
  const std::string contact = PlaceOf(key).contact;
  if (value.empty() || static_cast<uint8_t>(value[0]) > kFormatVersion) {
    return absl::FailedPreconditionError("timeline: written in a newer format version");
  }
  KB_ASSIGN_OR_RETURN(const std::string plain,
                      Unseal({contact, "timeline", key}, value.substr(1)));
  format::TimelineRow row;
  if (!row.ParseFromString(plain)) return absl::DataLossError("timeline: row not readable");
  return row;
}

absl::StatusOr<StandingCitizen> FindStanding(const Reader& reader, absl::string_view hex_id) {
  StandingCitizen citizen;
  citizen.id = IdFromHex(hex_id);
  // Each step goes to an id that stood later, so this ends.
  for (;;) {
    KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::CitizenRow>(reader, Family::kCitizen,
                                                              citizen.id));
    if (!row || (row->claims().empty() && row->successors().empty())) {
      return Error(v1::ERROR_REASON_CITIZEN_NOT_FOUND, "no citizen has this id",
                   {.field = "citizen_id"});
    }
    if (!row->claims().empty()) {
      citizen.row = *std::move(row);
      break;
    }
    if (row->successors_size() > 1) {
      std::vector<std::string> successors;
      for (const auto& one : row->successors()) successors.push_back(ToHex(one));
      return Error(v1::ERROR_REASON_CITIZEN_SPLIT,
                   "this citizen was split; read the successors",
                   {.field = "citizen_id",
                    .name = "successors",
                    .value = absl::StrJoin(successors, ",")});
    }
    citizen.id = row->successors(0);
  }
  for (const std::string& claim : citizen.row.claims()) {
    KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                            ClaimKey(claim, kClaimRecord)));
    if (!row) return absl::DataLossError("citizen: a claim is not there");
    citizen.claims[claim] = *std::move(row);
  }
  return citizen;
}

absl::StatusOr<v1::ListTimelineResponse> ReadTimeline(const Keys& keys, const Reader& reader,
                                                      const StandingCitizen& citizen,
                                                      const v1::ListTimelineRequest& request) {
  std::string from;
  if (!request.page_token().empty()) {
    KB_ASSIGN_OR_RETURN(from, FromToken(keys, request));
  } else if (request.filter().has_until()) {
    from = SuffixAt(ToMicros(request.filter().until()));
  }
  const int wanted = request.page_size() == 0 ? kPageDefault : request.page_size();
  const std::string last = request.filter().has_since()
                               ? SuffixAt(ToMicros(request.filter().since()) - 1)
                               : std::string(24, '\xff');
  std::vector<ClaimCursor> cursors;
  for (const auto& [claim, row] : citizen.claims) {
    cursors.emplace_back(reader, claim, from, static_cast<size_t>(wanted) + 1);
  }
  const Filter filter(request.filter());
  v1::ListTimelineResponse page;
  for (int looked = 0;; ++looked) {
    std::string next;
    for (ClaimCursor& cursor : cursors) {
      KB_ASSIGN_OR_RETURN(const auto* row, cursor.Peek());
      if (row == nullptr) continue;
      std::string suffix = row->first.substr(kSuffix);
      if (next.empty() || suffix < next) next = std::move(suffix);
    }
    if (next.empty() || next >= last) return page;
    if (page.entries_size() == wanted || looked == kPageRowsMax) {
      page.set_next_page_token(TokenFor(keys, request, next));
      return page;
    }
    v1::TimelineEntry entry;
    for (ClaimCursor& cursor : cursors) {
      KB_ASSIGN_OR_RETURN(const auto* at, cursor.Peek());
      if (at == nullptr || absl::string_view(at->first).substr(kSuffix) != next) continue;
      KB_ASSIGN_OR_RETURN(const format::TimelineRow row, OpenTimelineRow(at->first, at->second));
      AddTo(entry, row, citizen.claims.at(cursor.claim()));
      cursor.Next();
    }
    if (filter.Passes(entry.contact())) *page.add_entries() = std::move(entry);
  }
}

absl::StatusOr<std::optional<v1::TimelineEntry>> ReadEntry(const Reader& reader,
                                                           const StandingCitizen& citizen,
                                                           const v1::TimelineFilter& filter,
                                                           absl::string_view contact_id) {
  KB_ASSIGN_OR_RETURN(const auto contact,
                      ReadRow<format::ContactRow>(reader, Family::kContact, contact_id));
  if (!contact) return std::optional<v1::TimelineEntry>();
  v1::TimelineEntry entry;
  std::set<std::string> seen;
  for (const auto& standing : contact->standings()) {
    const auto claim = citizen.claims.find(standing.claim_id());
    if (claim == citizen.claims.end() || !seen.insert(standing.claim_id()).second) continue;
    const std::string key = TimelineKey(claim->first, contact->happened_us(), contact_id);
    KB_ASSIGN_OR_RETURN(const auto value, reader.Get(Family::kTimeline, key));
    if (!value) return absl::DataLossError("timeline: a contact's row is not there");
    KB_ASSIGN_OR_RETURN(const format::TimelineRow row, OpenTimelineRow(key, *value));
    AddTo(entry, row, claim->second);
  }
  if (!entry.has_contact() || !Filter(filter).Passes(entry.contact())) {
    return std::optional<v1::TimelineEntry>();
  }
  return std::optional<v1::TimelineEntry>(std::move(entry));
}

}  // namespace klantbeeld::store
