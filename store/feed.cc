#include "store/feed.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "store/citizen.h"
#include "store/contact.h"
#include "store/error.h"
#include "store/journal.h"
#include "store/identity/normalise.h"
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

// What every kind of fact tells, but for the contact and its event.
absl::Status FillFact(uint64_t position, const format::FactHeader& header,
                      absl::string_view sealed, format::Consequences& consequences,
                      v1::FeedEvent& event) {
  event.set_position(position);
  *event.mutable_recorded_at() = FromMicros(header.recorded_at_us());
  event.set_kind(static_cast<v1::FactKind>(header.kind()));
  *event.mutable_changes() = std::move(*consequences.mutable_changes());
  if (event.kind() == v1::FACT_KIND_REGISTRY) return absl::OkStatus();
  if (event.kind() == v1::FACT_KIND_ADOPT_MODEL || event.kind() == v1::FACT_KIND_REDERIVE) {
    event.set_model(header.subject_id());
    return absl::OkStatus();
  }
  if (event.kind() != v1::FACT_KIND_CONTACT_EVENT) {
    KB_ASSIGN_OR_RETURN(format::DecisionBody body, OpenDecision(header, sealed));
    *event.mutable_decision() = std::move(*body.mutable_decision());
    ToPartyRefs(body.parties_a(), *event.mutable_parties_a());
    ToPartyRefs(body.parties_b(), *event.mutable_parties_b());
    return absl::OkStatus();
  }
  event.set_contact_id(ToHex(header.contact_id()));
  const auto& after = header.citizens_after();
  for (const auto& citizen : after) event.add_citizen_ids(ToHex(citizen));
  for (const auto& citizen : header.citizens_before()) {
    if (std::find(after.begin(), after.end(), citizen) == after.end()) {
      event.add_left_citizen_ids(ToHex(citizen));
    }
  }
  return absl::OkStatus();
}

// Makes a frame of journal rows. Messages are kept from fact to fact, because
// making them anew costs more than filling them.
class FrameMaker {
 public:
  FrameMaker(const Reader& reader, const v1::FeedFilter& filter, uint64_t from, uint64_t head)
      : reader_(reader), passes_(filter), from_(from) {
    frame_.position = from;
    frame_.head = head;
  }

  // Takes the next row. False: the frame is whole.
  absl::StatusOr<bool> Take(absl::string_view key, absl::string_view value) {
    const uint64_t at = FromBigEndian(key);
    // Dense by construction; a hole would be lost facts, so it is never skipped.
    if (at != frame_.position + 1) return FactMissing(frame_.position + 1);
    KB_ASSIGN_OR_RETURN(const JournalPieces pieces, SplitJournal(value));
    if (!ParseBytes(pieces.header, header_)) {
      return absl::DataLossError("journal: record not readable");
    }
    if (passes_.Passes(header_)) {
      KB_ASSIGN_OR_RETURN(const absl::string_view spliced, Fill(at, pieces));
      const size_t size =
          event_.ByteSizeLong() + (spliced.empty() ? 0 : FieldBytes(spliced.size()));
      std::string& bytes = frame_.events.bytes;
      if (frame_.count > 0 && bytes_ + size > kFrameBytesMax) return Whole();
      bytes_ += size;
      ++frame_.count;
      AppendFieldHead(bytes, v1::FollowResponse::kEventsFieldNumber, size);
      event_.AppendToString(&bytes);
      if (!spliced.empty()) AppendField(bytes, v1::FeedEvent::kEventFieldNumber, spliced);
    }
    frame_.position = at;
    chain_ = header_.chain();
    const bool more = frame_.count < kFrameEventsMax && bytes_ < kFrameBytesMax &&
                      frame_.position - from_ < kFrameLooksMax;
    return more ? more : Whole();
  }

  // Running hash at its position; empty when no row was taken.
  const std::string& chain() const { return chain_; }
  Frame Finish() { return std::move(frame_); }

 private:
  bool Whole() {
    frame_.whole = true;
    return false;
  }

  // Fills `event_` but for the recorded event, whose bytes it returns.
  absl::StatusOr<absl::string_view> Fill(uint64_t position, const JournalPieces& pieces) {
    event_.Clear();
    if (!ParseBytes(pieces.consequences, consequences_)) {
      return absl::DataLossError("journal: record not readable");
    }
    KB_RETURN_IF_ERROR(FillFact(position, header_, pieces.body, consequences_, event_));
    if (event_.kind() == v1::FACT_KIND_CONTACT_EVENT) return FillContactEvent(position, pieces);
    return absl::string_view();
  }

