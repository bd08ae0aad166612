// What telling people apart costs.
#pragma once

#include <string>

#include "tests/bench/rounds.h"

namespace klantbeeld::bench {

// Streamed ingest of `events` a round into a store that holds three statements
// of each of `people`, beside the same server with a model by which nobody is
// compared. Both get the same events. The note says how many were compared with
// somebody, and what came of it.
Work People(const std::string& server, const std::string& dir, int people, int events, int rounds);

}  // namespace klantbeeld::bench
