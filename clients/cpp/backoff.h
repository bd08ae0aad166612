// How long to wait before trying again.
#pragma once

#include <functional>
#include <optional>

#include "absl/time/time.h"

namespace klantbeeld::client {

// Gives numbers in [0, 1). Passed in, so that a test decides them.
using Random = std::function<double()>;

// Doubling waits with jitter, so that clients that were cut off together do
// not come back together. Not thread-safe.
class Backoff {
 public:
  struct Limits {
    absl::Duration first = absl::Milliseconds(100);
    absl::Duration longest = absl::Seconds(5);
  };
  Backoff(Limits limits, Random random);

  // Between half and the whole of the current wait; where the server asked for
  // a wait, never less than it asked.
  absl::Duration Next(std::optional<absl::Duration> asked);
  // After success: the next wait is the first again.
  void Reset() { current_ = limits_.first; }

 private:
  const Limits limits_;
  const Random random_;
  absl::Duration current_;
};

}  // namespace klantbeeld::client
