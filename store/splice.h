// Messages put together from parts that lie there serialised, without parsing
// them. What is spliced parses as if protobuf had written it.
#ifndef KLANTBEELD_STORE_SPLICE_H_
#define KLANTBEELD_STORE_SPLICE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace klantbeeld::store {

// A message as its bytes.
template <typename M>
struct Encoded {
  std::string bytes;

  M Parse() const {
    M message;
    message.ParseFromString(bytes);
    return message;
  }
};

// Bytes that AppendField adds for `size` bytes of content, `number` below 16.
size_t FieldBytes(size_t size);
// Appends a field that holds bytes: a message, a text, packed numbers.
void AppendField(std::string& out, int number, absl::string_view content);
// The same without the content, which the caller appends: `size` bytes.
void AppendFieldHead(std::string& out, int number, size_t size);
void AppendNumber(std::string& out, int number, uint64_t value);

// One field as it lies in a message.
struct Field {
  int number = 0;
  absl::string_view whole;    // With tag and length.
  absl::string_view content;  // Of a field that holds bytes; else empty.
};
// Takes the first field off `in`. False: `in` is empty or not a message.
bool TakeField(absl::string_view& in, Field& field);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_SPLICE_H_
