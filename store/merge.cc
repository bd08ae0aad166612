#include "store/merge.h"

#include <google/protobuf/descriptor.h>

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace klantbeeld::store {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool LeftToCaller(const FieldDescriptor& field) {
  const std::string& name = field.name();
  return name == "parties" || name == "key" || name == "identifiers" || name == "cleared";
}

// Times and durations are values: they are replaced, not merged.
bool IsValue(const FieldDescriptor& field) {
  return field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE ||
         field.message_type()->file()->package() == "google.protobuf" ||
         field.message_type()->name() == "PartialDate";
}

void Copy(const Message& from, const FieldDescriptor* field, Message& into) {
  const std::unique_ptr<Message> one(from.New());
  one->CopyFrom(from);
  // Swapping one field takes it over whatever its type, lists included.
  into.GetReflection()->ClearField(&into, field);
  one->GetReflection()->SwapFields(one.get(), &into, {field});
}

std::string FieldBytes(const Message& message, const FieldDescriptor* field) {
  const std::unique_ptr<Message> one(message.New());
  Copy(message, field, *one);
  return one->SerializeAsString();
}

}  // namespace

void FieldMerge::Clear(const google::protobuf::FieldMask& mask, Message& into,
                       absl::string_view prefix) {
  for (const std::string& path : mask.paths()) {
    Message* message = &into;
    const std::vector<std::string> steps = absl::StrSplit(path, '.');
    for (size_t i = 0; i < steps.size(); ++i) {
      const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(steps[i]);
      if (field == nullptr || LeftToCaller(*field)) break;
      const Reflection& reflection = *message->GetReflection();
      if (i + 1 == steps.size()) {
        reflection.ClearField(message, field);
        if (said_at_ != nullptr) (*said_at_)[absl::StrCat(prefix, path)] = revised_at_;
      } else if (field->is_repeated() || IsValue(*field) ||
                 !reflection.HasField(*message, field)) {
        break;
      } else {
        message = reflection.MutableMessage(message, field);
      }
    }
  }
}

void FieldMerge::Merge(const Message& from, Message& into, absl::string_view prefix) {
  std::vector<const FieldDescriptor*> set;
  from.GetReflection()->ListFields(from, &set);
  for (const FieldDescriptor* field : set) {
    if (LeftToCaller(*field)) continue;
    MergeField(from, field, into, absl::StrCat(prefix, field->name()));
  }
}

void FieldMerge::MergeField(const Message& from, const FieldDescriptor* field, Message& into,
                            const std::string& path) {
  if (!field->is_repeated() && !IsValue(*field)) {
    const Message& part = from.GetReflection()->GetMessage(from, field);
    Merge(part, *into.GetReflection()->MutableMessage(&into, field), absl::StrCat(path, "."));
    return;
  }
  if (said_at_ != nullptr) Note(from, field, into, path);
  Copy(from, field, into);
}

void FieldMerge::Note(const Message& from, const FieldDescriptor* field, const Message& into,
                      const std::string& path) {
  const auto [at, is_new] = said_at_->try_emplace(path, revised_at_);
  if (!is_new && at->second == revised_at_ && FieldBytes(from, field) != FieldBytes(into, field)) {
    differs_at_once_ = true;
  }
  at->second = revised_at_;
}

}  // namespace klantbeeld::store
