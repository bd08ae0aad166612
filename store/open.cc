#include "store/open.h"

#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "store/identity/model.h"
#include "store/rows.h"

namespace klantbeeld::store {

std::string RowsDir(absl::string_view data_dir) { return absl::StrCat(data_dir, "/rows"); }

std::string AcknowledgedPath(absl::string_view data_dir) {
  return absl::StrCat(data_dir, "/acknowledged");
}

absl::StatusOr<OpenedRows> OpenRows(absl::string_view data_dir, const Db::Options& options,
                                    const Keys& keys) {
  std::error_code ignored;
  if (!std::filesystem::exists(RowsDir(data_dir), ignored)) {
    return absl::FailedPreconditionError(
        absl::StrCat(data_dir, " holds no store. Make one with `klantbeeld-server init`."));
  }
  auto db = Db::Open(RowsDir(data_dir), options, false);
  // RocksDB names its lock only in words.
  if (!db.ok() && absl::StrContains(db.status().message(), "/LOCK")) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store in ", data_dir, " is in use by another program, or not ours to "
                     "lock. Stop the server that serves it first. (",
                     db.status().message(), ")"));
  }
  if (!db.ok()) return db.status();
  KB_ASSIGN_OR_RETURN(auto info, ReadRow<format::StoreInfo>(**db, Family::kMeta, "store"));
  if (!info) {
    return absl::FailedPreconditionError(absl::StrCat(data_dir, " is not a Klantbeeld store"));
  }
  if (info->keys() != keys.Name()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the store in ", data_dir, " was made with the keys named ", info->keys(),
                     ", the key file given has ", keys.Name(), ". Give the right key file."));
  }
  return OpenedRows{*std::move(db), *std::move(info)};
}

absl::Status CheckModel(const format::StoreInfo& info) {
  const std::string& now = ShippedModel().version;
  if (info.model() == now) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "the citizens of this store were told apart by ",
      info.model().empty() ? std::string("number and log-in only") : "model " + info.model(),
      ", this program has model ", now,
      ". Run `klantbeeld-server rebuild` with the same --data and --keys: it derives them anew from "
      "the journal. Make a backup first."));
}

}  // namespace klantbeeld::store
