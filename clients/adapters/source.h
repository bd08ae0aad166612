// The text of a file, whatever it is packed and written in.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace klantbeeld::adapters {

// Gives a file as UTF-8, block by block: unpacks gzip and zstd, which it knows
// by their first bytes, and turns other character sets into UTF-8. Memory does
// not grow with the file. One thread.
class Source {
 public:
  // "-" is standard input. `encoding` is a name that ICU knows; empty: as the
  // byte order mark says, else UTF-8, which is then passed on as it is.
  // NOT_FOUND: not readable; the message is the system's. INVALID_ARGUMENT: no
  // such character set.
  static absl::StatusOr<std::unique_ptr<Source>> Open(const std::string& path,
                                                      const std::string& encoding);
  ~Source();

  enum class Got { kBlock, kIdle, kEnd };
  // kIdle: nothing came for a fifth of a second. DATA_LOSS: broken packing.
  // The block stands until the next call.
  absl::StatusOr<Got> Next(absl::string_view& block);

  // Bytes of the file taken so far, and its size; 0 where it has none (a pipe).
  uint64_t bytes_read() const;
  uint64_t bytes_total() const;
  // Rights of the file, such as 0640; 0600 for standard input.
  unsigned mode() const;

 private:
  struct Impl;
  explicit Source(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace klantbeeld::adapters
