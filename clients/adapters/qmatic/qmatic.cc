#include "clients/adapters/qmatic/qmatic.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "clients/adapters/json.h"
#include "clients/adapters/local_time.h"
#include "clients/adapters/recent.h"
#include "clients/adapters/text_adapter.h"

namespace klantbeeld::adapters {
namespace {

// Steps of a visit in their order, so that of two in one second the later wins.
struct Step {
  absl::string_view name;
  v1::ContactState state;  // Unspecified: the step has none of its own.
};
constexpr std::array<Step, 9> kSteps = {{
    {"VISIT_CREATE", v1::CONTACT_STATE_WAITING},
    {"VISIT_TRANSFER_TO_QUEUE", v1::CONTACT_STATE_WAITING},
    {"VISIT_TRANSFER_TO_SERVICE_POINT_POOL", v1::CONTACT_STATE_WAITING},
    {"VISIT_TRANSFER_TO_USER_POOL", v1::CONTACT_STATE_WAITING},
    {"VISIT_RECYCLE", v1::CONTACT_STATE_WAITING},
    {"VISIT_CALL", v1::CONTACT_STATE_IN_PROGRESS},
    {"VISIT_CONFIRM", v1::CONTACT_STATE_IN_PROGRESS},
    {"VISIT_NOSHOW", v1::CONTACT_STATE_NO_SHOW},
    {"VISIT_REMOVE", v1::CONTACT_STATE_ABANDONED},
}};
constexpr absl::string_view kEnd = "VISIT_END";

// An event out of either envelope.
struct Told {
  std::string name, time;
  std::string branch;
  JsonObject parameters;
};

std::optional<Told> Unwrap(const JsonObject& object) {
  Told told;
  if (const auto event = JsonSub(object, "E")) {
    const auto parameters = JsonSub(*event, "prm");
    told.name = JsonText(*event, "evnt");
    told.time = JsonText(*event, "ts");
    if (parameters) told.parameters = *parameters;
    if (!parameters) return {};
  } else {
    const auto parameters = JsonSub(object, "parameters");
    told.name = JsonText(object, "eventName");
    told.time = JsonText(object, "eventTime");
    if (!parameters) return {};
    told.parameters = *parameters;
    told.branch = JsonText(object, "unitId");
  }
  const std::string branch = JsonText(told.parameters, "branchId");
  if (!branch.empty()) told.branch = branch;
  return told;
}

std::string FirstOf(const JsonObject& object, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    std::string text = JsonText(object, key);
    if (!text.empty()) return text;
  }
  return "";
}

class Qmatic : public RecordReader {
 public:
  Qmatic(std::string source, absl::TimeZone zone, Tables tables)
      : source_(std::move(source)), zone_(zone), tables_(std::move(tables)) {}

  std::optional<Refusal> Read(const std::string& record,
                              std::vector<v1::ContactEvent>& events) override {
    const auto object = json_.Read(record);
    if (!object) return Refusal{"", Reason::kNotJson};
    const auto told = Unwrap(*object);
    if (!told || told->name.empty()) return Refusal{"evnt", Reason::kMissing};
    if (absl::EndsWith(told->name, "_APPOINTMENT")) return Appointment(*told, events);
    const auto step = std::find_if(kSteps.begin(), kSteps.end(),
                                   [&](const Step& one) { return one.name == told->name; });
    if (step == kSteps.end() && told->name != kEnd) return {};
    return Visit(*told, step, events);
  }
  uint64_t doubtful_times() const override { return doubtful_; }

 private:
  // Of a visit, what later events of it need.
  struct Known {
    absl::Time latest = absl::InfinitePast();
    std::optional<absl::Time> called;
    std::vector<std::string> transfers;
  };

  // Milliseconds since 1970, or the clock of the branch.
  std::optional<LocalTime> TimeOf(const std::string& text, const Told& told) const {
    int64_t milliseconds = 0;
    if (absl::SimpleAtoi(text, &milliseconds)) {
      const absl::Time time = absl::FromUnixMillis(milliseconds);
      return LocalTime{time, time};
    }
    absl::TimeZone zone = zone_;
    const std::string stated = Tables::Find(tables_.zones, told.branch);
    const std::string own = FirstOf(told.parameters, {"fullTimeZone", "timeZone"});
    if (!stated.empty()) {
      absl::LoadTimeZone(stated, &zone);
    } else if (!own.empty()) {
      absl::LoadTimeZone(own, &zone);
    }
    return ParseLocal(text, zone);
  }

