#include "tests/bench/raw_rows.h"

#include <rocksdb/db.h>
#include <rocksdb/transaction_log.h>
#include <rocksdb/utilities/options_util.h>
#include <rocksdb/write_batch.h>

#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "tests/bench/process.h"

namespace klantbeeld::bench {
namespace {

constexpr char kJournal[] = "journal";

void Check(const rocksdb::Status& status, const std::string& doing) {
  if (!status.ok()) Die(doing + ": " + status.ToString());
}

struct Opened {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::ColumnFamilyHandle* journal = nullptr;

  ~Opened() {
    for (auto* handle : handles) Check(db->DestroyColumnFamilyHandle(handle), "closing");
    Check(db->Close(), "closing");
  }
};

struct Description {
  rocksdb::DBOptions database;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
};

Description DescriptionOf(const std::string& dir) {
  Description result;
  Check(
      rocksdb::LoadLatestOptions(rocksdb::ConfigOptions(), dir, &result.database, &result.families),
      "reading the options of " + dir);
  return result;
}

std::unique_ptr<Opened> Finish(rocksdb::DB* db, std::unique_ptr<Opened> opened) {
  opened->db.reset(db);
  for (auto* handle : opened->handles) {
    if (handle->GetName() == kJournal) opened->journal = handle;
  }
  if (opened->journal == nullptr) Die("the store has no journal");
  return opened;
}

// One group of writes as a store has it in memory: the last value of each key.
class Group : public rocksdb::WriteBatch::Handler {
 public:
  explicit Group(const Opened& opened) : opened_(opened) {}

  rocksdb::Status PutCF(uint32_t family, const rocksdb::Slice& key,
                        const rocksdb::Slice& value) override {
    if (family == opened_.journal->GetID()) ++facts_;
    rows_[{family, key.ToString()}] = value.ToString();
    return rocksdb::Status::OK();
  }
  rocksdb::Status DeleteCF(uint32_t family, const rocksdb::Slice& key) override {
    rows_[{family, key.ToString()}] = std::nullopt;
    return rocksdb::Status::OK();
  }

  size_t facts() const { return facts_; }

  std::string Summary(size_t facts) const {
    const auto each = [&](const Sum& sum) {
      const auto count = static_cast<double>(facts);
      return absl::StrFormat("%.2f rows of %.0f bytes", sum.rows / count,
                             sum.rows > 0 ? sum.bytes / sum.rows : 0);
    };
    std::string text;
    Sum all;
    for (const auto& [family, sum] : sums_) {
      text += absl::StrFormat("\n  %-10s %s", HandleOf(family)->GetName(), each(sum));
      all.rows += sum.rows;
      all.bytes += sum.bytes;
    }
    return "a fact is " + each(all) + text;
  }

  std::string Take() {
    rocksdb::WriteBatch batch;
    for (const auto& [key, value] : rows_) {
      Sum& sum = sums_[key.first];
      ++sum.rows;
      sum.bytes += static_cast<double>(key.second.size() + (value ? value->size() : 0));
      auto* handle = HandleOf(key.first);
      Check(value ? batch.Put(handle, key.second, *value) : batch.Delete(handle, key.second),
            "grouping rows");
    }
    rows_.clear();
    facts_ = 0;
    return batch.Data();
  }

 private:
  struct Sum {
    double rows = 0, bytes = 0;
  };

  rocksdb::ColumnFamilyHandle* HandleOf(uint32_t id) const {
    for (auto* handle : opened_.handles) {
      if (handle->GetID() == id) return handle;
    }
    Die("a row of an unknown family");
  }

  const Opened& opened_;
  std::map<std::pair<uint32_t, std::string>, std::optional<std::string>> rows_;
  size_t facts_ = 0;
  std::map<uint32_t, Sum> sums_;
};

}  // namespace

RowRecorder::RowRecorder(std::string rows_dir, size_t facts_per_batch)
    : rows_dir_(std::move(rows_dir)), facts_per_batch_(facts_per_batch) {}

std::vector<std::string> RowRecorder::Read(size_t facts) {
  const Description like = DescriptionOf(rows_dir_);
  auto opened = std::make_unique<Opened>();
  rocksdb::DB* db = nullptr;
  Check(
      rocksdb::DB::OpenForReadOnly(like.database, rows_dir_, like.families, &opened->handles, &db),
      "opening " + rows_dir_);
  opened = Finish(db, std::move(opened));

  std::vector<std::string> batches;
  size_t seen = 0;
  Group group(*opened);
  std::unique_ptr<rocksdb::TransactionLogIterator> at;
  Check(opened->db->GetUpdatesSince(next_sequence_, &at), "reading the log");
  for (; at->Valid(); at->Next()) {
    rocksdb::BatchResult result = at->GetBatch();
    if (result.sequence < next_sequence_) continue;
    next_sequence_ = result.sequence + static_cast<uint64_t>(result.writeBatchPtr->Count());
    Check(result.writeBatchPtr->Iterate(&group), "reading a batch");
    if (group.facts() > facts_per_batch_) Die("a batch lies across the boundary of a group");
    if (group.facts() < facts_per_batch_) continue;
    seen += group.facts();
    batches.push_back(group.Take());
  }
  Check(at->status(), "reading the log");
  if (seen + group.facts() != facts) Die("the log holds other facts than were written");
  if (group.facts() > 0) batches.push_back(group.Take());
  summary_ = group.Summary(facts);
  return batches;
}

struct RawStore::Impl {
  std::unique_ptr<Opened> opened;
};

RawStore::RawStore(const std::string& dir, const std::string& like, RawOptions options)
    : impl_(std::make_unique<Impl>()) {
  Description description = DescriptionOf(like);
  if (options == RawOptions::kDefault) {
    description.database = rocksdb::DBOptions();
    for (auto& family : description.families) family.options = rocksdb::ColumnFamilyOptions();
  }
  description.database.create_if_missing = true;
  description.database.create_missing_column_families = true;
  description.database.error_if_exists = true;
  auto opened = std::make_unique<Opened>();
  rocksdb::DB* db = nullptr;
  Check(rocksdb::DB::Open(description.database, dir, description.families, &opened->handles, &db),
        "opening " + dir);
  impl_->opened = Finish(db, std::move(opened));
}

RawStore::~RawStore() = default;

void RawStore::Write(const std::vector<std::string>& batches) {
  rocksdb::WriteOptions options;
  options.sync = true;
  for (const std::string& bytes : batches) {
    rocksdb::WriteBatch batch(bytes);
    Check(impl_->opened->db->Write(options, &batch), "writing");
  }
}

}  // namespace klantbeeld::bench
