#include "store/directory.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace klantbeeld::store {

namespace {

absl::Status Sync(const std::filesystem::path& path, int flags) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags);
  if (fd >= 0 && ::fsync(fd) == 0) {
    ::close(fd);
    return absl::OkStatus();
  }
  const absl::Status status =
      absl::InternalError(absl::StrCat(path.string(), ": ", std::strerror(errno)));
  if (fd >= 0) ::close(fd);
  return status;
}

}  // namespace

absl::Status SyncNames(const std::filesystem::path& directory) {
  return Sync(directory, O_DIRECTORY);
}

absl::Status SyncAll(const std::filesystem::path& directory) {
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    if (absl::Status synced = Sync(at->path(), 0); !synced.ok()) return synced;
  }
  if (error) return absl::InternalError(absl::StrCat(directory.string(), ": ", error.message()));
  return SyncNames(directory);
}

int64_t FreeBytes(const std::filesystem::path& path) {
  struct statvfs info {};
  if (::statvfs(path.c_str(), &info) != 0) return 0;
  return static_cast<int64_t>(info.f_bavail) * static_cast<int64_t>(info.f_frsize);
}

bool IsNoRoom(int error) { return error == ENOSPC || error == EDQUOT; }

std::filesystem::path DirectoryOf(const std::filesystem::path& path) {
  // With a slash at the end the last part is empty, whatever was given.
  return (std::filesystem::absolute(path) / "").parent_path().parent_path();
}

}  // namespace klantbeeld::store
