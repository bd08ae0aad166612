#include "clients/cpp/backoff.h"

#include <gtest/gtest.h>

namespace klantbeeld::client {
namespace {

TEST(Backoff, DoublesUpToTheLongest) {
  Backoff backoff({absl::Milliseconds(100), absl::Milliseconds(300)}, [] { return 0.0; });
  EXPECT_EQ(backoff.Next({}), absl::Milliseconds(50));
  EXPECT_EQ(backoff.Next({}), absl::Milliseconds(100));
  EXPECT_EQ(backoff.Next({}), absl::Milliseconds(150));
  EXPECT_EQ(backoff.Next({}), absl::Milliseconds(150));
  backoff.Reset();
  EXPECT_EQ(backoff.Next({}), absl::Milliseconds(50));
}

TEST(Backoff, NeverLessThanTheServerAsked) {
  Backoff backoff({absl::Milliseconds(100), absl::Seconds(5)}, [] { return 0.0; });
  EXPECT_GE(backoff.Next(absl::Seconds(2)), absl::Seconds(2));
}

}  // namespace
}  // namespace klantbeeld::client
