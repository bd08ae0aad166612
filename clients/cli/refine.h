// From many that were found to the one that is meant.
#pragma once

#include <google/protobuf/repeated_field.h>

#include "clients/cli/detect.h"
#include "klantbeeld/v1/citizen.pb.h"

namespace klantbeeld::cli {

using Citizens = google::protobuf::RepeatedPtrField<v1::Citizen>;

// Who was found by another key also has this one, as far as can be seen. What
// is not known is not held against anybody.
bool MayHold(const v1::Citizen& citizen, const Key& key);

// What to ask for next: of more hits than are given, after a key of `kind`;
// and of the hits that are here, what tells most of them apart.
Label NextKey(Label kind);
Label NextKey(const Citizens& citizens);

}  // namespace klantbeeld::cli
