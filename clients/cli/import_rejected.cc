#include "clients/cli/import_rejected.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "absl/strings/string_view.h"

namespace klantbeeld::cli {

RejectedFile::RejectedFile(std::string path, const adapters::Adapter& adapter, uint64_t keep)
    : path_(std::move(path)), adapter_(adapter), bytes_(keep) {
  // What an earlier run left behind says nothing of this one.
  if (keep == 0) unlink(path_.c_str());
}

RejectedFile::~RejectedFile() {
  if (fd_ >= 0) close(fd_);
}

bool RejectedFile::Begin() {
  fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd_ < 0 || fchmod(fd_, adapter_.mode() & 0660) != 0) return false;
  // What an interrupted run wrote after it noted how far it was comes again.
  if (ftruncate(fd_, static_cast<off_t>(bytes_)) != 0 || lseek(fd_, 0, SEEK_END) < 0) return false;
  return bytes_ > 0 || Write(adapter_.RejectedHeader());
}

bool RejectedFile::Add(const adapters::Item& item, const std::string& field,
                       const std::string& reason) {
  if (fd_ < 0 && !Begin()) return false;
  if (item.line == last_line_) return true;
  last_line_ = item.line;
  return Write(adapter_.RejectedLine(item, field, reason));
}

bool RejectedFile::Write(const std::string& text) {
  for (absl::string_view rest = text; !rest.empty();) {
    const ssize_t wrote = write(fd_, rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    bytes_ += static_cast<uint64_t>(wrote);
    rest.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

}  // namespace klantbeeld::cli
