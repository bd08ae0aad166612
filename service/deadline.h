// How long a call may wait.
#ifndef KLANTBEELD_SERVICE_DEADLINE_H_
#define KLANTBEELD_SERVICE_DEADLINE_H_

#include <grpcpp/server_context.h>

#include <algorithm>
#include <chrono>

#include "absl/time/time.h"

namespace klantbeeld::service {

inline bool HasDeadline(const grpc::CallbackServerContext& context) {
  return context.deadline() != std::chrono::system_clock::time_point::max();
}

// When a call that waits must answer. A little before the client's own
// deadline, or the client would never see why.
inline absl::Time AnswerBy(const grpc::CallbackServerContext& context, absl::Time now,
                           absl::Duration default_wait) {
  if (!HasDeadline(context)) return now + default_wait;
  const absl::Time deadline = absl::FromChrono(context.deadline());
  const absl::Duration margin =
      std::clamp((deadline - now) / 10, absl::Milliseconds(10), absl::Milliseconds(200));
  return deadline - margin;
}

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_DEADLINE_H_
