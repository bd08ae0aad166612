#include "store/apply.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "klantbeeld/v1/feed_service.pb.h"
#include "store/identity/claims.h"
#include "store/contact.h"
#include "store/identity/found.h"
#include "store/identity/identity.h"
#include "store/identity/past.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

absl::StatusOr<format::ContactRow> LoadContact(const Reader& reader, absl::string_view id) {
  KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::ContactRow>(reader, Family::kContact, id));
  return row ? *std::move(row) : format::ContactRow();
}

void Save(Batch& batch, absl::string_view id, const format::ContactRow& row) {
  batch.Put(Family::kContact, id, Encode(row));
}

format::Classification Classify(const v1::Contact& contact) {
  format::Classification result;
  if (contact.retracted()) return result;
  const v1::ContactData& data = contact.data();
  result.set_exists(true);
  result.set_channel(data.channel());
  result.set_product_code(data.product().code());
  result.set_product_name(data.product().name());
  result.set_department(data.department());
  return result;
}

std::vector<format::Standing> StandingsOf(const format::ContactRow& row) {
  return {row.standings().begin(), row.standings().end()};
}

// One contact put where it belongs: folded anew, its timeline rows and its
// standings written.
class ContactPlacer {
 public:
  ContactPlacer(const Keys& keys, Batch& batch, IdentityChange& identity, std::string id)
      : keys_(keys), batch_(batch), identity_(identity), id_(std::move(id)) {}

  // `latest` is the body at `position`, when it belongs to this contact.
  absl::Status Place(format::ContactRow& row, uint64_t position, const format::EventBody* latest,
                     bool decided) {
    KB_ASSIGN_OR_RETURN(FoldedContact folded, FoldRow(row, position, latest));
    absl::btree_set<std::string> decided_keys;
    for (const auto& party : row.decided()) decided_keys.insert(party.party_key());
    const std::vector<PartyClaim> claims = ClaimsOf(keys_, id_, folded, decided_keys);
    folded.contact.set_id(ToHex(id_));
    folded.contact.set_position(position);
    folded.contact.set_event_count(static_cast<uint32_t>(row.events_size()));
    const std::vector<format::Standing> before = StandingsOf(row);
    const v1::Channel channel_before = row.classification().channel();
    // A decision being applied touches its parties itself.
    if (!decided) KB_RETURN_IF_ERROR(TouchDecided(row));
    MoveRows(before, row.happened_us(), claims, folded);
    WriteStandings(row, claims);
    const bool moved = row.happened_us() != folded.happened_us;
    row.set_happened_us(folded.happened_us);
    row.set_last_position(position);
    *row.mutable_classification() = Classify(folded.contact);
    Save(batch_, id_, row);
    return identity_.Restand(id_, before, channel_before, claims,
                             row.classification().channel(), decided, moved);
  }

 private:
  absl::StatusOr<FoldedContact> FoldRow(const format::ContactRow& row, uint64_t position,
                                        const format::EventBody* latest) {
    const bool retracted = row.contact_retracted_position() != 0;
    FoldedContact folded;
    if (latest != nullptr && row.events_size() == 1) {
      folded = Fold({{latest, row.events(0).retracted_position() != 0}}, retracted);
      *folded.contact.mutable_ref() = latest->event().contact();
      return folded;
    }
    KB_ASSIGN_OR_RETURN(const ContactBodies read, ReadBodies(batch_, row, position, latest));
    std::vector<FoldEvent> events;
    for (size_t i = 0; i < read.bodies.size(); ++i) {
      events.push_back({&read.bodies[i], read.retracted[i]});
    }
    folded = Fold(events, retracted);
    if (!read.bodies.empty()) {
      *folded.contact.mutable_ref() = read.bodies.front().event().contact();
    }
    return folded;
  }

