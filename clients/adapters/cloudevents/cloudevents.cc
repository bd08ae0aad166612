#include "clients/adapters/cloudevents/cloudevents.h"

#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/adapters/events/events.h"
#include "clients/adapters/json.h"

namespace klantbeeld::adapters {
namespace {

constexpr absl::string_view kContact = "nl.overheid.klantbeeld.klantcontact-";
constexpr absl::string_view kCaseLinked = "nl.overheid.zaken.zaak-gekoppeld";
constexpr absl::string_view kCaseUnlinked = "nl.overheid.zaken.zaak-ontkoppeld";

// A number that could be somebody's BSN: it may stand in no attribute, since
// those are logged on the way.
bool IsBsn(const std::string& text) {
  return text.size() == 9 && Fits(v1::IDENTIFIER_TYPE_BSN, text);
}

// The id in an address: what stands behind the last "/" or ":".
std::string LastPart(const std::string& address) {
  const size_t at = address.find_last_of("/:");
  return at == std::string::npos ? address : address.substr(at + 1);
}

// A JSON object, member by member.
class Members {
 public:
  void Add(absl::string_view key, absl::string_view json) {
    absl::StrAppend(&text_, text_.empty() ? "{" : ",", JsonQuoted(key), ":", json);
  }
  void AddText(absl::string_view key, const std::string& text) {
    if (!text.empty()) Add(key, JsonQuoted(text));
  }
  std::string Close() && { return text_.empty() ? "{}" : std::move(text_) + "}"; }

 private:
  std::string text_;
};

std::string RefTo(const std::string& source, const std::string& id) {
  Members ref;
  ref.AddText("source", source);
  ref.AddText("id", id);
  return std::move(ref).Close();
}

Unpacked Refuse(const char* field, Reason reason) { return {"", false, {field, reason}}; }

// What the envelope says of the event.
struct Envelope {
  std::string id, source, type, subject, time;
};

Members Begin(const Envelope& envelope) {
  Members event;
  event.AddText("source", envelope.source);
  event.AddText("eventId", envelope.id);
  event.AddText("revisedAt", envelope.time);
  return event;
}

Unpacked OfContact(const Envelope& envelope, const JsonObject& data) {
  const std::string minified = simdjson::minify(data);
  // A whole event, as our own export sends it, needs nothing of the envelope.
  if (!JsonText(data, "eventId").empty()) return {minified};
  Members event = Begin(envelope);
  if (!envelope.subject.empty()) event.Add("contact", RefTo(envelope.source, envelope.subject));
  event.Add("data", minified);
  return {std::move(event).Close()};
}

Unpacked OfCase(const Envelope& envelope, const JsonObject& data) {
  const std::string kind = JsonText(data, "linkObjectType");
  if (!kind.empty() && !absl::StrContains(absl::AsciiStrToLower(kind), "contact")) {
    return {"", true};  // Linked to something that is no contact.
  }
  const std::string contact = LastPart(JsonText(data, "linkTo"));
  const std::string number = LastPart(JsonText(data, "zaak"));
  if (contact.empty()) return Refuse("data.linkTo", Reason::kMissing);
  if (number.empty()) return Refuse("data.zaak", Reason::kMissing);
  Members event = Begin(envelope);
  event.Add("contact", RefTo(envelope.source, contact));
  if (envelope.type == kCaseUnlinked) {
    event.Add("cleared", JsonQuoted("cases"));
    return {std::move(event).Close()};
  }
  Members said;
  said.Add("cases", absl::StrCat("[", JsonQuoted(number), "]"));
  const std::string label = JsonText(data, "label");
  if (!label.empty()) said.Add("tags", absl::StrCat("[", JsonQuoted(label), "]"));
  event.Add("data", std::move(said).Close());
  return {std::move(event).Close()};
}

Unpacked UnpackCloudEvent(JsonReader& json, const std::string& record) {
  const auto object = json.Read(record);
  if (!object) return Refuse("", Reason::kNotJson);
  if (JsonText(*object, "specversion") != "1.0") return Refuse("specversion", Reason::kWordUnknown);
  const Envelope envelope{JsonText(*object, "id"), JsonText(*object, "source"),
                          JsonText(*object, "type"), JsonText(*object, "subject"),
                          JsonText(*object, "time")};
  if (envelope.id.empty()) return Refuse("id", Reason::kMissing);
  if (envelope.source.empty()) return Refuse("source", Reason::kMissing);
  if (envelope.type.empty()) return Refuse("type", Reason::kMissing);
  if (IsBsn(envelope.subject)) return Refuse("subject", Reason::kNotAllowed);
  const bool contact = absl::StartsWith(envelope.type, kContact);
  if (!contact && envelope.type != kCaseLinked && envelope.type != kCaseUnlinked) {
    return {"", true};
  }
  const auto data = JsonSub(*object, "data");
  if (!data) return Refuse("data", Reason::kMissing);
  return contact ? OfContact(envelope, *data) : OfCase(envelope, *data);
}

}  // namespace

Opened OpenCloudEvents(const std::string& path, const Options& options) {
  auto source = Source::Open(path, options.encoding);
  if (!source.ok()) return source.status();
  auto json = std::make_shared<JsonReader>();
  return MakeEventsAdapter(*std::move(source),
                           [json](std::string record) { return UnpackCloudEvent(*json, record); });
}

}  // namespace klantbeeld::adapters
