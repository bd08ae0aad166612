// A timeline that changes on the screen until the reader has seen enough.
#pragma once

#include <optional>

#include "clients/cli/context.h"
#include "klantbeeld/v1/citizen_service.pb.h"

namespace klantbeeld::cli {

// Prints the timeline and what changes in it until Enter, Ctrl-C or the end of
// standard input; then nothing, else what went wrong. The connection is one of
// its own, so that ending it leaves the context's as it was.
std::optional<client::Error> PrintUntilEnter(const Context& context,
                                             const v1::WatchTimelineRequest& request);

}  // namespace klantbeeld::cli
