#include "store/directory.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace klantbeeld::store {

absl::Status SyncNames(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd >= 0 && ::fsync(fd) == 0) {
    ::close(fd);
    return absl::OkStatus();
  }
  const absl::Status status =
      absl::InternalError(absl::StrCat(directory.string(), ": ", std::strerror(errno)));
  if (fd >= 0) ::close(fd);
  return status;
}

std::filesystem::path DirectoryOf(const std::filesystem::path& path) {
  // With a slash at the end the last part is empty, whatever was given.
  return (std::filesystem::absolute(path) / "").parent_path().parent_path();
}

}  // namespace klantbeeld::store
