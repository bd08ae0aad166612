// An export from the feed: contacts, citizens or events of one stretch of the
// journal, with bounded memory.
#pragma once

#include <string>

#include "clients/cli/context.h"
#include "clients/cli/export_format.h"
#include "klantbeeld/v1/citizen_service.pb.h"

namespace klantbeeld::cli {

struct ExportRequest {
  ExportWhat what = ExportWhat::kEvents;
  ExportFormat format = ExportFormat::kNdjson;
  // Channels, one product, and when the contact happened.
  v1::TimelineFilter filter;
  std::string citizen;     // Only this citizen's.
  std::string file;        // Empty: standard output.
  std::string token_file;  // Keeps the place; empty: none is kept.
  std::string oin;
};

// Exports what stood when it began; with a token file it goes on where an
// earlier run stopped, or after where that one ended. Gives the exit code.
//
// events:   each event whose contact matches, in the order of recording.
// contacts: each contact that matches and was not taken back, once, as it
//           stood at the end of the stretch; in the order of their last event.
// citizens: each citizen with a matching contact, once, as they stand.
int RunExport(Context& context, const ExportRequest& request);

}  // namespace klantbeeld::cli
