#include "store/rows.h"

#include "absl/strings/str_cat.h"

namespace klantbeeld::store {

absl::StatusOr<JournalRecord> ReadFact(const Reader& reader, uint64_t position) {
  KB_ASSIGN_OR_RETURN(const auto value, reader.Get(Family::kJournal, BigEndian(position)));
  if (!value) return absl::DataLossError(absl::StrCat("journal: position ", position, " is missing"));
  return DecodeJournal(*value);
}

absl::StatusOr<format::EventBody> OpenEvent(const JournalRecord& record) {
  const absl::string_view row = record.header.event_id();
  KB_ASSIGN_OR_RETURN(const std::string plain,
                      Unseal({record.header.subject_id(), "body", row}, record.body));
  format::EventBody body;
  if (!body.ParseFromString(plain)) return absl::DataLossError("journal: event not readable");
  return body;
}

absl::StatusOr<format::DecisionBody> OpenDecision(const JournalRecord& record) {
  const absl::string_view id = record.header.subject_id();
  KB_ASSIGN_OR_RETURN(const std::string plain, Unseal({id, "decision", id}, record.body));
  format::DecisionBody body;
  if (!body.ParseFromString(plain)) return absl::DataLossError("journal: decision not readable");
  return body;
}

}  // namespace klantbeeld::store
