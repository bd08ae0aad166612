#include "store/feed.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "store/citizen.h"
#include "store/contact.h"
#include "store/error.h"
#include "store/journal.h"
#include "store/normalise.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

// A filter with its texts folded once.
class FactFilter {
 public:
  explicit FactFilter(const v1::FeedFilter& filter) : filter_(filter) {
    for (const auto& product : filter.products()) products_.push_back(FoldText(product));
    for (const auto& one : filter.departments()) departments_.push_back(FoldText(one));
  }

  // A fact passes when its contact passed before it or passes after it, so
  // that a follower also learns what left its view.
  bool Passes(const format::FactHeader& header) const {
    if (!Among(filter_.kinds(), static_cast<int>(header.kind()))) return false;
    if (filter_.channels().empty() && products_.empty() && departments_.empty()) return true;
    return Passes(header.before()) || Passes(header.after());
  }

 private:
  template <typename List, typename Value>
  static bool Among(const List& list, const Value& value) {
    return list.empty() || std::find(list.begin(), list.end(), value) != list.end();
  }
  bool Passes(const format::Classification& contact) const {
    return contact.exists() && Among(filter_.channels(), static_cast<int>(contact.channel())) &&
           (products_.empty() || Among(products_, FoldText(contact.product_code())) ||
            Among(products_, FoldText(contact.product_name()))) &&
           (departments_.empty() || Among(departments_, FoldText(contact.department())));
  }

  const v1::FeedFilter& filter_;
  std::vector<std::string> products_;
  std::vector<std::string> departments_;
};

void ToPartyRefs(const google::protobuf::RepeatedPtrField<format::PartyId>& from,
                 google::protobuf::RepeatedPtrField<v1::PartyRef>& to) {
  for (const auto& party : from) {
    v1::PartyRef& ref = *to.Add();
    ref.set_contact_id(ToHex(party.contact_id()));
    ref.set_party_key(party.party_key());
  }
}

absl::Status AddContactEvent(const Reader& reader, uint64_t position, const JournalRecord& record,
                             v1::FeedEvent& event) {
  const format::FactHeader& header = record.header;
  KB_ASSIGN_OR_RETURN(format::EventBody body, OpenEvent(record));
  *event.mutable_event() = std::move(*body.mutable_event());
  event.set_contact_id(ToHex(header.contact_id()));
  for (const auto& citizen : header.citizens_after()) event.add_citizen_ids(ToHex(citizen));
  for (const auto& citizen : header.citizens_before()) {
    const auto& after = header.citizens_after();
    if (std::find(after.begin(), after.end(), citizen) == after.end()) {
      event.add_left_citizen_ids(ToHex(citizen));
    }
  }
  if (!header.several_events()) return absl::OkStatus();
  KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ContactRow>(reader, Family::kContact,
                                                                  header.contact_id()));
  if (!row) return absl::DataLossError("feed: a fact's contact is not there");
  KB_ASSIGN_OR_RETURN(*event.mutable_contact(),
                      FoldAt(reader, header.contact_id(), *row, position));
  event.mutable_contact()->clear_events();
  return absl::OkStatus();
}

absl::StatusOr<v1::FeedEvent> ToFeedEvent(const Reader& reader, uint64_t position,
                                          JournalRecord& record) {
  v1::FeedEvent event;
  event.set_position(position);
  *event.mutable_recorded_at() = FromMicros(record.header.recorded_at_us());
  event.set_kind(static_cast<v1::FactKind>(record.header.kind()));
  *event.mutable_changes() = std::move(*record.consequences.mutable_changes());
  if (event.kind() == v1::FACT_KIND_CONTACT_EVENT) {
    KB_RETURN_IF_ERROR(AddContactEvent(reader, position, record, event));
    return event;
  }
  KB_ASSIGN_OR_RETURN(format::DecisionBody body, OpenDecision(record));
  *event.mutable_decision() = std::move(*body.mutable_decision());
  ToPartyRefs(body.parties_a(), *event.mutable_parties_a());
  ToPartyRefs(body.parties_b(), *event.mutable_parties_b());
  return event;
}

absl::Status Ahead(uint64_t position, uint64_t head) {
  return Error(v1::ERROR_REASON_POSITION_AHEAD,
               absl::StrCat("position ", position, " is ahead of the head, ", head),
               {.field = "start.position", .name = "head", .value = absl::StrCat(head)});
}

