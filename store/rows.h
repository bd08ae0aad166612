// Reading rows as messages.
#ifndef KLANTBEELD_STORE_ROWS_H_
#define KLANTBEELD_STORE_ROWS_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "store/db.h"
#include "store/record.h"
#include "store/sealer.h"
#include "store/status_macros.h"

namespace klantbeeld::store {

// Nothing when there is no such row.
template <typename M>
absl::StatusOr<std::optional<M>> ReadRow(const Reader& reader, Family family,
                                         absl::string_view key) {
  KB_ASSIGN_OR_RETURN(const std::optional<std::string> value, reader.Get(family, key));
  if (!value) return std::optional<M>();
  std::optional<M> message(std::in_place);
  KB_RETURN_IF_ERROR(Decode(*value, NameOf(family), *message));
  return message;
}

// DATA_LOSS: there is no fact at a position that has one; with what to do.
absl::Status FactMissing(uint64_t position);
// The fact at a position. DATA_LOSS when there is none.
absl::StatusOr<JournalRecord> ReadFact(const Reader& reader, uint64_t position);

// A row of `timeline`, but for its key: the contact as it is shown, and the
// parties of it that stand in the claim.
format::TimelineRow MakeTimelineRow(v1::Contact contact, const std::vector<std::string>& parties);

// A row of `timeline`, opened: the bytes of a TimelineRow. They lie in `value`
// or in `scratch`. FAILED_PRECONDITION: of a newer version.
absl::StatusOr<absl::string_view> OpenTimelineBytes(absl::string_view key, absl::string_view value,
                                                    std::string& scratch);
// The same, parsed.
absl::StatusOr<format::TimelineRow> OpenTimelineRow(absl::string_view key,
                                                    absl::string_view value);

// The body of a fact, opened: of an event, the bytes of an EventBody, which lie
// in `sealed` or in `scratch`.
absl::StatusOr<absl::string_view> OpenEventBytes(const format::FactHeader& header,
                                                 absl::string_view sealed, std::string& scratch);
absl::StatusOr<format::EventBody> OpenEvent(const JournalRecord& record);
absl::StatusOr<format::DecisionBody> OpenDecision(const format::FactHeader& header,
                                                  absl::string_view sealed);
absl::StatusOr<format::RegistryBody> OpenRegistry(const format::FactHeader& header,
                                                  absl::string_view sealed);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_ROWS_H_
