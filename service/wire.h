// Messages and the bytes of gRPC.
#ifndef KLANTBEELD_SERVICE_WIRE_H_
#define KLANTBEELD_SERVICE_WIRE_H_

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "service/fault.h"
#include "store/splice.h"

namespace klantbeeld::service {

// The bytes of a received message in one piece, without a copy where gRPC has
// them so. The view is good as long as this object.
class ReceivedBytes {
 public:
  explicit ReceivedBytes(const grpc::ByteBuffer& buffer);
  absl::string_view view() const {
    return {reinterpret_cast<const char*>(slice_.begin()), slice_.size()};
  }

 private:
  grpc::Slice slice_;
};

grpc::ByteBuffer Serialise(const google::protobuf::Message& message);
// The bytes themselves, not a copy.
grpc::ByteBuffer ToBuffer(std::string bytes);
template <typename M>
grpc::ByteBuffer Serialise(store::Encoded<M>&& message) {
  return ToBuffer(std::move(message.bytes));
}

// Parses `bytes`. Where protobuf only says that it failed, this names the field:
// text that is not UTF-8, or the message that the bytes are not.
MaybeFault Parse(absl::string_view bytes, google::protobuf::Message& message);

// Calls `each` for every element of the repeated message field number 1, which
// must be all that `bytes` hold; how a batch is split without parsing it. A
// fault names `field` or the unknown number. `each` returns false to stop.
MaybeFault SplitBatch(absl::string_view bytes, absl::string_view field,
                      absl::FunctionRef<bool(absl::string_view)> each);

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_WIRE_H_
