// The keys that ids and look-up indexes are made with. They live in a file of
// their own, outside the data directory.
#ifndef KLANTBEELD_STORE_KEYS_H_
#define KLANTBEELD_STORE_KEYS_H_

#include <array>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace klantbeeld::store {

// A 16-byte keyed hash: an id, or a value's place in an index.
using Id = std::array<char, 16>;

std::string ToHex(absl::string_view bytes);
// Empty when `hex` is not the hexadecimal form of 16 bytes.
std::string IdFromHex(absl::string_view hex);

// Immutable after construction; may be used by any thread.
class Keys {
 public:
  // 32 bytes each. `id_key` is permanent: ids are made with it. `index_key` may
  // be rotated by a rebuild.
  Keys(absl::string_view id_key, absl::string_view index_key);

  // Reads a key file. FAILED_PRECONDITION: absent, readable by others than its
  // owner, or not a key file; the message says which and what to do.
  static absl::StatusOr<Keys> Load(const std::string& path);
  // Makes a new key file, mode 0600. ALREADY_EXISTS: there is one.
  static absl::Status Make(const std::string& path);

  // Keyed hash of `domain` and `content`: HMAC-SHA-256, first 16 bytes. The
  // domain keeps ids of different kinds apart.
  Id IdOf(absl::string_view domain, absl::string_view content) const;
  // Blind index of a normalised value.
  Id IndexOf(absl::string_view domain, absl::string_view value) const;

  // Tells one pair of keys from another, without giving them away.
  std::string Name() const;

 private:
  std::string id_key_;
  std::string index_key_;
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_KEYS_H_
