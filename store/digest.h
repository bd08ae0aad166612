// What a file holds, told by its hash.
#ifndef KLANTBEELD_STORE_DIGEST_H_
#define KLANTBEELD_STORE_DIGEST_H_

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"

namespace klantbeeld::store {

// SHA-256 of a file's bytes, in hexadecimal.
absl::StatusOr<std::string> DigestOf(const std::filesystem::path& file);

// The same, and copies the bytes to `copy`, a file that is not there yet. They
// are not synced. RESOURCE_EXHAUSTED, DISK_FULL: there is no room for them.
absl::StatusOr<std::string> CopyWithDigest(const std::filesystem::path& file,
                                           const std::filesystem::path& copy);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_DIGEST_H_
