#include "clients/adapters/events/events.h"

#include <deque>
#include <utility>
#include <vector>

#include "clients/adapters/events/proto_json.h"

namespace klantbeeld::adapters {
namespace {

// Read together, since that is many times faster.
constexpr size_t kTogether = 200;
constexpr size_t kBytesTogether = 1 << 20;

// "data.colour" of "(data) colour: Cannot find field.": the place without the
// text, which may be a person's.
std::string PlaceOf(const std::string& error) {
  const size_t colon = error.find(':');
  std::string place = error.substr(0, colon);
  if (colon == std::string::npos || place.find(' ') == std::string::npos) {
    return colon == std::string::npos || place.size() > 100 ? "" : place;
  }
  const size_t close = place.find(')');
  if (place.front() != '(' || close == std::string::npos) return "";
  return place.substr(1, close - 1);
}

class EventsAdapter : public TextAdapter {
 public:
  EventsAdapter(std::unique_ptr<Source> source, Unpack unpack)
      : TextAdapter(std::move(source)), unpack_(std::move(unpack)) {}

  absl::StatusOr<Item> Next() override {
    while (ready_.empty()) {
      // What stands before the damage was given first.
      if (!failed_.ok()) return failed_;
      if (ended_) return Item();
      Record record;
      const auto got = NextRecord(record);
      if (got.ok() && *got == Records::Got::kRecord) {
        Take(std::move(record));
        continue;
      }
      ParseTogether();
      failed_ = got.status();
      ended_ = got.ok() && *got == Records::Got::kEnd;
      if (got.ok() && *got == Records::Got::kIdle && ready_.empty()) {
        Item idle;
        idle.kind = Item::Kind::kIdle;
        return idle;
      }
    }
    Item item = std::move(ready_.front());
    ready_.pop_front();
    return item;
  }

 private:
  void Take(Record record) {
    if (record.too_long) {
      ParseTogether();
      return ready_.push_back(Refused(std::move(record), {"", Reason::kTooLong}));
    }
    Unpacked unpacked = unpack_(record.text);
    Item item;
    item.line = record.line;
    if (unpacked.refusal.reason != Reason::kNone) {
      ParseTogether();
      return ready_.push_back(Refused(std::move(record), std::move(unpacked.refusal)));
    }
    if (unpacked.passed) {
      ParseTogether();
      item.kind = Item::Kind::kPassed;
      return ready_.push_back(std::move(item));
    }
    bytes_ += record.text.size();
    item.kind = Item::Kind::kEvent;
    item.original = std::move(record.text);
    items_.push_back(std::move(item));
    lines_.push_back(std::move(unpacked.json));
    if (lines_.size() >= kTogether || bytes_ >= kBytesTogether) ParseTogether();
  }

  void ParseTogether() {
    v1::RecordContactEventsRequest events;
    const bool all = EventsFromLines(lines_, events);
    for (size_t i = 0; i < lines_.size(); ++i) {
      Item& item = items_[i];
      if (all) {
        item.event.Swap(events.mutable_events(static_cast<int>(i)));
      } else if (const auto wrong = FromJson(lines_[i], item.event)) {
        item.kind = Item::Kind::kRejected;
        item.field = PlaceOf(*wrong);
        item.reason = Reason::kNotAnEvent;
        item.event.Clear();
      }
      ready_.push_back(std::move(item));
    }
    items_.clear();
    lines_.clear();
    bytes_ = 0;
  }

  const Unpack unpack_;
  std::vector<Item> items_;         // Taken, without their events yet.
  std::vector<std::string> lines_;  // Of those, the events.
  size_t bytes_ = 0;
  std::deque<Item> ready_;
  absl::Status failed_;
  bool ended_ = false;
};

}  // namespace

std::unique_ptr<Adapter> MakeEventsAdapter(std::unique_ptr<Source> source, Unpack unpack) {
  return std::make_unique<EventsAdapter>(std::move(source), std::move(unpack));
}

Opened OpenEvents(const std::string& path, const Options& options) {
  auto source = Source::Open(path, options.encoding);
  if (!source.ok()) return source.status();
  return MakeEventsAdapter(*std::move(source),
                           [](std::string record) { return Unpacked{std::move(record)}; });
}

}  // namespace klantbeeld::adapters
