// How fast work in the background may go, so that serving does not feel it.
#ifndef KLANTBEELD_STORE_DB_PACE_H_
#define KLANTBEELD_STORE_DB_PACE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"

namespace rocksdb {
class Env;
}  // namespace rocksdb

namespace klantbeeld::store {

// A bound on bytes per second, over all that goes through it, and the way to
// end what waits for it.
//
// Threads: every call may come from any thread.
class Pace {
 public:
  explicit Pace(int64_t bytes_per_second);
  ~Pace();
  Pace(const Pace&) = delete;
  Pace& operator=(const Pace&) = delete;

  // Waits until so many bytes more may go. CANCELLED after Stop().
  absl::Status Take(size_t bytes);
  // Nothing waits any more, and nothing more is read: within a tenth of a second.
  void Stop();
  bool stopped() const;
  int64_t bytes() const;  // That went through.

  // Files that are read at this pace, past the kernel's cache where the file
  // system can: what is asked is what the disk holds, and what serving keeps in
  // that cache stays. For db.cc.
  rocksdb::Env* env();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Reads all of a table file for its checksums. DATA_LOSS: damaged.
absl::Status VerifyTable(const std::string& file, Pace& pace);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_DB_PACE_H_
