// The calls that change files, put over those of the C library: the linker
// takes a program's own before a library's, for the libraries too.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "tests/simulation/disk.h"
#include "tests/simulation/real_calls.h"

namespace klantbeeld::simulation {

template <class Function>
static void Find(Function& function, const char* name) {
  function = reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

const RealCalls& Real() {
  static const RealCalls calls = [] {
    RealCalls found{};
    Find(found.open, "open");
    Find(found.close, "close");
    Find(found.fclose, "fclose");
    Find(found.write, "write");
    Find(found.pwrite, "pwrite");
    Find(found.pread, "pread");
    Find(found.ftruncate, "ftruncate");
    Find(found.fsync, "fsync");
    Find(found.fdatasync, "fdatasync");
    Find(found.sync_file_range, "sync_file_range");
    Find(found.rename, "rename");
    Find(found.unlink, "unlink");
    Find(found.link, "link");
    Find(found.statvfs, "statvfs");
    return found;
  }();
  return calls;
}

}  // namespace klantbeeld::simulation

using klantbeeld::simulation::Disk;
using klantbeeld::simulation::Real;

extern "C" {

int open(const char* path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return Disk::Get().Open(path, flags, mode);
}
int close(int fd) {
  Disk::Get().Forget(fd);
  return Real().close(fd);
}
int fclose(FILE* file) {
  Disk::Get().Forget(fileno(file));
  return Real().fclose(file);
}
ssize_t write(int fd, const void* bytes, size_t size) {
  return Disk::Get().Write(fd, bytes, size, 0, true);
}
ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  return Disk::Get().Write(fd, bytes, size, at, false);
}
ssize_t pread(int fd, void* bytes, size_t size, off_t at) {
  return Disk::Get().Read(fd, bytes, size, at);
}
int ftruncate(int fd, off_t size) noexcept { return Disk::Get().Truncate(fd, size); }
int fsync(int fd) { return Disk::Get().Sync(fd, Real().fsync); }
int fdatasync(int fd) { return Disk::Get().Sync(fd, Real().fdatasync); }
// Makes nothing durable.
int sync_file_range(int, off64_t, off64_t, unsigned int) { return 0; }
int rename(const char* from, const char* to) noexcept { return Disk::Get().Rename(from, to); }
int unlink(const char* path) noexcept { return Disk::Get().Unlink(path); }
int link(const char* from, const char* to) noexcept { return Disk::Get().Link(from, to); }
int statvfs(const char* path, struct statvfs* info) noexcept {
  const int result = Real().statvfs(path, info);
  if (!Disk::Get().Covers(path)) return result;
  const int64_t free = Disk::Get().free_bytes();
  if (free > 0) info->f_bavail = static_cast<fsblkcnt_t>(free) / info->f_frsize;
  if (free != 0) return result;
  // RocksDB would go on by itself, on a thread of its own, at any other answer.
  errno = EIO;
  return -1;
}

}  // extern "C"
