// The rows of a table brought together by session.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace klantbeeld::adapters {

struct SessionRow {
  std::string session;
  int64_t microseconds = 0;  // Since 1970.
  uint64_t line = 0;
  std::string text;
  uint64_t copies = 1;  // How often it was added; only of what Next gives.
};

// Takes rows in any order and gives them by session, of a session the oldest
// first; the same row twice is given once. Sorted in an unnamed file that goes
// with this, in memory that does not grow. One thread.
class Sessions {
 public:
  static absl::StatusOr<std::unique_ptr<Sessions>> Make();

  absl::Status Add(const SessionRow& row);
  // False: no more. Nothing may be added after the first call.
  absl::StatusOr<bool> Next(SessionRow& row);

 private:
  struct Close {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Sessions() = default;
  absl::Status Prepare(const char* sql, std::unique_ptr<sqlite3_stmt, Close>& statement);
  absl::Status Failed() const;

  std::unique_ptr<sqlite3, Close> db_;
  std::unique_ptr<sqlite3_stmt, Close> add_, next_;
  bool ended_ = false;
};

}  // namespace klantbeeld::adapters
