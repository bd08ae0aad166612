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

// FAILED_PRECONDITION: its claims were compared by another model than that of
// this program, or not at all. To rebuild it is to compare them anew.
absl::Status CheckModel(const format::StoreInfo& info);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_OPEN_H_
