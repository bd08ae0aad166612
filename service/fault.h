// What is wrong with a request.
#ifndef KLANTBEELD_SERVICE_FAULT_H_
#define KLANTBEELD_SERVICE_FAULT_H_

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "klantbeeld/v1/error_reason.pb.h"
#include "store/error.h"

namespace klantbeeld::service {

// The first fault found: where, in the names of the contract
// ("data.parties[0].key"), and what is allowed. `what` never repeats a value.
struct Fault {
  v1::ErrorReason reason;
  std::string path;
  std::string what;
};

// Nothing is wrong when empty.
using MaybeFault = std::optional<Fault>;

inline absl::Status ToStatus(const MaybeFault& fault) {
  if (!fault) return absl::OkStatus();
  const std::string message =
      fault->path.empty() ? fault->what : absl::StrCat(fault->path, ": ", fault->what);
  store::ErrorDetail detail;
  detail.field = fault->path;
  return store::Error(fault->reason, message, detail);
}

// "data" and "note" make "data.note"; either may be empty.
inline std::string JoinPath(absl::string_view outer, absl::string_view inner) {
  if (outer.empty() || inner.empty()) return absl::StrCat(outer, inner);
  return absl::StrCat(outer, ".", inner);
}

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_FAULT_H_
