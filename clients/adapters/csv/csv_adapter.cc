#include "clients/adapters/csv/csv_adapter.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/adapters/csv/header.h"
#include "clients/adapters/rows.h"

namespace klantbeeld::adapters {
namespace {

// Columns that a file of rejected rows has besides those it came with.
constexpr absl::string_view kRejectedPrefix = "rejected_";

class CsvAdapter : public Adapter {
 public:
  CsvAdapter(CsvFile file, Mapping mapping, bool other_encoding)
      : rows_(std::move(file.rows)),
        mapping_(std::move(mapping)),
        header_(std::move(file.header)),
        separator_(file.separator),
        other_encoding_(other_encoding) {}

  absl::StatusOr<Item> Next() override {
    CsvRow row;
    const auto got = rows_->Next(row);
    if (!got.ok()) return got.status();
    Item item;
    item.line = row.line;
    switch (*got) {
      case CsvRows::Got::kIdle:
        item.kind = Item::Kind::kIdle;
        return item;
      case CsvRows::Got::kEnd:
        return item;
      case CsvRows::Got::kTooLong:
        return Refused(std::move(item), "", Reason::kTooLong);
      case CsvRows::Got::kRow:
        break;
    }
    item.cells = std::move(row.cells);
    if (item.cells.size() != header_.size()) {
      const std::string counted = absl::StrCat(item.cells.size(), " / ", header_.size());
      return Refused(std::move(item), counted, Reason::kColumns);
    }
    auto made = mapping_.Apply(item.cells, counts_);
    if (auto* fault = std::get_if<RowFault>(&made)) {
      return Refused(std::move(item), fault->column, fault->reason);
    }
    item.kind = Item::Kind::kEvent;
    item.event = std::get<v1::ContactEvent>(std::move(made));
    return item;
  }

  std::string RejectedHeader() const override {
    std::vector<std::string> columns;
    for (const std::string& column : header_) {
      if (!absl::StartsWith(column, kRejectedPrefix)) columns.push_back(column);
    }
    for (const char* own : {"line", "field", "reason"}) {
      columns.push_back(absl::StrCat(kRejectedPrefix, own));
    }
    // What is kept is UTF-8, whatever the mapping says of the original.
    return absl::StrCat(other_encoding_ ? kUtf8Mark : "", CsvLine(columns, separator_));
  }

  std::string RejectedLine(const Item& item, const std::string& field,
                           const std::string& reason) const override {
    // Without what an earlier rejection added.
    std::vector<std::string> cells;
    for (size_t i = 0; i < item.cells.size(); ++i) {
      if (i >= header_.size() || !absl::StartsWith(header_[i], kRejectedPrefix)) {
        cells.push_back(item.cells[i]);
      }
    }
    cells.insert(cells.end(), {absl::StrCat(item.line), field, reason});
    return CsvLine(cells, separator_);
  }

  uint64_t bytes_read() const override { return rows_->source().bytes_read(); }
  uint64_t bytes_total() const override { return rows_->source().bytes_total(); }
  unsigned mode() const override { return rows_->source().mode(); }
  std::map<std::string, uint64_t> left_out() const override { return counts_.left_out; }
  uint64_t doubtful_times() const override { return counts_.doubtful_times; }
  std::vector<std::string> unused() const override { return mapping_.unused(); }

 private:
  static Item Refused(Item item, std::string field, Reason reason) {
    item.kind = Item::Kind::kRejected;
    item.field = std::move(field);
    item.reason = reason;
    return item;
  }

  const std::unique_ptr<CsvRows> rows_;
  const Mapping mapping_;
  const std::vector<std::string> header_;
  const char separator_;
  const bool other_encoding_;
  MappingCounts counts_;
};

}  // namespace

Opened OpenCsv(const std::string& path, const Options& options) {
  auto read = Mapping::Read(options.mapping, options.now);
  if (auto* fault = std::get_if<MappingFault>(&read)) return *fault;
  auto& mapping = std::get<Mapping>(read);
  const std::string& encoding = options.encoding.empty() ? mapping.encoding() : options.encoding;
  auto opened = OpenCsvFile(path, encoding, mapping.separator());
  if (!opened.ok()) return opened.status();
  auto bound = mapping.Bind(opened->header);
  if (auto* fault = std::get_if<MappingFault>(&bound)) return *fault;
  return std::make_unique<CsvAdapter>(std::move(*opened), std::move(mapping), !encoding.empty());
}

}  // namespace klantbeeld::adapters
