// The file that refused records go to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "clients/adapters/adapter.h"

namespace klantbeeld::cli {

// How much was written, for who goes on with it later.
struct RejectedPlace {
  uint64_t bytes = 0;
  uint64_t checksum = 0;  // Of those.
  uint64_t line = 0;      // Of the last record in it; its other events are not added.
};

// Records that were refused, in a file that the next import can read, with no
// wider rights than their source has. It stands there from the moment it is
// opened, so that it is known that it can be written; empty, it is taken away
// again.
class RejectedFile {
 public:
  RejectedFile(std::string path, const adapters::Adapter& adapter);
  ~RejectedFile();
  RejectedFile(const RejectedFile&) = delete;
  RejectedFile& operator=(const RejectedFile&) = delete;

  // Whether the file at `path` begins with what was written up to `place`.
  static bool Holds(const std::string& path, const RejectedPlace& place);

  // Makes it; nothing may stand there. Or goes on at a place that the file
  // holds: what stands behind it is cut off, as it comes again. False: that
  // cannot be; errno says why.
  bool Open(const std::optional<RejectedPlace>& place);
  // False: it cannot be written, and `place` is still the one before; errno
  // says why.
  bool Add(const adapters::Item& item, const std::string& field, const std::string& reason);

  const std::string& path() const { return path_; }
  bool empty() const { return place_.bytes == 0; }
  const RejectedPlace& place() const { return place_; }

 private:
  bool Write(absl::string_view text);

  const std::string path_;
  const adapters::Adapter& adapter_;
  int fd_ = -1;
  RejectedPlace place_;
};

}  // namespace klantbeeld::cli
