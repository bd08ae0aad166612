// Preloaded into the server: a disk that is full, slow, read-only or broken, as
// long as the test says so. What the test says stands in a file of numbers that
// both have mapped, so it holds from the very next call on.
//
// KB_FAULTS_DIR   files below it are on that disk, an absolute path
// KB_FAULTS       the file, of kNumbers numbers of eight bytes each
#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

template <class Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}
#define REAL(name) static const auto real = Next<decltype(&name)>(#name)

enum Number {
  kRoom,        // Bytes that still find room; below 0: the disk's own.
  kCallsFirst,  // Calls that would need room until the room is gone; 0: not counted.
  kNoRoom,      // What these fail with then; 0: ENOSPC. EDQUOT: of a quota, which statvfs does not show.
  kWriteError,  // What these fail with; 0: they do not.
  kOpenError,
  kSyncError,
  kReadError,
  kSyncMs,      // What a sync takes longer.
  kFailed,      // Counted here: calls that failed by this file.
  kCalls,       // Counted here: calls that would need room.
  kNumbers,
};

class Faults {
 public:
  static Faults& Get() {
    static Faults* const faults = new Faults;  // Outlives every thread.
    return *faults;
  }

  bool Cover(int fd) const {
    if (numbers_ == nullptr) return false;
    char path[4096];
    const std::string link = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t size = readlink(link.c_str(), path, sizeof(path));
    return size > 0 && Cover(std::string(path, static_cast<size_t>(size)));
  }
  bool Cover(const std::string& path) const {
    return numbers_ != nullptr && path.compare(0, directory_.size(), directory_) == 0;
  }

  int64_t Is(Number number) const { return numbers_[number]; }

  // Fails the call with what the test says; false: it says nothing.
  bool Fail(Number number) {
    if (numbers_[number] == 0) return false;
    ++numbers_[kFailed];
    errno = static_cast<int>(numbers_[number]);
    return true;
  }

  // How many of these new bytes find room; below 0: none.
  int64_t Room(int64_t bytes) {
    ++numbers_[kCalls];
    if (numbers_[kCallsFirst] > 0 && --numbers_[kCallsFirst] == 0) numbers_[kRoom] = 0;
    if (bytes <= 0 || numbers_[kRoom] < 0) return bytes;
    const int64_t fit = std::min<int64_t>(numbers_[kRoom], bytes);
    numbers_[kRoom] -= fit;
    if (fit > 0) return fit;
    ++numbers_[kFailed];
    return NoRoom();
  }

  int NoRoom() const {
    errno = numbers_[kNoRoom] == 0 ? ENOSPC : static_cast<int>(numbers_[kNoRoom]);
    return -1;
  }

