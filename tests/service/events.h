// Events to start from.
#ifndef KLANTBEELD_TESTS_SERVICE_EVENTS_H_
#define KLANTBEELD_TESTS_SERVICE_EVENTS_H_

#include <string>

#include "absl/time/time.h"
#include "klantbeeld/v1/contact.pb.h"

namespace klantbeeld::service {

inline constexpr int64_t kNowSeconds = 1'741'000'000;  // 2025-03-03.
inline const absl::Time kNow = absl::FromUnixSeconds(kNowSeconds);

// A call that ended an hour before kNow, from a caller's line.
inline v1::ContactEvent Call(const std::string& event_id = "c-1") {
  v1::ContactEvent event;
  event.set_source("exchange");
  event.set_event_id(event_id);
  v1::ContactData& data = *event.mutable_data();
  data.set_channel(v1::CHANNEL_PHONE);
  data.mutable_occurred_at()->set_seconds(kNowSeconds - 3900);
  data.mutable_ended_at()->set_seconds(kNowSeconds - 3600);
  v1::Identifier& phone = *data.add_parties()->add_identifiers();
  phone.set_type(v1::IDENTIFIER_TYPE_PHONE);
  phone.set_value("0612345678");
  phone.set_verified(v1::VERIFIED_BY_CALLER_LINE);
  return event;
}

inline v1::Identifier Number(v1::IdentifierType type, const std::string& value) {
  v1::Identifier identifier;
  identifier.set_type(type);
  identifier.set_value(value);
  return identifier;
}

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_TESTS_SERVICE_EVENTS_H_
