// What a file system promises about names and room.
#ifndef KLANTBEELD_STORE_DIRECTORY_H_
#define KLANTBEELD_STORE_DIRECTORY_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/status.h"

namespace klantbeeld::store {

// Makes durable which names a directory holds: a synced file is lost in a power
// cut all the same while its name is not on the disk.
absl::Status SyncNames(const std::filesystem::path& directory);

// Makes durable all that is below the directory: what files hold, and names.
absl::Status SyncAll(const std::filesystem::path& directory);

// Free for us on the disk of `path`; 0 where that cannot be asked. What a quota
// leaves is not in it where the file system does not say so: most do not.
int64_t FreeBytes(const std::filesystem::path& path);

// Whether `error`, of errno, says that there is no room: on the disk, or within
// a quota.
bool IsNoRoom(int error);

// The directory that holds `path`, also when that ends in a slash or is a
// name alone.
std::filesystem::path DirectoryOf(const std::filesystem::path& path);

// A name for a directory that is gone with all in it when this is. What a
// process that was cut off left under the name goes first.
class ScratchDir {
 public:
  explicit ScratchDir(std::string path) : path_(std::move(path)) { Remove(); }
  ~ScratchDir() { Remove(); }
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  void Remove() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::string path_;
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_DIRECTORY_H_
