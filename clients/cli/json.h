// Messages as JSON, and values of options as enums.
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <optional>
#include <string>
#include <vector>

#include "klantbeeld/v1/contact_service.pb.h"

namespace klantbeeld::cli {

// Takes out the whole value of every BSN, leaving its masked form, which is
// made where it is not there.
void MaskBsn(google::protobuf::Message& message);

// One line, or indented; ends with a newline. Field names as proto JSON has
// them; what is not set is left out.
std::string Json(const google::protobuf::Message& message, bool indented);

// Reads one message, refusing fields it does not know. The error text, or
// nothing.
std::optional<std::string> FromJson(const std::string& json, google::protobuf::Message& message);

// Reads one event per line, all or nothing: false when any line is not exactly
// one event. Many times faster than FromJson line by line, which looks up every
// type anew for every call.
bool EventsFromLines(const std::vector<std::string>& lines, v1::RecordContactEventsRequest& events);

// "in-progress" of CONTACT_STATE_IN_PROGRESS; "" of a zero.
std::string EnumName(const google::protobuf::EnumValueDescriptor& value);

// "in-progress" for CONTACT_STATE_IN_PROGRESS; 0 is never found, nor what only
// the service says (verified by the registry).
std::optional<int> EnumNumber(const google::protobuf::EnumDescriptor* type,
                              const std::string& prefix, const std::string& name);
// All names that EnumNumber takes, with commas between them.
std::string EnumNames(const google::protobuf::EnumDescriptor* type, const std::string& prefix);

}  // namespace klantbeeld::cli
