#include "store/backup.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "store/db_table.h"
#include "store/digest.h"
#include "store/directory.h"
#include "store/journal.h"
#include "store/record.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

namespace fs = std::filesystem;

constexpr char kInfoFile[] = "backup.json";

absl::Status Failed(const fs::path& path, const std::string& why) {
  return absl::InternalError(absl::StrCat(path.string(), ": ", why));
}

// Files below the directory with their sizes, without the one that lists them.
absl::StatusOr<std::map<std::string, uint64_t>> FilesIn(const fs::path& directory) {
  std::map<std::string, uint64_t> files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    if (at->is_directory()) continue;
    const std::string name = at->path().lexically_relative(directory).string();
    if (name != kInfoFile) files[name] = at->file_size(error);
    if (error) break;
  }
  if (error) return Failed(directory, error.message());
  return files;
}

absl::Status WriteInfo(const format::BackupInfo& info, const fs::path& directory) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(info, &json, options).ok()) {
    return absl::InternalError("writing backup.json");
  }
  std::ofstream file(directory / kInfoFile, std::ios::trunc);
  file << json;
  return file.flush() ? absl::OkStatus() : Failed(directory / kInfoFile, std::strerror(errno));
}

absl::StatusOr<format::BackupInfo> ReadInfo(const fs::path& directory) {
  std::ifstream file(directory / kInfoFile);
  if (!file) {
    return absl::DataLossError(absl::StrCat(
        (directory / kInfoFile).string(), " is missing: this is no backup, or an incomplete one. Copy "
                                            "it again, or take another."));
  }
  std::ostringstream json;
  json << file.rdbuf();
  format::BackupInfo info;
  if (!google::protobuf::util::JsonStringToMessage(json.str(), &info).ok() || info.id().empty()) {
    return absl::DataLossError(
        absl::StrCat((directory / kInfoFile).string(), " is damaged. Take another backup."));
  }
  return info;
}

// That the rows are the store that `info` tells of, whole up to its position.
absl::Status CheckRows(const Db& db, const format::BackupInfo& info) {
  KB_ASSIGN_OR_RETURN(const auto store, ReadRow<format::StoreInfo>(db, Family::kMeta, "store"));
  if (!store || ToHex(store->log_id()) != info.log_id() || store->keys() != info.keys()) {
    return absl::DataLossError("the rows are of another store than backup.json says. Take another backup.");
  }
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(db));
  if (head.position() == info.position() && ToHex(head.chain()) == info.chain()) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      "the rows end at position ", head.position(), " with running hash ", ToHex(head.chain()),
      ", backup.json says ", info.position(), " and ", info.chain(), ". Take another backup."));
}

// What the copy is, seen by opening it; and that it is of the live store, not
// behind where that stood.
absl::StatusOr<format::BackupInfo> Examine(const Db& live, uint64_t stood, const fs::path& rows,
                                           format::Head& head) {
  KB_ASSIGN_OR_RETURN(const auto copy, Db::OpenToRead(rows.string()));
  KB_ASSIGN_OR_RETURN(const auto store, ReadRow<format::StoreInfo>(*copy, Family::kMeta, "store"));
  if (!store) {
    return absl::DataLossError("the store was not backed up: the copy does not say what it is of");
  }
  KB_ASSIGN_OR_RETURN(head, ReadHead(*copy));
  if (head.position() < stood) {
    return absl::DataLossError(absl::StrCat("the store was not backed up: the copy ends at position ",
                                            head.position(), ", the store stood at ", stood));
  }
  format::BackupInfo info;
  info.set_log_id(ToHex(store->log_id()));
  info.set_keys(store->keys());
  info.set_position(head.position());
  info.set_chain(ToHex(head.chain()));
  info.set_recorded_at_us(head.recorded_at_us());
  if (head.position() == 0) return info;
  KB_ASSIGN_OR_RETURN(const JournalRecord there, ReadFact(*copy, head.position()));
  KB_ASSIGN_OR_RETURN(const JournalRecord here, ReadFact(live, head.position()));
  if (there.header.chain() != head.chain() || here.header.chain() != head.chain()) {
    return absl::DataLossError(
        absl::StrCat("the store was not backed up: the copy's running hash at position ",
                     head.position(), " is not the store's"));
  }
  return info;
}

absl::Status NoteAcknowledged(const std::string& path, const format::Head& head) {
  KB_RETURN_IF_ERROR(Acknowledged::Make(path));
  if (head.position() == 0) return absl::OkStatus();
  KB_ASSIGN_OR_RETURN(const auto acknowledged, Acknowledged::Open(path));
  return acknowledged->Note(head);
}

// Why a file of the store cannot go into a backup.
absl::Status Damaged(const absl::Status& status) {
  if (!absl::IsDataLoss(status)) return status;
  return absl::DataLossError(absl::StrCat(
      "the store is damaged, and no backup of it was made: ", status.message(),
      ". Stop the server and run `klantbeeld-server check`: it says whether `rebuild` mends it; if "
      "not, restore a backup by id."));
}

