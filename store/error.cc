#include "store/error.h"

#include <google/protobuf/any.pb.h>

#include "absl/functional/function_ref.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/rpc/error_details.pb.h"

namespace klantbeeld::store {
namespace {

constexpr absl::string_view kPayload = "klantbeeld/google.rpc.Status";

}  // namespace

absl::StatusCode CodeOf(v1::ErrorReason reason) {
  using Code = absl::StatusCode;
  switch (reason) {
    case v1::ERROR_REASON_CONTENT_DIFFERS:
      return Code::kAlreadyExists;
    case v1::ERROR_REASON_CONTACT_NOT_FOUND:
    case v1::ERROR_REASON_CITIZEN_NOT_FOUND:
    case v1::ERROR_REASON_PARTY_NOT_FOUND:
      return Code::kNotFound;
    case v1::ERROR_REASON_CONTACT_FULL:
    case v1::ERROR_REASON_CITIZEN_SPLIT:
    case v1::ERROR_REASON_LINK_FORBIDDEN:
    case v1::ERROR_REASON_DECISION_WITHOUT_EFFECT:
    case v1::ERROR_REASON_DIGEST_REQUIRED:
    case v1::ERROR_REASON_POSITION_AHEAD:
    case v1::ERROR_REASON_LOG_FOREIGN:
    case v1::ERROR_REASON_LOG_DIVERGED:
    case v1::ERROR_REASON_DECISION_TOO_LARGE:
    case v1::ERROR_REASON_ORDER_OF_MESSAGES:
    case v1::ERROR_REASON_NO_BACKUP_DIRECTORY:
      return Code::kFailedPrecondition;
    case v1::ERROR_REASON_TOO_MANY_RESULTS:
      return Code::kOutOfRange;
    case v1::ERROR_REASON_POSITION_NOT_REACHED:
      return Code::kDeadlineExceeded;
    case v1::ERROR_REASON_OVERLOADED:
    case v1::ERROR_REASON_DISK_FULL:
      return Code::kResourceExhausted;
    case v1::ERROR_REASON_RESTARTING:
    case v1::ERROR_REASON_WRITES_STOPPED:
      return Code::kUnavailable;
    case v1::ERROR_REASON_FOLLOWER_TOO_SLOW:
      return Code::kAborted;
    default:
      return Code::kInvalidArgument;
  }
}

absl::Status Error(v1::ErrorReason reason, absl::string_view message, ErrorDetail detail) {
  google::rpc::Status rpc;
  rpc.set_code(static_cast<int>(CodeOf(reason)));
  rpc.set_message(std::string(message));
  google::rpc::ErrorInfo info;
  const std::string& name = v1::ErrorReason_Name(reason);
  info.set_reason(std::string(absl::StripPrefix(absl::string_view(name), "ERROR_REASON_")));
  info.set_domain("klantbeeld");
  if (!detail.name.empty()) (*info.mutable_metadata())[detail.name] = detail.value;
  rpc.add_details()->PackFrom(info);
  if (!detail.field.empty()) {
    google::rpc::BadRequest bad;
    auto* violation = bad.add_field_violations();
    violation->set_field(detail.field);
    // The field stands beside it; a message that begins with it need not say so twice.
    violation->set_description(
        std::string(absl::StripPrefix(message, absl::StrCat(detail.field, ": "))));
    rpc.add_details()->PackFrom(bad);
  }
  if (detail.retry > absl::ZeroDuration()) {
    google::rpc::RetryInfo retry;
    const int64_t nanos = absl::ToInt64Nanoseconds(detail.retry);
    retry.mutable_retry_delay()->set_seconds(nanos / 1'000'000'000);
    retry.mutable_retry_delay()->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
    rpc.add_details()->PackFrom(retry);
  }
  absl::Status status(CodeOf(reason), message);
  status.SetPayload(kPayload, absl::Cord(rpc.SerializeAsString()));
  return status;
}

google::rpc::Status ToRpcStatus(const absl::Status& status) {
  google::rpc::Status rpc;
  if (auto payload = status.GetPayload(kPayload)) rpc.ParseFromString(std::string(*payload));
  rpc.set_code(static_cast<int>(status.code()));
  rpc.set_message(std::string(status.message()));
  return rpc;
}

v1::ErrorReason ReasonOf(const absl::Status& status) {
  const google::rpc::Status rpc = ToRpcStatus(status);
  for (const auto& any : rpc.details()) {
    google::rpc::ErrorInfo info;
    v1::ErrorReason reason;
    if (any.UnpackTo(&info) && v1::ErrorReason_Parse("ERROR_REASON_" + info.reason(), &reason)) {
      return reason;
    }
  }
  return v1::ERROR_REASON_UNSPECIFIED;
}

namespace {

absl::Status WithFields(const absl::Status& status,
                        absl::FunctionRef<std::string(const std::string&)> path) {
  if (status.ok()) return status;
  google::rpc::Status rpc = ToRpcStatus(status);
  for (auto& any : *rpc.mutable_details()) {
    google::rpc::BadRequest bad;
    if (!any.UnpackTo(&bad)) continue;
    for (auto& violation : *bad.mutable_field_violations()) {
      violation.set_field(path(violation.field()));
    }
    any.PackFrom(bad);
  }
  absl::Status result(status.code(), status.message());
  result.SetPayload(kPayload, absl::Cord(rpc.SerializeAsString()));
  return result;
}

}  // namespace

absl::Status WithFieldPrefix(const absl::Status& status, absl::string_view prefix) {
  return WithFields(status, [&](const std::string& field) { return absl::StrCat(prefix, field); });
}

absl::Status WithField(const absl::Status& status, absl::string_view field) {
  return WithFields(status, [&](const std::string&) { return std::string(field); });
}

}  // namespace klantbeeld::store
