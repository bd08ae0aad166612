#include "store/commit.h"

#include <time.h>

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/contact.h"
#include "store/identity/decide.h"
#include "store/identity/registry.h"
#include "store/error.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

absl::Duration ThreadTime() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return absl::DurationFromTimespec(now);
}

absl::Status ContentDiffers(uint64_t position) {
  return Error(v1::ERROR_REASON_CONTENT_DIFFERS,
               absl::StrCat("this source and id stand with other content at position ", position,
                            "; what changed is a new event with an id of its own"),
               {.name = "position", .value = absl::StrCat(position)});
}

}  // namespace

std::string SealDecision(const DecisionFact& fact) {
  return Seal({View(fact.id), "decision", View(fact.id)}, fact.body.SerializeAsString());
}

std::string SealRegistry(const RegistryFact& fact) {
  return Seal({View(fact.subject), "registry", View(fact.subject)}, fact.body.SerializeAsString());
}

JournalRecord MakeRecord(format::Head& head, v1::FactKind kind, int64_t recorded_us,
                         Applied applied, std::string sealed) {
  JournalRecord record;
  record.header = std::move(applied.header);
  record.header.set_kind(kind);
  record.header.set_recorded_at_us(recorded_us);
  record.body = std::move(sealed);
  record.consequences = std::move(applied.consequences);
  const std::string chain = head.chain().empty() ? std::string(16, '\0') : head.chain();
  record.header.set_chain(NextChain(chain, head.position() + 1, record.header, record.body));
  head.set_position(head.position() + 1);
  head.set_recorded_at_us(recorded_us);
  head.set_chain(record.header.chain());
  return record;
}

void Committer::Append(Batch& batch, v1::FactKind kind, Applied applied, std::string sealed) {
  const int64_t now = std::max(head_.recorded_at_us(), absl::ToUnixMicros(clock_()));
  const JournalRecord record = MakeRecord(head_, kind, now, std::move(applied), std::move(sealed));
  batch.Put(Family::kJournal, BigEndian(head_.position()), EncodeJournal(record));
}

namespace {

// Which contact the answer names: of an event taken back, its own; empty while
// it is not there.
absl::StatusOr<std::string> ContactAnswered(const Keys& keys, const Reader& reader,
                                            const PreparedEvent& event) {
  const v1::ContactEvent& said = event.body.event();
  if (said.retraction().what_case() != v1::Retraction::kEventId) {
    return ToHex(View(event.contact_id));
  }
  const Id target = EventOrContactId(keys, said.source(), said.retraction().event_id());
  KB_ASSIGN_OR_RETURN(const auto row,
                      ReadRow<format::ContactRow>(reader, Family::kContact, View(target)));
  return row ? ToHex(row->event_contact()) : std::string();
}

// An event that stands already says the same when it was sent the same, or
// comes to the same: our own export gives it with its defaults filled in and
// its identifiers in normal form.
absl::StatusOr<bool> IsSame(const Reader& reader, const format::ContactRow& row,
                            const PreparedEvent& event) {
  if (row.content_hash() == View(event.content_hash)) return true;
  KB_ASSIGN_OR_RETURN(const JournalRecord record, ReadFact(reader, row.event_position()));
  KB_ASSIGN_OR_RETURN(const format::EventBody body, OpenEvent(record));
  return body.event().SerializeAsString() == event.body.event().SerializeAsString();
}

}  // namespace

absl::Status Committer::Take(Batch& batch, Proposal::Event& proposal) {
  PreparedEvent& event = proposal.event;
  v1::RecordContactEventResponse response;
  KB_ASSIGN_OR_RETURN(*response.mutable_contact_id(), ContactAnswered(keys_, batch, event));
  KB_ASSIGN_OR_RETURN(const auto row,
                      ReadRow<format::ContactRow>(batch, Family::kContact, View(event.event_id)));
  if (row && row->event_position() != 0) {
    KB_ASSIGN_OR_RETURN(const bool same, IsSame(batch, *row, event));
    if (!same) {
      proposal.outcome = ContentDiffers(row->event_position());
      return absl::OkStatus();
    }
    response.set_position(row->event_position());
    response.set_duplicate(true);
    proposal.outcome = std::move(response);
    return absl::OkStatus();
  }
  if (!event.body.event().has_retraction()) {
    // An event of its own contact stands in the same row.
    std::optional<format::ContactRow> contact = row;
    if (event.contact_id != event.event_id) {
      KB_ASSIGN_OR_RETURN(
          contact, ReadRow<format::ContactRow>(batch, Family::kContact, View(event.contact_id)));
    }
    if (contact && static_cast<size_t>(contact->events_size()) >= kContactEventsMax) {
      proposal.outcome = Error(v1::ERROR_REASON_CONTACT_FULL,
                               absl::StrCat("the contact has its ", kContactEventsMax, " events"));
      return absl::OkStatus();
    }
    response.set_changed_contact(contact && contact->events_size() > 0);
  }
  const uint64_t position = head_.position() + 1;
  const absl::Duration began = applied_ ? ThreadTime() : absl::ZeroDuration();
  KB_ASSIGN_OR_RETURN(Applied applied, ApplyEvent(keys_, in_effect_, batch, position, event));
  if (applied_) applied_(ThreadTime() - began);
  Append(batch, v1::FACT_KIND_CONTACT_EVENT, std::move(applied), std::move(event.sealed));
  response.set_position(position);
  proposal.outcome = std::move(response);
  return absl::OkStatus();
}