  // What a person said about a party of this contact may hold, or no longer,
  // for everyone whom the same decisions name.
  absl::Status TouchDecided(const format::ContactRow& row) {
    std::set<std::string> decisions;
    for (const auto& party : row.decided()) {
      decisions.insert(party.decisions().begin(), party.decisions().end());
    }
    for (const std::string& id : decisions) {
      KB_ASSIGN_OR_RETURN(const auto decision,
                          ReadRow<format::DecisionRow>(batch_, Family::kDecision, id));
      if (!decision) return absl::DataLossError("decision: a party names one that is not there");
      for (const auto* side : {&decision->parties_a(), &decision->parties_b()}) {
        for (const auto& party : *side) {
          KB_ASSIGN_OR_RETURN(const format::ContactRow other,
                              LoadContact(batch_, party.contact_id()));
          const std::string claim = ClaimOfParty(other, party.party_key());
          if (!claim.empty()) identity_.Touch(claim);
        }
      }
    }
    return absl::OkStatus();
  }

  void MoveRows(const std::vector<format::Standing>& before, int64_t happened_before,
                const std::vector<PartyClaim>& after, const FoldedContact& folded) {
    std::map<std::string, std::vector<std::string>> rows;  // Parties by key.
    for (const PartyClaim& claim : after) {
      rows[TimelineKey(claim.claim_id, folded.happened_us, id_)].push_back(claim.party_key);
    }
    for (const format::Standing& standing : before) {
      const std::string key = TimelineKey(standing.claim_id(), happened_before, id_);
      if (!rows.contains(key)) batch_.Delete(Family::kTimeline, key);
    }
    for (const auto& [key, parties] : rows) {
      std::string value(1, static_cast<char>(kFormatVersion));
      value += Seal({id_, "timeline", key},
                    MakeTimelineRow(folded.contact, parties).SerializeAsString());
      batch_.Put(Family::kTimeline, key, std::move(value));
    }
  }

  static void WriteStandings(format::ContactRow& row, const std::vector<PartyClaim>& claims) {
    row.clear_standings();
    for (const PartyClaim& claim : claims) {
      format::Standing& standing = *row.add_standings();
      standing.set_party_key(claim.party_key);
      standing.set_claim_id(claim.claim_id);
      for (const std::string& extra : claim.extras) standing.add_extras(extra);
    }
  }

  const Keys& keys_;
  Batch& batch_;
  IdentityChange& identity_;
  const std::string id_;
};

// Citizens of a contact's parties, by the party's key.
using PartyCitizens = std::map<std::string, std::string>;
absl::StatusOr<PartyCitizens> CitizensOf(IdentityChange& identity, const format::ContactRow& row) {
  PartyCitizens citizens;
  for (const auto& standing : row.standings()) {
    KB_ASSIGN_OR_RETURN(citizens[standing.party_key()], identity.CitizenOf(standing.claim_id()));
  }
  return citizens;
}

std::set<std::string> EachOnce(const PartyCitizens& citizens) {
  std::set<std::string> once;
  for (const auto& [party, citizen] : citizens) once.insert(citizen);
  return once;
}

// Where a contact's own event took its parties is part of the past of the
// citizens that they left and of those that they came to.
void NoteMoves(Batch& batch, const PartyCitizens& before, const PartyCitizens& after,
               uint64_t position) {
  for (const auto& [party, left] : before) {
    const auto now = after.find(party);
    if (now != after.end() && now->second == left) continue;
    NoteFactAbout(batch, left, position);
    if (now != after.end()) NoteFactAbout(batch, now->second, position);
  }
}

void AddEvent(format::ContactRow& row, absl::string_view event_id, uint64_t position,
              uint64_t retracted_position) {
  auto& events = *row.mutable_events();
  const auto at = std::lower_bound(
      events.begin(), events.end(), event_id,
      [](const format::ContactEventRow& event, absl::string_view id) {
        return absl::string_view(event.event_id()) < id;
      });
  const auto place = at - events.begin();
  format::ContactEventRow& added = *events.Add();
  added.set_event_id(std::string(event_id));
  added.set_position(position);
  added.set_retracted_position(retracted_position);
  std::rotate(events.begin() + place, events.end() - 1, events.end());
}

