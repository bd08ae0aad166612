// Every limit of the contract, read from the descriptors: at it accepted, one
// over refused with the field's path. A limit added to the contract is tested
// without a change here.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "klantbeeld/v1/citizen_service.pb.h"
#include "klantbeeld/v1/contact_service.pb.h"
#include "klantbeeld/v1/feed_service.pb.h"
#include "klantbeeld/v1/history_service.pb.h"
#include "klantbeeld/v1/identity_service.pb.h"
#include "klantbeeld/v1/limits.pb.h"
#include "service/validate.h"

namespace klantbeeld::service {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The fields that lead to a limited field, it included.
using Path = std::vector<const FieldDescriptor*>;

void Collect(const Descriptor* type, Path path, std::vector<Path>& all) {
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    path.push_back(field);
    if (field->options().HasExtension(v1::limit)) all.push_back(path);
    if (field->message_type() != nullptr &&
        field->message_type()->file()->package() == "klantbeeld.v1") {
      Collect(field->message_type(), path, all);
    }
    path.pop_back();
  }
}

void FillRequired(Message& message);

void SetText(Message& message, const FieldDescriptor* field, size_t characters) {
  std::string text;
  for (size_t i = 0; i < characters; ++i) text += "\xC3\xA9";  // Two bytes, one character.
  const auto* reflection = message.GetReflection();
  if (field->is_repeated()) {
    reflection->ClearField(&message, field);
    reflection->AddString(&message, field, text);
  } else {
    reflection->SetString(&message, field, text);
  }
}

void AddElement(Message& message, const FieldDescriptor* field) {
  const auto* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->AddString(&message, field, "a");
    case FieldDescriptor::CPPTYPE_ENUM:
      return reflection->AddEnumValue(&message, field, 1);
    default:
      return FillRequired(*reflection->AddMessage(&message, field));
  }
}

void FillRequired(Message& message) {
  const Descriptor* type = message.GetDescriptor();
  const auto* reflection = message.GetReflection();
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const v1::Limit& limit = field->options().GetExtension(v1::limit);
    if (!field->has_presence() && !field->is_repeated() && limit.numeric_min() > 0) {
      reflection->SetInt32(&message, field, static_cast<int>(limit.numeric_min()));
    }
    if (!limit.required()) continue;
    if (field->is_repeated()) {
      AddElement(message, field);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      reflection->SetString(&message, field, "a");
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
      reflection->SetEnumValue(&message, field, 1);
    } else {
      FillRequired(*reflection->MutableMessage(&message, field));
    }
  }
}

// A request in order except for what the caller does to the last message of
// `path`, and how the contract names that field.
struct Request {
  std::unique_ptr<Message> message;
  Message* holder;
  std::string name;
};

Request Make(const Descriptor* type, const Path& path) {
  Request request;
  request.message.reset(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  FillRequired(*request.message);
  request.holder = request.message.get();
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    const auto* reflection = request.holder->GetReflection();
    if (path[i]->is_repeated()) {
      request.name += path[i]->name() + "[0].";
      request.holder = reflection->FieldSize(*request.holder, path[i]) > 0
                           ? reflection->MutableRepeatedMessage(request.holder, path[i], 0)
                           : reflection->AddMessage(request.holder, path[i]);
    } else {
      request.name += path[i]->name() + ".";
      request.holder = reflection->MutableMessage(request.holder, path[i]);
    }
    FillRequired(*request.holder);
  }
  request.name += path.back()->name();
  return request;
}

struct Case {
  Request request;
  std::string want;  // Path of the fault; empty: accepted.
};

void AddCases(const Descriptor* type, const Path& path, std::vector<Case>& cases) {
  const FieldDescriptor* field = path.back();
  const v1::Limit& limit = field->options().GetExtension(v1::limit);
  const auto add = [&](const auto& change, bool over, const std::string& suffix = "") {
    Request request = Make(type, path);
    change(*request.holder, *request.holder->GetReflection());
    const std::string want = over ? request.name + suffix : "";
    cases.push_back({std::move(request), want});
  };
  if (const uint32_t max = limit.characters_max(); max > 0) {
    const std::string suffix = field->is_repeated() ? "[0]" : "";
    add([&](Message& m, auto&) { SetText(m, field, max); }, false);
    add([&](Message& m, auto&) { SetText(m, field, max + 1); }, true, suffix);
  }
  if (const uint32_t max = limit.items_max(); max > 0) {
    const auto fill = [&](Message& m, uint32_t count) {
      m.GetReflection()->ClearField(&m, field);
      for (uint32_t i = 0; i < count; ++i) AddElement(m, field);
    };
    add([&](Message& m, auto&) { fill(m, max); }, false);
    add([&](Message& m, auto&) { fill(m, max + 1); }, true);
  }
  if (limit.numeric_max() > 0) {
    const auto set = [&](int64_t value) {
      return [=](Message& m, auto& r) { r.SetInt32(&m, field, static_cast<int>(value)); };
    };
    add(set(limit.numeric_max()), false);
    add(set(limit.numeric_max() + 1), true);
    add(set(limit.numeric_min()), false);
    add(set(limit.numeric_min() - 1), true);
  }
  if (const int64_t max = limit.seconds_max(); max > 0) {
    const auto set = [&](int64_t seconds, int nanos) {
      return [=](Message& m, auto& r) {
        google::protobuf::Duration length;
        length.set_seconds(seconds);
        length.set_nanos(nanos);
        r.MutableMessage(&m, field)->CopyFrom(length);
      };
    };
    add(set(max, 0), false);
    add(set(max, 1), true);
    add(set(-1, 0), true);
  }
  if (limit.required()) add([&](Message& m, auto& r) { r.ClearField(&m, field); }, true);
}

class Limits : public testing::TestWithParam<const Descriptor*> {};

TEST_P(Limits, AtItAcceptedOneOverRefusedWithItsPath) {
  std::vector<Path> paths;
  Collect(GetParam(), {}, paths);
  std::vector<Case> cases;
  for (const Path& path : paths) AddCases(GetParam(), path, cases);
  EXPECT_FALSE(cases.empty());
  for (const Case& one : cases) {
    const MaybeFault fault = Validate(*one.request.message, UnknownFields::kRefuse);
    EXPECT_EQ(fault ? fault->path : "", one.want)
        << one.request.name << ": " << (fault ? fault->what : "accepted");
  }
}

std::string NameOf(const testing::TestParamInfo<const Descriptor*>& info) {
  return info.param->name();
}
INSTANTIATE_TEST_SUITE_P(
    Requests, Limits,
    testing::Values(v1::RecordContactEventRequest::descriptor(),
                    v1::RecordContactEventsRequest::descriptor(),
                    v1::GetContactRequest::descriptor(), v1::FindCitizensRequest::descriptor(),
                    v1::GetCitizenRequest::descriptor(), v1::ListTimelineRequest::descriptor(),
                    v1::WatchTimelineRequest::descriptor(), v1::LinkRequest::descriptor(),
                    v1::UnlinkRequest::descriptor(), v1::FollowRequest::descriptor()),
    NameOf);

}  // namespace
}  // namespace klantbeeld::service
