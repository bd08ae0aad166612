#include "store/identity/nobodys.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace klantbeeld::store {
namespace {

constexpr absl::string_view kZeros = "0000000";

absl::Status Wrong(absl::string_view list, absl::string_view value, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("nobodys.", list, ": \"", value, "\" ", what));
}

bool Blank(absl::string_view text) {
  return text.empty() ||
         std::any_of(text.begin(), text.end(), [](unsigned char c) { return absl::ascii_isspace(c); });
}

bool IsNobodysEmail(const NobodysLists& lists, const std::string& email) {
  if (lists.emails.contains(email)) return true;
  const size_t at = email.rfind('@');
  if (at == std::string::npos) return false;
  if (lists.local_parts.contains(email.substr(0, at))) return true;
  for (size_t begin = at + 1; begin != 0; begin = email.find('.', begin) + 1) {
    if (lists.domains.contains(email.substr(begin))) return true;
  }
  return false;
}

bool HasForm(v1::IdentifierType type) {
  return type == v1::IDENTIFIER_TYPE_BSN || type == v1::IDENTIFIER_TYPE_RSIN ||
         type == v1::IDENTIFIER_TYPE_KVK || type == v1::IDENTIFIER_TYPE_VESTIGING;
}

}  // namespace

absl::Status NobodysLists::Validate() const {
  for (const std::string& phone : phones) {
    const bool digits = phone.size() > 1 && phone[0] == '+' &&
                        std::all_of(phone.begin() + 1, phone.end(), absl::ascii_isdigit);
    if (!digits) return Wrong("phones", phone, "must be + and digits, as \"+31201234567\"");
  }
  for (const std::string& email : emails) {
    if (Blank(email) || !absl::StrContains(email, '@')) {
      return Wrong("emails", email, "must be a whole address; names alone go into local_parts");
    }
  }
  for (const std::string& part : local_parts) {
    if (Blank(part) || absl::StrContains(part, '@')) {
      return Wrong("local_parts", part, "must be what stands before the @, without it");
    }
  }
  for (const std::string& domain : domains) {
    if (Blank(domain) || absl::StrContains(domain, '@') || domain[0] == '.') {
      return Wrong("domains", domain, "must be a domain, as \"example.org\"");
    }
  }
  for (const std::string& value : values) {
    if (absl::StripAsciiWhitespace(value).size() != value.size() || value.empty()) {
      return Wrong("values", value, "must not be empty, or begin or end with white space");
    }
  }
  return absl::OkStatus();
}

NobodysLists DefaultNobodys() {
  NobodysLists lists;
  lists.local_parts = {"abuse",     "anoniem",    "anonymous",   "do-not-reply", "donotreply",
                       "geenmail",  "info",       "mailer-daemon", "no-reply",   "nobody",
                       "noreply",   "onbekend",   "postmaster",  "unknown",      "webmaster"};
  lists.values = {"-",    "anoniem", "anonymous", "geen",     "n/a",      "nan",    "nil",
                  "none", "null",    "nvt",       "onbekend", "undefined", "unknown"};
  return lists;
}

bool IsNobodys(const NobodysLists& lists, const v1::Identifier& identifier) {
  const std::string& value = identifier.value();
  if (HasForm(identifier.type())) return false;
  if (identifier.type() == v1::IDENTIFIER_TYPE_PHONE) {
    return absl::EndsWith(value, kZeros) || lists.phones.contains(value);
  }
  if (identifier.type() == v1::IDENTIFIER_TYPE_EMAIL) return IsNobodysEmail(lists, value);
  return std::all_of(value.begin(), value.end(), [](char c) { return c == '0'; }) ||
         lists.values.contains(absl::AsciiStrToLower(value));
}

}  // namespace klantbeeld::store