// The contact that an event changes. Its row is yet to be written.
struct Subject {
  std::string id;  // Empty: the event changes none (yet).
  format::ContactRow row;
};

absl::StatusOr<Subject> RetractEvent(const Keys& keys, Batch& batch, uint64_t position,
                                     const v1::ContactEvent& said) {
  const std::string target(
      View(EventOrContactId(keys, said.source(), said.retraction().event_id())));
  KB_ASSIGN_OR_RETURN(format::ContactRow row, LoadContact(batch, target));
  if (row.retracted_position() != 0) return Subject();
  row.set_retracted_position(position);
  Save(batch, target, row);
  Subject subject;
  subject.id = row.event_contact();
  if (subject.id.empty()) return subject;
  KB_ASSIGN_OR_RETURN(subject.row, LoadContact(batch, subject.id));
  for (auto& one : *subject.row.mutable_events()) {
    if (one.event_id() == target) one.set_retracted_position(position);
  }
  return subject;
}

// Writes the event's own row, unless it is that of its contact, and what it
// says of other rows.
absl::StatusOr<Subject> RecordEventRow(const Keys& keys, Batch& batch, uint64_t position,
                                       const PreparedEvent& event) {
  const v1::ContactEvent& said = event.body.event();
  const std::string event_id(View(event.event_id));
  KB_ASSIGN_OR_RETURN(format::ContactRow own, LoadContact(batch, event_id));
  own.set_event_position(position);
  own.set_content_hash(std::string(View(event.content_hash)));
  if (said.retraction().what_case() == v1::Retraction::kEventId) {
    Save(batch, event_id, own);
    return RetractEvent(keys, batch, position, said);
  }
  Subject subject;
  subject.id = std::string(View(event.contact_id));
  const bool retracts_contact = said.retraction().what_case() == v1::Retraction::kContact;
  if (!retracts_contact) own.set_event_contact(subject.id);
  const uint64_t retracted = own.retracted_position();
  if (subject.id == event_id) {
    // The common event: of a contact of its own.
    subject.row = std::move(own);
  } else {
    Save(batch, event_id, own);
    KB_ASSIGN_OR_RETURN(subject.row, LoadContact(batch, subject.id));
  }
  if (!retracts_contact) {
    AddEvent(subject.row, event_id, position, retracted);
    return subject;
  }
  if (subject.row.contact_retracted_position() == 0) {
    subject.row.set_contact_retracted_position(position);
    return subject;
  }
  Save(batch, subject.id, subject.row);
  return Subject();
}

}  // namespace

absl::StatusOr<ContactBodies> ReadBodies(const Reader& reader, const format::ContactRow& row,
                                         uint64_t position, const format::EventBody* latest) {
  ContactBodies read;
  for (const auto& event : row.events()) {
    if (event.position() > position) continue;
    if (latest != nullptr && event.position() == position) {
      read.bodies.push_back(*latest);
      read.recorded_us.push_back(0);
    } else {
      KB_ASSIGN_OR_RETURN(const JournalRecord record, ReadFact(reader, event.position()));
      KB_ASSIGN_OR_RETURN(format::EventBody body, OpenEvent(record));
      read.bodies.push_back(std::move(body));
      read.recorded_us.push_back(record.header.recorded_at_us());
    }
    read.positions.push_back(event.position());
    read.retracted.push_back(event.retracted_position() != 0 &&
                             event.retracted_position() <= position);
  }
  return read;
}