// Puts the files of a checkpoint into a backup. What is on one disk is linked;
// a table that the backup before holds too is linked to that one's, and not
// read again.
class Placing {
 public:
  Placing(const fs::path& backups, const format::BackupInfo& before) {
    for (const auto& file : before.files()) {
      if (file.table().empty() || file.sha256().empty()) continue;
      kept_[file.table()] = {file, backups / before.id() / file.name()};
    }
  }

  absl::StatusOr<format::BackupInfo::File> Place(const std::string& name, const fs::path& from,
                                                 const fs::path& to) {
    format::BackupInfo::File file;
    file.set_name(name);
    std::error_code error;
    file.set_bytes(fs::file_size(from, error));
    if (error) return Failed(from, error.message());
    if (absl::EndsWith(name, ".sst")) {
      const auto table = Table::Open(from.string());
      if (!table.ok()) return Damaged(table.status());
      file.set_table(ToHex((*table)->id()));
      const auto kept = kept_.find(file.table());
      if (kept != kept_.end() && kept->second.file.bytes() == file.bytes()) {
        file.set_sha256(kept->second.file.sha256());
        if (Link(from, to) || Link(kept->second.path, to)) return file;
      } else if (auto whole = (*table)->VerifyChecksums(); !whole.ok()) {
        return Damaged(whole);
      }
    }
    if (!Link(from, to)) {
      KB_ASSIGN_OR_RETURN(*file.mutable_sha256(), CopyWithDigest(from, to));
    } else {
      KB_ASSIGN_OR_RETURN(*file.mutable_sha256(), DigestOf(from));
    }
    return file;
  }

 private:
  struct Kept {
    format::BackupInfo::File file;
    fs::path path;
  };
  static bool Link(const fs::path& from, const fs::path& to) {
    return ::link(from.c_str(), to.c_str()) == 0;
  }
  std::map<std::string, Kept> kept_;  // By table.
};

// The newest that is of the same log; one without files where there is none.
absl::StatusOr<format::BackupInfo> Before(const std::string& backups, const std::string& log_id) {
  KB_ASSIGN_OR_RETURN(const auto list, ListBackups(backups));
  const auto newest = std::find_if(list.rbegin(), list.rend(),
                                   [&](const auto& one) { return one.log_id() == log_id; });
  return newest == list.rend() ? format::BackupInfo() : *newest;
}

absl::Status NotWhole(const format::BackupInfo& info, absl::string_view how) {
  return absl::DataLossError(absl::StrCat("backup ", info.id(), " is ", how,
                                          ". Copy it again, or take another."));
}

}  // namespace

absl::Status CheckBackupFiles(const format::BackupInfo& info, const std::string& directory) {
  KB_ASSIGN_OR_RETURN(auto files, FilesIn(directory));
  for (const auto& file : info.files()) {
    const auto found = files.find(file.name());
    if (found == files.end()) {
      return NotWhole(info, absl::StrCat("incomplete: ", file.name(), " is missing"));
    }
    if (found->second != file.bytes()) {
      return NotWhole(info, absl::StrCat("incomplete: ", file.name(), " has ", found->second,
                                         " bytes of ", file.bytes()));
    }
    files.erase(found);
  }
  if (files.empty()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("backup ", info.id(), " holds ", files.begin()->first,
                                          ", which is not of it. Take another backup."));
}

absl::Status CheckBackupDigest(const format::BackupInfo& info, const format::BackupInfo::File& file,
                               absl::string_view digest) {
  if (digest == file.sha256()) return absl::OkStatus();
  return NotWhole(info, absl::StrCat("damaged: ", file.name(), " does not hold what was backed up"));
}

absl::Status CheckBackupRows(const format::BackupInfo& info, const std::string& directory) {
  KB_ASSIGN_OR_RETURN(const auto db, Db::OpenToRead(RowsDir(directory)));
  KB_RETURN_IF_ERROR(db->VerifyChecksums());
  KB_RETURN_IF_ERROR(CheckRows(*db, info));
  KB_ASSIGN_OR_RETURN(const auto acknowledged, Acknowledged::Open(AcknowledgedPath(directory)));
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(*db));
  return CheckAcknowledged(*db, head, acknowledged->noted());
}

absl::StatusOr<format::BackupInfo> CheckBackup(const std::string& backups, const std::string& id) {
  KB_ASSIGN_OR_RETURN(format::BackupInfo info, FindBackup(backups, id));
  const fs::path directory = fs::path(backups) / id;
  KB_RETURN_IF_ERROR(CheckBackupFiles(info, directory.string()));
  for (const auto& file : info.files()) {
    KB_ASSIGN_OR_RETURN(const std::string digest, DigestOf(directory / file.name()));
    KB_RETURN_IF_ERROR(CheckBackupDigest(info, file, digest));
  }
  KB_RETURN_IF_ERROR(CheckBackupRows(info, directory.string()));
  return info;
}

