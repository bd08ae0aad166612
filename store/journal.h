// The append-only sequence of facts, and the proof that none is missing.
#ifndef KLANTBEELD_STORE_JOURNAL_H_
#define KLANTBEELD_STORE_JOURNAL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "store/db.h"
#include "store/format.pb.h"
#include "store/record.h"

namespace klantbeeld::store {

// Keeps beside the database what was acknowledged last, so that a database
// that came back shorter, or another than it was, is noticed. Written before
// each acknowledgement, synced every second and on closing. A power cut may
// take the last second of it: damage younger than that cannot be told from the
// torn tail that a power cut leaves.
//
// Threads: Note from one thread.
class Acknowledged {
 public:
  // A new file that says nothing was acknowledged yet; synced. ALREADY_EXISTS:
  // there is one.
  static absl::Status Make(const std::string& path);
  // FAILED_PRECONDITION: not there. DATA_LOSS: no part of it is readable.
  static absl::StatusOr<std::unique_ptr<Acknowledged>> Open(const std::string& path);
  ~Acknowledged();

  // Fails from the first failed sync on.
  absl::Status Note(const format::Head& head);
  // What the file said when it was opened; position 0: nothing yet.
  const format::Head& noted() const { return noted_; }

 private:
  explicit Acknowledged(int fd);
  void SyncEverySecond();

  const int fd_;
  format::Head noted_;
  uint64_t writes_ = 0;
  absl::Mutex mutex_;
  bool unsynced_ ABSL_GUARDED_BY(mutex_) = false;
  bool closing_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status synced_ ABSL_GUARDED_BY(mutex_);
  std::thread syncer_;
};

// Running hash after a fact: over the one before it, and what the fact is.
std::string NextChain(absl::string_view chain, uint64_t position,
                      const format::FactHeader& header, absl::string_view sealed_body);

// How far the store is; position 0 when it is empty.
absl::StatusOr<format::Head> ReadHead(const Reader& reader);

// The last position up to `head` recorded before `at_us`; 0: none. Times never run
// backwards.
absl::StatusOr<uint64_t> LastRecordedBefore(const Reader& reader, int64_t at_us, uint64_t head);

// DATA_LOSS unless the journal holds what was acknowledged.
absl::Status CheckAcknowledged(const Reader& reader, const format::Head& head,
                               const format::Head& acknowledged);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_JOURNAL_H_
