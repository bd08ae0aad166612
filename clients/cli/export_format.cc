#include "clients/cli/export_format.h"

#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "clients/cli/csv_line.h"
#include "clients/cli/json.h"
#include "clients/cli/times.h"

namespace klantbeeld::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// A column and where its value stands: names of fields with dots between.
struct Column {
  const char* name;
  const char* path;
};

// What a contact and an event of it have in common.
constexpr Column kDataColumns[] = {
    {"channel", "data.channel"},
    {"channelName", "data.channel_name"},
    {"direction", "data.direction"},
    {"state", "data.state"},
    {"plannedAt", "data.planned_at"},
    {"occurredAt", "data.occurred_at"},
    {"endedAt", "data.ended_at"},
    {"waitedSeconds", "data.waited"},
    {"talkedSeconds", "data.talked"},
    {"heldSeconds", "data.held"},
    {"afterWorkSeconds", "data.after_work"},
    {"product", "data.product.name"},
    {"productCode", "data.product.code"},
    {"subject", "data.subject"},
    {"question", "data.question"},
    {"answer", "data.answer"},
    {"outcome", "data.outcome"},
    {"note", "data.note"},
    {"tags", "data.tags"},
    {"language", "data.language"},
    {"department", "data.department"},
    {"location", "data.location"},
    {"queue", "data.queue"},
    {"agents", "data.agents.name"},
    {"cases", "data.cases"},
    {"reference", "data.reference"},
    {"parties", "data.parties.key"},
    {"identifiers", "data.parties.identifiers"},
    {"surnames", "data.parties.details.surname"},
    {"birthDates", "data.parties.details.birth_date"},
};
constexpr Column kEventColumns[] = {
    {"position", "position"},
    {"recordedAt", "recorded_at"},
    {"contactId", "contact_id"},
    {"source", "event.source"},
    {"eventId", "event.event_id"},
    {"contactSource", "event.contact.source"},
    {"contactSourceId", "event.contact.id"},
    {"revisedAt", "event.revised_at"},
    {"retractsEvent", "event.retraction.event_id"},
    {"retractsContact", "event.retraction.contact"},
    {"cleared", "event.cleared.paths"},
};
constexpr Column kContactColumns[] = {
    {"contactId", "id"},
    {"source", "ref.source"},
    {"sourceId", "ref.id"},
    {"happenedAt", "happened_at"},
    {"incomplete", "incomplete"},
    {"flags", "flags"},
    {"events", "event_count"},
    {"position", "position"},
    {"citizens", "citizens.citizen_id"},
};
constexpr Column kCitizenColumns[] = {
    {"citizenId", "id"},
    {"status", "status"},
    {"identifiers", "identifiers.identifier"},
    {"firstNames", "details.details.first_names"},
    {"initials", "details.details.initials"},
    {"surnamePrefix", "details.details.surname_prefix"},
    {"surname", "details.details.surname"},
    {"organisation", "details.details.organisation_name"},
    {"birthDate", "details.details.birth_date"},
    {"postcode", "details.details.address.postcode"},
    {"houseNumber", "details.details.address.house_number"},
    {"houseLetter", "details.details.address.house_letter"},
    {"houseNumberAddition", "details.details.address.house_number_addition"},
    {"city", "details.details.address.city"},
    {"secret", "details.details.secret"},
    {"assurance", "details.assurance"},
    {"contacts", "channel_counts"},
    {"lastContactAt", "latest.contact.happened_at"},
    {"lastChannel", "latest.contact.data.channel"},
    {"lastSubject", "latest.contact.data.subject"},
    {"issues", "issues"},
    {"formerIds", "former_ids"},
};

struct Columns {
  absl::Span<const Column> own;
  // "event.": the shared columns follow, below this; null: none do.
  const char* shared_under;
};

