#include "store/db.h"

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/iterator.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/options.h>
#include <rocksdb/slice_transform.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/checkpoint.h>

#include <cstdio>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "store/db_listener.h"
#include "store/db_pace.h"
#include "store/directory.h"
#include "store/error.h"
#include "store/manifest.h"
#include "store/status_macros.h"

namespace klantbeeld::store {
namespace {

// About two rows, so that a bucket holds one prefix at most times.
constexpr size_t kBytesPerBucket = 512;

rocksdb::Slice ToSlice(absl::string_view view) { return {view.data(), view.size()}; }
absl::string_view ToView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }
size_t Index(Family family) { return static_cast<size_t>(family); }

absl::Status FromRocks(const rocksdb::Status& status, absl::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrCat(doing, ": ", status.ToString());
  if (status.IsCorruption()) {
    return absl::DataLossError(absl::StrCat(
        message, ". Stop the server and run `klantbeeld-server check`: it says whether `rebuild` "
        "mends it; if not, restore a backup by id."));
  }
  if (IsNoRoom(status)) return absl::ResourceExhaustedError(message);
  return absl::InternalError(message);
}

bool HasWholeKeyPrefix(Family family) {
  return family == Family::kContact || family == Family::kDecision || family == Family::kCitizen;
}

// RocksDB's default logger dies on a full disk, and takes the process along.
class LineLogger : public rocksdb::Logger {
 public:
  explicit LineLogger(std::function<void(absl::string_view)> log)
      : rocksdb::Logger(rocksdb::InfoLogLevel::WARN_LEVEL), log_(std::move(log)) {}
  void Logv(const char* format, va_list arguments) override {
    if (!log_) return;
    char line[512];
    const int size = std::vsnprintf(line, sizeof line, format, arguments);
    if (size > 0) {
      log_(absl::string_view(line, std::min(static_cast<size_t>(size), sizeof line - 1)));
    }
  }

 private:
  const std::function<void(absl::string_view)> log_;
};

rocksdb::ColumnFamilyOptions FamilyOptions(Family family, const Db::Options& options,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions result;
  const bool small = family == Family::kMeta || family == Family::kDecision ||
                     family == Family::kCitizen;
  result.write_buffer_size = small ? options.memtable_bytes / 4 : options.memtable_bytes;
  // To find out who somebody is, rows of these are read at random, dozens for a
  // newcomer. Identifiers are hashes, which nothing makes smaller.
  const bool scattered = family == Family::kClaim || family == Family::kIdentifier;
  result.compression = family == Family::kIdentifier ? rocksdb::kNoCompression
                       : scattered                   ? rocksdb::kLZ4Compression
                                                     : rocksdb::kZSTD;
  result.compression_opts.level = 1;
  // By default old files are rewritten every thirty days, for nothing here.
  result.ttl = 0;
  result.periodic_compaction_seconds = 0;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = scattered ? 4 << 10 : 16 << 10;
  // Rows are asked for one by one far more often than in order.
  table.data_block_index_type = rocksdb::BlockBasedTableOptions::kDataBlockBinaryAndHash;
  // Indexes and filters stay in memory, whole, beside the block cache: looked up
  // there they cost more than the rows, of which most that are asked for do not exist.
  table.cache_index_and_filter_blocks = false;
  // Ascending keys that exist when asked for need no filter.
  if (family != Family::kJournal) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
    result.memtable_prefix_bloom_size_ratio = 0.05;
    result.memtable_whole_key_filtering = true;
  }
  if (const size_t prefix = PrefixBytes(family); prefix > 0) {
    result.prefix_extractor.reset(rocksdb::NewFixedPrefixTransform(prefix));
    // Hashed by prefix: a quarter less of the server's time per event and page
    // than with a skip list. What is hashed can be scanned by prefix only, so
    // every other scan asks for total order, which copies the memtable.
    const size_t buckets = result.write_buffer_size / kBytesPerBucket;
    result.memtable_factory.reset(
        HasWholeKeyPrefix(family)
            ? rocksdb::NewHashLinkListRepFactory(buckets, 0, 4096, false)
            : rocksdb::NewHashSkipListRepFactory(buckets));
  }
  result.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return result;
}

