// Opening the rows of a store that is there.
#ifndef KLANTBEELD_STORE_OPEN_H_
#define KLANTBEELD_STORE_OPEN_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "store/db.h"
#include "store/format.pb.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Where a store keeps its rows.
std::string RowsDir(absl::string_view data_dir);

// Where it keeps what was acknowledged last.
std::string AcknowledgedPath(absl::string_view data_dir);

struct OpenedRows {
  std::unique_ptr<Db> db;
  format::StoreInfo info;
};

// FAILED_PRECONDITION: `data_dir` holds no store, one that another program has
// open, or one of other keys; the message says which, and what to do.
absl::StatusOr<OpenedRows> OpenRows(absl::string_view data_dir, const Db::Options& options,
                                    const Keys& keys);

// The same to be read only, by a directory that is laid out alike: a backup. No
// file of it is changed. Never of a store that is served.
absl::StatusOr<OpenedRows> OpenRowsToRead(absl::string_view dir, const Keys& keys);

// FAILED_PRECONDITION: its rows were derived by other code than that of this program.
// To rebuild it is to derive them anew.
absl::Status CheckComparer(const format::StoreInfo& info);

// DATA_LOSS: this program does not take the model that the store goes by.
absl::Status RefuseModel(absl::string_view version, absl::string_view why);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_OPEN_H_
