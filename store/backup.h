// Copies of a store: made while it serves, and put back.
//
// A backup is a directory named by its id, with the database's files in `rows`,
// the file `acknowledged` that belongs to them, and `backup.json`: what it is
// a backup of, and every file with its size. It never changes once it has its
// name, so it can be copied while the server goes on.
#ifndef KLANTBEELD_STORE_BACKUP_H_
#define KLANTBEELD_STORE_BACKUP_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "store/db.h"
#include "store/format.pb.h"
#include "store/keys.h"
#include "store/open.h"

namespace klantbeeld::store {

// Makes a backup of `db` in the directory `backups`, made where it is absent,
// and opens it to compare position and running hash. One at a time.
// Interrupted it leaves a directory that ends in ".part", and the next one
// takes that away.
absl::StatusOr<format::BackupInfo> MakeBackup(const Db& db, const std::string& backups,
                                              absl::Time now);

// The whole backups in the directory, oldest first; none where it is absent.
absl::StatusOr<std::vector<format::BackupInfo>> ListBackups(const std::string& backups);

// A backup's rows, to be read as they lie there. Errors as RestoreBackup has
// them for the backup's name and keys; its files are not compared with the list.
absl::StatusOr<OpenedRows> OpenBackup(const std::string& backups, const std::string& id,
                                      const Keys& keys);

// Copies a backup to `data_dir`, which must be absent or empty, and reads all
// of the copy: sizes, checksums, position and running hash. The backup stays
// as it is, and a restore that fails leaves nothing.
// NOT_FOUND: no such backup; the message names those that are there.
// FAILED_PRECONDITION: of other keys, renamed, or `data_dir` is in use.
// DATA_LOSS: incomplete or damaged; the message names the file.
absl::StatusOr<format::BackupInfo> RestoreBackup(const std::string& backups, const std::string& id,
                                                 const std::string& data_dir, const Keys& keys);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_BACKUP_H_
