// Preloaded into the server: keeps beside its data directory a shadow of what
// has been synced. After kill -9 the shadow, put in the directory's place, is
// the disk after a power cut that took every byte not yet synced.
//
// What a power cut leaves, here:
//   content  of a file as it was when its last fsync or fdatasync began;
//            a file that was never synced is empty.
//   names    made, changed or removed stand from the next fsync of their
//            directory, or of the file itself, which takes along what happened
//            to that name before. KB_NAMES=now: they stand at once, which is
//            the other thing that a file system may do.
//   folders  stand at once.
// sync_file_range makes nothing durable. The real fsync is never called: what
// kill -9 leaves in the page cache is not what is looked at.
//
// KB_UNSYNCED_DIR     the data directory, an absolute path
// KB_UNSYNCED_SHADOW  the shadow; kept over restarts of the server
// KB_LIE=1            fsync returns 0 and does nothing
// KB_LATE=1           a sync of the write-ahead log (*.log) records what the
//                     sync before it was asked for: acknowledged too early
// KB_KILL_AT_SYNC=N   kills the process at its Nth sync: before it is recorded
//                     when N is odd, behind it when N is even
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace {

template <class Function>
Function Next(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}
#define REAL(name) static const auto real = Next<decltype(&name)>(#name)

int RealOpen(const std::string& path, int flags, mode_t mode = 0) {
  REAL(open);
  return real(path.c_str(), flags, mode);
}

std::string PathOf(int fd) {
  char path[4096];
  const ssize_t size =
      readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), path, sizeof(path));
  return size < 0 ? "" : std::string(path, static_cast<size_t>(size));
}

std::string PathOf(int dir, const char* path) {
  return path[0] == '/' || dir == AT_FDCWD ? path : PathOf(dir) + "/" + path;
}

std::string Parent(const std::string& path) { return path.substr(0, path.rfind('/')); }
bool EndsWith(const std::string& path, const std::string& end) {
  return path.size() >= end.size() && path.compare(path.size() - end.size(), end.size(), end) == 0;
}

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "unsynced: %s\n", what.c_str());
  std::abort();
}

class Shadow {
 public:
  static Shadow& Get() {
    static Shadow* const shadow = new Shadow;  // Outlives every thread.
    return *shadow;
  }

  bool Covers(const std::string& path) const {
    return !root_.empty() && path.compare(0, root_.size(), root_) == 0 &&
           (path.size() == root_.size() || path[root_.size()] == '/');
  }

  void Synced(int fd, const std::string& path) {
    if (lie_) return;
    std::lock_guard<std::mutex> lock(mutex_);
    ++syncs_;
    if (syncs_ == kill_at_ && kill_at_ % 2 == 1) kill(getpid(), SIGKILL);
    struct stat info {};
    if (fstat(fd, &info) != 0) Fail("fstat " + path);
    if (S_ISDIR(info.st_mode)) {
      SyncNames(path);
    } else if (info.st_nlink > 0) {
      SyncContent(fd, path, info.st_size);
    }
    if (syncs_ == kill_at_) kill(getpid(), SIGKILL);
  }

  // Bytes that the shadow may hold were changed; said after the change, so
  // that no sync in between forgets it.
  void Rewritten(const std::string& path) {
    if (!Covers(path)) return;
    std::lock_guard<std::mutex> lock(mutex_);
    rewritten_.insert(path);
  }

  void Opened(const std::string& path, int flags) {
    if (!Covers(path)) return;
    if ((flags & O_TRUNC) != 0) Rewritten(path);
    std::lock_guard<std::mutex> lock(mutex_);
    if (names_now_ && !lie_ && (flags & O_CREAT) != 0) Touch(In(path));
  }

  // To nothing: removed.
  void Renamed(const std::string& from, const std::string& to) {
    if (!Covers(from) || lie_) return;
    std::lock_guard<std::mutex> lock(mutex_);
    changes_.push_back({from, to});
    if (rewritten_.erase(from) > 0 && !to.empty()) rewritten_.insert(to);
    if (names_now_) Apply(changes_.size());
  }

