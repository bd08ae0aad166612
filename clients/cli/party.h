// Citizens and parties as people name them.
#pragma once

#include <optional>
#include <string>

#include "clients/cli/context.h"
#include "klantbeeld/v1/party.pb.h"

namespace klantbeeld::cli {

// 32 hexadecimal digits.
bool IsCitizenId(const std::string& text);

// "source/id" or "source/id#party"; the source ends at the first slash, the
// party begins at the last '#'.
std::optional<v1::PartyRef> ParseParty(const std::string& text);

// Fills a request about a citizen or a party, as it was named; not kOk: it was
// said what is wrong.
template <typename Request>
int ReadWhose(const Context& context, const std::string& text, Request& request) {
  if (IsCitizenId(text)) {
    request.set_citizen_id(text);
  } else {
    const auto party = ParseParty(text);
    if (!party) return BadValue(context, "KLANT", text, context.Say(Label::want_party));
    *request.mutable_party() = *party;
  }
  request.set_purpose(context.settings.purpose);
  request.set_reason(context.settings.reason);
  return kOk;
}

}  // namespace klantbeeld::cli
