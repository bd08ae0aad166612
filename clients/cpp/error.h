// What went wrong with a call, as a program can use it.
#pragma once

#include <grpcpp/support/status.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/time/time.h"
#include "klantbeeld/v1/contact_service.pb.h"
#include "klantbeeld/v1/error_reason.pb.h"

namespace klantbeeld::client {

// A field that was refused: its path in the request and what is allowed.
struct FieldViolation {
  std::string field;
  std::string description;
};

// A failed call. `message` is in English and holds no personal data; `reason`
// is what programs decide by, ERROR_REASON_UNSPECIFIED where the failure did
// not come from the service itself (no connection, deadline).
struct Error {
  grpc::StatusCode code = grpc::StatusCode::UNKNOWN;
  v1::ErrorReason reason = v1::ERROR_REASON_UNSPECIFIED;
  std::string message;
  std::vector<FieldViolation> fields;
  std::map<std::string, std::string> metadata;
  // How long the server asks to wait before the same call is made again.
  std::optional<absl::Duration> retry_after;

  // The same request may succeed later, by the contract's own mark on the
  // reason; without a reason, where nothing reached or left the server.
  bool retryable() const;
};

// Reads google.rpc.Status out of the trailers. `status` must not be OK.
Error ErrorOf(const grpc::Status& status);

// The error of one event in a stream of events.
Error ErrorOf(const v1::RecordError& error);

// An error that the client itself found.
Error LocalError(grpc::StatusCode code, std::string message);

// A value, or why there is none. value() on an error, and error() on a value,
// throw std::bad_variant_access.
template <class T>
class Result {
 public:
  Result(T value) : held_(std::move(value)) {}      // NOLINT: reads as a return
  Result(Error error) : held_(std::move(error)) {}  // NOLINT
  bool ok() const { return std::holds_alternative<T>(held_); }
  const T& value() const { return std::get<T>(held_); }
  T& value() { return std::get<T>(held_); }
  const Error& error() const { return std::get<Error>(held_); }

 private:
  std::variant<T, Error> held_;
};

}  // namespace klantbeeld::client
