// A backup put back, as it was made or as the store stood before that.
#ifndef KLANTBEELD_STORE_RESTORE_H_
#define KLANTBEELD_STORE_RESTORE_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "store/backup.h"
#include "store/keys.h"
#include "store/replay.h"

namespace klantbeeld::store {

// Where the restored store is to end. With neither, where the backup does.
struct RestoreUntil {
  std::optional<uint64_t> position = {};
  std::optional<absl::Time> time = {};  // With all that was recorded up to then.
};

// What a restored store holds.
struct Restored {
  uint64_t position = 0;
  int64_t recorded_at_us = 0;   // Of its last fact.
  format::BackupInfo backup;
};

// Puts a backup into `data_dir`, which must be absent or empty. Names, keys,
// places and sizes are looked at before anything is read or copied, and all of
// it is read: hashes, checksums, position and running hash. As it was made it
// is copied; up to a position or time its facts are applied anew. The backup
// stays as it is, and a restore that fails leaves nothing. The store notes where
// it was put back (StoreInfo), so that followers of what it no longer holds are
// told.
// NOT_FOUND: no such backup; the message names those that are there.
// FAILED_PRECONDITION: of other keys, renamed, or `data_dir` is in use.
// OUT_OF_RANGE: it does not go that far. DATA_LOSS: incomplete or damaged; the
// message names the file. RESOURCE_EXHAUSTED, DISK_FULL: no room.
absl::StatusOr<Restored> RestoreBackup(const std::string& backups, const std::string& id,
                                       const std::string& data_dir, const Keys& keys,
                                       const RestoreUntil& until, absl::Time now,
                                       const Progress& progress);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_RESTORE_H_
