#include "clients/cli/import_rejected.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"

namespace klantbeeld::cli {
namespace {

uint64_t Added(uint64_t checksum, absl::string_view text) {
  return crc32_z(checksum, reinterpret_cast<const Bytef*>(text.data()), text.size());
}

}  // namespace

RejectedFile::RejectedFile(std::string path, const adapters::Adapter& adapter)
    : path_(std::move(path)), adapter_(adapter) {}

RejectedFile::~RejectedFile() {
  if (fd_ < 0) return;
  // What could not be written whole is no record.
  const bool cut = ftruncate(fd_, static_cast<off_t>(place_.bytes)) == 0;
  close(fd_);
  if (cut && empty()) unlink(path_.c_str());
}

bool RejectedFile::Holds(const std::string& path, const RejectedPlace& place) {
  if (place.bytes == 0) return true;
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             &std::fclose);
  if (file == nullptr) return false;
  std::array<char, 64 << 10> space;
  uint64_t checksum = 0, left = place.bytes;
  while (left > 0) {
    const size_t want = std::min<uint64_t>(left, space.size());
    if (std::fread(space.data(), 1, want, file.get()) != want) return false;
    checksum = Added(checksum, {space.data(), want});
    left -= want;
  }
  return checksum == place.checksum;
}

bool RejectedFile::Open(const std::optional<RejectedPlace>& place) {
  fd_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
  struct stat file {};
  if (fd_ < 0 || fstat(fd_, &file) != 0) return false;
  const bool ours = S_ISREG(file.st_mode) && (place || file.st_size == 0);
  if (ours) place_ = place.value_or(RejectedPlace());
  if (ours && fchmod(fd_, adapter_.mode() & 0660) == 0 &&
      ftruncate(fd_, static_cast<off_t>(place_.bytes)) == 0 && lseek(fd_, 0, SEEK_END) >= 0) {
    return true;
  }
  const int error = ours ? errno : EEXIST;
  close(fd_);
  fd_ = -1;
  errno = error;
  return false;
}

bool RejectedFile::Add(const adapters::Item& item, const std::string& field,
                       const std::string& reason) {
  if (item.line == place_.line) return true;
  const std::string text = absl::StrCat(empty() ? adapter_.RejectedHeader() : "",
                                        adapter_.RejectedLine(item, field, reason));
  if (!Write(text)) return false;
  place_ = {place_.bytes + text.size(), Added(place_.checksum, text), item.line};
  return true;
}

bool RejectedFile::Write(absl::string_view text) {
  while (!text.empty()) {
    const ssize_t wrote = write(fd_, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return false;
    text.remove_prefix(static_cast<size_t>(wrote));
  }
  return true;
}

}  // namespace klantbeeld::cli
