// The file that refused records go to.
#pragma once

#include <cstdint>
#include <string>

#include "clients/adapters/adapter.h"

namespace klantbeeld::cli {

// Records that were refused, in a file that the next import can read. It is
// made with the first of them, with no wider rights than their source has.
class RejectedFile {
 public:
  // `keep`: bytes of an earlier run that are gone on with; 0: begins anew.
  RejectedFile(std::string path, const adapters::Adapter& adapter, uint64_t keep);
  ~RejectedFile();
  RejectedFile(const RejectedFile&) = delete;
  RejectedFile& operator=(const RejectedFile&) = delete;

  // False: it cannot be written; errno says why.
  bool Add(const adapters::Item& item, const std::string& field, const std::string& reason);
  const std::string& path() const { return path_; }
  bool made() const { return fd_ >= 0 || bytes_ > 0; }
  uint64_t bytes() const { return bytes_; }

 private:
  bool Begin();
  bool Write(const std::string& text);

  const std::string path_;
  const adapters::Adapter& adapter_;
  int fd_ = -1;
  uint64_t bytes_;
  uint64_t last_line_ = 0;  // Of the last record; its other events are not added.
};

}  // namespace klantbeeld::cli
