#include "clients/adapters/asterisk/queue_log.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "clients/adapters/asterisk/call.h"
#include "clients/adapters/local_time.h"
#include "clients/adapters/recent.h"
#include "clients/adapters/text_adapter.h"

namespace klantbeeld::adapters {
namespace {

constexpr size_t kFieldsMin = 5;
constexpr absl::Duration kCallMax = absl::Hours(24);

// A line of the log.
struct Entry {
  absl::Time time;
  std::string call_id, queue, agent, event;
  std::vector<std::string> data;

  std::string Data(size_t number) const {  // From 1, as the documentation counts.
    return number <= data.size() ? data[number - 1] : "";
  }
};

void SetSeconds(const std::string& text, google::protobuf::Duration& (*field)(v1::ContactData&),
                v1::ContactData& data) {
  int64_t seconds = 0;
  if (absl::SimpleAtoi(text, &seconds) && seconds >= 0) field(data).set_seconds(seconds);
}

google::protobuf::Duration& Waited(v1::ContactData& data) { return *data.mutable_waited(); }
google::protobuf::Duration& Talked(v1::ContactData& data) { return *data.mutable_talked(); }
google::protobuf::Duration& Ringing(v1::ContactData& data) {
  return *data.mutable_call()->mutable_ringing();
}

void SetPosition(const std::string& text, v1::ContactData& data) {
  int32_t position = 0;
  if (absl::SimpleAtoi(text, &position) && position >= 0) {
    data.mutable_call()->set_queue_position(position);
  }
}

class QueueLog : public RecordReader {
 public:
  QueueLog(std::string source, Tables tables)
      : source_(std::move(source)), tables_(std::move(tables)) {}

  std::optional<Refusal> Read(const std::string& record,
                              std::vector<v1::ContactEvent>& events) override {
    Entry entry;
    if (auto refusal = Split(record, entry)) return refusal;
    // The exchange's own start, configuration and members are about no call.
    if (entry.call_id.empty() || entry.call_id == "NONE" || entry.call_id == "MANAGER" ||
        entry.call_id == "REALTIME") {
      return {};
    }
    v1::ContactEvent event;
    v1::ContactData& data = *event.mutable_data();
    Call& call = calls_.Of(entry.call_id);
    if (!SetEvent(entry, call, data)) return {};
    data.set_channel(v1::CHANNEL_PHONE);
    data.set_queue(entry.queue);
    AddAgent(ExtensionOf(entry.agent), data);
    event.set_source(source_);
    event.set_event_id(absl::StrFormat("queue:%s:%d.%02d:%s", entry.call_id,
                                       absl::ToUnixSeconds(entry.time),
                                       InItsSecond(entry.time, record, call), entry.event));
    event.mutable_contact()->set_source(source_);
    event.mutable_contact()->set_id(entry.call_id);
    *event.mutable_revised_at() = ToTimestamp(entry.time);
    events.push_back(std::move(event));
    return {};
  }

 private:
  // Of a call: the lines of its last second, since of two in one second the
  // later has to win; and how often it was passed on.
  struct Call {
    absl::Time second;
    std::vector<std::string> lines;
    std::vector<std::string> transfers;
  };

  static std::optional<Refusal> Split(const std::string& record, Entry& entry) {
    if (!IsUtf8(record)) return Refusal{"", Reason::kNotUtf8};
    const std::vector<std::string> fields = absl::StrSplit(record, '|');
    if (fields.size() < kFieldsMin) return Refusal{"", Reason::kColumns};
    // Some versions write parts of a second.
    int64_t seconds = 0;
    if (!absl::SimpleAtoi(fields[0].substr(0, fields[0].find('.')), &seconds)) {
      return Refusal{"epoch", Reason::kNotATime};
    }
    entry.time = absl::FromUnixSeconds(seconds);
    entry.call_id = fields[1];
    entry.queue = fields[2];
    entry.agent = fields[3];
    entry.event = fields[4];
    entry.data.assign(fields.begin() + kFieldsMin, fields.end());
    return {};
  }

  // The same line once more has the place it had.
  static size_t InItsSecond(absl::Time time, const std::string& record, Call& call) {
    if (call.second != time) call.lines.clear();
    call.second = time;
    return Place(record, call.lines);
  }
  static size_t Place(const std::string& record, std::vector<std::string>& among) {
    const auto at = std::find(among.begin(), among.end(), record);
    const size_t place = static_cast<size_t>(at - among.begin());
    if (at == among.end() && among.size() < kPlacesMax) among.push_back(record);
    return place;
  }

