#include "service/wire.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include "absl/container/flat_hash_map.h"

namespace klantbeeld::service {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;

constexpr int kDepthMax = 100;  // As protobuf's own parser.

Fault Malformed() {
  return {v1::ERROR_REASON_MESSAGE_MALFORMED, "", "is not a message of this kind"};
}

bool IsUtf8(absl::string_view text) {
  size_t i = 0;
  while (i < text.size()) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const size_t more = lead < 0x80   ? 0
                        : lead < 0xC2 ? 4
                        : lead < 0xE0 ? 1
                        : lead < 0xF0 ? 2
                        : lead < 0xF5 ? 3
                                      : 4;
    if (more == 4 || i + more >= text.size()) return false;
    for (size_t k = 1; k <= more; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    }
    const auto second = more > 0 ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
        (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) {
      return false;
    }
    i += more + 1;
  }
  return true;
}

absl::string_view ReadView(CodedInputStream& in, absl::string_view bytes, uint32_t size) {
  const size_t at = static_cast<size_t>(in.CurrentPosition());
  return bytes.substr(at, size);
}

MaybeFault Explain(absl::string_view bytes, const Descriptor* type, int depth);

// One length-delimited field of a message that does not parse.
MaybeFault ExplainDelimited(absl::string_view content, const FieldDescriptor* field, int depth) {
  if (field->type() == FieldDescriptor::TYPE_STRING && !IsUtf8(content)) {
    return Fault{v1::ERROR_REASON_TEXT_NOT_UTF8, "", "is not UTF-8 text"};
  }
  if (field->type() == FieldDescriptor::TYPE_MESSAGE) {
    return Explain(content, field->message_type(), depth + 1);
  }
  return {};
}

MaybeFault Explain(absl::string_view bytes, const Descriptor* type, int depth) {
  if (depth > kDepthMax) return Malformed();
  CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  absl::flat_hash_map<int, int> seen;
  while (const uint32_t tag = in.ReadTag()) {
    const FieldDescriptor* field = type->FindFieldByNumber(WireFormatLite::GetTagFieldNumber(tag));
    if (field == nullptr ||
        WireFormatLite::GetTagWireType(tag) != WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
      if (!WireFormatLite::SkipField(&in, tag)) return Malformed();
      continue;
    }
    const std::string name = field->is_repeated()
                                 ? absl::StrCat(field->name(), "[", seen[field->number()]++, "]")
                                 : field->name();
    uint32_t size = 0;
    if (!in.ReadVarint32(&size) ||
        size > bytes.size() - static_cast<size_t>(in.CurrentPosition())) {
      return Fault{v1::ERROR_REASON_MESSAGE_MALFORMED, name, "is cut off"};
    }
    if (auto fault = ExplainDelimited(ReadView(in, bytes, size), field, depth)) {
      fault->path = JoinPath(name, fault->path);
      return fault;
    }
    in.Skip(static_cast<int>(size));
  }
  if (!in.ConsumedEntireMessage()) return Malformed();
  return {};
}

}  // namespace

ReceivedBytes::ReceivedBytes(const grpc::ByteBuffer& buffer) {
  if (!buffer.TrySingleSlice(&slice_).ok() && !buffer.DumpToSingleSlice(&slice_).ok()) {
    slice_ = grpc::Slice();
  }
}

grpc::ByteBuffer Serialise(const google::protobuf::Message& message) {
  grpc::Slice slice(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(const_cast<uint8_t*>(slice.begin()));
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer ToBuffer(std::string bytes) {
  auto* const held = new std::string(std::move(bytes));
  const grpc::Slice slice(
      held->data(), held->size(), [](void* held) { delete static_cast<std::string*>(held); }, held);
  return grpc::ByteBuffer(&slice, 1);
}

MaybeFault Parse(absl::string_view bytes, google::protobuf::Message& message) {
  if (message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
  if (auto fault = Explain(bytes, message.GetDescriptor(), 0)) return fault;
  return Malformed();
}

MaybeFault SplitBatch(absl::string_view bytes, absl::string_view field,
                      absl::FunctionRef<bool(absl::string_view)> each) {
  constexpr uint32_t kElement =
      WireFormatLite::MakeTag(1, WireFormatLite::WIRETYPE_LENGTH_DELIMITED);
  CodedInputStream in(reinterpret_cast<const uint8_t*>(bytes.data()),
                      static_cast<int>(bytes.size()));
  while (const uint32_t tag = in.ReadTag()) {
    if (tag != kElement) {
      const int number = WireFormatLite::GetTagFieldNumber(tag);
      if (number == 1) return Malformed();
      return Fault{v1::ERROR_REASON_FIELD_UNKNOWN, absl::StrCat(number),
                   absl::StrCat("field ", number, " is not known to this version")};
    }
    uint32_t size = 0;
    if (!in.ReadVarint32(&size) ||
        size > bytes.size() - static_cast<size_t>(in.CurrentPosition())) {
      return Fault{v1::ERROR_REASON_MESSAGE_MALFORMED, std::string(field), "is cut off"};
    }
    if (!each(ReadView(in, bytes, size))) return {};
    in.Skip(static_cast<int>(size));
  }
  if (!in.ConsumedEntireMessage()) return Malformed();
  return {};
}

}  // namespace klantbeeld::service
