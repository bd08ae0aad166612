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
#include "store/directory.h"
#include "store/journal.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

namespace fs = std::filesystem;

constexpr char kInfoFile[] = "backup.json";
constexpr char kPart[] = ".part";

absl::Status Failed(const fs::path& path, const std::string& why) {
  return absl::InternalError(absl::StrCat(path.string(), ": ", why));
}

// To the disk, contents of a file or names of a directory.
absl::Status Sync(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return Failed(path, std::strerror(errno));
  const bool synced = ::fsync(fd) == 0;
  const int error = errno;
  ::close(fd);
  return synced ? absl::OkStatus() : Failed(path, std::strerror(error));
}

absl::Status SyncAll(const fs::path& directory) {
  std::error_code error;
  for (fs::recursive_directory_iterator at(directory, error), end; !error && at != end;
       at.increment(error)) {
    KB_RETURN_IF_ERROR(Sync(at->path()));
  }
  if (error) return Failed(directory, error.message());
  return Sync(directory);
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
        (directory / kInfoFile).string(), " is missing: this is no backup, or an incomplete one"));
  }
  std::ostringstream json;
  json << file.rdbuf();
  format::BackupInfo info;
  if (!google::protobuf::util::JsonStringToMessage(json.str(), &info).ok()) {
    return absl::DataLossError(
        absl::StrCat((directory / kInfoFile).string(), " is damaged. Take another backup."));
  }
  return info;
}

// That the rows are the store that `info` tells of, whole up to its position.
absl::Status CheckRows(const Db& db, const format::BackupInfo& info) {
  KB_ASSIGN_OR_RETURN(const auto store, ReadRow<format::StoreInfo>(db, Family::kMeta, "store"));
  if (!store || ToHex(store->log_id()) != info.log_id() || store->keys() != info.keys()) {
    return absl::DataLossError("the rows are of another store than backup.json says");
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
  if (!store) return absl::DataLossError("the copy does not say what store it is");
  KB_ASSIGN_OR_RETURN(head, ReadHead(*copy));
  if (head.position() < stood) {
    return absl::DataLossError(absl::StrCat("the copy ends at position ", head.position(),
                                            ", the store stood at ", stood));
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
    return absl::DataLossError(absl::StrCat("the copy's running hash at position ", head.position(),
                                            " is not the store's"));
  }
  return info;
}

absl::Status NoteAcknowledged(const std::string& path, const format::Head& head) {
  KB_RETURN_IF_ERROR(Acknowledged::Make(path));
  if (head.position() == 0) return absl::OkStatus();
  KB_ASSIGN_OR_RETURN(const auto acknowledged, Acknowledged::Open(path));
  return acknowledged->Note(head);
}

absl::Status CheckFiles(const format::BackupInfo& info, const fs::path& directory) {
  KB_ASSIGN_OR_RETURN(auto files, FilesIn(directory));
  for (const auto& file : info.files()) {
    const auto found = files.find(file.name());
    if (found == files.end()) {
      return absl::DataLossError(absl::StrCat("backup ", info.id(), " is incomplete: ", file.name(),
                                              " is missing. Copy it again, or take another."));
    }
    if (found->second != file.bytes()) {
      return absl::DataLossError(absl::StrCat("backup ", info.id(), " is incomplete: ", file.name(),
                                              " has ", found->second, " bytes of ", file.bytes(),
                                              ". Copy it again, or take another."));
    }
    files.erase(found);
  }
  if (files.empty()) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("backup ", info.id(), " holds ", files.begin()->first,
                                          ", which is not of it. Take another backup."));
}

absl::Status CopyFiles(const format::BackupInfo& info, const fs::path& from, const fs::path& to) {
  std::error_code error;
  for (const auto& file : info.files()) {
    const fs::path target = to / file.name();
    fs::create_directories(target.parent_path(), error);
    if (!error) fs::copy_file(from / file.name(), target, error);
    if (error) return Failed(target, error.message());
  }
  return SyncAll(to);
}

