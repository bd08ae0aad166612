// Copies of a store, made while it serves.
//
// A backup is a directory named by its id, with the database's files in `rows`,
// the file `acknowledged` that belongs to them, and `backup.json`: what it is
// a backup of, and every file with its size and hash. It never changes once it
// has its name, so it can be copied while the server goes on. How one is put
// back is in store/restore.h.
#ifndef KLANTBEELD_STORE_BACKUP_H_
#define KLANTBEELD_STORE_BACKUP_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "store/db.h"
#include "store/format.pb.h"
#include "store/keys.h"
#include "store/open.h"

namespace klantbeeld::store {

// What ends its name is not whole yet.
inline constexpr char kPart[] = ".part";

// Makes a backup of `db` in the directory `backups`, made where it is absent,
// and opens it to compare position and running hash. A table that the newest
// backup there holds already is not copied again but shared with it, or with
// the store where both are on one disk; every other one is read whole before.
// `staging` is a name on the disk of `db` for what is needed meanwhile. One at a
// time. Interrupted it leaves a directory that ends in ".part", and the next
// one takes that away.
// RESOURCE_EXHAUSTED, DISK_FULL: no room, here or there. DATA_LOSS: a table of
// the store is damaged; there is no backup then.
absl::StatusOr<format::BackupInfo> MakeBackup(const Db& db, const std::string& staging,
                                              const std::string& backups, absl::Time now);

// The whole backups in the directory, oldest first; none where it is absent.
absl::StatusOr<std::vector<format::BackupInfo>> ListBackups(const std::string& backups);

// NOT_FOUND: there is none of that id; the message names those that there are.
// DATA_LOSS: its list is missing or damaged. FAILED_PRECONDITION: renamed.
absl::StatusOr<format::BackupInfo> FindBackup(const std::string& backups, const std::string& id);

// Reads all of a backup, without keys, and compares it with what it says it is.
// Errors as FindBackup, and DATA_LOSS: incomplete or damaged; the message names
// the file.
absl::StatusOr<format::BackupInfo> CheckBackup(const std::string& backups, const std::string& id);

// Parts of that. DATA_LOSS: `directory` does not hold the files of the list, of
// their sizes, and no others;
absl::Status CheckBackupFiles(const format::BackupInfo& info, const std::string& directory);
// this is not the hash of that file;
absl::Status CheckBackupDigest(const format::BackupInfo& info, const format::BackupInfo::File& file,
                               absl::string_view digest);
// the rows cannot be read, or are not those that the list tells of.
absl::Status CheckBackupRows(const format::BackupInfo& info, const std::string& directory);

// A backup's rows, to be read as they lie there. Errors as FindBackup, and of
// other keys; its files are not compared with the list.
absl::StatusOr<OpenedRows> OpenBackup(const std::string& backups, const std::string& id,
                                      const Keys& keys);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_BACKUP_H_
