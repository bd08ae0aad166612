// Contact events in proto JSON.
#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <vector>

#include "klantbeeld/v1/contact_service.pb.h"

namespace klantbeeld::adapters {

// Reads one message, refusing fields it does not know. The error text, or
// nothing.
std::optional<std::string> FromJson(const std::string& json, google::protobuf::Message& message);

// Reads one event per line, all or nothing: false when any line is not exactly
// one event. Many times faster than FromJson line by line, which looks up every
// type anew for every call.
bool EventsFromLines(const std::vector<std::string>& lines, v1::RecordContactEventsRequest& events);

}  // namespace klantbeeld::adapters