  absl::StatusOr<absl::string_view> FillContactEvent(uint64_t position,
                                                     const JournalPieces& pieces) {
    if (header_.several_events()) {
      const std::string& id = header_.contact_id();
      KB_ASSIGN_OR_RETURN(const auto row,
                          ReadRow<format::ContactRow>(reader_, Family::kContact, id));
      if (!row) return absl::DataLossError("feed: a fact's contact is not there");
      KB_ASSIGN_OR_RETURN(*event_.mutable_contact(), FoldAt(reader_, id, *row, position));
      event_.mutable_contact()->clear_events();
    }
    KB_ASSIGN_OR_RETURN(absl::string_view body,
                        OpenEventBytes(header_, pieces.body, scratch_));
    Field field;
    while (TakeField(body, field)) {
      if (field.number == format::EventBody::kEventFieldNumber) return field.content;
    }
    return absl::DataLossError("journal: event not readable");
  }

  const Reader& reader_;
  const FactFilter passes_;
  const uint64_t from_;
  Frame frame_;
  size_t bytes_ = 0;  // Of the events, without what frames them.
  std::string chain_;
  format::FactHeader header_;
  format::Consequences consequences_;
  v1::FeedEvent event_;
  std::string scratch_;  // Where a compressed body lies opened.
};

absl::Status Ahead(uint64_t position, uint64_t head) {
  return Error(v1::ERROR_REASON_POSITION_AHEAD,
               absl::StrCat("position ", position, " is ahead of the head, ", head),
               {.field = "start.position", .name = "head", .value = absl::StrCat(head)});
}

// A token past the head of a store that was put back is of facts that are gone;
// such a store may have forgotten facts, others never do.
absl::StatusOr<bool> MayHaveForgotten(const Reader& reader) {
  KB_ASSIGN_OR_RETURN(const auto info, ReadRow<format::StoreInfo>(reader, Family::kMeta, "store"));
  return info && info->restored_size() > 0;
}

absl::Status Diverged() {
  return Error(v1::ERROR_REASON_LOG_DIVERGED,
               "the log went another way since this token was given (a backup was restored); "
               "begin anew at position 0",
               {.field = "start.resume_token"});
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
  if (position > head) {
    KB_ASSIGN_OR_RETURN(const bool forgotten, MayHaveForgotten(reader));
    return forgotten ? Diverged() : Ahead(position, head);
  }
  std::string chain(16, '\0');
  if (position > 0) {
    KB_ASSIGN_OR_RETURN(const JournalRecord record, ReadFact(reader, position));
    chain = record.header.chain();
  }
  if (bytes.substr(24) != chain) return Diverged();
  return position;
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
      return LastRecordedBefore(reader, ToMicros(start.recorded_at()), head.position());
    case v1::FollowStart::kNow:
      return head.position();
    default:
      return 0;
  }
}

absl::StatusOr<v1::FeedEvent> ReadFactOnly(const Reader& reader, uint64_t position) {
  KB_ASSIGN_OR_RETURN(JournalRecord record, ReadFact(reader, position));
  v1::FeedEvent fact;
  KB_RETURN_IF_ERROR(
      FillFact(position, record.header, record.body, record.consequences, fact));
  if (fact.kind() != v1::FACT_KIND_CONTACT_EVENT) return fact;
  KB_ASSIGN_OR_RETURN(const format::EventBody body, OpenEvent(record));
  fact.mutable_event()->set_source(body.event().source());
  fact.mutable_event()->set_event_id(body.event().event_id());
  *fact.mutable_event()->mutable_contact() = body.event().contact();
  return fact;
}

absl::StatusOr<Frame> ReadFrame(const Reader& reader, absl::string_view log_id,
                                const v1::FeedFilter& filter, uint64_t from) {
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(reader));
  FrameMaker maker(reader, filter, from, head.position());
  absl::Status inner;
  KB_RETURN_IF_ERROR(reader.Scan(Family::kJournal, "", BigEndian(from + 1),
                                 [&](absl::string_view key, absl::string_view value) {
                                   const auto go_on = maker.Take(key, value);
                                   inner = go_on.status();
                                   return go_on.ok() && *go_on;
                                 }));
  KB_RETURN_IF_ERROR(inner);
  std::string chain = maker.chain();
  if (chain.empty() && from > 0) {
    KB_ASSIGN_OR_RETURN(const JournalRecord record, ReadFact(reader, from));
    chain = record.header.chain();
  }
  Frame frame = maker.Finish();
  frame.resume_token = ResumeToken(log_id, frame.position, chain);
  return frame;
}

}  // namespace klantbeeld::store
