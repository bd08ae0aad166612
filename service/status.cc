#include "service/status.h"

#include <algorithm>
#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "service/log.h"
#include "store/error.h"

namespace klantbeeld::service {
namespace {

// The message travels twice, and details in base64: together below 8 KiB.
constexpr size_t kMessageBytesMax = 700;
constexpr size_t kDetailsBytesMax = 3600;
constexpr size_t kValueBytesMax = 900;

void Cut(std::string* text, size_t max) {
  if (text->size() <= max) return;
  size_t end = max;
  while (end > 0 && (static_cast<unsigned char>((*text)[end]) & 0xC0) == 0x80) --end;
  text->resize(end);
}

void CutDetails(google::rpc::Status& rpc) {
  for (auto& any : *rpc.mutable_details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    if (any.UnpackTo(&info)) {
      for (auto& [name, value] : *info.mutable_metadata()) Cut(&value, kValueBytesMax);
      any.PackFrom(info);
    } else if (any.UnpackTo(&bad)) {
      if (bad.field_violations_size() > 1) {
        bad.mutable_field_violations()->DeleteSubrange(1, bad.field_violations_size() - 1);
      }
      for (auto& violation : *bad.mutable_field_violations()) {
        Cut(violation.mutable_field(), kValueBytesMax);
        Cut(violation.mutable_description(), kValueBytesMax);
      }
      any.PackFrom(bad);
    }
  }
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  google::rpc::Status rpc = store::ToRpcStatus(status);
  Cut(rpc.mutable_message(), kMessageBytesMax);
  if (rpc.ByteSizeLong() > kDetailsBytesMax) CutDetails(rpc);
  const auto code = static_cast<grpc::StatusCode>(rpc.code());
  // Faults of files and of ours, which only whoever asked would know of.
  if (code == grpc::StatusCode::DATA_LOSS || code == grpc::StatusCode::INTERNAL) {
    Log(Severity::kError, "a call failed", {{"code", rpc.code()}, {"error", Setting{rpc.message()}}});
  }
  if (rpc.details().empty()) return {code, rpc.message()};
  return {code, rpc.message(), rpc.SerializeAsString()};
}

}  // namespace klantbeeld::service
