// What the service says is wrong with a field, for people.
#pragma once

#include <string>

#include "clients/cli/labels.h"

namespace klantbeeld::cli {

// A field's fault in the language; as it came where this program does not know
// it, as of a newer server.
std::string DetailText(Lang lang, const std::string& description);

}  // namespace klantbeeld::cli
