#include "store/timeline.h"

#include <algorithm>
#include <deque>
#include <limits>
#include <set>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "store/contact.h"
#include "store/error.h"
#include "store/identity/identity.h"
#include "store/identity/normalise.h"
#include "store/record.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

// The part of a timeline key after the claim: time and contact. The same in
// every claim's timeline, so it orders a merged one.
constexpr size_t kSuffix = 16;
// Room that is made for a row; longer ones make their own.
constexpr size_t kUsualRowBytes = 400;

std::string SuffixAt(int64_t happened_us) {
  return TimelineKey("", happened_us, "");
}

class Filter {
 public:
  explicit Filter(const v1::TimelineFilter& filter)
      : filter_(filter),
        product_(FoldText(filter.product())),
        text_(FoldText(filter.text())) {}

  bool passes_all() const { return filter_.ByteSizeLong() == 0; }
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
  struct Row {
    absl::string_view key, value;
    // Time and contact.
    absl::string_view suffix() const { return key.substr(kSuffix); }
  };

  ClaimCursor(const Reader& reader, absl::string_view claim, v1::Assurance assurance,
              absl::string_view from, size_t ahead)
      : reader_(reader), claim_(claim), assurance_(assurance), from_(from), ahead_(ahead) {}

  // Reads on when nothing is left of what was read. Only then do rows that were
  // given before go away.
  absl::Status Fill() {
    if (at_ < pieces_.size() || ended_) return absl::OkStatus();
    bytes_.clear();
    bytes_.reserve(ahead_ * kUsualRowBytes);
    pieces_.clear();
    pieces_.reserve(ahead_);
    at_ = 0;
    KB_RETURN_IF_ERROR(reader_.Scan(Family::kTimeline, claim_, absl::StrCat(claim_, from_),
                                    [&](absl::string_view key, absl::string_view value) {
                                      pieces_.push_back({bytes_.size(), key.size(), value.size()});
                                      bytes_.append(key.data(), key.size());
                                      bytes_.append(value.data(), value.size());
                                      return pieces_.size() < ahead_;
                                    }));
    ended_ = pieces_.size() < ahead_;
    if (!pieces_.empty()) from_ = absl::StrCat(row(pieces_.size() - 1).suffix(), kAfter);
    return absl::OkStatus();
  }
  bool has_row() const { return at_ < pieces_.size(); }
  Row row() const { return row(at_); }
  void Next() { ++at_; }
  v1::Assurance assurance() const { return assurance_; }

 private:
  struct Piece {
    size_t at, key, value;
  };
  static constexpr absl::string_view kAfter{"\0", 1};

  Row row(size_t number) const {
    const Piece& piece = pieces_[number];
    const absl::string_view bytes = bytes_;
    return {bytes.substr(piece.at, piece.key), bytes.substr(piece.at + piece.key, piece.value)};
  }

  const Reader& reader_;
  const absl::string_view claim_;
  const v1::Assurance assurance_;
  std::string from_;  // Where reading goes on.
  const size_t ahead_;
  std::string bytes_;  // Rows one after another.
  std::vector<Piece> pieces_;
  size_t at_ = 0;
  bool ended_ = false;
};

void AddTo(v1::TimelineEntry& entry, format::TimelineRow row, v1::Assurance assurance) {
  if (!entry.has_contact()) *entry.mutable_contact() = std::move(*row.mutable_contact());
  entry.set_assurance(std::max(entry.assurance(), assurance));
  for (const int role : row.roles()) {
    const auto& roles = entry.roles();
    if (std::find(roles.begin(), roles.end(), role) == roles.end()) {
      entry.add_roles(static_cast<v1::PartyRole>(role));
    }
  }
}

// Appends the entry that an opened row is the beginning of.
void AppendEntry(absl::string_view row, v1::Assurance assurance, std::string& entries) {
  absl::string_view rest = row;
  Field field;
  size_t size = 0;
  while (TakeField(rest, field) && field.number < v1::TimelineEntry::kAssuranceFieldNumber) {
    size += field.whole.size();
  }
  std::string tail;
  if (assurance != v1::ASSURANCE_UNSPECIFIED) {
    AppendNumber(tail, v1::TimelineEntry::kAssuranceFieldNumber, static_cast<uint64_t>(assurance));
  }
  AppendFieldHead(entries, v1::ListTimelineResponse::kEntriesFieldNumber, size + tail.size());
  entries.append(row.data(), size).append(tail);
}

