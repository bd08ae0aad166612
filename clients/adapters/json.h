// JSON as other systems write it.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace klantbeeld::adapters {

using JsonObject = simdjson::dom::object;
using JsonArray = simdjson::dom::array;

// Parses one object at a time, into room that is used again. One thread.
class JsonReader {
 public:
  // Deeper ones are refused; what our formats have is under ten deep.
  static constexpr size_t kDepthMax = 64;

  // Nothing: no object, no UTF-8, too deep, or something behind it. What is
  // given stands until the next call.
  std::optional<JsonObject> Read(absl::string_view text);

 private:
  simdjson::dom::parser parser_;
};

// A member as text, whatever its type; empty: absent, null, a list or object.
std::string JsonText(const JsonObject& object, absl::string_view key);
// A whole number, also where it is written as text.
std::optional<int64_t> JsonNumber(const JsonObject& object, absl::string_view key);
// Nothing: absent or of another type.
std::optional<JsonObject> JsonSub(const JsonObject& object, absl::string_view key);
std::optional<JsonArray> JsonList(const JsonObject& object, absl::string_view key);

// `text` as a JSON string with its quotes.
std::string JsonQuoted(absl::string_view text);

}  // namespace klantbeeld::adapters
