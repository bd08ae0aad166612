#include "store/restore.h"

#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/digest.h"
#include "store/directory.h"
#include "store/error.h"
#include "store/journal.h"
#include "store/open.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

namespace fs = std::filesystem;

std::string Rfc3339(absl::Time time) {
  return absl::FormatTime(absl::RFC3339_full, time, absl::UTCTimeZone());
}

absl::Status Failed(const fs::path& path, const std::error_code& error) {
  return absl::InternalError(absl::StrCat(path.string(), ": ", error.message()));
}

class Restore {
 public:
  Restore(const std::string& backups, format::BackupInfo info, const Keys& keys, const RestoreUntil& until,
          absl::Time now, const Progress& progress)
      : backups_(backups),
        info_(std::move(info)),
        from_((fs::path(backups) / info_.id()).string()),
        keys_(keys),
        until_(until),
        now_(now),
        progress_(progress) {}

  // What can be said without reading the backup.
  absl::Status Look(const fs::path& data) const {
    if (info_.keys() != keys_.Name()) {
      return absl::FailedPreconditionError(
          absl::StrCat("backup ", info_.id(), " was made with the keys named ", info_.keys(),
                       ", the key file given has ", keys_.Name(), ". Give the right key file."));
    }
    std::error_code error;
    if (fs::exists(data, error) && (!fs::is_directory(data, error) || !fs::is_empty(data, error))) {
      return absl::FailedPreconditionError(absl::StrCat(
          data.string(), " is not empty. Restore to a new directory, or move this one away."));
    }
    if (until_.position && *until_.position > info_.position()) {
      return absl::OutOfRangeError(absl::StrCat("backup ", info_.id(), " ends at position ",
                                                info_.position(), ", before ", *until_.position,
                                                ". Take a later backup."));
    }
    // All that was recorded before it was made is in it, and no more for certain.
    const absl::Time made = absl::FromUnixMicros(info_.made_at_us());
    if (until_.time && *until_.time > made) {
      return absl::OutOfRangeError(absl::StrCat("backup ", info_.id(), " was made at ",
                                                Rfc3339(made), ", before ", Rfc3339(*until_.time),
                                                ". Take a later backup."));
    }
    return CheckBackupFiles(info_, from_);
  }

  // Fills the empty directory; its head.
  absl::StatusOr<format::Head> Fill(const fs::path& to) const {
    const bool whole = !until_.position && !until_.time;
    KB_RETURN_IF_ERROR(whole ? Copy(to) : ReplayTo(to));
    return Note(to);
  }

 private:
  absl::Status Copy(const fs::path& to) const {
    for (const auto& file : info_.files()) {
      const fs::path target = to / file.name();
      std::error_code error;
      fs::create_directories(target.parent_path(), error);
      if (error) return Failed(target, error);
      KB_ASSIGN_OR_RETURN(const std::string digest,
                          CopyWithDigest(fs::path(from_) / file.name(), target));
      KB_RETURN_IF_ERROR(CheckBackupDigest(info_, file, digest));
    }
    return CheckBackupRows(info_, to.string());
  }

  absl::Status ReplayTo(const fs::path& to) const {
    KB_RETURN_IF_ERROR(CheckBackup(backups_, info_.id()).status());
    KB_ASSIGN_OR_RETURN(const OpenedRows backup, OpenRowsToRead(from_, keys_));
    uint64_t last = until_.position.value_or(kWhole);
    if (until_.time) {
      KB_ASSIGN_OR_RETURN(last, LastRecordedBefore(*backup.db, absl::ToUnixMicros(*until_.time) + 1,
                                                   info_.position()));
    }
    KB_ASSIGN_OR_RETURN(const auto rows, Db::Open(RowsDir(to.string()), WithoutSync(), true));
    KB_RETURN_IF_ERROR(Replay(keys_, *backup.db, last, *rows, Telling(progress_)).status());
    KB_RETURN_IF_ERROR(rows->Sync());
    KB_RETURN_IF_ERROR(Acknowledged::Make(AcknowledgedPath(to.string())));
    KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(*rows));
    if (head.position() == 0) return absl::OkStatus();
    KB_ASSIGN_OR_RETURN(const auto acknowledged,
                        Acknowledged::Open(AcknowledgedPath(to.string())));
    return acknowledged->Note(head);
  }

  // In the store itself, that and where it was put back.
  absl::StatusOr<format::Head> Note(const fs::path& to) const {
    KB_ASSIGN_OR_RETURN(OpenedRows opened, OpenRows(to.string(), {}, keys_));
    KB_ASSIGN_OR_RETURN(format::Head head, ReadHead(*opened.db));
    auto& restored = *opened.info.add_restored();
    restored.set_position(head.position());
    restored.set_at_us(absl::ToUnixMicros(now_));
    restored.set_backup(info_.id());
    Batch batch(opened.db.get());
    batch.Put(Family::kMeta, "store", Encode(opened.info));
    KB_RETURN_IF_ERROR(opened.db->Write(batch));
    return head;
  }

  const std::string& backups_;
  const format::BackupInfo info_;
  const std::string from_;
  const Keys& keys_;
  const RestoreUntil& until_;
  const absl::Time now_;
  const Progress& progress_;
};

}  // namespace

absl::StatusOr<Restored> RestoreBackup(const std::string& backups, const std::string& id,
                                       const std::string& data_dir, const Keys& keys,
                                       const RestoreUntil& until, absl::Time now,
                                       const Progress& progress) {
  KB_ASSIGN_OR_RETURN(const format::BackupInfo info, FindBackup(backups, id));
  const Restore restore(backups, info, keys, until, now, progress);
  const fs::path data(data_dir);
  KB_RETURN_IF_ERROR(restore.Look(data));
  fs::path beside = DirectoryOf(data) / fs::absolute(data / "").parent_path().filename();
  beside += kPart;
  const ScratchDir part(beside.string());
  std::error_code error;
  fs::create_directories(part.path(), error);
  if (error) return Failed(part.path(), error);
  fs::permissions(part.path(), fs::perms::owner_all, error);
  KB_ASSIGN_OR_RETURN(const format::Head head, restore.Fill(part.path()));
  KB_RETURN_IF_ERROR(SyncAll(part.path()));
  fs::remove(data, error);  // Empty, or absent.
  fs::rename(part.path(), data, error);
  if (error) return Failed(data, error);
  KB_RETURN_IF_ERROR(SyncNames(DirectoryOf(data)));
  return Restored{head.position(), head.recorded_at_us(), info};
}

}  // namespace klantbeeld::store
