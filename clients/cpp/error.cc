#include "clients/cpp/error.h"

#include <google/protobuf/any.pb.h>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace klantbeeld::client {
namespace {

void ReadDetail(const google::protobuf::Any& any, Error& error) {
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad;
  google::rpc::RetryInfo retry;
  if (any.Is<google::rpc::ErrorInfo>() && any.UnpackTo(&info)) {
    v1::ErrorReason_Parse("ERROR_REASON_" + info.reason(), &error.reason);
    for (const auto& [name, value] : info.metadata()) error.metadata[name] = value;
  } else if (any.Is<google::rpc::BadRequest>() && any.UnpackTo(&bad)) {
    for (const auto& field : bad.field_violations())
      error.fields.push_back({field.field(), field.description()});
  } else if (any.Is<google::rpc::RetryInfo>() && any.UnpackTo(&retry)) {
    error.retry_after = absl::Seconds(retry.retry_delay().seconds()) +
                        absl::Nanoseconds(retry.retry_delay().nanos());
  }
}

}  // namespace

bool Error::retryable() const {
  if (reason != v1::ERROR_REASON_UNSPECIFIED) {
    const auto* value = v1::ErrorReason_descriptor()->FindValueByNumber(reason);
    return value != nullptr && value->options().GetExtension(v1::retryable);
  }
  return code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::RESOURCE_EXHAUSTED;
}

Error ErrorOf(const grpc::Status& status) {
  Error error = LocalError(status.error_code(), status.error_message());
  google::rpc::Status details;
  if (details.ParseFromString(status.error_details()))
    for (const auto& any : details.details()) ReadDetail(any, error);
  return error;
}

Error ErrorOf(const v1::RecordError& from) {
  Error error = LocalError(static_cast<grpc::StatusCode>(from.code()), from.message());
  for (const auto& any : from.details()) ReadDetail(any, error);
  return error;
}

Error LocalError(grpc::StatusCode code, std::string message) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  return error;
}

}  // namespace klantbeeld::client
