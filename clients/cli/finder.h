// Looking citizens up by what somebody typed.
#pragma once

#include <string>

#include "clients/cli/context.h"
#include "clients/cli/detect.h"
#include "clients/cli/refine.h"

namespace klantbeeld::cli {

// Asks the server for who has `key`. Where a name is not found, the words in
// front of the surname are taken off it, first names most likely; `key` is then
// the one that was found by.
client::Result<v1::FindCitizensResponse> LookUp(Context& context, Key& key);

// There are more hits than the server gives.
bool TooMany(const client::Error& error);

// A row per hit, numbered where one can be chosen by number.
std::string HitsTable(const Context& context, const Citizens& citizens, bool numbered);

// What was searched by, as it may be shown: of a BSN the last digits.
std::string Shown(const Key& key, const std::string& term);

}  // namespace klantbeeld::cli