  v1::ContactEvent Begin(const Told& told, const std::string& contact, absl::string_view step,
                         absl::Time time) const {
    v1::ContactEvent event;
    event.set_source(source_);
    event.set_event_id(absl::StrCat(contact, ":", told.time, ":", step));
    event.mutable_contact()->set_source(source_);
    event.mutable_contact()->set_id(contact);
    *event.mutable_revised_at() = ToTimestamp(time);
    return event;
  }

  std::optional<Refusal> Visit(const Told& told, const Step* step,
                               std::vector<v1::ContactEvent>& events) {
    const std::string visit = JsonText(told.parameters, "visitId");
    if (visit.empty()) return Refusal{"visitId", Reason::kMissing};
    if (told.branch.empty()) return Refusal{"branchId", Reason::kMissing};
    const auto local = TimeOf(told.time, told);
    if (!local) return Refusal{"ts", Reason::kNotATime};
    const std::string contact = absl::StrCat(told.branch, "-", visit);
    Known& known = visits_.Of(contact);
    // Of the hour that exists twice it is the second as soon as the visit
    // would otherwise run backwards.
    const absl::Time time = NotBefore(*local, known.latest);
    doubtful_ += local->doubtful && known.latest < local->first;
    known.latest = std::max(known.latest, time);

    const bool end = step == kSteps.end();
    const std::string rank = absl::StrCat(end ? kSteps.size() : step - kSteps.begin());
    v1::ContactEvent event = Begin(told, contact, rank + told.name, time);
    v1::ContactData& data = *event.mutable_data();
    data.set_channel(v1::CHANNEL_COUNTER);
    SetState(told, end ? v1::CONTACT_STATE_ENDED : step->state, time, data);
    SetPlaces(told.parameters, data);
    SetTicket(told, *local, data);
    if (absl::StrContains(told.name, "_TRANSFER_")) {
      data.mutable_counter()->set_transfers(CountTransfer(told.time, known));
    }
    if (told.name == "VISIT_CALL") known.called = time;
    if (told.name == "VISIT_RECYCLE") known.called.reset();
    events.push_back(std::move(event));
    if (end && known.called) {
      // An event of its own, since the end alone does not know it: a file that
      // begins in the middle of a visit then still gives the same events.
      v1::ContactEvent talk = Begin(told, contact, "talked", time);
      talk.mutable_data()->mutable_talked()->set_seconds(
          absl::ToInt64Seconds(time - *known.called));
      events.push_back(std::move(talk));
    }
    return {};
  }

  static int32_t CountTransfer(const std::string& time, Known& known) {
    auto& seen = known.transfers;
    const auto at = std::find(seen.begin(), seen.end(), time);
    const auto place = at - seen.begin();
    if (at == seen.end() && seen.size() < kTransfersMax) seen.push_back(time);
    return static_cast<int32_t>(place) + 1;
  }

  static void SetState(const Told& told, v1::ContactState state, absl::Time time,
                       v1::ContactData& data) {
    data.set_state(state);
    const auto stamp = ToTimestamp(time);
    if (told.name == "VISIT_CREATE") {
      *data.mutable_occurred_at() = stamp;
      data.set_direction(v1::DIRECTION_INBOUND);
    }
    if (told.name == "VISIT_CALL") {
      *data.mutable_counter()->mutable_called_at() = stamp;
      int64_t seconds = 0;
      if (absl::SimpleAtoi(JsonText(told.parameters, "waitingTime"), &seconds) && seconds >= 0) {
        data.mutable_waited()->set_seconds(seconds);
      }
    }
    if (state == v1::CONTACT_STATE_ENDED || state == v1::CONTACT_STATE_NO_SHOW ||
        state == v1::CONTACT_STATE_ABANDONED) {
      *data.mutable_ended_at() = stamp;
      data.set_reached(state == v1::CONTACT_STATE_ENDED);
    }
  }

