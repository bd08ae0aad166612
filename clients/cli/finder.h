// Looking citizens up by what somebody typed.
#pragma once

#include <string>

#include "clients/cli/context.h"
#include "clients/cli/detect.h"
#include "clients/cli/refine.h"

namespace klantbeeld::cli {

// Asks the server for who has `key`. Where nobody has a name exactly, the words
// in front of the surname are taken for first names, one more at a time; `key`
// is then the one that somebody fits exactly, else that somebody fits best. Where
// somebody fits exactly, those who come near are left out.
client::Result<v1::FindCitizensResponse> LookUp(Context& context, Key& key);

// There are more hits than the server gives.
bool TooMany(const client::Error& error);

// How a citizen fits what was asked for, in bits and in words, what differs
// first; "" where there was nothing to weigh.
std::string MatchOf(const Context& context, const v1::Citizen& citizen);

// What is to be known beside the hits: that the one that was found does not fit
// exactly, that there are more, that not all could be compared. "" if nothing.
std::string AboutHits(const Context& context, const v1::FindCitizensResponse& found);

// A row per hit, numbered where one can be chosen by number.
std::string HitsTable(const Context& context, const Citizens& citizens, bool numbered);

}  // namespace klantbeeld::cli