Columns ColumnsOf(ExportWhat what) {
  switch (what) {
    case ExportWhat::kEvents:
      return {kEventColumns, "event."};
    case ExportWhat::kContacts:
      return {kContactColumns, ""};
    case ExportWhat::kCitizens:
      return {kCitizenColumns, nullptr};
  }
  return {};
}

std::string DateText(const v1::PartialDate& date) {
  std::string text = absl::StrFormat("%04d", date.year());
  if (date.has_month()) absl::StrAppendFormat(&text, "-%02d", date.month());
  if (date.has_day()) absl::StrAppendFormat(&text, "-%02d", date.day());
  return text;
}

std::string IdentifierText(const v1::Identifier& identifier) {
  return absl::StrCat(
      EnumName(*v1::IdentifierType_descriptor()->FindValueByNumber(identifier.type())), ":",
      identifier.has_value() ? identifier.value() : identifier.masked());
}

// A message that is one value to a reader of the table.
std::string MessageText(const Message& message, absl::TimeZone zone) {
  if (const auto* time = dynamic_cast<const google::protobuf::Timestamp*>(&message))
    return absl::FormatTime("%Y-%m-%dT%H:%M:%E*S%Ez", FromProto(*time), zone);
  if (const auto* length = dynamic_cast<const google::protobuf::Duration*>(&message))
    return absl::StrCat(absl::ToDoubleSeconds(FromProto(*length)));
  if (const auto* date = dynamic_cast<const v1::PartialDate*>(&message)) return DateText(*date);
  if (const auto* identifier = dynamic_cast<const v1::Identifier*>(&message))
    return IdentifierText(*identifier);
  if (const auto* count = dynamic_cast<const v1::ChannelCount*>(&message))
    return absl::StrCat(EnumName(*v1::Channel_descriptor()->FindValueByNumber(count->channel())),
                        ":", count->contacts());
  return "";
}

