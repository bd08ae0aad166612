// What each adapter makes of bytes that nobody meant. One program for all: the
// format is its build's KLANTBEELD_FUZZ_FORMAT.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <variant>

#include "clients/adapters/formats.h"

namespace {

namespace adapters = klantbeeld::adapters;

constexpr char kMapping[] = KLANTBEELD_FUZZ_MAPPING;

// The bytes as a file without a name.
class File {
 public:
  File(const uint8_t* data, size_t size) : fd_(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (write(fd_, data, size) != static_cast<ssize_t>(size)) abort();
    path_ = "/proc/self/fd/" + std::to_string(fd_);
  }
  ~File() { close(fd_); }
  const std::string& path() const { return path_; }

 private:
  const int fd_;
  std::string path_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const File file(data, size);
  adapters::Options options;
  options.mapping = kMapping;
  auto opened = adapters::FindFormat(KLANTBEELD_FUZZ_FORMAT)->open(file.path(), options);
  auto* adapter = std::get_if<std::unique_ptr<adapters::Adapter>>(&opened);
  if (adapter == nullptr) return 0;
  std::string kept = (*adapter)->RejectedHeader();
  for (;;) {
    const auto item = (*adapter)->Next();
    if (!item.ok() || item->kind == adapters::Item::Kind::kEnd) break;
    if (item->kind == adapters::Item::Kind::kRejected) {
      kept += (*adapter)->RejectedLine(*item, "field", "reason");
    }
    // An event names itself, or the server could not tell it from another.
    if (item->kind == adapters::Item::Kind::kEvent && item->event.source().empty() &&
        KLANTBEELD_FUZZ_NAMED) {
      abort();
    }
  }
  return 0;
}