namespace {

// The answer to a decision that was recorded before; nothing when it was not.
template <typename Response>
absl::StatusOr<std::optional<absl::StatusOr<Response>>> Recorded(const Keys& keys,
                                                                 const Reader& reader,
                                                                 const v1::Decision& decision,
                                                                 const Id& content_hash) {
  const Id id = DecisionId(keys, decision.source(), decision.decision_id());
  KB_ASSIGN_OR_RETURN(const auto row,
                      ReadRow<format::DecisionRow>(reader, Family::kDecision, View(id)));
  if (!row) return std::optional<absl::StatusOr<Response>>();
  if (row->content_hash() != View(content_hash)) {
    return std::optional<absl::StatusOr<Response>>(ContentDiffers(row->position()));
  }
  Response response;
  response.set_position(row->position());
  response.set_duplicate(true);
  return std::optional<absl::StatusOr<Response>>(std::move(response));
}

template <typename Response>
Response Answer(const Keys& keys, const Applied& applied) {
  Response response;
  *response.mutable_changes() = applied.consequences.changes();
  response.set_digest(DigestOf(keys, applied.consequences));
  return response;
}

}  // namespace

absl::Status Committer::Take(Batch& batch, Proposal::Link& proposal) {
  KB_ASSIGN_OR_RETURN(
      auto before,
      Recorded<v1::LinkResponse>(keys_, batch, proposal.request.decision(), proposal.content_hash));
  if (before) {
    proposal.outcome = *std::move(before);
    return absl::OkStatus();
  }
  auto fact = ListLink(keys_, batch, proposal.request);
  if (!fact.ok()) {
    proposal.outcome = fact.status();
    return absl::OkStatus();
  }
  fact->content_hash = proposal.content_hash;
  const uint64_t position = head_.position() + 1;
  Batch trial(&batch);
  KB_ASSIGN_OR_RETURN(Applied applied,
                      ApplyDecision(keys_, in_effect_, trial, position, *fact));
  auto response = Answer<v1::LinkResponse>(keys_, applied);
  const absl::Status linked = CheckLinked(
      trial, *fact, proposal.request.citizen_b().empty() ? "parties_b" : "citizen_b");
  if (!linked.ok()) {
    proposal.outcome = linked;
  } else if (proposal.request.dry_run()) {
    proposal.outcome = std::move(response);
  } else {
    trial.MoveInto(batch);
    Append(batch, v1::FACT_KIND_LINK, std::move(applied), SealDecision(*fact));
    response.set_position(position);
    proposal.outcome = std::move(response);
  }
  return absl::OkStatus();
}

