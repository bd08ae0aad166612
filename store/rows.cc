#include "store/rows.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "store/contact.h"

namespace klantbeeld::store {

absl::Status FactMissing(uint64_t position) {
  return absl::DataLossError(
      absl::StrCat("journal: position ", position, " is missing. Restore a backup by id."));
}

absl::StatusOr<JournalRecord> ReadFact(const Reader& reader, uint64_t position) {
  KB_ASSIGN_OR_RETURN(const auto value, reader.Get(Family::kJournal, BigEndian(position)));
  if (!value) return FactMissing(position);
  return DecodeJournal(*value);
}

absl::StatusOr<absl::string_view> OpenEventBytes(const format::FactHeader& header,
                                                 absl::string_view sealed, std::string& scratch) {
  return Unseal({header.subject_id(), "body", header.event_id()}, sealed, scratch);
}

absl::StatusOr<format::EventBody> OpenEvent(const JournalRecord& record) {
  std::string scratch;
  KB_ASSIGN_OR_RETURN(const absl::string_view plain,
                      OpenEventBytes(record.header, record.body, scratch));
  format::EventBody body;
  if (!ParseBytes(plain, body)) return absl::DataLossError("journal: event not readable");
  return body;
}

absl::StatusOr<format::DecisionBody> OpenDecision(const format::FactHeader& header,
                                                  absl::string_view sealed) {
  const absl::string_view id = header.subject_id();
  std::string scratch;
  KB_ASSIGN_OR_RETURN(const absl::string_view plain, Unseal({id, "decision", id}, sealed, scratch));
  format::DecisionBody body;
  if (!ParseBytes(plain, body)) return absl::DataLossError("journal: decision not readable");
  return body;
}

absl::StatusOr<format::RegistryBody> OpenRegistry(const format::FactHeader& header,
                                                  absl::string_view sealed) {
  const absl::string_view id = header.subject_id();
  std::string scratch;
  KB_ASSIGN_OR_RETURN(const absl::string_view plain, Unseal({id, "registry", id}, sealed, scratch));
  format::RegistryBody body;
  if (!ParseBytes(plain, body)) return absl::DataLossError("journal: registry not readable");
  return body;
}

format::TimelineRow MakeTimelineRow(v1::Contact contact, const std::vector<std::string>& parties) {
  format::TimelineRow row;
  for (const auto& party : contact.data().parties()) {
    if (std::find(parties.begin(), parties.end(), party.key()) == parties.end()) continue;
    const auto& roles = row.roles();
    if (std::find(roles.begin(), roles.end(), party.role()) == roles.end()) {
      row.add_roles(party.role());
    }
  }
  for (const std::string& party : parties) row.add_party_keys(party);
  *row.mutable_contact() = std::move(contact);
  MaskContact(*row.mutable_contact());
  return row;
}

absl::StatusOr<absl::string_view> OpenTimelineBytes(absl::string_view key, absl::string_view value,
                                                    std::string& scratch) {
  const std::string contact = PlaceOf(key).contact;
  const auto version = value.empty() ? uint8_t{0} : static_cast<uint8_t>(value[0]);
  if (version == 0 || version > kFormatVersion) {
    return absl::FailedPreconditionError("timeline: written in a newer format version");
  }
  KB_ASSIGN_OR_RETURN(const absl::string_view plain,
                      Unseal({contact, "timeline", key}, value.substr(1), scratch));
  if (version >= 3) return plain;
  format::TimelineRowOfVersion2 before;
  if (!ParseBytes(plain, before)) return absl::DataLossError("timeline: row not readable");
  scratch = MakeTimelineRow(*std::move(before.mutable_contact()),
                            {before.party_keys().begin(), before.party_keys().end()})
                .SerializeAsString();
  return absl::string_view(scratch);
}

absl::StatusOr<format::TimelineRow> OpenTimelineRow(absl::string_view key,
                                                    absl::string_view value) {
  std::string scratch;
  KB_ASSIGN_OR_RETURN(const absl::string_view plain, OpenTimelineBytes(key, value, scratch));
  format::TimelineRow row;
  if (!ParseBytes(plain, row)) return absl::DataLossError("timeline: row not readable");
  return row;
}

}  // namespace klantbeeld::store
