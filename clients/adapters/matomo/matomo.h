// Visits as Matomo's Live API gives them.
#pragma once

#include <string>

#include "clients/adapters/formats.h"

namespace klantbeeld::adapters {

// Reads the JSON of Live.getLastVisitsDetails, as one array or a visit on each
// line. A visit that went on after it was given is a later event of the same
// contact.
Opened OpenMatomo(const std::string& path, const Options& options);

}  // namespace klantbeeld::adapters
