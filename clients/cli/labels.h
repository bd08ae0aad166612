// What people read, in Dutch and English.
#pragma once

#include <string>

#include "absl/strings/substitute.h"
#include "klantbeeld/v1/citizen.pb.h"
#include "klantbeeld/v1/contact.pb.h"
#include "klantbeeld/v1/error_reason.pb.h"
#include "klantbeeld/v1/feed_service.pb.h"

namespace klantbeeld::cli {

enum class Lang { kDutch, kEnglish };

enum class Label {
#define TEXT(id, nl, en) id,
#define REASON(id, nl, en)
#define ENUM(type, value, nl, en)
#include "clients/cli/catalogue.inc"
#undef TEXT
#undef REASON
#undef ENUM
  kCount,
};

// The text of a label; $0 and on are not filled in.
const char* Text(Lang lang, Label label);

// The text with its places filled in.
template <class... Args>
std::string Say(Lang lang, Label label, const Args&... args) {
  return absl::Substitute(Text(lang, label), args...);
}

// What an error means and what to do; null where nothing is said of it.
const char* Sentence(Lang lang, v1::ErrorReason reason);

// The word for a value, for a channel with its symbol; "" for one this program
// does not know.
const char* Word(Lang lang, v1::Channel value);
const char* Word(Lang lang, v1::ContactState value);
const char* Word(Lang lang, v1::CitizenIssue value);
const char* Word(Lang lang, v1::CitizenChange_Kind value);
const char* Word(Lang lang, v1::FactKind value);
const char* Word(Lang lang, v1::Assurance value);
const char* Word(Lang lang, v1::IdentifierType value);
const char* Word(Lang lang, v1::EvidenceField value);
const char* Word(Lang lang, v1::Agreement value);
const char* Word(Lang lang, v1::Obstacle value);
const char* Word(Lang lang, v1::JoinRule value);

}  // namespace klantbeeld::cli
