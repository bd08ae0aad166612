#include "clients/adapters/ga4/sessions.h"

namespace klantbeeld::adapters {
namespace {

// No name: a file of its own that is gone as soon as it is closed. Nothing in
// it has to outlive a crash.
constexpr char kNoName[] = "";
constexpr char kSetUp[] =
    "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA temp_store=FILE;"
    "PRAGMA cache_size=-16384;"
    "CREATE TABLE rows (session TEXT, at INTEGER, line INTEGER, text TEXT);"
    "BEGIN";

}  // namespace

absl::Status Sessions::Failed() const {
  return absl::ResourceExhaustedError(sqlite3_errmsg(db_.get()));
}

absl::Status Sessions::Prepare(const char* sql, std::unique_ptr<sqlite3_stmt, Close>& statement) {
  sqlite3_stmt* made = nullptr;
  if (sqlite3_prepare_v2(db_.get(), sql, -1, &made, nullptr) != SQLITE_OK) return Failed();
  statement.reset(made);
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Sessions>> Sessions::Make() {
  std::unique_ptr<Sessions> sessions(new Sessions);
  sqlite3* db = nullptr;
  const int code = sqlite3_open(kNoName, &db);
  sessions->db_.reset(db);
  if (code != SQLITE_OK || sqlite3_exec(db, kSetUp, nullptr, nullptr, nullptr) != SQLITE_OK) {
    return sessions->Failed();
  }
  const absl::Status status =
      sessions->Prepare("INSERT INTO rows VALUES (?, ?, ?, ?)", sessions->add_);
  if (!status.ok()) return status;
  return sessions;
}

absl::Status Sessions::Add(const SessionRow& row) {
  sqlite3_stmt* add = add_.get();
  sqlite3_bind_text(add, 1, row.session.data(), static_cast<int>(row.session.size()),
                    SQLITE_STATIC);
  sqlite3_bind_int64(add, 2, row.microseconds);
  sqlite3_bind_int64(add, 3, static_cast<int64_t>(row.line));
  sqlite3_bind_text(add, 4, row.text.data(), static_cast<int>(row.text.size()), SQLITE_STATIC);
  const bool added = sqlite3_step(add) == SQLITE_DONE;
  return sqlite3_reset(add) == SQLITE_OK && added ? absl::OkStatus() : Failed();
}

absl::StatusOr<bool> Sessions::Next(SessionRow& row) {
  if (ended_) return false;  // A statement that is asked again begins again.
  if (next_ == nullptr) {
    // By content last: the order of equal times must not depend on the file's.
    const absl::Status status = Prepare(
        "SELECT session, at, min(line), text, count(*) FROM rows GROUP BY session, at, text "
        "ORDER BY session, at, text",
        next_);
    if (!status.ok()) return status;
  }
  sqlite3_stmt* next = next_.get();
  const int code = sqlite3_step(next);
  ended_ = code == SQLITE_DONE;
  if (ended_) return false;
  if (code != SQLITE_ROW) return Failed();
  const auto text = [&](int column) {
    return std::string(reinterpret_cast<const char*>(sqlite3_column_text(next, column)),
                       static_cast<size_t>(sqlite3_column_bytes(next, column)));
  };
  row.session = text(0);
  row.microseconds = sqlite3_column_int64(next, 1);
  row.line = static_cast<uint64_t>(sqlite3_column_int64(next, 2));
  row.text = text(3);
  row.copies = static_cast<uint64_t>(sqlite3_column_int64(next, 4));
  return true;
}

}  // namespace klantbeeld::adapters
