// A configuration file that nobody meant. What is accepted shows as a file that
// is accepted too, and shows the same.
#include <cstdint>
#include <cstdlib>

#include "service/config.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using klantbeeld::service::ParseConfig;
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = ParseConfig(text, "fuzz", {});
  if (!config.ok()) {
    if (!absl::IsInvalidArgument(config.status())) std::abort();
    return 0;
  }
  config->Validate().IgnoreError();
  const std::string shown = ShowConfig(*config);
  const auto again = ParseConfig(shown, "shown", {});
  if (!again.ok() || ShowConfig(*again) != shown) std::abort();
  return 0;
}
