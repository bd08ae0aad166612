// Citizens and parties as people name them.
#pragma once

#include <optional>
#include <string>

#include "klantbeeld/v1/party.pb.h"

namespace klantbeeld::cli {

// 32 hexadecimal digits.
bool IsCitizenId(const std::string& text);

// "source/id" or "source/id#party"; the source ends at the first slash, the
// party begins at the last '#'.
std::optional<v1::PartyRef> ParseParty(const std::string& text);

}  // namespace klantbeeld::cli
