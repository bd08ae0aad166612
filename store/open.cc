#include "store/open.h"

#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "store/directory.h"
#include "store/identity/model.h"
#include "store/rows.h"

namespace klantbeeld::store {

std::string RowsDir(absl::string_view data_dir) { return absl::StrCat(data_dir, "/rows"); }

std::string AcknowledgedPath(absl::string_view data_dir) {
  return absl::StrCat(data_dir, "/acknowledged");
}

namespace {

absl::StatusOr<OpenedRows> CheckOpened(absl::string_view data_dir, std::unique_ptr<Db> db,
                                       const Keys& keys) {
  KB_ASSIGN_OR_RETURN(auto info, ReadRow<format::StoreInfo>(*db, Family::kMeta, "store"));
  if (!info) {
    return absl::FailedPreconditionError(absl::StrCat(data_dir, " is not a Klantbeeld store"));
  }
  if (info->keys() != keys.Name()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store in ", data_dir, " was made with the keys named ", info->keys(),
                     ", the key file given has ", keys.Name(), ". Give the right key file."));
  }
  return OpenedRows{std::move(db), *std::move(info)};
}

// What opening writes beside the tables that it makes of the log.
constexpr int64_t kOpenBytes = 4 << 20;

// RocksDB does not survive an opening that meets the end of the disk.
absl::Status CheckRoom(const std::string& rows) {
  int64_t needed = kOpenBytes;
  std::error_code error;
  for (std::filesystem::directory_iterator at(rows, error), end; !error && at != end;
       at.increment(error)) {
    if (at->path().extension() == ".log") needed += static_cast<int64_t>(at->file_size(error));
  }
  const int64_t free = FreeBytes(rows);
  if (error || free >= needed) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "the disk of ", rows, " has ", free >> 20, " MiB free; opening the store needs ",
      (needed >> 20) + 1, " MiB. Make room there, but not by files of the store, and start again."));
}

}  // namespace

absl::StatusOr<OpenedRows> OpenRows(absl::string_view data_dir, const Db::Options& options,
                                    const Keys& keys) {
  std::error_code ignored;
  if (!std::filesystem::exists(RowsDir(data_dir), ignored)) {
    return absl::FailedPreconditionError(
        absl::StrCat(data_dir, " holds no store. Make one with `klantbeeld-server init`."));
  }
  KB_RETURN_IF_ERROR(CheckRoom(RowsDir(data_dir)));
  auto db = Db::Open(RowsDir(data_dir), options, false);
  // RocksDB names its lock only in words.
  if (!db.ok() && absl::StrContains(db.status().message(), "/LOCK")) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store in ", data_dir, " is in use by another program, or not ours to "
                     "lock. Stop the server that serves it first. (",
                     db.status().message(), ")"));
  }
  if (!db.ok()) return db.status();
  return CheckOpened(data_dir, *std::move(db), keys);
}

absl::StatusOr<OpenedRows> OpenRowsToRead(absl::string_view dir, const Keys& keys) {
  KB_ASSIGN_OR_RETURN(auto db, Db::OpenToRead(RowsDir(dir)));
  return CheckOpened(dir, std::move(db), keys);
}

absl::Status CheckComparer(const format::StoreInfo& info) {
  if (info.comparer() == kComparer) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the citizens of this store were told apart by version ", info.comparer(),
      " of the rules, this program has version ", kComparer,
      ". Run `klantbeeld-server rebuild` with the same --data and --keys: it derives them anew from "
      "the journal. Make a backup first."));
}

absl::Status RefuseModel(absl::string_view version, absl::string_view why) {
  return absl::DataLossError(absl::StrCat(
      "the model ", version, " by which this store tells citizens apart is none for this program: ",
      why, ". Run `klantbeeld-server rebuild` with the same --data and --keys: it goes on with the "
      "last model that is one. Make a backup first."));
}

}  // namespace klantbeeld::store
