// What a fuzzer made, as a file without a name.
#ifndef KLANTBEELD_TESTS_FUZZ_FILE_H_
#define KLANTBEELD_TESTS_FUZZ_FILE_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>

namespace klantbeeld {

class File {
 public:
  File(const uint8_t* data, size_t size) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (write(fd_, data, size) != static_cast<ssize_t>(size)) abort();
    path_ = "/proc/self/fd/" + std::to_string(fd_);
  }
  ~File() { close(fd_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const std::string& path() const { return path_; }

 private:
  const int fd_;
  std::string path_;
};

}  // namespace klantbeeld

#endif  // KLANTBEELD_TESTS_FUZZ_FILE_H_
