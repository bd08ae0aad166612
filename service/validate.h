// Checks a message against what the contract says of its fields.
#ifndef KLANTBEELD_SERVICE_VALIDATE_H_
#define KLANTBEELD_SERVICE_VALIDATE_H_

#include <google/protobuf/message.h>

#include "service/fault.h"

namespace klantbeeld::service {

// What to do with fields that this version does not know.
enum class UnknownFields {
  kRefuse,  // In what is written: nothing may be kept that was not understood.
  kIgnore,  // In what is read: a newer client may ask an older server.
};

// Checks `message` and all messages in it: limits, required fields, enum values,
// times and durations. Returns the first fault. Reads nothing but the
// descriptors, so that a limit added to the contract is checked from then on.
// May be called from any thread.
MaybeFault Validate(const google::protobuf::Message& message, UnknownFields unknown);

// Characters (Unicode code points) in valid UTF-8.
size_t Characters(absl::string_view text);

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_VALIDATE_H_