// One value of a field, `at` -1 where the field is not repeated.
std::string ValueText(const Message& message, const FieldDescriptor* field, int at,
                      absl::TimeZone zone) {
  const auto* reflection = message.GetReflection();
  const bool many = at >= 0;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return many ? reflection->GetRepeatedString(message, field, at)
                  : reflection->GetString(message, field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumName(many ? *reflection->GetRepeatedEnum(message, field, at)
                           : *reflection->GetEnum(message, field));
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(reflection->GetInt32(message, field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(reflection->GetUInt32(message, field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(reflection->GetUInt64(message, field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageText(many ? reflection->GetRepeatedMessage(message, field, at)
                              : reflection->GetMessage(message, field),
                         zone);
    default:
      return "";  // No column has another type.
  }
}

// Every value that stands at `path`, through all repetitions on the way.
void Collect(const Message& message, absl::Span<const absl::string_view> path, absl::TimeZone zone,
             std::vector<std::string>& values) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(std::string(path[0]));
  const auto* reflection = message.GetReflection();
  const bool many = field->is_repeated();
  const int count = many ? reflection->FieldSize(message, field)
                    : !field->has_presence() || reflection->HasField(message, field) ? 1
                                                                                     : 0;
  for (int i = 0; i < count; ++i) {
    const int at = many ? i : -1;
    if (path.size() == 1) {
      values.push_back(ValueText(message, field, at, zone));
    } else {
      Collect(many ? reflection->GetRepeatedMessage(message, field, i)
                   : reflection->GetMessage(message, field),
              path.subspan(1), zone, values);
    }
  }
}

std::string CellText(const Message& message, const std::string& path, absl::TimeZone zone) {
  const std::vector<absl::string_view> steps = absl::StrSplit(path, '.');
  std::vector<std::string> values;
  Collect(message, steps, zone, values);
  return absl::StrJoin(values, "; ");
}

// Letters, digits and -._~ as they are, all else as %XX (RFC 3986).
std::string PercentEncoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || absl::StrContains("-._~", c))
      encoded += c;
    else
      absl::StrAppendFormat(&encoded, "%%%02X", static_cast<unsigned char>(c));
  }
  return encoded;
}

}  // namespace

struct ExportLines::Envelope {
  std::string id, source, type, subject, time;
  uint64_t position;
};

std::string ExportLines::Head() const {
  if (format_ != ExportFormat::kCsv) return "";
  const Columns columns = ColumnsOf(what_);
  std::vector<std::string> names;
  for (const Column& column : columns.own) names.push_back(column.name);
  if (columns.shared_under != nullptr)
    for (const Column& column : kDataColumns) names.push_back(column.name);
  return CsvLine(names);
}

std::string ExportLines::Cells(const Message& message) const {
  const Columns columns = ColumnsOf(what_);
  std::vector<std::string> cells;
  for (const Column& column : columns.own) cells.push_back(CellText(message, column.path, zone_));
  if (columns.shared_under != nullptr)
    for (const Column& column : kDataColumns)
      cells.push_back(CellText(message, absl::StrCat(columns.shared_under, column.path), zone_));
  return CsvLine(cells);
}

std::string ExportLines::CloudEvent(const Envelope& envelope, const Message& data) const {
  const std::string system = PercentEncoded(envelope.source);
  nlohmann::ordered_json json;
  json["specversion"] = "1.0";
  json["id"] = envelope.id;
  // The NL GOV profile's form where the organisation is known.
  json["source"] = oin_.empty() ? absl::StrCat("/systeem/", system)
                                : absl::StrCat("urn:nld:oin:", oin_, ":systeem:", system);
  json["type"] = absl::StrCat("nl.overheid.klantbeeld.", envelope.type);
  // Opaque: no attribute says anything of a person.
  if (!envelope.subject.empty()) json["subject"] = envelope.subject;
  if (!envelope.time.empty()) json["time"] = envelope.time;
  json["sequence"] = absl::StrCat(envelope.position);
  json["sequencetype"] = "Integer";
  json["datacontenttype"] = "application/json";
  std::string text = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  text.pop_back();
  // The data byte for byte as the other format has it.
  return absl::StrCat(text, ",\"data\":", absl::StripTrailingAsciiWhitespace(Json(data, false)),
                      "}\n");
}

std::string ExportLines::Event(const v1::FeedEvent& fact) const {
  const v1::ContactEvent& event = fact.event();
  if (format_ == ExportFormat::kCsv) return Cells(fact);
  if (format_ == ExportFormat::kNdjson) return Json(event, false);
  return CloudEvent(
      {event.event_id(), event.source(),
       fact.has_contact() || event.has_retraction() ? "klantcontact-gewijzigd"
                                                    : "klantcontact-geregistreerd",
       fact.contact_id(), MessageText(event.revised_at(), absl::UTCTimeZone()), fact.position()},
      event);
}

std::string ExportLines::Contact(const v1::Contact& contact) const {
  if (format_ == ExportFormat::kCsv) return Cells(contact);
  if (format_ == ExportFormat::kNdjson) return Json(contact, false);
  return CloudEvent({absl::StrCat(contact.id(), "-", contact.position()), contact.ref().source(),
                     "contactstand-bijgewerkt", contact.id(),
                     MessageText(contact.happened_at(), absl::UTCTimeZone()), contact.position()},
                    contact);
}

std::string ExportLines::Citizen(const v1::Citizen& citizen, uint64_t position) const {
  if (format_ == ExportFormat::kNdjson) return Json(citizen, false);
  if (format_ == ExportFormat::kCloudEvents)
    return CloudEvent({absl::StrCat(citizen.id(), "-", position), "klantbeeld",
                       "klantstand-bijgewerkt", citizen.id(), "", position},
                      citizen);
  // A table has room for the latest of what was stated, the first in the list.
  v1::Citizen row = citizen;
  while (row.details_size() > 1) row.mutable_details()->RemoveLast();
  while (row.latest_size() > 1) row.mutable_latest()->RemoveLast();
  return Cells(row);
}

}  // namespace klantbeeld::cli