absl::StatusOr<uint64_t> FromToken(const Reader& reader, absl::string_view log_id,
                                   const std::string& token, uint64_t head) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape(token, &bytes) || bytes.size() != 40) {
    return Error(v1::ERROR_REASON_FIELD_INVALID, "not a resume token",
                 {.field = "start.resume_token"});
  }
  if (bytes.substr(0, 16) != log_id) {
    return Error(v1::ERROR_REASON_LOG_FOREIGN,
                 "the token is of another log; begin anew at position 0",
                 {.field = "start.resume_token"});
  }
  const uint64_t position = FromBigEndian(absl::string_view(bytes).substr(16));
  if (position > head) return Ahead(position, head);
  std::string chain(16, '\0');
  if (position > 0) {
    KB_ASSIGN_OR_RETURN(const JournalRecord record, ReadFact(reader, position));
    chain = record.header.chain();
  }
  if (bytes.substr(24) != chain) {
    return Error(v1::ERROR_REASON_LOG_DIVERGED,
                 "the log went another way since this token was given (a backup was restored); "
                 "begin anew at position 0",
                 {.field = "start.resume_token"});
  }
  return position;
}

// The last position recorded before `at_us`; times never run backwards.
absl::StatusOr<uint64_t> LastBefore(const Reader& reader, int64_t at_us, uint64_t head) {
  uint64_t low = 0, high = head;
  while (low < high) {
    const uint64_t middle = low + (high - low + 1) / 2;
    KB_ASSIGN_OR_RETURN(const JournalRecord record, ReadFact(reader, middle));
    if (record.header.recorded_at_us() < at_us) {
      low = middle;
    } else {
      high = middle - 1;
    }
  }
  return low;
}

}  // namespace

std::string ResumeToken(absl::string_view log_id, uint64_t position, absl::string_view chain) {
  const std::string none(16, '\0');
  return absl::WebSafeBase64Escape(
      absl::StrCat(log_id, BigEndian(position), position == 0 ? absl::string_view(none) : chain));
}

absl::StatusOr<uint64_t> ResumePosition(const Reader& reader, absl::string_view log_id,
                                        const v1::FollowStart& start) {
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(reader));
  switch (start.from_case()) {
    case v1::FollowStart::kResumeToken:
      return FromToken(reader, log_id, start.resume_token(), head.position());
    case v1::FollowStart::kPosition:
      if (start.position() > head.position()) return Ahead(start.position(), head.position());
      return start.position();
    case v1::FollowStart::kRecordedAt:
      return LastBefore(reader, ToMicros(start.recorded_at()), head.position());
    case v1::FollowStart::kNow:
      return head.position();
    default:
      return 0;
  }
}

absl::StatusOr<v1::FollowResponse> ReadFrame(const Reader& reader, absl::string_view log_id,
                                             const v1::FeedFilter& filter, uint64_t from) {
  const FactFilter passes(filter);
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(reader));
  v1::FollowResponse frame;
  frame.set_head(head.position());
  uint64_t position = from;
  std::string chain;
  size_t bytes = 0;
  absl::Status inner;
  const auto take = [&](absl::string_view key, absl::string_view value) -> absl::StatusOr<bool> {
    const uint64_t at = FromBigEndian(key);
    // Dense by construction; a hole would be lost facts, so it is never skipped.
    if (at != position + 1) {
      return absl::DataLossError(absl::StrCat("journal: position ", position + 1, " is missing"));
    }
    KB_ASSIGN_OR_RETURN(format::FactHeader header, DecodeJournalHeader(value));
    if (passes.Passes(header)) {
      KB_ASSIGN_OR_RETURN(JournalRecord record, DecodeJournal(value));
      KB_ASSIGN_OR_RETURN(v1::FeedEvent event, ToFeedEvent(reader, at, record));
      const size_t size = event.ByteSizeLong();
      if (frame.events_size() > 0 && bytes + size > kFrameBytesMax) return false;
      bytes += size;
      *frame.add_events() = std::move(event);
    }
    position = at;
    chain = std::move(*header.mutable_chain());
    return frame.events_size() < kFrameEventsMax && bytes < kFrameBytesMax &&
           position - from < kFrameLooksMax;
  };
  KB_RETURN_IF_ERROR(reader.Scan(Family::kJournal, "", BigEndian(from + 1),
                                 [&](absl::string_view key, absl::string_view value) {
                                   const auto go_on = take(key, value);
                                   inner = go_on.status();
                                   return go_on.ok() && *go_on;
                                 }));
  KB_RETURN_IF_ERROR(inner);
  if (position == from && from > 0) {
    KB_ASSIGN_OR_RETURN(const JournalRecord record, ReadFact(reader, from));
    chain = record.header.chain();
  }
  frame.set_position(position);
  frame.set_resume_token(ResumeToken(log_id, position, chain));
  return frame;
}

}  // namespace klantbeeld::store
