// What one contact event shows by itself to be wrong.
#ifndef KLANTBEELD_SERVICE_EVENT_RULES_H_
#define KLANTBEELD_SERVICE_EVENT_RULES_H_

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "klantbeeld/v1/contact.pb.h"
#include "service/fault.h"

namespace klantbeeld::service {

// A name of blanks only names nothing.
bool Blank(absl::string_view text);

// Pure; expects an event that Validate() accepts. Paths are relative to the
// event. What only the fold of several events can show is never refused, here
// or anywhere.
MaybeFault CheckEvent(const v1::ContactEvent& event, absl::Time now);

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_EVENT_RULES_H_
