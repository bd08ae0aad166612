// What db.cc is told by RocksDB, and how it understands that.
#ifndef KLANTBEELD_STORE_DB_LISTENER_H_
#define KLANTBEELD_STORE_DB_LISTENER_H_

#include <rocksdb/db.h>
#include <rocksdb/listener.h>

#include <cerrno>
#include <cstring>
#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "store/manifest.h"

namespace klantbeeld::store {

// No room, on the disk or within a quota. RocksDB knows the first only; of any
// other error it keeps nothing but what the C library calls it, at the end.
inline bool IsNoRoom(const rocksdb::Status& status) {
  return status.IsNoSpace() ||
         (status.IsIOError() && absl::EndsWith(status.ToString(), std::strerror(EDQUOT)));
}

// Notes what RocksDB's list of tables holds, whenever tables came or went. A
// note that cannot be made leaves the one before, which asks for less. So does
// one after an error in the background: where a sync of the list failed, the
// kernel shows bytes that may never reach the disk, and a sync of ours says OK.
//
// Also tells RocksDB that a quota may be mended as a full disk may: it takes
// every error that it does not know for one that only opening anew does away with.
class TablesListed : public rocksdb::EventListener {
 public:
  explicit TablesListed(std::function<void(absl::string_view)> log) : log_(std::move(log)) {}
  void OnFlushCompleted(rocksdb::DB* db, const rocksdb::FlushJobInfo&) override { Note(*db); }
  void OnCompactionCompleted(rocksdb::DB* db, const rocksdb::CompactionJobInfo& job) override {
    if (job.status.ok()) Note(*db);
  }
  void OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status* error) override {
    if (IsNoRoom(*error) && error->severity() > rocksdb::Status::kHardError) {
      *error = rocksdb::Status(*error, rocksdb::Status::kHardError);
    }
    absl::MutexLock lock(&mutex_);
    failed_ = true;
  }
  void Note(const rocksdb::DB& db) {
    absl::MutexLock lock(&mutex_);
    if (failed_) return;
    const absl::Status noted = NoteManifest(db.GetName());
    if (!noted.ok() && log_) log_(absl::StrCat("noting the list of tables: ", noted.message()));
  }

 private:
  const std::function<void(absl::string_view)> log_;
  absl::Mutex mutex_;
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;  // Until the database is opened again.
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_DB_LISTENER_H_
