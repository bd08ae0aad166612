// One call detail record as a contact event.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "absl/time/time.h"
#include "clients/adapters/tables.h"
#include "clients/adapters/text_adapter.h"
#include "klantbeeld/v1/contact.pb.h"

namespace klantbeeld::adapters {

// What is known besides the records.
struct CdrSettings {
  std::string source;
  absl::TimeZone zone;
  Tables tables;
};

// A record by the names of its fields; empty where it has none.
using CdrField = std::function<std::string(const char* name)>;

// The leg that a record tells of; an empty event for a call between two
// extensions, which is no contact. `doubtful`: its time can mean two moments,
// and nothing in it says which.
std::variant<v1::ContactEvent, Refusal> EventOfCdr(const CdrField& field,
                                                   const CdrSettings& settings, bool& doubtful);

}  // namespace klantbeeld::adapters