absl::Status Committer::Take(Batch& batch, Proposal::Unlink& proposal) {
  const v1::UnlinkRequest& request = proposal.request;
  KB_ASSIGN_OR_RETURN(auto before, Recorded<v1::UnlinkResponse>(keys_, batch, request.decision(),
                                                                proposal.content_hash));
  if (before) {
    proposal.outcome = *std::move(before);
    return absl::OkStatus();
  }
  auto fact = ListUnlink(keys_, *in_effect_.model, batch, request);
  if (!fact.ok()) {
    proposal.outcome = fact.status();
    return absl::OkStatus();
  }
  fact->content_hash = proposal.content_hash;
  const uint64_t position = head_.position() + 1;
  Batch trial(&batch);
  KB_ASSIGN_OR_RETURN(Applied applied,
                      ApplyDecision(keys_, in_effect_, trial, position, *fact));
  const auto effect = CheckUnlinked(trial, *fact, applied.consequences,
                                    !request.citizen().empty());
  if (!effect.ok()) {
    proposal.outcome = effect.status();
    return absl::OkStatus();
  }
  auto response = Answer<v1::UnlinkResponse>(keys_, applied);
  response.set_digest_required(effect->more_than_asked);
  if (request.dry_run()) {
    proposal.outcome = std::move(response);
  } else if ((effect->more_than_asked || !request.digest().empty()) &&
             request.digest() != response.digest()) {
    proposal.outcome =
        Error(v1::ERROR_REASON_DIGEST_REQUIRED,
              request.digest().empty()
                  ? "the unlink joins something, or takes more apart than was asked; look at a dry "
                    "run and send its digest"
                  : "the unlink does something else than the dry run that gave this digest; look at "
                    "a dry run again",
              {.field = "digest", .name = "digest", .value = response.digest()});
  } else {
    trial.MoveInto(batch);
    Append(batch, v1::FACT_KIND_UNLINK, std::move(applied), SealDecision(*fact));
    response.set_position(position);
    proposal.outcome = std::move(response);
  }
  return absl::OkStatus();
}

absl::Status Committer::Take(Batch& batch, Proposal::Registry& proposal) {
  // Two events with one number may both have asked before either was recorded.
  KB_ASSIGN_OR_RETURN(const auto before, AnsweredAt(keys_, batch, proposal.fact));
  if (before) {
    proposal.outcome = *before;
    return absl::OkStatus();
  }
  const uint64_t position = head_.position() + 1;
  KB_ASSIGN_OR_RETURN(Applied applied,
                      ApplyRegistry(keys_, in_effect_, batch, position, proposal.fact));
  Append(batch, v1::FACT_KIND_REGISTRY, std::move(applied), SealRegistry(proposal.fact));
  proposal.outcome = position;
  return absl::OkStatus();
}

absl::Status Committer::Take(Batch& batch, Proposal::Adopt& proposal) {
  if (proposal.fact.version == in_effect_.model->version) {
    proposal.outcome = in_effect_.adopted;
    return absl::OkStatus();
  }
  const uint64_t position = head_.position() + 1;
  if (absl::Status status = CheckAdoption(in_effect_, position, proposal.fact); !status.ok()) {
    proposal.outcome = std::move(status);
    return absl::OkStatus();
  }
  Applied applied = ApplyModel(batch, position, proposal.fact, in_effect_);
  Append(batch, v1::FACT_KIND_ADOPT_MODEL, std::move(applied), SealAdoption(proposal.fact));
  proposal.outcome = position;
  return absl::OkStatus();
}

absl::Status Committer::Take(Batch& batch, Proposal::Rederive& proposal) {
  if (in_effect_.settled()) {
    proposal.outcome = 0;
    return absl::OkStatus();
  }
  const format::RederivationBody slice = NextSlice(in_effect_);
  const std::string& version = in_effect_.model->version;
  KB_ASSIGN_OR_RETURN(Applied applied, ApplySlice(keys_, batch, head_.position() + 1, version,
                                                  slice, in_effect_));
  Append(batch, v1::FACT_KIND_REDERIVE, std::move(applied), SealRederivation(version, slice));
  proposal.outcome = in_effect_.left();
  return absl::OkStatus();
}

void Committer::BeginAgain(format::Head head, ModelInEffect in_effect) {
  head_ = std::move(head);
  in_effect_ = std::move(in_effect);
  last_ = nullptr;
}

absl::StatusOr<Committer::Group> Committer::Apply(std::vector<Proposal>& proposals) {
  const uint64_t before = head_.position();
  // What the last group stood on is in the database by now.
  if (last_ != nullptr) last_->StandOn(db_);
  auto batch =
      std::make_shared<Batch>(last_ == nullptr ? static_cast<const Reader*>(&db_) : last_.get());
  for (Proposal& proposal : proposals) {
    KB_RETURN_IF_ERROR(std::visit([&](auto& what) { return Take(*batch, what); }, proposal.what));
  }
  // Duplicates of earlier facts, and refusals, need no write.
  if (head_.position() == before) return Group{nullptr, head_};
  batch->Put(Family::kMeta, "head", Encode(head_));
  last_ = batch;
  return Group{std::move(batch), head_};
}

absl::Status Committer::Write(const Group& group) {
  if (group.batch == nullptr) return absl::OkStatus();
  KB_RETURN_IF_ERROR(db_.Write(*group.batch));
  return acknowledged_.Note(group.head);
}

}  // namespace klantbeeld::store
