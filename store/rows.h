// Reading rows as messages.
#ifndef KLANTBEELD_STORE_ROWS_H_
#define KLANTBEELD_STORE_ROWS_H_

#include <optional>
#include <string>
#include <utility>

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

// The fact at a position. DATA_LOSS when there is none.
absl::StatusOr<JournalRecord> ReadFact(const Reader& reader, uint64_t position);

// The body of a fact, opened.
absl::StatusOr<format::EventBody> OpenEvent(const JournalRecord& record);
absl::StatusOr<format::DecisionBody> OpenDecision(const JournalRecord& record);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_ROWS_H_