absl::StatusOr<Applied> ApplyEvent(const Keys& keys, const ModelInEffect& in_effect, Batch& batch,
                                   uint64_t position, const PreparedEvent& event) {
  Applied applied;
  applied.header.set_event_id(std::string(View(event.event_id)));
  applied.header.set_content_hash(std::string(View(event.content_hash)));
  KB_ASSIGN_OR_RETURN(auto subject, RecordEventRow(keys, batch, position, event));
  format::ContactRow& row = subject.row;
  applied.header.set_subject_id(std::string(View(event.contact_id)));
  const bool changes_one = !subject.id.empty();
  if (!changes_one) {
    subject.id = std::string(View(event.contact_id));
    KB_ASSIGN_OR_RETURN(row, LoadContact(batch, subject.id));
  }
  *applied.header.mutable_before() = row.classification();
  *applied.header.mutable_after() = row.classification();
  applied.header.set_contact_id(subject.id);
  if (!changes_one) return applied;
  IdentityChange identity(keys, in_effect, batch);
  KB_ASSIGN_OR_RETURN(const auto before, CitizensOf(identity, row));
  ContactPlacer placer(keys, batch, identity, subject.id);
  const bool retraction = event.body.event().has_retraction();
  KB_RETURN_IF_ERROR(placer.Place(row, position, retraction ? nullptr : &event.body, false));
  KB_ASSIGN_OR_RETURN(applied.consequences, identity.Finish(position));
  KB_ASSIGN_OR_RETURN(const auto after, CitizensOf(identity, row));
  *applied.header.mutable_after() = row.classification();
  applied.header.set_several_events(row.events_size() != 1 || retraction ||
                                    !row.classification().exists());
  for (const std::string& citizen : EachOnce(before)) applied.header.add_citizens_before(citizen);
  for (const std::string& citizen : EachOnce(after)) applied.header.add_citizens_after(citizen);
  NoteMoves(batch, before, after, position);
  return applied;
}

absl::StatusOr<Applied> ApplyDecision(const Keys& keys, const ModelInEffect& in_effect,
                                      Batch& batch, uint64_t position,
                                      const DecisionFact& decision) {
  format::DecisionRow row;
  row.set_position(position);
  row.set_content_hash(std::string(View(decision.content_hash)));
  row.set_unlink(decision.unlink);
  row.set_decided_us(ToMicros(decision.body.decision().decided_at()));
  *row.mutable_parties_a() = decision.body.parties_a();
  *row.mutable_parties_b() = decision.body.parties_b();
  *row.mutable_shared_values() = decision.body.shared_values();
  const std::string id(View(decision.id));
  batch.Put(Family::kDecision, id, Encode(row));

  IdentityChange identity(keys, in_effect, batch);
  std::map<std::string, std::set<std::string>> parties;
  for (const auto* side : {&row.parties_a(), &row.parties_b()}) {
    for (const auto& party : *side) parties[party.contact_id()].insert(party.party_key());
  }
  for (const auto& [contact_id, party_keys] : parties) {
    KB_ASSIGN_OR_RETURN(format::ContactRow contact, LoadContact(batch, contact_id));
    std::map<std::string, std::set<std::string>> decided;
    for (const auto& party : contact.decided()) {
      decided[party.party_key()].insert(party.decisions().begin(), party.decisions().end());
    }
    for (const std::string& key : party_keys) decided[key].insert(id);
    contact.clear_decided();
    for (const auto& [key, decisions] : decided) {
      format::DecidedParty& party = *contact.add_decided();
      party.set_party_key(key);
      for (const std::string& one : decisions) party.add_decisions(one);
    }
    ContactPlacer placer(keys, batch, identity, contact_id);
    const uint64_t last = contact.last_position();
    KB_RETURN_IF_ERROR(placer.Place(contact, last, nullptr, true));
    for (const std::string& key : party_keys) identity.Touch(ClaimOfParty(contact, key));
  }
  Applied applied;
  applied.header.set_subject_id(id);
  applied.header.set_content_hash(row.content_hash());
  KB_ASSIGN_OR_RETURN(applied.consequences, identity.Finish(position));
  // Also of those that it leaves as they are: a suggestion that is refused.
  for (const auto& [contact_id, party_keys] : parties) {
    KB_ASSIGN_OR_RETURN(const format::ContactRow contact, LoadContact(batch, contact_id));
    for (const std::string& key : party_keys) {
      const std::string claim = ClaimOfParty(contact, key);
      if (claim.empty()) continue;
      KB_ASSIGN_OR_RETURN(const std::string citizen, identity.CitizenOf(claim));
      if (!citizen.empty()) NoteFactAbout(batch, citizen, position);
    }
  }
  return applied;
}