 private:
  Faults() {
    const char* const directory = getenv("KB_FAULTS_DIR");
    const char* const file = getenv("KB_FAULTS");
    if (directory == nullptr || file == nullptr) return;
    directory_ = directory;
    REAL(open);
    const int fd = real(file, O_RDWR | O_CLOEXEC, 0);
    void* const mapped =
        mmap(nullptr, kNumbers * sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (fd < 0 || mapped == MAP_FAILED) std::abort();
    close(fd);
    numbers_ = static_cast<std::atomic<int64_t>*>(mapped);
  }

  std::string directory_;
  std::atomic<int64_t>* numbers_ = nullptr;
};

// How many bytes the call may write; below 0: it fails.
ssize_t MayWrite(int fd, size_t size, off_t at) {
  Faults& faults = Faults::Get();
  if (!faults.Cover(fd)) return static_cast<ssize_t>(size);
  if (faults.Fail(kWriteError)) return -1;
  struct stat info {};
  fstat(fd, &info);
  if (at < 0) at = (fcntl(fd, F_GETFL) & O_APPEND) != 0 ? info.st_size : lseek(fd, 0, SEEK_CUR);
  // What lies within the file needs no room.
  const int64_t within = std::clamp<int64_t>(info.st_size - at, 0, static_cast<int64_t>(size));
  const int64_t fit = faults.Room(static_cast<int64_t>(size) - within);
  if (fit < 0) return within > 0 ? within : -1;
  return within + fit;
}

bool MayOpen(const char* path, int flags) {
  Faults& faults = Faults::Get();
  if (path[0] != '/' || !faults.Cover(path) || (flags & (O_CREAT | O_WRONLY | O_RDWR)) == 0) {
    return true;
  }
  if (faults.Fail(kOpenError)) return false;
  return (flags & O_CREAT) == 0 || access(path, F_OK) == 0 || faults.Room(1) > 0;
}

int Sync(int fd, int (*real)(int)) {
  Faults& faults = Faults::Get();
  if (!faults.Cover(fd)) return real(fd);
  if (const int64_t ms = faults.Is(kSyncMs); ms > 0) poll(nullptr, 0, static_cast<int>(ms));
  return faults.Fail(kSyncError) ? -1 : real(fd);
}

bool MayRead(int fd) {
  Faults& faults = Faults::Get();
  return !faults.Cover(fd) || !faults.Fail(kReadError);
}

mode_t ModeOf(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, size_t size) {
  REAL(write);
  const ssize_t may = MayWrite(fd, size, -1);
  return may < 0 ? may : real(fd, bytes, static_cast<size_t>(may));
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  REAL(pwrite);
  const ssize_t may = MayWrite(fd, size, at);
  return may < 0 ? may : real(fd, bytes, static_cast<size_t>(may), at);
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  REAL(pwrite64);
  const ssize_t may = MayWrite(fd, size, at);
  return may < 0 ? may : real(fd, bytes, static_cast<size_t>(may), at);
}
ssize_t writev(int fd, const iovec* parts, int count) {
  REAL(writev);
  size_t size = 0;
  for (int i = 0; i < count; ++i) size += parts[i].iov_len;
  // Short by parts is not played.
  return MayWrite(fd, size, -1) < static_cast<ssize_t>(size) ? -1 : real(fd, parts, count);
}
int fallocate(int fd, int mode, off_t at, off_t size) {
  REAL(fallocate);
  const Faults& faults = Faults::Get();
  return faults.Cover(fd) && faults.Is(kRoom) >= 0 ? faults.NoRoom() : real(fd, mode, at, size);
}
int fallocate64(int fd, int mode, off64_t at, off64_t size) { return fallocate(fd, mode, at, size); }

#define OPEN(name)                                    \
  int name(const char* path, int flags, ...) {        \
    REAL(name);                                       \
    va_list arguments;                                \
    va_start(arguments, flags);                       \
    const mode_t mode = ModeOf(flags, arguments);     \
    va_end(arguments);                                \
    return MayOpen(path, flags) ? real(path, flags, mode) : -1; \
  }
OPEN(open)
OPEN(open64)
int mkdir(const char* path, mode_t mode) noexcept {
  REAL(mkdir);
  return MayOpen(path, O_CREAT) ? real(path, mode) : -1;
}

int fsync(int fd) {
  REAL(fsync);
  return Sync(fd, real);
}
int fdatasync(int fd) {
  REAL(fdatasync);
  return Sync(fd, real);
}

ssize_t pread(int fd, void* bytes, size_t size, off_t at) {
  REAL(pread);
  return MayRead(fd) ? real(fd, bytes, size, at) : -1;
}
ssize_t pread64(int fd, void* bytes, size_t size, off64_t at) {
  REAL(pread64);
  return MayRead(fd) ? real(fd, bytes, size, at) : -1;
}
ssize_t read(int fd, void* bytes, size_t size) {
  REAL(read);
  return MayRead(fd) ? real(fd, bytes, size) : -1;
}

int statvfs(const char* path, struct statvfs* info) noexcept {
  REAL(statvfs);
  const int result = real(path, info);
  const Faults& faults = Faults::Get();
  const int64_t room = faults.Cover(path) ? faults.Is(kRoom) : -1;
  if (room >= 0 && faults.Is(kNoRoom) != EDQUOT) {
    const auto blocks = static_cast<uint64_t>(room) / info->f_frsize;
    info->f_bavail = std::min<uint64_t>(info->f_bavail, blocks);
    info->f_bfree = std::min<uint64_t>(info->f_bfree, blocks);
  }
  return result;
}
int statvfs64(const char* path, struct statvfs64* info) noexcept {
  return statvfs(path, reinterpret_cast<struct statvfs*>(info));
}

}  // extern "C"
