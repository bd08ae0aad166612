#include "clients/adapters/events/proto_json.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace klantbeeld::adapters {

namespace {

// What is wrong, and where, without the values that protobuf quotes.
std::string WithoutValues(std::string text) {
  const size_t value = text.find(": invalid value "), type = text.rfind(" for type ");
  if (value != std::string::npos && type != std::string::npos && value + 15 < type)
    text.erase(value + 15, type - value - 15);
  return text.substr(0, text.find('\n'));  // Behind it: a piece of the text that was read.
}

}  // namespace

std::optional<std::string> FromJson(const std::string& json, google::protobuf::Message& message) {
  const auto status = google::protobuf::util::JsonStringToMessage(json, &message);
  if (status.ok()) return std::nullopt;
  return WithoutValues({status.message().data(), status.message().size()});
}

bool EventsFromLines(const std::vector<std::string>& lines,
                     v1::RecordContactEventsRequest& events) {
  // An empty event between every two keeps each line to itself: a line that
  // begins and ends with a brace then is one object or more, and the count
  // tells which.
  std::string json = "{\"events\":[";
  for (const auto& line : lines) {
    const absl::string_view object = absl::StripAsciiWhitespace(line);
    if (object.size() < 2 || object.front() != '{' || object.back() != '}') return false;
    absl::StrAppend(&json, json.back() == '[' ? "" : ",{},", object);
  }
  json += "]}";
  v1::RecordContactEventsRequest read;
  if (FromJson(json, read) || read.events_size() != static_cast<int>(2 * lines.size()) - 1)
    return false;
  for (int i = 0; i < read.events_size(); i += 2) events.add_events()->Swap(read.mutable_events(i));
  return true;
}

}  // namespace klantbeeld::adapters
