#include "clients/cli/labels.h"

namespace klantbeeld::cli {
namespace {

struct Pair {
  const char* nl;
  const char* en;
};

constexpr Pair kTexts[] = {
#define TEXT(id, nl, en) {nl, en},
#define REASON(id, nl, en)
#define ENUM(type, value, nl, en)
#include "clients/cli/catalogue.inc"
#undef TEXT
#undef REASON
#undef ENUM
};
static_assert(std::size(kTexts) == static_cast<size_t>(Label::kCount));

struct OfReason {
  v1::ErrorReason reason;
  Pair texts;
};
constexpr OfReason kReasons[] = {
#define TEXT(id, nl, en)
#define REASON(id, nl, en) {v1::ERROR_REASON_##id, {nl, en}},
#define ENUM(type, value, nl, en)
#include "clients/cli/catalogue.inc"
#undef TEXT
#undef REASON
#undef ENUM
};

// Values of different enums share numbers, so the enum's name goes along.
struct OfValue {
  const char* type;
  int value;
  Pair texts;
};
constexpr OfValue kValues[] = {
#define TEXT(id, nl, en)
#define REASON(id, nl, en)
#define ENUM(type, value, nl, en) {#type, static_cast<int>(v1::value), {nl, en}},
#include "clients/cli/catalogue.inc"
#undef TEXT
#undef REASON
#undef ENUM
};

const char* Pick(Lang lang, const Pair& pair) { return lang == Lang::kDutch ? pair.nl : pair.en; }

const char* WordOf(Lang lang, const std::string& type, int value) {
  for (const auto& row : kValues)
    if (row.value == value && type == row.type) return Pick(lang, row.texts);
  return "";
}

}  // namespace

const char* Text(Lang lang, Label label) { return Pick(lang, kTexts[static_cast<size_t>(label)]); }

const char* Sentence(Lang lang, v1::ErrorReason reason) {
  for (const auto& row : kReasons)
    if (row.reason == reason) return Pick(lang, row.texts);
  return nullptr;
}

const char* Word(Lang lang, v1::Channel value) { return WordOf(lang, "Channel", value); }
const char* Word(Lang lang, v1::ContactState value) { return WordOf(lang, "ContactState", value); }
const char* Word(Lang lang, v1::CitizenIssue value) { return WordOf(lang, "CitizenIssue", value); }
const char* Word(Lang lang, v1::CitizenChange_Kind value) {
  return WordOf(lang, "CitizenChange_Kind", value);
}
const char* Word(Lang lang, v1::FactKind value) { return WordOf(lang, "FactKind", value); }
const char* Word(Lang lang, v1::Assurance value) { return WordOf(lang, "Assurance", value); }
const char* Word(Lang lang, v1::IdentifierType value) {
  return WordOf(lang, "IdentifierType", value);
}
const char* Word(Lang lang, v1::EvidenceField value) { return WordOf(lang, "EvidenceField", value); }
const char* Word(Lang lang, v1::Agreement value) { return WordOf(lang, "Agreement", value); }
const char* Word(Lang lang, v1::Obstacle value) { return WordOf(lang, "Obstacle", value); }
const char* Word(Lang lang, v1::JoinRule value) { return WordOf(lang, "JoinRule", value); }

}  // namespace klantbeeld::cli