absl::StatusOr<Applied> ApplyRegistry(const Keys& keys, const ModelInEffect& in_effect,
                                      Batch& batch, uint64_t position,
                                      const RegistryFact& registry) {
  Applied applied;
  applied.header.set_subject_id(std::string(View(registry.subject)));
  IdentityChange identity(keys, in_effect, batch);
  KB_RETURN_IF_ERROR(identity.Register(registry, position));
  KB_ASSIGN_OR_RETURN(applied.consequences, identity.Finish(position));
  if (registry.body.sought().empty()) {
    NoteFactAbout(batch, applied.header.subject_id(), position);
    return applied;
  }
  KB_ASSIGN_OR_RETURN(const auto claims, ClaimsSoughtBy(batch, registry.body.sought()));
  for (const std::string& claim : claims) {
    KB_ASSIGN_OR_RETURN(const std::string citizen, identity.CitizenOf(claim));
    if (!citizen.empty()) NoteFactAbout(batch, citizen, position);
  }
  return applied;
}

Applied ApplyModel(Batch& batch, uint64_t position, const AdoptionFact& adoption,
                   ModelInEffect& in_effect) {
  Applied applied;
  applied.header.set_subject_id(adoption.version);
  ApplyAdoption(batch, position, adoption, in_effect);
  return applied;
}

absl::StatusOr<Applied> ApplySlice(const Keys& keys, Batch& batch, uint64_t position,
                                   absl::string_view version,
                                   const format::RederivationBody& slice,
                                   ModelInEffect& in_effect) {
  Applied applied;
  applied.header.set_subject_id(std::string(version));
  KB_ASSIGN_OR_RETURN(applied.consequences,
                      ApplyRederivation(keys, batch, position, slice, in_effect));
  return applied;
}

absl::StatusOr<Applied> ApplyRecord(const Keys& keys, ModelInEffect& in_effect, Batch& batch,
                                    uint64_t position, const JournalRecord& record) {
  const format::FactHeader& header = record.header;
  if (header.kind() == v1::FACT_KIND_ADOPT_MODEL) {
    KB_ASSIGN_OR_RETURN(const AdoptionFact adoption, OpenAdoption(header, record.body));
    return ApplyModel(batch, position, adoption, in_effect);
  }
  if (header.kind() == v1::FACT_KIND_REDERIVE) {
    KB_ASSIGN_OR_RETURN(const auto slice, OpenRederivation(header, record.body));
    return ApplySlice(keys, batch, position, header.subject_id(), slice, in_effect);
  }
  if (header.kind() == v1::FACT_KIND_CONTACT_EVENT) {
    PreparedEvent event;
    event.event_id = ToId(header.event_id());
    event.contact_id = ToId(header.subject_id());
    event.content_hash = ToId(header.content_hash());
    KB_ASSIGN_OR_RETURN(event.body, OpenEvent(record));
    return ApplyEvent(keys, in_effect, batch, position, event);
  }
  if (header.kind() == v1::FACT_KIND_REGISTRY) {
    RegistryFact registry;
    registry.subject = ToId(header.subject_id());
    KB_ASSIGN_OR_RETURN(registry.body, OpenRegistry(header, record.body));
    return ApplyRegistry(keys, in_effect, batch, position, registry);
  }
  DecisionFact decision;
  decision.id = ToId(header.subject_id());
  decision.content_hash = ToId(header.content_hash());
  decision.unlink = header.kind() == v1::FACT_KIND_UNLINK;
  KB_ASSIGN_OR_RETURN(decision.body, OpenDecision(record.header, record.body));
  return ApplyDecision(keys, in_effect, batch, position, decision);
}

}  // namespace klantbeeld::store
