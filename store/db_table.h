// One table file of the database, by itself.
#ifndef KLANTBEELD_STORE_DB_TABLE_H_
#define KLANTBEELD_STORE_DB_TABLE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace klantbeeld::store {

class Table {
 public:
  // DATA_LOSS: the file is damaged.
  static absl::StatusOr<std::unique_ptr<Table>> Open(const std::string& path);
  ~Table();

  // RocksDB's name for what the table holds: a file with another content has
  // another, also in a store that was put back and gives numbers out again.
  const std::string& id() const { return id_; }
  // Reads all of it. DATA_LOSS: it is damaged.
  absl::Status VerifyChecksums() const;

 private:
  struct Impl;
  Table(std::unique_ptr<Impl> impl, std::string id);
  const std::unique_ptr<Impl> impl_;
  const std::string id_;
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_DB_TABLE_H_