// Appends what stands at `suffix`, where one claim or several have it, and
// steps over it. True: the filter passed it.
absl::StatusOr<bool> TakeContact(std::vector<ClaimCursor>& cursors, absl::string_view suffix,
                                 const Filter& filter, std::string& entries) {
  absl::InlinedVector<ClaimCursor*, 4> at;
  for (ClaimCursor& cursor : cursors) {
    if (cursor.has_row() && cursor.row().suffix() == suffix) at.push_back(&cursor);
  }
  const ClaimCursor::Row first = at.front()->row();
  bool passes = true;
  if (at.size() == 1 && filter.passes_all()) {
    std::string scratch;
    KB_ASSIGN_OR_RETURN(const absl::string_view row,
                        OpenTimelineBytes(first.key, first.value, scratch));
    AppendEntry(row, at.front()->assurance(), entries);
  } else {
    v1::TimelineEntry entry;
    for (const ClaimCursor* cursor : at) {
      KB_ASSIGN_OR_RETURN(auto row, OpenTimelineRow(cursor->row().key, cursor->row().value));
      AddTo(entry, std::move(row), cursor->assurance());
    }
    passes = filter.Passes(entry.contact());
    if (passes) {
      AppendField(entries, v1::ListTimelineResponse::kEntriesFieldNumber,
                  entry.SerializeAsString());
    }
  }
  for (ClaimCursor* cursor : at) cursor->Next();
  return passes;
}

// Page tokens: where the next page begins, and a keyed hash over that and the
// query, so that a token serves its own query only.
std::string QueryOf(const v1::ListTimelineRequest& request) {
  return absl::StrCat(BigEndian(request.citizen_id().size()), request.citizen_id(),
                      BigEndian(static_cast<uint64_t>(request.minimum_assurance())),
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
               "the same citizen, filter and minimum",
               {.field = "page_token"});
}

}  // namespace

absl::StatusOr<StandingCitizen> FindStanding(const Reader& reader, absl::string_view hex_id,
                                             v1::Assurance minimum) {
  StandingCitizen citizen;
  citizen.id = IdFromHex(hex_id);
  // Each step goes to an id that stood later, so this ends.
  for (;;) {
    KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::CitizenRow>(reader, Family::kCitizen,
                                                              citizen.id));
    if (!row || (row->claims().empty() && row->successors().empty())) {
      return Error(v1::ERROR_REASON_CITIZEN_NOT_FOUND, "no citizen has this id; look for the citizen anew",
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
  const format::CitizenRow& row = citizen.row;
  for (int i = 0; i < row.claims_size(); ++i) {
    v1::Assurance& assurance = citizen.claims[row.claims(i)];
    if (row.assurances_size() == row.claims_size()) {
      assurance = row.assurances(i);
      continue;
    }
    // A row of format version 2, which left it to the claims.
    KB_ASSIGN_OR_RETURN(const auto claim, ReadRow<format::ClaimRow>(
                                              reader, Family::kClaim,
                                              ClaimKey(row.claims(i), kClaimRecord)));
    if (!claim) return absl::DataLossError("citizen: a claim is not there");
    assurance = claim->assurance();
  }
  absl::erase_if(citizen.claims, [&](const auto& claim) { return claim.second < minimum; });
  return citizen;
}

absl::StatusOr<TimelinePage> ReadTimeline(const Keys& keys, const Reader& reader,
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
  // Of one claim all that the page takes; of many each a share and some more,
  // since reading on costs as much as a few rows.
  constexpr size_t kSomeMore = 3;
  TimelinePage page;
  const size_t claims = citizen.claims.size();
  if (claims == 0) return page;
  const size_t ahead =
      1 + static_cast<size_t>(wanted) / claims + (claims > 1 ? kSomeMore : 0);
  std::vector<ClaimCursor> cursors;
  cursors.reserve(citizen.claims.size());
  for (const auto& [claim, assurance] : citizen.claims) {
    cursors.emplace_back(reader, claim, assurance, from, ahead);
  }
  const Filter filter(request.filter());
  page.entries.bytes.reserve(static_cast<size_t>(wanted) * kUsualRowBytes);
  for (int looked = 0, taken = 0;; ++looked) {
    absl::string_view next;
    for (ClaimCursor& cursor : cursors) {
      KB_RETURN_IF_ERROR(cursor.Fill());
      if (!cursor.has_row()) continue;
      const absl::string_view suffix = cursor.row().suffix();
      if (next.empty() || suffix < next) next = suffix;
    }
    if (next.empty() || next >= last) return page;
    if (taken == wanted || looked == kPageRowsMax || page.entries.bytes.size() > kPageBytesMax) {
      page.next_page_token = TokenFor(keys, request, next);
      return page;
    }
    KB_ASSIGN_OR_RETURN(const bool passed, TakeContact(cursors, next, filter, page.entries.bytes));
    taken += passed ? 1 : 0;
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
    KB_ASSIGN_OR_RETURN(auto row, OpenTimelineRow(key, *value));
    AddTo(entry, std::move(row), claim->second);
  }
  if (!entry.has_contact() || !Filter(filter).Passes(entry.contact())) {
    return std::optional<v1::TimelineEntry>();
  }
  return std::optional<v1::TimelineEntry>(std::move(entry));
}

}  // namespace klantbeeld::store
