// Call detail records of Asterisk and FreePBX.
#pragma once

#include <string>

#include "clients/adapters/formats.h"

namespace klantbeeld::adapters {

// Reads the CSV of cdr_csv and of cdr_custom, which it tells apart by where
// the times stand, a table with a header line as FreePBX exports it, and JSON
// lines. A record is a leg: the legs of a call are events of one contact.
Opened OpenAsteriskCdr(const std::string& path, const Options& options);

}  // namespace klantbeeld::adapters
