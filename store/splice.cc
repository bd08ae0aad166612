#include "store/splice.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

namespace klantbeeld::store {
namespace {

using google::protobuf::internal::WireFormatLite;
using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr size_t kVarintBytesMax = 10;

void AppendVarint(std::string& out, uint64_t value) {
  uint8_t bytes[kVarintBytesMax];
  const uint8_t* const end = CodedOutputStream::WriteVarint64ToArray(value, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(end - bytes));
}

}  // namespace

size_t FieldBytes(size_t size) { return 1 + CodedOutputStream::VarintSize64(size) + size; }

void AppendFieldHead(std::string& out, int number, size_t size) {
  AppendVarint(out, WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_LENGTH_DELIMITED));
  AppendVarint(out, size);
}

void AppendField(std::string& out, int number, absl::string_view content) {
  AppendFieldHead(out, number, content.size());
  out.append(content.data(), content.size());
}

void AppendNumber(std::string& out, int number, uint64_t value) {
  AppendVarint(out, WireFormatLite::MakeTag(number, WireFormatLite::WIRETYPE_VARINT));
  AppendVarint(out, value);
}

bool TakeField(absl::string_view& in, Field& field) {
  CodedInputStream stream(reinterpret_cast<const uint8_t*>(in.data()),
                          static_cast<int>(in.size()));
  const uint32_t tag = stream.ReadTag();
  if (tag == 0) return false;
  field.number = WireFormatLite::GetTagFieldNumber(tag);
  field.content = {};
  if (WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED) {
    uint32_t size = 0;
    if (!stream.ReadVarint32(&size)) return false;
    const auto at = static_cast<size_t>(stream.CurrentPosition());
    if (size > in.size() - at) return false;
    field.content = in.substr(at, size);
    field.whole = in.substr(0, at + size);
  } else {
    if (!WireFormatLite::SkipField(&stream, tag)) return false;
    field.whole = in.substr(0, static_cast<size_t>(stream.CurrentPosition()));
  }
  in.remove_prefix(field.whole.size());
  return true;
}

}  // namespace klantbeeld::store