rocksdb::DBOptions DatabaseOptions(const Db::Options& options, bool create) {
  rocksdb::DBOptions result;
  result.create_if_missing = create;
  result.create_missing_column_families = create;
  result.error_if_exists = create;
  // The default opens happily after losing the middle of a synced log.
  result.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  result.track_and_verify_wals_in_manifest = true;
  // A family that is seldom written would otherwise keep every log file alive.
  result.max_total_wal_size = 256 << 20;
  result.max_background_jobs = 2;
  // Hashed memtables take one writer, and there is one.
  result.allow_concurrent_memtable_write = false;
  result.info_log = std::make_shared<LineLogger>(options.log);
  result.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  return result;
}

absl::Status ScanWith(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* handle, Family family,
                      const rocksdb::Snapshot* snapshot, absl::string_view prefix,
                      absl::string_view from, Reader::Row row) {
  rocksdb::ReadOptions read;
  read.snapshot = snapshot;
  // Set in every read: with a prefix extractor a plain iterator may skip rows.
  const bool by_prefix = PrefixBytes(family) > 0 && prefix.size() >= PrefixBytes(family);
  read.prefix_same_as_start = by_prefix;
  read.total_order_seek = !by_prefix;
  std::unique_ptr<rocksdb::Iterator> at(db.NewIterator(read, handle));
  for (at->Seek(ToSlice(from > prefix ? from : prefix)); at->Valid(); at->Next()) {
    if (!absl::StartsWith(ToView(at->key()), prefix)) break;
    if (!row(ToView(at->key()), ToView(at->value()))) break;
  }
  return FromRocks(at->status(), absl::StrCat("scanning ", NameOf(family)));
}

absl::StatusOr<std::optional<std::string>> GetWith(rocksdb::DB& db,
                                                   rocksdb::ColumnFamilyHandle* handle,
                                                   Family family,
                                                   const rocksdb::Snapshot* snapshot,
                                                   absl::string_view key) {
  // RocksDB ends the process on a key that has no prefix.
  if (key.size() < PrefixBytes(family)) return std::nullopt;
  rocksdb::ReadOptions read;
  read.snapshot = snapshot;
  std::string value;
  const rocksdb::Status status = db.Get(read, handle, ToSlice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return FromRocks(status, absl::StrCat("reading ", NameOf(family)));
  return value;
}

// One look into filters and files for all of them, which fetches what the next
// key needs while it looks at one.
absl::StatusOr<std::vector<std::optional<std::string>>> GetManyWith(
    rocksdb::DB& db, rocksdb::ColumnFamilyHandle* handle, Family family,
    const rocksdb::Snapshot* snapshot, const std::vector<std::string>& keys) {
  std::vector<rocksdb::Slice> asked;
  std::vector<size_t> at;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].size() < PrefixBytes(family)) continue;
    asked.push_back(ToSlice(keys[i]));
    at.push_back(i);
  }
  std::vector<rocksdb::PinnableSlice> values(asked.size());
  std::vector<rocksdb::Status> statuses(asked.size());
  rocksdb::ReadOptions read;
  read.snapshot = snapshot;
  db.MultiGet(read, handle, asked.size(), asked.data(), values.data(), statuses.data());
  std::vector<std::optional<std::string>> rows(keys.size());
  for (size_t i = 0; i < asked.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) return FromRocks(statuses[i], absl::StrCat("reading ", NameOf(family)));
    rows[at[i]].emplace(values[i].data(), values[i].size());
  }
  return rows;
}

}  // namespace

absl::StatusOr<std::vector<std::optional<std::string>>> Reader::GetMany(
    Family family, const std::vector<std::string>& keys) const {
  std::vector<std::optional<std::string>> rows;
  for (const std::string& key : keys) {
    auto row = Get(family, key);
    if (!row.ok()) return row.status();
    rows.push_back(*std::move(row));
  }
  return rows;
}

