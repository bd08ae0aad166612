// Errors that a caller's program can act on.
#ifndef KLANTBEELD_STORE_ERROR_H_
#define KLANTBEELD_STORE_ERROR_H_

#include <cstdint>
#include <initializer_list>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/rpc/status.pb.h"
#include "klantbeeld/v1/error_reason.pb.h"

namespace klantbeeld::store {

// What an error carries beside its message. Nothing in it is personal data.
struct ErrorDetail {
  std::string field = {};                        // Path of the field at fault.
  std::string name = {};                         // One figure, by name: "head".
  std::string value = {};
  absl::Duration retry = absl::ZeroDuration();   // Set: when to try again.
};

// An error with `reason`; the status code is the one the contract gives for it.
// `message` says what is wrong and what is allowed.
absl::Status Error(v1::ErrorReason reason, absl::string_view message,
                   ErrorDetail detail = {});

// The code that belongs to a reason.
absl::StatusCode CodeOf(v1::ErrorReason reason);

// The error as sent to clients: code, message and google.rpc details. An error
// not made by Error() has a code and message only.
google::rpc::Status ToRpcStatus(const absl::Status& status);

// The reason of an error made by Error(), else UNSPECIFIED.
v1::ErrorReason ReasonOf(const absl::Status& status);

// The same error with `prefix` before the paths of its fields: what one layer
// calls "data.note", its caller knows as "events[3].data.note".
absl::Status WithFieldPrefix(const absl::Status& status, absl::string_view prefix);
// The same error with `field` for the path of its field.
absl::Status WithField(const absl::Status& status, absl::string_view field);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_ERROR_H_