absl::StatusOr<format::BackupInfo> FindBackup(const std::string& backups, const std::string& id) {
  const fs::path directory = fs::path(backups) / id;
  std::error_code ignored;
  if (!fs::is_directory(backups, ignored)) {
    return absl::NotFoundError(absl::StrCat(
        "there is no directory ", backups, ". Name the one that backups lie in, or mount its disk."));
  }
  if (id.empty() || id.find('/') != std::string::npos || absl::StartsWith(id, ".") ||
      absl::EndsWith(id, kPart) || !fs::is_directory(directory, ignored)) {
    KB_ASSIGN_OR_RETURN(const auto known, ListBackups(backups));
    const std::string ids = absl::StrJoin(
        known, ", ", [](std::string* out, const auto& info) { out->append(info.id()); });
    return absl::NotFoundError(absl::StrCat("there is no backup '", id, "' in ", backups,
                                            "; there is: ", ids.empty() ? "none" : ids));
  }
  KB_ASSIGN_OR_RETURN(format::BackupInfo info, ReadInfo(directory));
  if (info.id() != id) {
    return absl::FailedPreconditionError(absl::StrCat(directory.string(), " holds backup ",
                                                      info.id(), ", not ", id,
                                                      ". Give the directory its own name again."));
  }
  return info;
}

absl::StatusOr<format::BackupInfo> MakeBackup(const Db& db, const std::string& staging,
                                              const std::string& backups, absl::Time now) {
  // What is flushed for it takes room, and RocksDB does not survive having none.
  KB_RETURN_IF_ERROR(db.CheckDisk());
  std::error_code error;
  const bool made_directory = fs::create_directories(backups, error);
  if (made_directory) fs::permissions(backups, fs::perms::owner_all, error);
  if (error) return Failed(backups, error.message());
  for (const auto& entry : fs::directory_iterator(backups, error)) {
    if (absl::EndsWith(entry.path().string(), kPart)) fs::remove_all(entry.path(), error);
  }
  KB_ASSIGN_OR_RETURN(const format::Head stood, ReadHead(db));
  // On the store's own disk, where it costs nothing. RocksDB asks for the whole path.
  const ScratchDir staged(staging);
  const fs::path rows = fs::absolute(fs::path(staged.path()) / "rows");
  fs::create_directory(staged.path(), error);
  if (error) return Failed(staged.path(), error.message());
  fs::permissions(staged.path(), fs::perms::owner_all, error);
  KB_RETURN_IF_ERROR(db.Checkpoint(rows.string()));
  format::Head head;
  KB_ASSIGN_OR_RETURN(format::BackupInfo info, Examine(db, stood.position(), rows, head));
  KB_RETURN_IF_ERROR(NoteAcknowledged((fs::path(staged.path()) / "acknowledged").string(), head));
  const std::string made = absl::FormatTime("%Y%m%dT%H%M%E3SZ", now, absl::UTCTimeZone());
  info.set_id(absl::StrCat(made, "-", head.position()));
  info.set_made_at_us(absl::ToUnixMicros(now));
  const ScratchDir part((fs::path(backups) / absl::StrCat(made, kPart)).string());
  fs::create_directories(fs::path(part.path()) / "rows", error);
  if (error) return Failed(part.path(), error.message());
  fs::permissions(part.path(), fs::perms::owner_all, error);
  KB_ASSIGN_OR_RETURN(const format::BackupInfo before, Before(backups, info.log_id()));
  Placing placing(backups, before);
  KB_ASSIGN_OR_RETURN(const auto files, FilesIn(staged.path()));
  for (const auto& [name, bytes] : files) {
    KB_ASSIGN_OR_RETURN(*info.add_files(), placing.Place(name, fs::path(staged.path()) / name,
                                                         fs::path(part.path()) / name));
  }
  KB_RETURN_IF_ERROR(WriteInfo(info, part.path()));
  KB_RETURN_IF_ERROR(SyncAll(part.path()));
  fs::rename(part.path(), fs::path(backups) / info.id(), error);
  if (error) return Failed(part.path(), error.message());
  KB_RETURN_IF_ERROR(SyncNames(backups));
  return info;
}

absl::StatusOr<std::vector<format::BackupInfo>> ListBackups(const std::string& backups) {
  std::vector<format::BackupInfo> list;
  std::error_code error;
  if (!fs::exists(backups, error)) return list;
  for (fs::directory_iterator at(backups, error), end; !error && at != end; at.increment(error)) {
    const auto info = ReadInfo(at->path());
    // Its own name: a copy under another one is not the backup it says.
    if (info.ok() && info->id() == at->path().filename().string()) list.push_back(*info);
  }
  if (error) return Failed(backups, error.message());
  std::sort(list.begin(), list.end(),
            [](const auto& a, const auto& b) { return a.made_at_us() < b.made_at_us(); });
  return list;
}

absl::StatusOr<OpenedRows> OpenBackup(const std::string& backups, const std::string& id,
                                      const Keys& keys) {
  KB_RETURN_IF_ERROR(FindBackup(backups, id).status());
  return OpenRowsToRead((fs::path(backups) / id).string(), keys);
}

}  // namespace klantbeeld::store
