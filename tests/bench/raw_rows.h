// The limit of the ingest: RocksDB alone, taking the same rows.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace klantbeeld::bench {

// The writes of a store since the last Read, out of its write-ahead log, so
// that rows written again and again are there as often. In batches as RocksDB
// takes them, of `facts_per_batch` facts each.
class RowRecorder {
 public:
  RowRecorder(std::string rows_dir, size_t facts_per_batch);
  // No process may have the store open. Each batch of the store's own must lie
  // within one of these: whoever wrote waited after every `facts_per_batch`.
  // `facts` is how many there must be.
  std::vector<std::string> Read(size_t facts);
  // What a fact costs in rows and bytes, by family, over the last Read.
  const std::string& summary() const { return summary_; }

 private:
  const std::string rows_dir_;
  const size_t facts_per_batch_;
  uint64_t next_sequence_ = 1;
  std::string summary_;
};

enum class RawOptions { kDefault, kOurs };

// An empty database in `dir` with the families of the store in `like`, and
// with its options too or with RocksDB's own.
class RawStore {
 public:
  RawStore(const std::string& dir, const std::string& like, RawOptions options);
  ~RawStore();
  // Writes each batch, synced.
  void Write(const std::vector<std::string>& batches);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace klantbeeld::bench