  // False: the event says nothing of the contact.
  bool SetEvent(const Entry& entry, Call& call, v1::ContactData& data) {
    const std::string& name = entry.event;
    const auto stamp = ToTimestamp(entry.time);
    if (name == "ENTERQUEUE") {
      *data.mutable_occurred_at() = ToTimestamp(Began(entry));
      data.set_state(v1::CONTACT_STATE_WAITING);
      data.set_direction(v1::DIRECTION_INBOUND);
      AddCitizen(entry.Data(2), v1::VERIFIED_BY_CALLER_LINE, data);
      SetPosition(entry.Data(3), data);
    } else if (name == "CONNECT") {
      data.set_state(v1::CONTACT_STATE_IN_PROGRESS);
      data.set_reached(true);
      SetSeconds(entry.Data(1), &Waited, data);
      SetSeconds(entry.Data(3), &Ringing, data);
    } else if (name == "COMPLETEAGENT" || name == "COMPLETECALLER") {
      End(v1::CONTACT_STATE_ENDED, stamp, data);
      SetSeconds(entry.Data(1), &Waited, data);
      SetSeconds(entry.Data(2), &Talked, data);
      SetPosition(entry.Data(3), data);
      data.mutable_call()->set_ended_by(name == "COMPLETEAGENT" ? "agent" : "customer");
    } else if (name == "ABANDON") {
      End(v1::CONTACT_STATE_ABANDONED, stamp, data);
      SetPosition(entry.Data(2), data);
      SetSeconds(entry.Data(3), &Waited, data);
      data.mutable_call()->set_disposition("ABANDONEDQUEUED");
      data.mutable_call()->set_ended_by("customer");
    } else if (name == "EXITWITHTIMEOUT" || name == "EXITEMPTY" || name == "EXITWITHKEY") {
      // It left the queue; where it went, and until when, other lines know.
      data.set_state(v1::CONTACT_STATE_ABANDONED);
      data.set_reached(false);
      data.mutable_call()->set_disposition(name);
      const size_t key = name == "EXITWITHKEY" ? 1 : 0;
      SetPosition(entry.Data(2 + key), data);
      SetSeconds(entry.Data(3 + key), &Waited, data);
    } else if (absl::EndsWith(name, "TRANSFER")) {
      SetTransfer(entry, call, data);
    } else {
      return false;
    }
    data.mutable_call()->set_call_id(entry.call_id);
    return true;
  }

  // A call that goes from queue to queue began with the first.
  static absl::Time Began(const Entry& entry) {
    const auto made = TimeOfUniqueId(entry.call_id);
    return made && *made <= entry.time && entry.time - *made < kCallMax ? *made : entry.time;
  }

  static void End(v1::ContactState state, const google::protobuf::Timestamp& at,
                  v1::ContactData& data) {
    data.set_state(state);
    *data.mutable_ended_at() = at;
    data.set_reached(state == v1::CONTACT_STATE_ENDED);
  }

  // TRANSFER and BLINDTRANSFER name the extension; ATTENDEDTRANSFER how.
  void SetTransfer(const Entry& entry, Call& call, v1::ContactData& data) {
    data.set_state(v1::CONTACT_STATE_ENDED);
    data.set_reached(true);
    SetSeconds(entry.Data(3), &Waited, data);
    SetSeconds(entry.Data(4), &Talked, data);
    SetPosition(entry.Data(5), data);
    const std::string line = absl::StrCat(absl::ToUnixSeconds(entry.time), "|", entry.agent);
    data.mutable_call()->set_transfers(static_cast<int32_t>(Place(line, call.transfers)) + 1);
    if (entry.event == "ATTENDEDTRANSFER") return;
    const std::string department = Tables::Find(tables_.departments, entry.Data(1));
    if (!department.empty()) data.set_department(department);
  }

  static constexpr size_t kPlacesMax = 99;

  const std::string source_;
  const Tables tables_;
  Recent<Call> calls_;
};

}  // namespace

Opened OpenAsteriskQueue(const std::string& path, const Options& options) {
  return OpenRecords(path, options, [&](Tables tables) {
    return std::make_unique<QueueLog>(
        options.source.empty() ? std::string(kExchange) : options.source, std::move(tables));
  });
}

}  // namespace klantbeeld::adapters
