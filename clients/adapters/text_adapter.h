// What adapters of formats with a record on each line have in common.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "clients/adapters/adapter.h"
#include "clients/adapters/formats.h"
#include "clients/adapters/records.h"
#include "clients/adapters/tables.h"

namespace klantbeeld::adapters {

// Why a record is refused.
struct Refusal {
  std::string field;
  Reason reason = Reason::kNone;
};

// A record that was refused is kept as it came, under a comment that says where
// it stood and why; reading it again passes the comment over.
class TextAdapter : public Adapter {
 public:
  explicit TextAdapter(std::unique_ptr<Source> source) : records_(std::move(source)) {}

  std::string RejectedHeader() const override;
  std::string RejectedLine(const Item& item, const std::string& field,
                           const std::string& reason) const override;
  uint64_t bytes_read() const override { return records_.source().bytes_read(); }
  uint64_t bytes_total() const override { return records_.source().bytes_total(); }
  unsigned mode() const override { return records_.source().mode(); }

  // Whether a line is such a comment.
  static bool IsComment(absl::string_view line);
  // The comment, with its end of line.
  static std::string Comment(uint64_t line, const std::string& field, const std::string& reason);

 protected:
  absl::StatusOr<Records::Got> NextRecord(Record& record);
  static Item Refused(Record record, Refusal refusal);

 private:
  Records records_;
};

// How one record of a format is read.
class RecordReader {
 public:
  virtual ~RecordReader() = default;
  // Adds the events that it says; none: it tells of no contact. The same
  // record always gives the same events.
  virtual std::optional<Refusal> Read(const std::string& record,
                                      std::vector<v1::ContactEvent>& events) = 0;
  virtual uint64_t doubtful_times() const { return 0; }
};

// A source of which every record stands by itself.
std::unique_ptr<Adapter> MakeRecordAdapter(std::unique_ptr<Source> source,
                                           std::unique_ptr<RecordReader> reader);
// Opens one, with the tables of the mapping file.
Opened OpenRecords(const std::string& path, const Options& options,
                   absl::FunctionRef<std::unique_ptr<RecordReader>(Tables)> make_reader);

}  // namespace klantbeeld::adapters
