// A check of the whole store while it serves.
//
// A checkpoint of this moment, which shares the table files on disk, is read
// and compared instead of the live rows: its tables are read past the kernel's
// cache (store/db_pace.h), so what the disk holds is what is checked.
#ifndef KLANTBEELD_STORE_SCRUB_H_
#define KLANTBEELD_STORE_SCRUB_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/check.h"
#include "store/db.h"
#include "store/db_pace.h"
#include "store/keys.h"

namespace klantbeeld::store {

// How far a scrub is: files first, then facts, then rows.
struct ScrubStep {
  uint64_t files = 0;
  uint64_t files_total = 0;
  uint64_t position = 0;
  uint64_t head = 0;
};
using ScrubProgress = std::function<void(const ScrubStep&)>;

struct ScrubResult : CheckResult {
  uint64_t files = 0;  // Table files read.
};

// The store that is checked, which goes on being written.
struct ScrubOf {
  const Db& db;
  std::string data_dir;
  int64_t disk_reserve_bytes;  // Below which that store would stop writing.
};

// Reads every table file for its checksums; where all are whole, replays the
// journal and compares every row. What is damaged or differs is in the result,
// under the name that it has in the store; nothing is compared once a file is
// damaged. Uses `data_dir`/scrub, about as large as the store, gone afterwards.
// CANCELLED: `pace` was stopped. RESOURCE_EXHAUSTED, DISK_FULL: the disk has no
// room, or has none left; twice the reserve stays free at all times.
absl::StatusOr<ScrubResult> ScrubRows(const ScrubOf& store, const Keys& keys, Pace& pace,
                                      const ScrubProgress& progress);

// Removes what a scrub left that was cut off with its process.
void ClearScrub(const std::string& data_dir);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_SCRUB_H_
