#include "clients/cli/party.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace klantbeeld::cli {

bool IsCitizenId(const std::string& text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), absl::ascii_isxdigit);
}

std::optional<v1::PartyRef> ParseParty(const std::string& text) {
  const size_t slash = text.find('/');
  if (slash == std::string::npos || slash == 0) return std::nullopt;
  const size_t hash = text.rfind('#');
  const size_t end = hash == std::string::npos || hash < slash ? text.size() : hash;
  v1::PartyRef party;
  party.set_source(text.substr(0, slash));
  party.set_id(text.substr(slash + 1, end - slash - 1));
  if (party.id().empty() || end + 1 == text.size()) return std::nullopt;
  if (end < text.size()) party.set_party_key(text.substr(end + 1));
  return party;
}

}  // namespace klantbeeld::cli
