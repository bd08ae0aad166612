// What kind of key somebody typed.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "absl/time/civil_time.h"
#include "clients/cli/labels.h"
#include "klantbeeld/v1/citizen_service.pb.h"

namespace klantbeeld::cli {

// What to look for, ready to send, and how it was read.
struct Key {
  Label kind;
  v1::FindCitizensRequest request;
  // Of what is found, only who may have this birth date.
  std::optional<absl::CivilDay> born;
};

// How somebody searches, beside the term.
struct Searching {
  std::string kind;          // "" or one of kKinds: decides how the term is read.
  std::string born;          // A birth date.
  std::string case_pattern;  // Regular expression of a case number.
};

// Nine digits that pass the eleven test, not 000000000.
bool PassesElevenTest(const std::string& digits);

// Reads a search term. Without a kind its form decides: nine digits a BSN (with
// spaces or dots as well), a telephone number, postcode and number, an e-mail
// address, eight digits a KvK number, the pattern a case number, words a name,
// with its birth date beside it or in `born`; or the kind stands in front ("kvk
// 12345678"). The label says what it looks like and what is missing.
std::variant<Key, Label> Detect(const std::string& term, const Searching& searching);

inline constexpr const char* kKinds[] = {"bsn", "phone", "name", "postcode", "email", "kvk",
                                         "case"};

}  // namespace klantbeeld::cli
