// CloudEvents as the NL GOV profile has them.
#pragma once

#include <string>

#include "clients/adapters/formats.h"

namespace klantbeeld::adapters {

// Reads one structured CloudEvent 1.0 per line, or a batch as one JSON array:
// our own contacts (nl.overheid.klantbeeld.klantcontact-…, with a whole contact
// event or its data) and cases that were linked to a contact
// (nl.overheid.zaken.zaak-gekoppeld, -ontkoppeld). Other types are passed over.
Opened OpenCloudEvents(const std::string& path, const Options& options);

}  // namespace klantbeeld::adapters
