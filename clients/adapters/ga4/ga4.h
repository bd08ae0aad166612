// Google Analytics 4, as BigQuery exports it.
#pragma once

#include <string>

#include "clients/adapters/formats.h"

namespace klantbeeld::adapters {

// Reads the rows of an events_… table as JSON lines. All rows of a session
// make one event of one contact, so everything is read before the first is
// given; rows wait in an unnamed file under $TMPDIR. A session that was
// exported again with more rows is a later event.
Opened OpenGa4(const std::string& path, const Options& options);

}  // namespace klantbeeld::adapters
