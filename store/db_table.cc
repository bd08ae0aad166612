#include "store/db_table.h"

#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>
#include <rocksdb/unique_id.h>

#include <utility>

#include "absl/strings/str_cat.h"

namespace klantbeeld::store {
namespace {

absl::Status FromRocks(const rocksdb::Status& status, const std::string& path) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat(path, ": ", status.ToString());
  return status.IsCorruption() ? absl::DataLossError(message) : absl::InternalError(message);
}

}  // namespace

struct Table::Impl {
  explicit Impl(std::string p) : path(std::move(p)), reader(rocksdb::Options()) {}
  const std::string path;
  rocksdb::SstFileReader reader;
};

Table::Table(std::unique_ptr<Impl> impl, std::string id)
    : impl_(std::move(impl)), id_(std::move(id)) {}
Table::~Table() = default;

absl::StatusOr<std::unique_ptr<Table>> Table::Open(const std::string& path) {
  auto impl = std::make_unique<Impl>(path);
  if (auto status = FromRocks(impl->reader.Open(path), path); !status.ok()) return status;
  std::string id;
  if (auto status = FromRocks(rocksdb::GetExtendedUniqueIdFromTableProperties(
                                  *impl->reader.GetTableProperties(), &id),
                              path);
      !status.ok()) {
    return status;
  }
  return std::unique_ptr<Table>(new Table(std::move(impl), std::move(id)));
}

absl::Status Table::VerifyChecksums() const {
  return FromRocks(impl_->reader.VerifyChecksum(), impl_->path);
}

}  // namespace klantbeeld::store
