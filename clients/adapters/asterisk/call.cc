#include "clients/adapters/asterisk/call.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "clients/adapters/values.h"

namespace klantbeeld::adapters {
namespace {

constexpr size_t kExtensionDigitsMax = 5;
constexpr int64_t kOldest = 946'684'800;    // 2000; a smaller number is no time.
constexpr int64_t kLatest = 4'102'444'800;  // 2100.

}  // namespace

std::optional<absl::Time> TimeOfUniqueId(absl::string_view id) {
  const size_t dash = id.rfind('-');
  if (dash != absl::string_view::npos) id.remove_prefix(dash + 1);
  int64_t seconds = 0;
  if (!absl::SimpleAtoi(id.substr(0, id.find('.')), &seconds)) return {};
  if (seconds < kOldest || seconds > kLatest) return {};
  return absl::FromUnixSeconds(seconds);
}

bool IsOutside(const std::string& number) {
  const auto digits = std::count_if(number.begin(), number.end(), absl::ascii_isdigit);
  return static_cast<size_t>(digits) > kExtensionDigitsMax &&
         Fits(v1::IDENTIFIER_TYPE_PHONE, number);
}

void AddCitizen(const std::string& number, v1::VerifiedBy verified, v1::ContactData& data) {
  if (!IsOutside(number)) return;
  v1::Identifier& identifier = *data.add_parties()->add_identifiers();
  identifier.set_type(v1::IDENTIFIER_TYPE_PHONE);
  identifier.set_value(number);
  identifier.set_verified(verified);
}

std::string ExtensionOf(absl::string_view channel) {
  const size_t slash = channel.find('/');
  if (slash == absl::string_view::npos) return std::string(channel);
  channel.remove_prefix(slash + 1);
  const size_t at = channel.find('@');
  return std::string(channel.substr(0, at != absl::string_view::npos ? at : channel.rfind('-')));
}

void AddAgent(const std::string& id, v1::ContactData& data) {
  if (id.empty() || id == "NONE") return;
  v1::Agent& agent = *data.add_agents();
  agent.set_id(id);
  agent.set_kind(v1::AGENT_KIND_EMPLOYEE);
}

}  // namespace klantbeeld::adapters