absl::string_view NameOf(Family family) {
  static constexpr std::array<absl::string_view, kFamilies> kNames = {
      "default", "journal", "contact", "timeline", "claim", "identifier", "decision", "citizen"};
  return kNames[Index(family)];
}

size_t PrefixBytes(Family family) {
  switch (family) {
    case Family::kTimeline:
    case Family::kClaim:
      return 16;  // Claim id.
    case Family::kIdentifier:
      return 17;  // Type and blind index.
    case Family::kContact:
    case Family::kDecision:
    case Family::kCitizen:
      return 16;  // The whole key.
    default:
      return 0;
  }
}

std::optional<std::string>& Batch::Rows::Add(absl::string_view key) {
  hashes.insert(absl::HashOf(key));
  return sorted[std::string(key)];
}

const std::optional<std::string>* Batch::Rows::Find(absl::string_view key) const {
  if (!hashes.contains(absl::HashOf(key))) return nullptr;
  const auto found = sorted.find(key);
  return found == sorted.end() ? nullptr : &found->second;
}

void Batch::Put(Family family, absl::string_view key, std::string value) {
  bytes_ += key.size() + value.size();
  rows_[Index(family)].Add(key) = std::move(value);
}

void Batch::Delete(Family family, absl::string_view key) {
  bytes_ += key.size();
  rows_[Index(family)].Add(key) = std::nullopt;
}

absl::StatusOr<std::optional<std::string>> Batch::Get(Family family, absl::string_view key) const {
  if (const auto* found = rows_[Index(family)].Find(key)) return *found;
  return base_->Get(family, key);
}

absl::StatusOr<std::vector<std::optional<std::string>>> Batch::GetMany(
    Family family, const std::vector<std::string>& keys) const {
  const Rows& rows = rows_[Index(family)];
  std::vector<const std::optional<std::string>*> here(keys.size());
  std::vector<std::string> others;
  for (size_t i = 0; i < keys.size(); ++i) {
    here[i] = rows.Find(keys[i]);
    if (here[i] == nullptr) others.push_back(keys[i]);
  }
  if (others.size() == keys.size()) return base_->GetMany(family, keys);
  std::vector<std::optional<std::string>> below;
  if (!others.empty()) {
    KB_ASSIGN_OR_RETURN(below, base_->GetMany(family, others));
  }
  std::vector<std::optional<std::string>> values(keys.size());
  auto next = below.begin();
  for (size_t i = 0; i < keys.size(); ++i) {
    values[i] = here[i] != nullptr ? *here[i] : std::move(*next++);
  }
  return values;
}

absl::Status Batch::Scan(Family family, absl::string_view prefix, absl::string_view from,
                         Row row) const {
  const auto& rows = rows_[Index(family)].sorted;
  auto mine = rows.lower_bound(from > prefix ? from : prefix);
  const auto has_mine = [&] {
    return mine != rows.end() && absl::StartsWith(mine->first, prefix);
  };
  bool go_on = true;
  const auto take_mine = [&] {
    if (mine->second) go_on = row(mine->first, *mine->second);
    ++mine;
  };
  const absl::Status status = base_->Scan(
      family, prefix, from, [&](absl::string_view key, absl::string_view value) {
        while (go_on && has_mine() && mine->first < key) take_mine();
        if (!go_on) return false;
        if (has_mine() && mine->first == key) {
          take_mine();
        } else {
          go_on = row(key, value);
        }
        return go_on;
      });
  while (status.ok() && go_on && has_mine()) take_mine();
  return status;
}

void Batch::MoveInto(Batch& other) {
  for (size_t family = 0; family < kFamilies; ++family) {
    for (auto& [key, value] : rows_[family].sorted) {
      other.bytes_ += key.size() + (value ? value->size() : 0);
      other.rows_[family].Add(key) = std::move(value);
    }
    rows_[family] = {};
  }
}

