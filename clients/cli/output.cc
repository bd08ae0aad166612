#include "clients/cli/output.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "clients/cli/csv_line.h"
#include "clients/cli/json.h"
#include "clients/cli/text.h"

namespace klantbeeld::cli {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Value = nlohmann::ordered_json;

// Times, lengths and masks stand in JSON as one text.
bool IsLeaf(const Descriptor& type) { return type.file()->package() == "google.protobuf"; }

const FieldDescriptor* FieldOf(const Descriptor& type, const std::string& name) {
  for (int i = 0; i < type.field_count(); ++i)
    if (type.field(i)->json_name() == name) return type.field(i);
  return nullptr;
}

std::vector<std::string> NamesIn(const std::string& path) { return absl::StrSplit(path, '.'); }

bool Known(const Descriptor& type, const std::string& path) {
  const Descriptor* at = &type;
  for (const auto& name : NamesIn(path)) {
    const FieldDescriptor* field = at == nullptr ? nullptr : FieldOf(*at, name);
    if (field == nullptr) return false;
    at = field->message_type();
    if (at != nullptr && IsLeaf(*at)) at = nullptr;
  }
  return true;
}

std::string NamesOf(const Descriptor& type) {
  std::vector<std::string> names;
  for (int i = 0; i < type.field_count(); ++i) names.push_back(type.field(i)->json_name());
  return absl::StrJoin(names, ", ");
}

// What was chosen, as a tree; an empty one means all of it.
struct Chosen {
  std::vector<std::pair<std::string, Chosen>> parts;
  Chosen& At(const std::string& name) {
    for (auto& [known, part] : parts)
      if (known == name) return part;
    return parts.emplace_back(name, Chosen()).second;
  }
};

Chosen TreeOf(const Fields& fields) {
  Chosen tree;
  for (const auto& path : fields) {
    Chosen* at = &tree;
    for (const auto& name : NamesIn(path)) at = &at->At(name);
  }
  return tree;
}

Value Pick(const Value& from, const Chosen& chosen) {
  if (chosen.parts.empty()) return from;
  if (from.is_array()) {
    Value list = Value::array();
    for (const auto& item : from) list.push_back(Pick(item, chosen));
    return list;
  }
  Value picked = Value::object();
  for (const auto& [name, part] : chosen.parts)
    if (const auto found = from.find(name); found != from.end()) picked[name] = Pick(*found, part);
  return picked;
}

void Collect(const Value& from, absl::Span<const std::string> path,
             std::vector<std::string>& values) {
  if (from.is_array()) {
    for (const auto& item : from) Collect(item, path, values);
  } else if (path.empty()) {
    const std::string value = from.is_string() ? from.get<std::string>() : from.dump();
    // What several sources say alike is said once.
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
  } else if (from.is_object()) {
    if (const auto found = from.find(path.front()); found != from.end())
      Collect(*found, path.subspan(1), values);
  }
}

std::string CellOf(const Value& from, const std::string& path) {
  std::vector<std::string> values;
  Collect(from, NamesIn(path), values);
  return absl::StrJoin(values, "; ");
}

Value Parsed(const Message& message) { return Value::parse(Json(message, false)); }

}  // namespace

std::optional<std::string> UnknownField(const Descriptor& type, const Fields& fields) {
  for (const auto& path : fields)
    if (!Known(type, path)) return path;
  return std::nullopt;
}

Items::Items(const Context& context, const std::string& otherwise, const Descriptor* (*type)(),
             Fields columns, Shape shape)
    : context_(context),
      shape_(shape),
      format_(shape == Shape::kStream && context.output(otherwise) == "json"
                  ? "ndjson"
                  : context.output(otherwise)),
      chosen_(!context.settings.fields.empty()),
      fields_(chosen_ ? context.settings.fields : std::move(columns)) {
  // Descriptors take milliseconds to build; a picture does without.
  if (!chosen_) return;
  const auto unknown = UnknownField(*type(), fields_);
  if (!unknown) return;
  wrong_ = true;
  BadValue(context, "--fields", *unknown, context.Say(Label::want_one_of, NamesOf(*type())));
}

void Items::Add(const Message& item) {
  const std::unique_ptr<Message> shown(item.New());
  shown->CopyFrom(item);
  if (!context_.settings.show_bsn) MaskBsn(*shown);
  if (format_ == "ndjson" && !chosen_) return Print(Json(*shown, false));
  const Value value = Parsed(*shown);
  if (format_ == "ndjson") return Print(Pick(value, TreeOf(fields_)).dump() + "\n");
  if (format_ == "json") {
    json_.push_back((chosen_ ? Pick(value, TreeOf(fields_)) : value).dump());
    return;
  }
  std::vector<std::string> cells;
  for (const auto& path : fields_) cells.push_back(CellOf(value, path));
  if (format_ == "table" && shape_ == Shape::kStream)
    return Print(Clean(absl::StrJoin(cells, "  ")) + "\n");
  if (format_ == "table") {
    rows_.push_back(std::move(cells));
    return;
  }
  if (!std::exchange(headed_, true)) Print(CsvLine(fields_));
  Print(CsvLine(cells));
}

void Items::End(const Message* whole, const std::string& name) {
  if (format_ == "csv" && !std::exchange(headed_, true)) Print(CsvLine(fields_));
  if (format_ == "table") {
    Table table(fields_);
    for (auto& row : rows_) table.Add(std::move(row));
    Print(table.Render(context_.columns));
  }
  if (format_ != "json") return;
  Value items = Value::array();
  for (const auto& item : json_) items.push_back(Value::parse(item));
  if (whole == nullptr) {
    if (!items.empty()) Print(items.front().dump(1) + "\n");
    return;
  }
  Value all = Parsed(*whole);
  const auto* field = FieldOf(*whole->GetDescriptor(), name);
  // An empty list is said to be one.
  if (field != nullptr && (field->is_repeated() || !items.empty()))
    all[name] = field->is_repeated() ? items : items.front();
  Print(all.dump(1) + "\n");
}

}  // namespace klantbeeld::cli
