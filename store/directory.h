// What a file system promises about names.
#ifndef KLANTBEELD_STORE_DIRECTORY_H_
#define KLANTBEELD_STORE_DIRECTORY_H_

#include <filesystem>

#include "absl/status/status.h"

namespace klantbeeld::store {

// Makes durable which names a directory holds: a synced file is lost in a power
// cut all the same while its name is not on the disk.
absl::Status SyncNames(const std::filesystem::path& directory);

// The directory that holds `path`, also when that ends in a slash or is a
// name alone.
std::filesystem::path DirectoryOf(const std::filesystem::path& path);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_DIRECTORY_H_
