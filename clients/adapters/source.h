// The text of a file, whatever it is packed and written in.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace klantbeeld::adapters {

// What a file in UTF-8 may begin with to say so.
constexpr absl::string_view kUtf8Mark = "\xEF\xBB\xBF";

// Gives a file as UTF-8, block by block: unpacks gzip and zstd, which it knows
// by their first bytes, and turns other character sets into UTF-8. Memory does
// not grow with the file. One thread.
class Source {
 public:
  // "-" is standard input. `encoding` is a name that ICU knows; empty: UTF-8,
  // which is passed on as it is. A byte order mark overrules it.
  // NOT_FOUND: not readable; the message is the system's. INVALID_ARGUMENT: no
  // such character set.
  static absl::StatusOr<std::unique_ptr<Source>> Open(const std::string& path,
                                                      const std::string& encoding);
  ~Source();

  enum class Got { kBlock, kIdle, kEnd };
  // kIdle: nothing came for a fifth of a second. DATA_LOSS: broken packing.
  // The block stands until the next call.
  absl::StatusOr<Got> Next(absl::string_view& block);

  // The first character that is no white space, without taking anything; 0: at
  // the end. Waits for it. Only before the first Next.
  absl::StatusOr<char> First();

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