// Everything of the copy is read, before it gets its name.
absl::Status CheckCopy(const format::BackupInfo& info, const fs::path& copy) {
  KB_ASSIGN_OR_RETURN(const auto db, Db::OpenToRead((copy / "rows").string()));
  KB_RETURN_IF_ERROR(db->VerifyChecksums());
  KB_RETURN_IF_ERROR(CheckRows(*db, info));
  KB_ASSIGN_OR_RETURN(const auto acknowledged,
                      Acknowledged::Open((copy / "acknowledged").string()));
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(*db));
  return CheckAcknowledged(*db, head, acknowledged->noted());
}

absl::StatusOr<format::BackupInfo> FindBackup(const std::string& backups, const std::string& id) {
  const fs::path directory = fs::path(backups) / id;
  std::error_code ignored;
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

}  // namespace

absl::StatusOr<format::BackupInfo> MakeBackup(const Db& db, const std::string& backups,
                                              absl::Time now) {
  std::error_code error;
  const bool made_directory = fs::create_directories(backups, error);
  if (made_directory) fs::permissions(backups, fs::perms::owner_all, error);
  if (error) return Failed(backups, error.message());
  for (const auto& entry : fs::directory_iterator(backups, error)) {
    if (absl::EndsWith(entry.path().string(), kPart)) fs::remove_all(entry.path(), error);
  }
  KB_ASSIGN_OR_RETURN(const format::Head stood, ReadHead(db));
  const std::string made = absl::FormatTime("%Y%m%dT%H%M%E3SZ", now, absl::UTCTimeZone());
  const fs::path part = fs::path(backups) / absl::StrCat(made, kPart);
  fs::create_directory(part, error);
  if (error) return Failed(part, error.message());
  // RocksDB asks for the whole path.
  KB_RETURN_IF_ERROR(db.Checkpoint(fs::absolute(part / "rows").string()));
  format::Head head;
  KB_ASSIGN_OR_RETURN(format::BackupInfo info, Examine(db, stood.position(), part / "rows", head));
  KB_RETURN_IF_ERROR(NoteAcknowledged((part / "acknowledged").string(), head));
  info.set_id(absl::StrCat(made, "-", head.position()));
  info.set_made_at_us(absl::ToUnixMicros(now));
  KB_ASSIGN_OR_RETURN(const auto files, FilesIn(part));
  for (const auto& [name, bytes] : files) {
    auto& file = *info.add_files();
    file.set_name(name);
    file.set_bytes(bytes);
  }
  KB_RETURN_IF_ERROR(WriteInfo(info, part));
  KB_RETURN_IF_ERROR(SyncAll(part));
  fs::rename(part, fs::path(backups) / info.id(), error);
  if (error) return Failed(part, error.message());
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

absl::StatusOr<format::BackupInfo> RestoreBackup(const std::string& backups, const std::string& id,
                                                 const std::string& data_dir, const Keys& keys) {
  KB_ASSIGN_OR_RETURN(format::BackupInfo info, FindBackup(backups, id));
  if (info.keys() != keys.Name()) {
    return absl::FailedPreconditionError(
        absl::StrCat("backup ", id, " was made with the keys named ", info.keys(),
                     ", the key file given has ", keys.Name(), ". Give the right key file."));
  }
  std::error_code error;
  const fs::path data(data_dir);
  if (fs::exists(data, error) && (!fs::is_directory(data, error) || !fs::is_empty(data, error))) {
    return absl::FailedPreconditionError(absl::StrCat(
        data_dir, " is not empty. Restore to a new directory, or move this one away."));
  }
  const fs::path from = fs::path(backups) / id;
  KB_RETURN_IF_ERROR(CheckFiles(info, from));
  fs::path part = DirectoryOf(data) / fs::absolute(data / "").parent_path().filename();
  part += kPart;
  fs::remove_all(part, error);
  fs::create_directories(part, error);
  if (error) return Failed(part, error.message());
  fs::permissions(part, fs::perms::owner_all, error);
  absl::Status restored = CopyFiles(info, from, part);
  if (restored.ok()) restored = CheckCopy(info, part);
  if (restored.ok()) {
    fs::remove(data, error);  // Empty, or absent.
    fs::rename(part, data, error);
    if (error) restored = Failed(data, error.message());
  }
  if (!restored.ok()) {
    fs::remove_all(part, error);
    return restored;
  }
  KB_RETURN_IF_ERROR(SyncNames(DirectoryOf(data)));
  return info;
}

}  // namespace klantbeeld::store
