#include "clients/cpp/backoff.h"

#include <algorithm>
#include <utility>

namespace klantbeeld::client {

Backoff::Backoff(Limits limits, Random random)
    : limits_(limits), random_(std::move(random)), current_(limits.first) {}

absl::Duration Backoff::Next(std::optional<absl::Duration> asked) {
  const absl::Duration wait = current_ * (0.5 + 0.5 * random_());
  current_ = std::min(current_ * 2, limits_.longest);
  return asked ? *asked + wait : wait;
}

}  // namespace klantbeeld::client
