#include "clients/adapters/json.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace klantbeeld::adapters {
namespace {

using Element = simdjson::dom::element;

std::optional<Element> Member(const JsonObject& object, absl::string_view key) {
  Element element;
  if (object.at_key({key.data(), key.size()}).get(element) != simdjson::SUCCESS) return {};
  return element;
}

}  // namespace

std::optional<JsonObject> JsonReader::Read(absl::string_view text) {
  if (parser_.max_depth() != kDepthMax &&
      parser_.allocate(text.size(), kDepthMax) != simdjson::SUCCESS) {
    return {};
  }
  JsonObject object;
  if (parser_.parse(text.data(), text.size()).get(object) != simdjson::SUCCESS) return {};
  return object;
}

std::string JsonText(const JsonObject& object, absl::string_view key) {
  const auto member = Member(object, key);
  if (!member) return "";
  std::string_view text;
  int64_t whole = 0;
  uint64_t large = 0;
  double number = 0;
  bool yes = false;
  if (member->get(text) == simdjson::SUCCESS) return std::string(text);
  if (member->get(whole) == simdjson::SUCCESS) return absl::StrCat(whole);
  if (member->get(large) == simdjson::SUCCESS) return absl::StrCat(large);
  if (member->get(number) == simdjson::SUCCESS) return absl::StrCat(number);
  if (member->get(yes) == simdjson::SUCCESS) return yes ? "true" : "false";
  return "";
}

std::optional<int64_t> JsonNumber(const JsonObject& object, absl::string_view key) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(JsonText(object, key), &number)) return {};
  return number;
}

std::optional<JsonObject> JsonSub(const JsonObject& object, absl::string_view key) {
  const auto member = Member(object, key);
  JsonObject sub;
  if (!member || member->get(sub) != simdjson::SUCCESS) return {};
  return sub;
}

std::optional<JsonArray> JsonList(const JsonObject& object, absl::string_view key) {
  const auto member = Member(object, key);
  JsonArray list;
  if (!member || member->get(list) != simdjson::SUCCESS) return {};
  return list;
}

std::string JsonQuoted(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&quoted, "\\u%04x", c);
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace klantbeeld::adapters
