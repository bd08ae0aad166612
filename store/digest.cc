#include "store/digest.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "store/directory.h"
#include "store/error.h"
#include "store/record.h"

namespace klantbeeld::store {
namespace {

namespace fs = std::filesystem;

constexpr size_t kChunkBytes = 1 << 20;

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int fd() const { return fd_; }

 private:
  const int fd_;
};

absl::Status Failed(const fs::path& path) {
  const int error = errno;
  const std::string message = absl::StrCat(path.string(), ": ", std::strerror(error));
  if (IsNoRoom(error)) {
    return Error(v1::ERROR_REASON_DISK_FULL, message, {.retry = absl::Minutes(1)});
  }
  return absl::InternalError(message);
}

absl::Status WriteAll(int fd, const char* bytes, size_t size, const fs::path& path) {
  while (size > 0) {
    const ssize_t written = ::write(fd, bytes, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed(path);
    bytes += written;
    size -= static_cast<size_t>(written);
  }
  return absl::OkStatus();
}

// Without a copy where `to` is null.
absl::StatusOr<std::string> Digest(const fs::path& from, const File* to, const fs::path& copy) {
  const File file(::open(from.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd() < 0) return Failed(from);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash(EVP_MD_CTX_new(),
                                                                      EVP_MD_CTX_free);
  EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr);
  std::vector<char> bytes(kChunkBytes);
  for (;;) {
    const ssize_t size = ::read(file.fd(), bytes.data(), bytes.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return Failed(from);
    if (size == 0) break;
    EVP_DigestUpdate(hash.get(), bytes.data(), static_cast<size_t>(size));
    if (to == nullptr) continue;
    if (auto status = WriteAll(to->fd(), bytes.data(), static_cast<size_t>(size), copy);
        !status.ok()) {
      return status;
    }
  }
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  EVP_DigestFinal_ex(hash.get(), reinterpret_cast<unsigned char*>(digest.data()), &size);
  digest.resize(size);
  return ToHex(digest);
}

}  // namespace

absl::StatusOr<std::string> DigestOf(const fs::path& file) { return Digest(file, nullptr, {}); }

absl::StatusOr<std::string> CopyWithDigest(const fs::path& file, const fs::path& copy) {
  const File to(::open(copy.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (to.fd() < 0) return Failed(copy);
  return Digest(file, &to, copy);
}

}  // namespace klantbeeld::store
