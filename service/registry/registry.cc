#include "service/registry/registry.h"

#include <array>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/party_rules.h"
#include "service/validate.h"
#include "store/identity/normalise.h"

namespace klantbeeld::registry {
namespace {

constexpr char kFailurePayload[] = "klantbeeld/registry/failure";
constexpr char kWaitPayload[] = "klantbeeld/registry/wait";

struct Kind {
  absl::string_view name;
  absl::StatusCode code;
};
constexpr std::array<Kind, kFailures> kKinds = {{
    {"tooManyResults", absl::StatusCode::kResourceExhausted},
    {"tooManyRequests", absl::StatusCode::kResourceExhausted},
    {"timeOut", absl::StatusCode::kUnavailable},
    {"outage", absl::StatusCode::kUnavailable},
    {"notUnderstood", absl::StatusCode::kUnavailable},
    {"denied", absl::StatusCode::kPermissionDenied},
    {"refused", absl::StatusCode::kInvalidArgument},
    {"stopped", absl::StatusCode::kCancelled},
}};

const Kind& KindOf(Failure failure) { return kKinds[static_cast<size_t>(failure)]; }

// The BRP takes no more in these fields; an asterisk would search wider.
absl::Status CheckText(absl::string_view field, absl::string_view text, size_t characters_max,
                       bool required) {
  if (required && text.empty()) return Failed(Failure::kRefused, absl::StrCat(field, ": is required"));
  if (text.find('*') != absl::string_view::npos) {
    return Failed(Failure::kRefused, absl::StrCat(field, ": takes no asterisk here"));
  }
  if (service::Characters(text) > characters_max) {
    return Failed(Failure::kRefused, absl::StrCat(field, ": at most ", characters_max, " characters"));
  }
  return absl::OkStatus();
}

absl::Status Check(const NameAndBirth& query) {
  absl::Status status = CheckText("surname", query.surname, 200, true);
  if (status.ok()) status = CheckText("prefix", query.prefix, 10, false);
  absl::string_view first_names = query.first_names;
  absl::ConsumeSuffix(&first_names, "*");
  const bool only_asterisk = first_names.empty() && !query.first_names.empty();
  if (status.ok()) status = CheckText("first_names", first_names, 199, only_asterisk);
  return status;
}

absl::Status Check(const PostcodeAndNumber& query) {
  if (query.postcode.empty() || service::CheckPostcode(query.postcode)) {
    return Failed(Failure::kRefused, "postcode: must be four digits and two letters");
  }
  if (query.house_number < 1 || query.house_number > 99999) {
    return Failed(Failure::kRefused, "house_number: must be 1..99999");
  }
  absl::Status status = CheckText("house_letter", query.house_letter, 1, false);
  if (status.ok()) status = CheckText("addition", query.addition, 4, false);
  return status;
}

}  // namespace

absl::string_view NameOf(Failure failure) { return KindOf(failure).name; }

absl::Status Failed(Failure failure, absl::string_view message, absl::Duration wait) {
  absl::Status status(KindOf(failure).code, message);
  status.SetPayload(kFailurePayload, absl::Cord(NameOf(failure)));
  if (wait > absl::ZeroDuration()) {
    status.SetPayload(kWaitPayload, absl::Cord(absl::StrCat(absl::ToInt64Milliseconds(wait))));
  }
  return status;
}

Failure FailureOf(const absl::Status& status) {
  const auto name = status.GetPayload(kFailurePayload);
  for (size_t i = 0; name.has_value() && i < kFailures; ++i) {
    if (*name == kKinds[i].name) return static_cast<Failure>(i);
  }
  return Failure::kOutage;
}

absl::Duration WaitOf(const absl::Status& status) {
  const auto wait = status.GetPayload(kWaitPayload);
  int64_t milliseconds = 0;
  if (!wait.has_value() || !absl::SimpleAtoi(std::string(*wait), &milliseconds)) {
    return absl::ZeroDuration();
  }
  return absl::Milliseconds(milliseconds);
}

absl::Status CheckBsns(const std::vector<std::string>& bsns) {
  if (bsns.empty() || bsns.size() > kBsnsPerCallMax) {
    return Failed(Failure::kRefused, absl::StrCat(bsns.size(), " BSNs in one question: must be 1..",
                                                  kBsnsPerCallMax));
  }
  for (const std::string& bsn : bsns) {
    if (!store::PassesElevenTest(bsn)) {
      return Failed(Failure::kRefused, "a BSN must be nine digits that pass the eleven test");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckQuery(const Query& query) {
  return std::visit([](const auto& one) { return Check(one); }, query);
}

}  // namespace klantbeeld::registry