 private:
  struct Change {
    std::string from, to;
  };

  Shadow() {
    const auto set = [](const char* name) {
      const char* value = getenv(name);
      return std::string(value == nullptr ? "" : value);
    };
    root_ = set("KB_UNSYNCED_DIR");
    shadow_ = set("KB_UNSYNCED_SHADOW");
    lie_ = set("KB_LIE") == "1";
    late_ = set("KB_LATE") == "1";
    names_now_ = set("KB_NAMES") == "now";
    kill_at_ = std::atol(set("KB_KILL_AT_SYNC").c_str());
  }

  std::string In(const std::string& path) const { return shadow_ + path.substr(root_.size()); }

  static void MakeFolders(const std::string& path) {
    for (size_t at = path.find('/', 1); at != std::string::npos; at = path.find('/', at + 1)) {
      mkdir(path.substr(0, at).c_str(), 0700);
    }
  }

  // Makes it empty where it is not there.
  static void Touch(const std::string& path, int flags = 0) {
    MakeFolders(path);
    const int fd = RealOpen(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0600);
    if (fd < 0) Fail("making " + path);
    close(fd);
  }

  void Apply(size_t count) {
    REAL(rename);
    static const auto real_unlink = Next<decltype(&unlink)>("unlink");
    for (size_t i = 0; i < count; ++i) {
      const Change& change = changes_[i];
      if (change.to.empty()) {
        real_unlink(In(change.from).c_str());
      } else if (real(In(change.from).c_str(), In(change.to).c_str()) != 0) {
        Touch(In(change.to), O_TRUNC);  // Its content was never synced.
      }
    }
    changes_.erase(changes_.begin(), changes_.begin() + static_cast<ptrdiff_t>(count));
  }

  void SyncNames(const std::string& folder) {
    const auto last = std::find_if(changes_.rbegin(), changes_.rend(), [&](const Change& change) {
      return Parent(change.from) == folder || Parent(change.to) == folder;
    });
    Apply(static_cast<size_t>(changes_.rend() - last));
    DIR* const dir = opendir(folder.c_str());
    if (dir == nullptr) Fail("reading " + folder);
    while (const dirent* entry = readdir(dir)) {
      if (entry->d_type == DT_REG) Touch(In(folder + "/" + entry->d_name));
    }
    closedir(dir);
  }

  void SyncContent(int fd, const std::string& path, off_t size) {
    const auto last = std::find_if(changes_.rbegin(), changes_.rend(), [&](const Change& change) {
      return change.from == path || change.to == path;
    });
    Apply(static_cast<size_t>(changes_.rend() - last));
    if (late_ && EndsWith(path, ".log")) std::swap(size, asked_[path]);
    MakeFolders(In(path));
    const int in = RealOpen("/proc/self/fd/" + std::to_string(fd), O_RDONLY | O_CLOEXEC);
    const int out = RealOpen(In(path), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    struct stat had {};
    if (in < 0 || out < 0 || fstat(out, &had) != 0) Fail("copying " + path);
    // What was only appended to is copied from where the shadow ends.
    Copy(in, out, rewritten_.erase(path) > 0 ? 0 : had.st_size, size);
    REAL(ftruncate);
    if (had.st_size > size && real(out, size) != 0) Fail("shortening " + path);
    close(in);
    close(out);
  }

  static void Copy(int in, int out, off_t at, off_t end) {
    REAL(pwrite);
    static char* const buffer = new char[kBufferBytes];
    while (at < end) {
      const size_t want = std::min<size_t>(kBufferBytes, static_cast<size_t>(end - at));
      const ssize_t bytes = pread(in, buffer, want, at);
      if (bytes <= 0 || real(out, buffer, static_cast<size_t>(bytes), at) != bytes) Fail("copying");
      at += bytes;
    }
  }

  static constexpr size_t kBufferBytes = 1 << 20;
  std::string root_, shadow_;
  bool lie_ = false, late_ = false, names_now_ = false;
  long kill_at_ = 0;
  std::mutex mutex_;
  long syncs_ = 0;
  std::vector<Change> changes_;         // Of names, not yet durable, in order.
  std::set<std::string> rewritten_;     // Since their last sync.
  std::map<std::string, off_t> asked_;  // KB_LATE: what the last sync was asked for.
};

int Sync(int fd, int (*real)(int)) {
  const std::string path = PathOf(fd);
  if (!Shadow::Get().Covers(path)) return real(fd);
  Shadow::Get().Synced(fd, path);
  return 0;
}

ssize_t Wrote(int fd, ssize_t result) {
  const int error = errno;
  if (result > 0) Shadow::Get().Rewritten(PathOf(fd));
  errno = error;
  return result;
}

int OpenedAs(int fd, int flags) {
  const int error = errno;
  if (fd >= 0 && (flags & (O_CREAT | O_TRUNC)) != 0) Shadow::Get().Opened(PathOf(fd), flags);
  errno = error;
  return fd;
}

int Renamed(int result, const std::string& from, const std::string& to) {
  const int error = errno;
  if (result == 0) Shadow::Get().Renamed(from, to);
  errno = error;
  return result;
}

mode_t ModeOf(int flags, va_list arguments) {
  return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
}

}  // namespace

