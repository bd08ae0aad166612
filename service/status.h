// Errors on their way out.
#ifndef KLANTBEELD_SERVICE_STATUS_H_
#define KLANTBEELD_SERVICE_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace klantbeeld::service {

// `status` with its google.rpc.Status in the binary details. Cut where it would
// not fit the metadata that clients take (8 KiB): the longest values first,
// code, reason and field never.
grpc::Status ToGrpcStatus(const absl::Status& status);

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_STATUS_H_