struct Db::Impl {
  std::string dir;
  Options options;
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> handles{};

  ~Impl() {
    // Handles first: the packaged library asserts on it.
    for (auto* handle : handles) {
      if (handle != nullptr) db->DestroyColumnFamilyHandle(handle);
    }
    if (db != nullptr) db->Close().PermitUncheckedError();
  }
};

Db::Db(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Db::~Db() = default;

absl::StatusOr<std::unique_ptr<Db>> Db::Open(const std::string& dir, const Options& options,
                                             bool create) {
  return OpenAs(dir, options, create, false, nullptr);
}

absl::StatusOr<std::unique_ptr<Db>> Db::OpenToRead(const std::string& dir) {
  return OpenAs(dir, {}, false, true, nullptr);
}

absl::StatusOr<std::unique_ptr<Db>> Db::OpenToRead(const std::string& dir, const Options& options,
                                                   Pace& pace) {
  return OpenAs(dir, options, false, true, &pace);
}

absl::StatusOr<std::unique_ptr<Db>> Db::OpenAs(const std::string& dir, const Options& options,
                                               bool create, bool to_read, Pace* pace) {
  auto impl = std::make_unique<Impl>();
  impl->dir = dir;
  impl->options = options;
  const auto cache = rocksdb::NewLRUCache(options.block_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (size_t i = 0; i < kFamilies; ++i) {
    const auto family = static_cast<Family>(i);
    families.emplace_back(std::string(NameOf(family)), FamilyOptions(family, options, cache));
  }
  rocksdb::DB* opened = nullptr;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DBOptions database = DatabaseOptions(options, create);
  if (pace != nullptr) database.env = pace->env();
  const auto listed = std::make_shared<TablesListed>(options.log);
  database.listeners.push_back(listed);
  if (absl::Status checked = CheckManifest(dir); !checked.ok()) return checked;
  const rocksdb::Status status =
      to_read ? rocksdb::DB::OpenForReadOnly(database, dir, families, &handles, &opened)
              : rocksdb::DB::Open(database, dir, families, &handles, &opened);
  if (!status.ok() && !create) {
    const bool full = IsNoRoom(status);
    const std::string why = status.ToString();
    const std::string message = absl::StrCat(
        "opening ", dir, ": ", why,
        full ? ". Make room on its disk, but not by files of the store, and start again."
        : absl::StrContains(why, "/LOCK")
            ? ""
            : ". A file of the store is missing, damaged or not readable. Restore a backup by id, "
              "then run `klantbeeld-server check`.");
    if (full) return absl::ResourceExhaustedError(message);
    // A store without CURRENT is no store to RocksDB, and asking for it wrong.
    const bool gone = status.IsCorruption() || status.IsInvalidArgument() || status.IsPathNotFound();
    return gone ? absl::DataLossError(message) : absl::InternalError(message);
  }
  if (!status.ok()) return FromRocks(status, absl::StrCat("opening ", dir));
  impl->db.reset(opened);
  for (size_t i = 0; i < kFamilies; ++i) impl->handles[i] = handles[i];
  if (!to_read) listed->Note(*opened);
  return std::unique_ptr<Db>(new Db(std::move(impl)));
}

absl::StatusOr<std::optional<std::string>> Db::Get(Family family, absl::string_view key) const {
  return GetWith(*impl_->db, impl_->handles[Index(family)], family, nullptr, key);
}

absl::StatusOr<std::vector<std::optional<std::string>>> Db::GetMany(
    Family family, const std::vector<std::string>& keys) const {
  return GetManyWith(*impl_->db, impl_->handles[Index(family)], family, nullptr, keys);
}

absl::Status Db::Scan(Family family, absl::string_view prefix, absl::string_view from,
                      Row row) const {
  return ScanWith(*impl_->db, impl_->handles[Index(family)], family, nullptr, prefix, from, row);
}

std::unique_ptr<Reader> Db::View() const {
  class Snapshot : public Reader {
   public:
    explicit Snapshot(const Impl& impl) : impl_(impl), snapshot_(impl.db->GetSnapshot()) {}
    ~Snapshot() override { impl_.db->ReleaseSnapshot(snapshot_); }
    absl::StatusOr<std::optional<std::string>> Get(Family family,
                                                   absl::string_view key) const override {
      return GetWith(*impl_.db, impl_.handles[Index(family)], family, snapshot_, key);
    }
    absl::Status Scan(Family family, absl::string_view prefix, absl::string_view from,
                      Row row) const override {
      return ScanWith(*impl_.db, impl_.handles[Index(family)], family, snapshot_, prefix, from,
                      row);
    }

   private:
    const Impl& impl_;
    const rocksdb::Snapshot* const snapshot_;
  };
  return std::make_unique<Snapshot>(*impl_);
}

absl::Status Db::Write(const Batch& batch) {
  rocksdb::WriteBatch writes(batch.bytes() + 1024);
  for (size_t family = 0; family < kFamilies; ++family) {
    for (const auto& [key, value] : batch.rows_[family].sorted) {
      if (key.size() < PrefixBytes(static_cast<Family>(family))) {
        return absl::InternalError(
            absl::StrCat("building a batch: a key too short for ", NameOf(static_cast<Family>(family))));
      }
      const rocksdb::Status status = value ? writes.Put(impl_->handles[family], key, *value)
                                           : writes.Delete(impl_->handles[family], key);
      if (!status.ok()) return FromRocks(status, "building a batch");
    }
  }
  rocksdb::WriteOptions options;
  options.sync = impl_->options.sync;
  return FromRocks(impl_->db->Write(options, &writes), "writing a batch");
}

absl::Status Db::Sync() {
  const std::vector<rocksdb::ColumnFamilyHandle*> all(impl_->handles.begin(),
                                                      impl_->handles.end());
  return FromRocks(impl_->db->Flush(rocksdb::FlushOptions(), all), "flushing");
}

absl::Status Db::Checkpoint(const std::string& dir) const {
  rocksdb::Checkpoint* made = nullptr;
  if (auto status = rocksdb::Checkpoint::Create(impl_->db.get(), &made); !status.ok()) {
    return FromRocks(status, "making a checkpoint");
  }
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  // Everything is flushed first, so that little rests on the copied log.
  constexpr uint64_t kAlwaysFlush = 0;
  return FromRocks(checkpoint->CreateCheckpoint(dir, kAlwaysFlush), "making a checkpoint");
}

absl::Status Db::VerifyChecksums() const {
  return FromRocks(impl_->db->VerifyChecksum(), "reading every file");
}

absl::Status Db::Resume() {
  const rocksdb::Status status = impl_->db->Resume();  // It tries by itself too, now and then.
  if (status.IsBusy()) return absl::ResourceExhaustedError("RocksDB is about to go on");
  return FromRocks(status, "going on after the disk was full");
}

int64_t Db::DiskFreeBytes() const { return FreeBytes(impl_->dir); }

absl::Status Db::CheckDisk() const {
  const int64_t free = DiskFreeBytes();
  if (free >= impl_->options.disk_reserve_bytes) return absl::OkStatus();
  return Error(v1::ERROR_REASON_DISK_FULL,
               absl::StrCat("the disk has ", free >> 20, " MiB free; writes need ",
                            impl_->options.disk_reserve_bytes >> 20, " MiB. Reads go on."),
               {.retry = absl::Seconds(30)});
}

bool Db::WriteStalled() const {
  uint64_t stopped = 0, delayed = 0;
  impl_->db->GetIntProperty(rocksdb::DB::Properties::kIsWriteStopped, &stopped);
  impl_->db->GetIntProperty(rocksdb::DB::Properties::kActualDelayedWriteRate, &delayed);
  return stopped != 0 || delayed != 0;
}

}  // namespace klantbeeld::store
