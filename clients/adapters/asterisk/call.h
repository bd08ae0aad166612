// What the records of an Asterisk exchange have in common.
#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "klantbeeld/v1/contact.pb.h"

namespace klantbeeld::adapters {

// The exchange by the name that its call records and its queue log share, so
// that they tell of the same contacts.
constexpr absl::string_view kExchange = "asterisk";

// When a call's channel was made, which its unique id begins with:
// "1740989645.12", or "pbx1-1740989645.12". It is the exchange's own clock in
// UTC, so it settles what local times leave open.
std::optional<absl::Time> TimeOfUniqueId(absl::string_view id);

// Whether a number is somebody's outside: not an extension, not withheld.
bool IsOutside(const std::string& number);

// The citizen behind a number; nothing where it is withheld.
void AddCitizen(const std::string& number, v1::VerifiedBy verified, v1::ContactData& data);

// The extension in a channel's name: "201" of "PJSIP/201-0000002a" and of
// "Local/201@from-queue-00000001;1"; other names as they are.
std::string ExtensionOf(absl::string_view channel);
void AddAgent(const std::string& id, v1::ContactData& data);

}  // namespace klantbeeld::adapters