extern "C" {

int fsync(int fd) {
  REAL(fsync);
  return Sync(fd, real);
}
int fdatasync(int fd) {
  REAL(fdatasync);
  return Sync(fd, real);
}

#define OPEN(name)                                   \
  int name(const char* path, int flags, ...) {       \
    REAL(name);                                      \
    va_list arguments;                               \
    va_start(arguments, flags);                      \
    const mode_t mode = ModeOf(flags, arguments);    \
    va_end(arguments);                               \
    return OpenedAs(real(path, flags, mode), flags); \
  }
OPEN(open)
OPEN(open64)
#define OPEN_AT(name)                                     \
  int name(int dir, const char* path, int flags, ...) {   \
    REAL(name);                                           \
    va_list arguments;                                    \
    va_start(arguments, flags);                           \
    const mode_t mode = ModeOf(flags, arguments);         \
    va_end(arguments);                                    \
    return OpenedAs(real(dir, path, flags, mode), flags); \
  }
OPEN_AT(openat)
OPEN_AT(openat64)
int creat(const char* path, mode_t mode) { return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode); }

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  REAL(pwrite);
  return Wrote(fd, real(fd, bytes, size, at));
}
ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  REAL(pwrite64);
  return Wrote(fd, real(fd, bytes, size, at));
}
ssize_t pwritev(int fd, const iovec* parts, int count, off_t at) {
  REAL(pwritev);
  return Wrote(fd, real(fd, parts, count, at));
}

int rename(const char* from, const char* to) noexcept {
  REAL(rename);
  return Renamed(real(from, to), from, to);
}
int renameat(int from_dir, const char* from, int to_dir, const char* to) noexcept {
  REAL(renameat);
  return Renamed(real(from_dir, from, to_dir, to), PathOf(from_dir, from), PathOf(to_dir, to));
}
int unlink(const char* path) noexcept {
  REAL(unlink);
  return Renamed(real(path), path, "");
}
int unlinkat(int dir, const char* path, int flags) noexcept {
  REAL(unlinkat);
  return Renamed(real(dir, path, flags), PathOf(dir, path), "");
}
int remove(const char* path) noexcept {
  REAL(remove);
  return Renamed(real(path), path, "");
}

// Outside of the model: said loudly, so that it is never wrong silently.
int link(const char* from, const char* to) noexcept {
  REAL(link);
  if (Shadow::Get().Covers(to)) Fail(std::string("hard link ") + to);
  return real(from, to);
}
int renameat2(int from_dir, const char* from, int to_dir, const char* to,
              unsigned int flags) noexcept {
  REAL(renameat2);
  if (flags != 0 && Shadow::Get().Covers(PathOf(to_dir, to))) Fail("renameat2 with flags");
  return Renamed(real(from_dir, from, to_dir, to, flags), PathOf(from_dir, from),
                 PathOf(to_dir, to));
}

}  // extern "C"
