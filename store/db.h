// Rows on disk. The only module that knows RocksDB.
#ifndef KLANTBEELD_STORE_DB_H_
#define KLANTBEELD_STORE_DB_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace klantbeeld::store {

class Pace;

// One per projection; docs/format.md has their keys and values.
enum class Family : uint8_t {
  kMeta,
  kJournal,
  kContact,
  kTimeline,
  kClaim,
  kIdentifier,
  kDecision,
  kCitizen,
};
inline constexpr size_t kFamilies = 8;
absl::string_view NameOf(Family family);

// Rows as they stand at one moment.
class Reader {
 public:
  using Row = absl::FunctionRef<bool(absl::string_view key, absl::string_view value)>;
  virtual ~Reader() = default;
  // Nothing when there is no such row, as for a key shorter than PrefixBytes.
  virtual absl::StatusOr<std::optional<std::string>> Get(Family family,
                                                         absl::string_view key) const = 0;
  // The same for several keys, in their order: sooner done together than one by
  // one.
  virtual absl::StatusOr<std::vector<std::optional<std::string>>> GetMany(
      Family family, const std::vector<std::string>& keys) const;
  // Calls `row` for the rows whose keys begin with `prefix` and are not before
  // `from`, in key order, until it returns false. In families with a prefix
  // length (see PrefixBytes) `prefix` is at least that long, or empty.
  virtual absl::Status Scan(Family family, absl::string_view prefix, absl::string_view from,
                            Row row) const = 0;
};

// Leading bytes of a key that scans go by, and that every key has; 0: any.
size_t PrefixBytes(Family family);

// Writes to be made together, readable at once. Threads: Db::Write may read it
// while others read; otherwise one thread.
class Batch : public Reader {
 public:
  // `base` must outlive the batch: the database, or another batch. A pointer,
  // so that standing on a batch is never taken for copying it.
  explicit Batch(const Reader* base) : base_(base) {}
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;

  void Put(Family family, absl::string_view key, std::string value);
  void Delete(Family family, absl::string_view key);
  absl::StatusOr<std::optional<std::string>> Get(Family family,
                                                 absl::string_view key) const override;
  absl::StatusOr<std::vector<std::optional<std::string>>> GetMany(
      Family family, const std::vector<std::string>& keys) const override;
  // `row` must not write to this batch.
  absl::Status Scan(Family family, absl::string_view prefix, absl::string_view from,
                    Row row) const override;
  // Reads what this batch does not hold from `base` from now on, which holds
  // the same.
  void StandOn(const Reader& base) { base_ = &base; }
  // Adds this batch's writes to `other`, which it stood on.
  void MoveInto(Batch& other);
  size_t bytes() const { return bytes_; }

 private:
  friend class Db;
  // In order, and by their hashes, since most that is asked for is not here.
  struct Rows {
    absl::btree_map<std::string, std::optional<std::string>> sorted;
    absl::flat_hash_set<size_t> hashes;
    std::optional<std::string>& Add(absl::string_view key);
    const std::optional<std::string>* Find(absl::string_view key) const;
  };
  const Reader* base_;
  std::array<Rows, kFamilies> rows_;
  size_t bytes_ = 0;
};

// Threads: all but Write may be called from any thread; Write from one.
class Db : public Reader {
 public:
  struct Options {
    bool sync = true;                           // Off only to show that a test sees it.
    size_t memtable_bytes = 64 << 20;           // Per large family.
    size_t block_cache_bytes = 1 << 30;
    int64_t disk_reserve_bytes = 512 << 20;     // Writes stop while less is free.
    // RocksDB's own log, line by line; holds no row contents.
    std::function<void(absl::string_view)> log;
  };

  // Opens, or with `create` makes, the database in `dir`. DATA_LOSS: the files
  // are damaged beyond a torn tail.
  static absl::StatusOr<std::unique_ptr<Db>> Open(const std::string& dir, const Options& options,
                                                  bool create);
  // Opens it to be read only, and leaves every file as it is. Writes fail.
  static absl::StatusOr<std::unique_ptr<Db>> OpenToRead(const std::string& dir);
  // The same, with its tables read at `pace`, which must outlive it.
  static absl::StatusOr<std::unique_ptr<Db>> OpenToRead(const std::string& dir,
                                                        const Options& options, Pace& pace);
  ~Db() override;

  absl::StatusOr<std::optional<std::string>> Get(Family family,
                                                 absl::string_view key) const override;
  absl::StatusOr<std::vector<std::optional<std::string>>> GetMany(
      Family family, const std::vector<std::string>& keys) const override;
  absl::Status Scan(Family family, absl::string_view prefix, absl::string_view from,
                    Row row) const override;

  // A reader of this moment. For one page or one answer: a view held open
  // keeps old memory and files alive.
  std::unique_ptr<Reader> View() const;

  // Makes the batch durable, whole or not at all. After an error it is not
  // known whether the batch stands.
  absl::Status Write(const Batch& batch);

  // Takes everything written so far to the disk, also without `sync`.
  absl::Status Sync();

  // Makes a copy of this moment in `dir`, a whole path that does not exist. On
  // one disk the large files are shared, not copied. From any thread.
  absl::Status Checkpoint(const std::string& dir) const;
  // Reads every file. DATA_LOSS: one of them is damaged.
  absl::Status VerifyChecksums() const;

  // RESOURCE_EXHAUSTED while less than the reserve is free: refused before
  // RocksDB meets the end of the disk, which it does not survive well.
  absl::Status CheckDisk() const;
  // After a write that found the disk full: takes everything that stands to the
  // disk, and writes may go on; what failed does not stand. RESOURCE_EXHAUSTED: not
  // yet, try again. Another error: not without opening it anew.
  absl::Status Resume();
  int64_t DiskFreeBytes() const;
  bool WriteStalled() const;

 private:
  struct Impl;
  explicit Db(std::unique_ptr<Impl> impl);
  static absl::StatusOr<std::unique_ptr<Db>> OpenAs(const std::string& dir, const Options& options,
                                                    bool create, bool to_read, Pace* pace);
  std::unique_ptr<Impl> impl_;
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_DB_H_
