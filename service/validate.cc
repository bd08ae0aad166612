#include "service/validate.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "klantbeeld/v1/identifier.pb.h"
#include "klantbeeld/v1/limits.pb.h"

namespace klantbeeld::service {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, as timestamp.proto has them.
constexpr int64_t kTimestampSecondsMin = -62135596800;
constexpr int64_t kTimestampSecondsMax = 253402300799;
constexpr int32_t kNanosMax = 999'999'999;

enum class Kind { kOther, kString, kInt, kEnum, kMessage, kTimestamp, kDuration };

struct Plan;

struct FieldPlan {
  const FieldDescriptor* field;
  Kind kind = Kind::kOther;
  v1::Limit limit;
  bool zero_allowed = false;  // Of an enum with presence.
  int enum_count = 0;         // Values 0 .. enum_count - 1 exist; else 0.
  const Plan* sub = nullptr;
};

// The checks of one message type, flattened once.
struct Plan {
  std::vector<FieldPlan> fields;
};

Kind KindOf(const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return field->type() == FieldDescriptor::TYPE_STRING ? Kind::kString : Kind::kOther;
    case FieldDescriptor::CPPTYPE_INT32:
      return Kind::kInt;
    case FieldDescriptor::CPPTYPE_ENUM:
      return Kind::kEnum;
    case FieldDescriptor::CPPTYPE_MESSAGE:
      if (field->message_type() == google::protobuf::Timestamp::descriptor()) {
        return Kind::kTimestamp;
      }
      if (field->message_type() == google::protobuf::Duration::descriptor()) {
        return Kind::kDuration;
      }
      return Kind::kMessage;
    default:
      return Kind::kOther;
  }
}

int ContiguousValues(const google::protobuf::EnumDescriptor* type) {
  for (int i = 0; i < type->value_count(); ++i) {
    if (type->value(i)->number() != i) return 0;
  }
  return type->value_count();
}

class Plans {
 public:
  const Plan* Of(const Descriptor* type) {
    {
      absl::ReaderMutexLock lock(&mutex_);
      auto it = plans_.find(type);
      if (it != plans_.end()) return it->second.get();
    }
    absl::MutexLock lock(&mutex_);
    return Make(type);
  }

 private:
  const Plan* Make(const Descriptor* type) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    auto [it, inserted] = plans_.try_emplace(type);
    if (!inserted) return it->second.get();
    Plan* plan = (it->second = std::make_unique<Plan>()).get();
    for (int i = 0; i < type->field_count(); ++i) {
      FieldPlan field;
      field.field = type->field(i);
      field.kind = KindOf(field.field);
      field.limit = field.field->options().GetExtension(v1::limit);
      if (field.kind == Kind::kEnum) {
        field.zero_allowed = field.field->enum_type() == v1::VerifiedBy_descriptor();
        field.enum_count = ContiguousValues(field.field->enum_type());
      }
      if (field.kind == Kind::kMessage) field.sub = Make(field.field->message_type());
      plan->fields.push_back(field);
    }
    return plan;
  }

  absl::Mutex mutex_;
  absl::flat_hash_map<const Descriptor*, std::unique_ptr<Plan>> plans_ ABSL_GUARDED_BY(mutex_);
};

Plans& AllPlans() {
  static Plans* plans = new Plans;  // Never destroyed: threads may outlive main.
  return *plans;
}

MaybeFault CheckString(const FieldPlan& plan, const std::string& text) {
  const size_t max = plan.limit.characters_max();
  // Characters are never more than bytes, so most text needs no counting.
  if (max == 0 || text.size() <= max) return {};
  const size_t characters = Characters(text);
  if (characters <= max) return {};
  return Fault{v1::ERROR_REASON_LIMIT_EXCEEDED, "",
               absl::StrCat(characters, " characters, at most ", max)};
}

MaybeFault CheckInt(const FieldPlan& plan, int64_t value) {
  const v1::Limit& limit = plan.limit;
  if (limit.numeric_max() == 0) return {};
  if (value >= limit.numeric_min() && value <= limit.numeric_max()) return {};
  // Not which number it is: somebody's BSN may have got into the field.
  return Fault{v1::ERROR_REASON_LIMIT_EXCEEDED, "",
               absl::StrCat("must be ", limit.numeric_min(), "..", limit.numeric_max())};
}

MaybeFault CheckEnum(const FieldPlan& plan, int value) {
  if (value == 0 && !plan.zero_allowed) {
    if (plan.limit.required()) return Fault{v1::ERROR_REASON_FIELD_REQUIRED, "", "is required"};
    return Fault{v1::ERROR_REASON_FIELD_INVALID, "", "must not be UNSPECIFIED; leave it out"};
  }
  const bool known = plan.enum_count > 0
                         ? value >= 0 && value < plan.enum_count
                         : plan.field->enum_type()->FindValueByNumber(value) != nullptr;
  if (known) return {};
  return Fault{v1::ERROR_REASON_ENUM_UNKNOWN, "", "has a value that this version does not know"};
}

MaybeFault CheckTimestamp(const google::protobuf::Timestamp& time) {
  if (time.seconds() >= kTimestampSecondsMin && time.seconds() <= kTimestampSecondsMax &&
      time.nanos() >= 0 && time.nanos() <= kNanosMax) {
    return {};
  }
  return Fault{v1::ERROR_REASON_TIME_INVALID, "",
               "must lie in the years 0001 to 9999, with nanoseconds 0..999999999"};
}

