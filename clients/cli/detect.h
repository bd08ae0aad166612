// What kind of key somebody typed.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "clients/cli/labels.h"
#include "klantbeeld/v1/citizen_service.pb.h"

namespace klantbeeld::cli {

// What to look for, ready to send, and how it was read.
struct Key {
  Label kind;
  v1::FindCitizensRequest request;
};

// Nine digits that pass the eleven test, not 000000000.
bool PassesElevenTest(const std::string& digits);

// Reads a search term. `kind` ("" or one of kKinds) decides how, else the form
// does: nine digits a BSN, a telephone number, postcode and number, an e-mail
// address, eight digits a KvK number, else a name, with its birth date behind
// it or in `born`. The label says why it does not fit.
std::variant<Key, Label> Detect(const std::string& term, const std::string& kind,
                                const std::string& born);

inline constexpr const char* kKinds = "bsn, phone, name, postcode, email, kvk, case";

}  // namespace klantbeeld::cli
