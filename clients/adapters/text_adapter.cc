#include "clients/adapters/text_adapter.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace klantbeeld::adapters {
namespace {

constexpr absl::string_view kComment = "# rejected ";

class RecordAdapter : public TextAdapter {
 public:
  RecordAdapter(std::unique_ptr<Source> source, std::unique_ptr<RecordReader> reader)
      : TextAdapter(std::move(source)), reader_(std::move(reader)) {}

  absl::StatusOr<Item> Next() override {
    if (ready_.empty()) {
      Record record;
      const auto got = NextRecord(record);
      if (!got.ok()) return got.status();
      if (*got != Records::Got::kRecord) {
        Item item;
        item.kind = *got == Records::Got::kIdle ? Item::Kind::kIdle : Item::Kind::kEnd;
        return item;
      }
      Read(std::move(record));
    }
    Item item = std::move(ready_.front());
    ready_.pop_front();
    return item;
  }
  uint64_t doubtful_times() const override { return reader_->doubtful_times(); }

 private:
  void Read(Record record) {
    if (record.too_long) {
      return ready_.push_back(Refused(std::move(record), {"", Reason::kTooLong}));
    }
    std::vector<v1::ContactEvent> events;
    if (auto refusal = reader_->Read(record.text, events)) {
      return ready_.push_back(Refused(std::move(record), *std::move(refusal)));
    }
    Item item;
    item.line = record.line;
    item.kind = Item::Kind::kPassed;
    if (events.empty()) ready_.push_back(item);
    for (v1::ContactEvent& event : events) {
      item.kind = Item::Kind::kEvent;
      item.records = &event == &events.front() ? 1 : 0;
      item.original = record.text;
      item.event = std::move(event);
      ready_.push_back(std::move(item));
      item = {};
      item.line = record.line;
    }
  }

  const std::unique_ptr<RecordReader> reader_;
  std::deque<Item> ready_;
};

}  // namespace

bool TextAdapter::IsComment(absl::string_view line) { return absl::StartsWith(line, kComment); }

std::string TextAdapter::Comment(uint64_t line, const std::string& field,
                                 const std::string& reason) {
  return absl::StrCat(kComment, "line=", line, field.empty() ? "" : " field=", field,
                      " reason=", reason, "\n");
}

std::string TextAdapter::RejectedHeader() const { return ""; }

std::string TextAdapter::RejectedLine(const Item& item, const std::string& field,
                                      const std::string& reason) const {
  return absl::StrCat(Comment(item.line, field, reason), item.original,
                      item.original.empty() ? "" : "\n");
}

absl::StatusOr<Records::Got> TextAdapter::NextRecord(Record& record) {
  for (;;) {
    const auto got = records_.Next(record);
    if (!got.ok() || *got != Records::Got::kRecord || !IsComment(record.text)) return got;
  }
}

Item TextAdapter::Refused(Record record, Refusal refusal) {
  Item item;
  item.kind = Item::Kind::kRejected;
  item.line = record.line;
  item.original = std::move(record.text);
  item.field = std::move(refusal.field);
  item.reason = refusal.reason;
  return item;
}

std::unique_ptr<Adapter> MakeRecordAdapter(std::unique_ptr<Source> source,
                                           std::unique_ptr<RecordReader> reader) {
  return std::make_unique<RecordAdapter>(std::move(source), std::move(reader));
}

Opened OpenRecords(const std::string& path, const Options& options,
                   absl::FunctionRef<std::unique_ptr<RecordReader>(Tables)> make_reader) {
  auto tables = Tables::Read(options.mapping);
  if (auto* fault = std::get_if<MappingFault>(&tables)) return *fault;
  auto source = Source::Open(path, options.encoding);
  if (!source.ok()) return source.status();
  return MakeRecordAdapter(*std::move(source), make_reader(std::get<Tables>(std::move(tables))));
}

}  // namespace klantbeeld::adapters
