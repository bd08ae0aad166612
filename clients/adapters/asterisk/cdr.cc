#include "clients/adapters/asterisk/cdr.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "clients/adapters/asterisk/call.h"
#include "clients/adapters/asterisk/cdr_event.h"
#include "clients/adapters/json.h"
#include "clients/adapters/local_time.h"
#include "clients/adapters/rows.h"
#include "clients/adapters/text_adapter.h"

namespace klantbeeld::adapters {
namespace {

using Names = std::vector<std::string>;

// The order that cdr_custom is delivered with.
const Names& CustomOrder() {
  static const auto* names = new Names{
      "clid",     "src",         "dst",      "dcontext",  "channel",  "dstchannel", "lastapp",
      "lastdata", "start",       "answer",   "end",       "duration", "billsec",    "disposition",
      "amaflags", "accountcode", "uniqueid", "userfield", "sequence"};
  return *names;
}

// The order of cdr_csv's Master.csv; the last two only where they are turned on.
const Names& MasterOrder() {
  static const auto* names =
      new Names{"accountcode", "src",     "dst",         "dcontext", "clid",     "channel",
                "dstchannel",  "lastapp", "lastdata",    "start",    "answer",   "end",
                "duration",    "billsec", "disposition", "amaflags", "uniqueid", "userfield"};
  return *names;
}

// Which of the two a row is in shows where its start stands.
const Names* OrderOf(const std::vector<std::string>& cells, absl::TimeZone zone) {
  const auto is_start = [&](const Names& names) {
    const size_t at =
        static_cast<size_t>(std::find(names.begin(), names.end(), "start") - names.begin());
    return at < cells.size() && cells.size() <= names.size() && ParseLocal(cells[at], zone);
  };
  if (is_start(CustomOrder())) return &CustomOrder();
  return is_start(MasterOrder()) ? &MasterOrder() : nullptr;
}

class CdrRows : public Adapter {
 public:
  CdrRows(std::unique_ptr<Source> source, CdrSettings settings)
      : rows_(std::move(source), 0), settings_(std::move(settings)) {}

  absl::StatusOr<Item> Next() override {
    for (;;) {
      CsvRow row;
      const auto got = rows_.Next(row);
      if (!got.ok()) return got.status();
      Item item;
      item.line = row.line;
      if (*got == CsvRows::Got::kIdle) item.kind = Item::Kind::kIdle;
      if (*got == CsvRows::Got::kIdle || *got == CsvRows::Got::kEnd) return item;
      if (*got == CsvRows::Got::kTooLong) return Refused(std::move(item), {"", Reason::kTooLong});
      if (TextAdapter::IsComment(row.cells.front()) || IsHeader(row.cells)) continue;
      item.cells = std::move(row.cells);
      return Read(std::move(item));
    }
  }

  std::string RejectedHeader() const override {
    return header_.empty() ? "" : CsvLine(header_, rows_.separator());
  }
  std::string RejectedLine(const Item& item, const std::string& field,
                           const std::string& reason) const override {
    return TextAdapter::Comment(item.line, field, reason) +
           (item.cells.empty() ? "" : CsvLine(item.cells, rows_.separator()));
  }
  uint64_t bytes_read() const override { return rows_.source().bytes_read(); }
  uint64_t bytes_total() const override { return rows_.source().bytes_total(); }
  unsigned mode() const override { return rows_.source().mode(); }
  uint64_t doubtful_times() const override { return doubtful_; }

 private:
  static Item Refused(Item item, Refusal refusal) {
    item.kind = Item::Kind::kRejected;
    item.field = std::move(refusal.field);
    item.reason = refusal.reason;
    return item;
  }

  // A table's first line names its columns; Asterisk's own files have none.
  bool IsHeader(const std::vector<std::string>& cells) {
    if (begun_) return false;
    begun_ = true;
    if (std::find(cells.begin(), cells.end(), "disposition") == cells.end()) return false;
    header_ = cells;
    return true;
  }

  Item Read(Item item) {
    const std::vector<std::string>& cells = item.cells;
    const Names* names = header_.empty() ? OrderOf(cells, settings_.zone) : &header_;
    if (names == nullptr || cells.size() > names->size() ||
        (!header_.empty() && cells.size() != names->size())) {
      return Refused(std::move(item), {"", Reason::kColumns});
    }
    const auto field = [&](const char* name) -> std::string {
      const size_t at =
          static_cast<size_t>(std::find(names->begin(), names->end(), name) - names->begin());
      return at < cells.size() ? std::string(absl::StripAsciiWhitespace(cells[at])) : "";
    };
    for (const std::string& cell : cells) {
      if (!IsUtf8(cell)) return Refused(std::move(item), {"", Reason::kNotUtf8});
    }
    bool doubtful = false;
    auto made = EventOfCdr(field, settings_, doubtful);
    if (auto* refusal = std::get_if<Refusal>(&made)) {
      return Refused(std::move(item), std::move(*refusal));
    }
    doubtful_ += doubtful;
    item.event = std::get<v1::ContactEvent>(std::move(made));
    item.kind = item.event.source().empty() ? Item::Kind::kPassed : Item::Kind::kEvent;
    return item;
  }

  CsvRows rows_;
  const CdrSettings settings_;
  Names header_;
  bool begun_ = false;
  uint64_t doubtful_ = 0;
};

// JSON lines of Asterisk's newer mapping, with user variables by their names.
class CdrJson : public RecordReader {
 public:
  explicit CdrJson(CdrSettings settings) : settings_(std::move(settings)) {}

  std::optional<Refusal> Read(const std::string& record,
                              std::vector<v1::ContactEvent>& events) override {
    const auto object = json_.Read(record);
    if (!object) return Refusal{"", Reason::kNotJson};
    bool doubtful = false;
    auto made =
        EventOfCdr([&](const char* name) { return JsonText(*object, name); }, settings_, doubtful);
    if (auto* refusal = std::get_if<Refusal>(&made)) return std::move(*refusal);
    doubtful_ += doubtful;
    auto& event = std::get<v1::ContactEvent>(made);
    if (!event.source().empty()) events.push_back(std::move(event));
    return {};
  }
  uint64_t doubtful_times() const override { return doubtful_; }

 private:
  JsonReader json_;
  const CdrSettings settings_;
  uint64_t doubtful_ = 0;
};

}  // namespace

Opened OpenAsteriskCdr(const std::string& path, const Options& options) {
  auto tables = Tables::Read(options.mapping);
  if (auto* fault = std::get_if<MappingFault>(&tables)) return *fault;
  auto source = Source::Open(path, options.encoding);
  if (!source.ok()) return source.status();
  const auto first = (*source)->First();
  if (!first.ok()) return first.status();
  CdrSettings settings{options.source.empty() ? std::string(kExchange) : options.source,
                       options.zone, std::get<Tables>(std::move(tables))};
  if (*first == '{' || *first == '[') {
    return MakeRecordAdapter(*std::move(source), std::make_unique<CdrJson>(std::move(settings)));
  }
  return std::make_unique<CdrRows>(*std::move(source), std::move(settings));
}

}  // namespace klantbeeld::adapters
