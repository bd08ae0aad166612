#include "clients/cli/json.h"

#include <google/protobuf/util/json_util.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "clients/adapters/events/proto_json.h"
#include "klantbeeld/v1/identifier.pb.h"

namespace klantbeeld::cli {
namespace {

using google::protobuf::FieldDescriptor;

std::string OptionName(const google::protobuf::EnumValueDescriptor& value,
                       const std::string& prefix) {
  return absl::StrReplaceAll(absl::AsciiStrToLower(value.name().substr(prefix.size())),
                             {{"_", "-"}});
}

}  // namespace

void MaskBsn(google::protobuf::Message& message) {
  if (message.GetDescriptor() == v1::Identifier::descriptor()) {
    auto& identifier = static_cast<v1::Identifier&>(message);
    if (identifier.type() != v1::IDENTIFIER_TYPE_BSN || !identifier.has_value()) return;
    const std::string& value = identifier.value();
    if (!identifier.has_masked() && value.size() == 9)
      identifier.set_masked("******" + value.substr(6));
    identifier.clear_value();
    return;
  }
  const auto* reflection = message.GetReflection();
  std::vector<const FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      MaskBsn(*reflection->MutableMessage(&message, field));
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i)
      MaskBsn(*reflection->MutableRepeatedMessage(&message, field, i));
  }
}

std::string Json(const google::protobuf::Message& message, bool indented) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = indented;
  std::string text;
  // Cannot fail: our messages hold no Any and no times out of range that the
  // server did not check.
  (void)google::protobuf::util::MessageToJsonString(message, &text, options);
  if (!indented) text += "\n";
  return text;
}

std::optional<std::string> FromJson(const std::string& json, google::protobuf::Message& message) {
  return adapters::FromJson(json, message);
}

bool EventsFromLines(const std::vector<std::string>& lines,
                     v1::RecordContactEventsRequest& events) {
  return adapters::EventsFromLines(lines, events);
}

std::string EnumName(const google::protobuf::EnumValueDescriptor& value) {
  if (value.number() == 0) return "";
  // Every enum of the contract begins with PREFIX_UNSPECIFIED.
  const std::string& zero = value.type()->value(0)->name();
  return OptionName(value, zero.substr(0, zero.size() - sizeof("UNSPECIFIED") + 1));
}

namespace {

// Not one that only the service says, in replies.
bool CanBeGiven(const google::protobuf::EnumValueDescriptor& value) {
  return value.number() != 0 && (value.type() != v1::VerifiedBy_descriptor() ||
                                 value.number() != v1::VERIFIED_BY_REGISTRY);
}

}  // namespace

std::optional<int> EnumNumber(const google::protobuf::EnumDescriptor* type,
                              const std::string& prefix, const std::string& name) {
  for (int i = 0; i < type->value_count(); ++i)
    if (CanBeGiven(*type->value(i)) && OptionName(*type->value(i), prefix) == name)
      return type->value(i)->number();
  return std::nullopt;
}

std::string EnumNames(const google::protobuf::EnumDescriptor* type, const std::string& prefix) {
  std::string names;
  for (int i = 0; i < type->value_count(); ++i)
    if (CanBeGiven(*type->value(i)))
      absl::StrAppend(&names, names.empty() ? "" : ", ", OptionName(*type->value(i), prefix));
  return names;
}

}  // namespace klantbeeld::cli
