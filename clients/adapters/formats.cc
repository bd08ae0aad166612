#include "clients/adapters/formats.h"

#include <array>

#include "absl/strings/str_join.h"
#include "clients/adapters/asterisk/cdr.h"
#include "clients/adapters/asterisk/queue_log.h"
#include "clients/adapters/cloudevents/cloudevents.h"
#include "clients/adapters/csv/csv_adapter.h"
#include "clients/adapters/events/events.h"
#include "clients/adapters/ga4/ga4.h"
#include "clients/adapters/matomo/matomo.h"
#include "clients/adapters/qmatic/qmatic.h"

namespace klantbeeld::adapters {
namespace {

constexpr std::array<Format, 8> kFormats = {{
    {"csv", &OpenCsv, true},
    {"events", &OpenEvents},
    {"cloudevents", &OpenCloudEvents},
    {"asterisk-cdr", &OpenAsteriskCdr},
    {"asterisk-queue", &OpenAsteriskQueue},
    {"qmatic", &OpenQmatic},
    {"matomo", &OpenMatomo},
    {"ga4", &OpenGa4},
}};

}  // namespace

const Format* FindFormat(absl::string_view name) {
  for (const Format& format : kFormats) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

std::string FormatNames() {
  return absl::StrJoin(kFormats, ", ", [](std::string* out, const Format& format) {
    out->append(format.name.data(), format.name.size());
  });
}

}  // namespace klantbeeld::adapters
