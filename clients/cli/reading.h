// What several commands read from the server.
#pragma once

#include <string>

#include "clients/cli/context.h"
#include "clients/cpp/follower.h"

namespace klantbeeld::cli {

// The citizen with so many of its latest contacts; only what belongs to it at
// least as surely as `minimum`.
client::Result<v1::GetCitizenResponse> ReadCitizen(
    Context& context, const std::string& citizen_id, int contacts,
    v1::Assurance minimum = v1::ASSURANCE_UNSPECIFIED);

// Prints every step of a watched timeline until `client`'s stop is requested or
// no more can be printed.
std::optional<client::Error> PrintSteps(const Context& context, client::Client& client,
                                        const v1::WatchTimelineRequest& request);

}  // namespace klantbeeld::cli