MaybeFault CheckDuration(const FieldPlan& plan, const google::protobuf::Duration& length) {
  if (length.nanos() < -kNanosMax || length.nanos() > kNanosMax ||
      (length.seconds() > 0 && length.nanos() < 0) ||
      (length.seconds() < 0 && length.nanos() > 0)) {
    return Fault{v1::ERROR_REASON_TIME_INVALID, "", "nanoseconds do not fit the seconds"};
  }
  if (length.seconds() < 0 || length.nanos() < 0) {
    return Fault{v1::ERROR_REASON_FIELD_INVALID, "", "must not be negative"};
  }
  const int64_t max = plan.limit.seconds_max();
  if (max == 0 || length.seconds() < max || (length.seconds() == max && length.nanos() == 0)) {
    return {};
  }
  return Fault{v1::ERROR_REASON_LIMIT_EXCEEDED, "",
               absl::StrCat("at most ", max, " seconds")};
}

MaybeFault CheckUnknown(const Message& message) {
  const auto& set = message.GetReflection()->GetUnknownFields(message);
  if (set.empty()) return {};
  const std::string number = absl::StrCat(set.field(0).number());
  return Fault{v1::ERROR_REASON_FIELD_UNKNOWN, number,
               absl::StrCat("field ", number, " is not known to this version")};
}

MaybeFault CheckMessage(const Message& message, const Plan& plan, UnknownFields unknown);

MaybeFault CheckSub(const FieldPlan& plan, const Message& sub, UnknownFields unknown) {
  if (plan.kind == Kind::kMessage) return CheckMessage(sub, *plan.sub, unknown);
  if (unknown == UnknownFields::kRefuse) {
    if (auto fault = CheckUnknown(sub)) return fault;
  }
  if (plan.kind == Kind::kTimestamp) {
    return CheckTimestamp(static_cast<const google::protobuf::Timestamp&>(sub));
  }
  return CheckDuration(plan, static_cast<const google::protobuf::Duration&>(sub));
}

MaybeFault CheckItem(const FieldPlan& plan, const Message& message, const Reflection& reflection,
                     int i, UnknownFields unknown) {
  std::string scratch;
  switch (plan.kind) {
    case Kind::kString:
      return CheckString(plan,
                         reflection.GetRepeatedStringReference(message, plan.field, i, &scratch));
    case Kind::kInt:
      return CheckInt(plan, reflection.GetRepeatedInt32(message, plan.field, i));
    case Kind::kEnum:
      return CheckEnum(plan, reflection.GetRepeatedEnumValue(message, plan.field, i));
    case Kind::kOther:
      return {};
    default:
      return CheckSub(plan, reflection.GetRepeatedMessage(message, plan.field, i), unknown);
  }
}

MaybeFault CheckRepeated(const FieldPlan& plan, const Message& message,
                         const Reflection& reflection, UnknownFields unknown) {
  const int size = reflection.FieldSize(message, plan.field);
  if (size == 0) {
    if (!plan.limit.required()) return {};
    return Fault{v1::ERROR_REASON_FIELD_REQUIRED, plan.field->name(), "needs at least one"};
  }
  if (plan.limit.items_max() > 0 && size > static_cast<int>(plan.limit.items_max())) {
    return Fault{v1::ERROR_REASON_LIMIT_EXCEEDED, plan.field->name(),
                 absl::StrCat(size, " elements, at most ", plan.limit.items_max())};
  }
  for (int i = 0; i < size; ++i) {
    if (auto fault = CheckItem(plan, message, reflection, i, unknown)) {
      fault->path = JoinPath(absl::StrCat(plan.field->name(), "[", i, "]"), fault->path);
      return fault;
    }
  }
  return {};
}

MaybeFault CheckSingular(const FieldPlan& plan, const Message& message,
                         const Reflection& reflection, UnknownFields unknown) {
  // A number without presence is checked as 0 too: 0 may lie outside its range.
  const bool implicit = !plan.field->has_presence();
  if (!reflection.HasField(message, plan.field) && !(implicit && plan.kind == Kind::kInt)) {
    if (!plan.limit.required()) return {};
    return Fault{v1::ERROR_REASON_FIELD_REQUIRED, "", "is required"};
  }
  std::string scratch;
  switch (plan.kind) {
    case Kind::kString:
      return CheckString(plan, reflection.GetStringReference(message, plan.field, &scratch));
    case Kind::kInt:
      return CheckInt(plan, reflection.GetInt32(message, plan.field));
    case Kind::kEnum:
      return CheckEnum(plan, reflection.GetEnumValue(message, plan.field));
    case Kind::kOther:
      return {};
    default:
      return CheckSub(plan, reflection.GetMessage(message, plan.field), unknown);
  }
}

MaybeFault CheckMessage(const Message& message, const Plan& plan, UnknownFields unknown) {
  const Reflection& reflection = *message.GetReflection();
  if (unknown == UnknownFields::kRefuse) {
    if (auto fault = CheckUnknown(message)) return fault;
  }
  for (const FieldPlan& field : plan.fields) {
    if (field.field->is_repeated()) {
      if (auto fault = CheckRepeated(field, message, reflection, unknown)) return fault;
    } else if (auto fault = CheckSingular(field, message, reflection, unknown)) {
      fault->path = JoinPath(field.field->name(), fault->path);
      return fault;
    }
  }
  return {};
}

}  // namespace

size_t Characters(absl::string_view text) {
  size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

MaybeFault Validate(const Message& message, UnknownFields unknown) {
  return CheckMessage(message, *AllPlans().Of(message.GetDescriptor()), unknown);
}

}  // namespace klantbeeld::service