  void SetPlaces(const JsonObject& parameters, v1::ContactData& data) const {
    const std::string location = JsonText(parameters, "branchName");
    if (!location.empty()) data.set_location(location);
    const std::string queue = JsonText(parameters, "queueName");
    if (!queue.empty()) data.set_queue(queue);
    const std::string desk = JsonText(parameters, "servicePointName");
    if (!desk.empty()) data.mutable_counter()->set_desk(desk);
    const std::string code = JsonText(parameters, "service");
    if (!code.empty()) data.mutable_product()->set_code(code);
    const std::string service = JsonText(parameters, "serviceIntName");
    if (!service.empty()) {
      data.mutable_counter()->set_service(service);
      const std::string subject = Tables::Find(tables_.subjects, service);
      data.set_subject(subject.empty() ? service : subject);
    }
    const std::string user = JsonText(parameters, "user");
    if (!user.empty()) {
      data.add_agents()->set_id(user);
      data.mutable_agents(0)->set_kind(v1::AGENT_KIND_EMPLOYEE);
    }
    tables_.AddAttributes([&](const std::string& name) { return JsonText(parameters, name); },
                          data);
  }

  // A ticket's number comes back every day and at every branch.
  static void SetTicket(const Told& told, const LocalTime& local, v1::ContactData& data) {
    const std::string ticket = JsonText(told.parameters, "ticket");
    if (ticket.empty()) return;
    data.mutable_counter()->set_ticket(ticket);
    v1::Identifier& identifier = *data.add_parties()->add_identifiers();
    identifier.set_type(v1::IDENTIFIER_TYPE_TICKET);
    identifier.set_value(absl::StrCat(ticket, "-",
                                      absl::FormatTime("%Y%m%d", local.first, absl::UTCTimeZone()),
                                      "-", told.branch));
  }

  std::optional<Refusal> Appointment(const Told& told, std::vector<v1::ContactEvent>& events) {
    const JsonObject& parameters = told.parameters;
    const std::string id = FirstOf(parameters, {"publicId", "appointmentId"});
    if (id.empty()) return Refusal{"publicId", Reason::kMissing};
    const auto told_at = TimeOf(told.time, told);
    if (!told_at) return Refusal{"ts", Reason::kNotATime};
    v1::ContactEvent event =
        Begin(told, absl::StrCat("appointment-", id), told.name, told_at->first);
    doubtful_ += told_at->doubtful;
    if (told.name == "DELETE_APPOINTMENT") {
      event.mutable_retraction()->set_contact(true);
      events.push_back(std::move(event));
      return {};
    }
    const auto start = TimeOf(FirstOf(parameters, {"start", "startTime"}), told);
    if (!start) return Refusal{"start", Reason::kNotATime};
    doubtful_ += start->doubtful;
    v1::ContactData& data = *event.mutable_data();
    data.set_channel(v1::CHANNEL_COUNTER);
    data.set_state(v1::CONTACT_STATE_PLANNED);
    *data.mutable_planned_at() = ToTimestamp(start->first);
    SetPlaces(parameters, data);
    v1::CounterVisit& counter = *data.mutable_counter();
    counter.set_by_appointment(true);
    *counter.mutable_appointment_at() = data.planned_at();
    const int64_t minutes = JsonNumber(parameters, "duration").value_or(0) +
                            JsonNumber(parameters, "additionalCustomerDuration").value_or(0);
    if (minutes > 0) counter.mutable_appointment_length()->set_seconds(60 * minutes);
    const std::string name = JsonText(parameters, "name");
    if (!name.empty()) data.mutable_product()->set_name(name);
    v1::Identifier& identifier = *data.add_parties()->add_identifiers();
    identifier.set_type(v1::IDENTIFIER_TYPE_APPOINTMENT);
    identifier.set_value(id);
    events.push_back(std::move(event));
    return {};
  }

  static constexpr size_t kTransfersMax = 99;

  JsonReader json_;
  const std::string source_;
  const absl::TimeZone zone_;
  const Tables tables_;
  Recent<Known> visits_;
  uint64_t doubtful_ = 0;
};

}  // namespace

Opened OpenQmatic(const std::string& path, const Options& options) {
  return OpenRecords(path, options, [&](Tables tables) {
    return std::make_unique<Qmatic>(options.source.empty() ? "qmatic" : options.source,
                                    options.zone, std::move(tables));
  });
}

}  // namespace klantbeeld::adapters
