// How far an import is, in numbers that outlive it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "clients/cli/import_rejected.h"

namespace klantbeeld::cli {

// What an import counts.
struct ImportCounts {
  uint64_t items = 0;  // That its adapter gave and that are done with, in order.
  uint64_t read = 0, added = 0, already = 0, changed = 0, passed = 0;
  std::map<std::string, uint64_t> refused;   // By reason.
  std::map<std::string, uint64_t> channels;  // By name.
  absl::Time first = absl::InfiniteFuture(), last = absl::InfinitePast();
  RejectedPlace rejected;  // In the file of refused records.

  uint64_t all_refused() const;
};

// A note beside a file of how far it was imported, so that an import that was
// interrupted can go on. Only saves time: importing from the beginning adds
// nothing twice.
class ImportNote {
 public:
  // No path, or a file that can be read but once: nothing is kept. `how` is all that decides what
  // an item is: the format, its options and the mapping's text.
  ImportNote(std::string path, const std::string& file, const std::string& how);

  // Nothing: no note, or of another file, or read in another way.
  std::optional<ImportCounts> Read() const;
  // False: it cannot be written.
  bool Write(const ImportCounts& counts) const;
  void Remove() const;

 private:
  const std::string path_;
  std::string key_;  // Of the file's beginning and how it is read.
};

}  // namespace klantbeeld::cli
