// A configuration file that nobody meant. What is accepted shows as a file that
// is accepted too, and shows the same.
#include <cstdint>

#include "service/config.h"
#include "tests/fuzz/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using klantbeeld::service::ParseConfig;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = ParseConfig(text, "fuzz", {});
  if (!config.ok()) {
    klantbeeld::Require(absl::IsInvalidArgument(config.status()));
    return 0;
  }
  config->Validate().IgnoreError();
  const std::string shown = ShowConfig(*config);
  const auto again = ParseConfig(shown, "shown", {});
  klantbeeld::Require(again.ok() && ShowConfig(*again) == shown);
  return 0;
}
