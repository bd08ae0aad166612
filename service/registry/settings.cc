#include "service/registry/settings.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace klantbeeld::registry {
namespace {

absl::Status Wrong(absl::string_view key, absl::string_view value, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat("registry.", key, " = \"", value, "\": ", what));
}

bool IsSafe(absl::string_view url) {
  if (absl::StartsWithIgnoreCase(url, "https://")) return true;
  if (!absl::ConsumePrefix(&url, "http://")) return false;
  for (const absl::string_view host : {"127.0.0.1", "[::1]", "localhost"}) {
    absl::string_view rest = url;
    if (absl::ConsumePrefix(&rest, host) && (rest.empty() || rest[0] == ':' || rest[0] == '/')) {
      return true;
    }
  }
  return false;
}

}  // namespace

absl::Status Settings::Validate() const {
  if (!file.empty() && !url.empty()) {
    return Wrong("file", file, absl::StrCat("there is registry.url = \"", url,
                                            "\" too; one registry is asked, take one out"));
  }
  if (url.empty() && !(key_file.empty() && certificate.empty() && certificate_key.empty() &&
                       authorities.empty())) {
    return absl::InvalidArgumentError(
        "registry.key_file, certificate, certificate_key and authorities: there is no registry.url "
        "that they are for");
  }
  if (!url.empty() && !IsSafe(url)) {
    return Wrong("url", url, "must begin with https://, or with http:// and name this machine: "
                             "BSNs do not cross a network in the open");
  }
  if (certificate.empty() != certificate_key.empty()) {
    return absl::InvalidArgumentError(
        "registry.certificate and registry.certificate_key: one needs the other");
  }
  if (budget > timeout) {
    return absl::InvalidArgumentError(absl::StrCat(
        "registry.budget_ms = ", absl::ToInt64Milliseconds(budget),
        " is more than registry.timeout_ms = ", absl::ToInt64Milliseconds(timeout)));
  }
  return absl::OkStatus();
}

}  // namespace klantbeeld::registry
