#include "clients/adapters/ga4/ga4.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "clients/adapters/ga4/sessions.h"
#include "clients/adapters/json.h"
#include "clients/adapters/local_time.h"
#include "clients/adapters/text_adapter.h"
#include "clients/adapters/web.h"

namespace klantbeeld::adapters {
namespace {

constexpr size_t kOriginalBytesMax = 1 << 20;
constexpr int kKeptTogether = 200;  // Of pages and searches, however long the session is.
constexpr uint64_t kRowsBetweenBreaks = 4096;
constexpr absl::Duration kSessionMax = absl::Hours(48);
constexpr absl::Duration kPageMax = absl::Hours(24);

// The value of an event's parameter or a user's property.
std::string Parameter(const JsonObject& row, const char* list, absl::string_view key) {
  const auto parameters = JsonList(row, list);
  if (!parameters) return "";
  for (const auto element : *parameters) {
    JsonObject parameter;
    if (element.get(parameter) != simdjson::SUCCESS || JsonText(parameter, "key") != key) continue;
    const auto value = JsonSub(parameter, "value");
    if (!value) return "";
    for (const char* type : {"string_value", "int_value", "double_value", "float_value"}) {
      std::string text = JsonText(*value, type);
      if (!text.empty()) return text;
    }
  }
  return "";
}

std::optional<int64_t> NumberOf(const std::string& text) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) return {};
  return number;
}

std::string Member(const JsonObject& row, const char* object, const char* key) {
  const auto sub = JsonSub(row, object);
  return sub ? JsonText(*sub, key) : "";
}

// A session as its rows tell it, oldest first.
class Session {
 public:
  Session(std::string source, const Tables& tables) : source_(std::move(source)), tables_(tables) {}

  void Add(const SessionRow& row, const JsonObject& json) {
    const absl::Time at = absl::FromUnixMicros(row.microseconds);
    v1::ContactData& data = *event_.mutable_data();
    v1::WebVisit& web = *data.mutable_web();
    if (rows_++ == 0) Begin(row, json, at);
    last_ = at;
    const std::string name = JsonText(json, "event_name");
    if (name == "page_view" || name == "screen_view") AddPage(json, at, data);
    if (name == "form_submit" || name == "generate_lead") web.set_form_submitted(true);
    const std::string words = Parameter(json, "event_params", "search_term");
    if (!words.empty()) web.add_searches(words);
    AddEngagement(json, web);
    const std::string user = JsonText(json, "user_id");
    if (!user.empty()) user_ = user;
    v1::ContactData said;
    tables_.AddAttributes(
        [&](const std::string& field) {
          std::string value = Parameter(json, "user_properties", field);
          return value.empty() ? Parameter(json, "event_params", field) : value;
        },
        said);
    // Of one that is said more than once, the last.
    for (const v1::Attribute& one : said.attributes()) attributes_[one.name()] = one.value();
    if (web.page_views_size() + web.searches_size() > kKeptTogether) CutToLimits(web);
  }

  v1::ContactEvent Finish() && {
    v1::ContactData& data = *event_.mutable_data();
    v1::WebVisit& web = *data.mutable_web();
    *data.mutable_ended_at() = ToTimestamp(last_);
    *event_.mutable_revised_at() = data.ended_at();
    event_.set_event_id(
        absl::StrFormat("%s@%d.%06d", event_.contact().id(), absl::ToUnixMicros(last_), rows_));
    web.set_pages(pages_);
    AddVisitor(v1::IDENTIFIER_TYPE_DIGID_PSEUDONYM, user_, v1::VERIFIED_BY_SESSION, data);
    if (!user_.empty()) web.set_logged_in(true);
    CutToLimits(web);
    for (const auto& [name, value] : attributes_) {
      v1::Attribute& attribute = *data.add_attributes();
      attribute.set_name(name);
      attribute.set_value(value);
    }
    return std::move(event_);
  }

 private:
  void Begin(const SessionRow& row, const JsonObject& json, absl::Time at) {
    v1::ContactData& data = *event_.mutable_data();
    const std::string platform = JsonText(json, "platform");
    data.set_channel(platform.empty() || platform == "WEB" ? v1::CHANNEL_WEB : v1::CHANNEL_APP);
    data.set_direction(v1::DIRECTION_INBOUND);
    const std::string stream = JsonText(json, "stream_id");
    event_.set_source(stream.empty() ? source_ : absl::StrCat(source_, "-", stream));
    event_.mutable_contact()->set_source(event_.source());
    event_.mutable_contact()->set_id(row.session);
    // A session's id is the second in which it began, which a table of a later
    // day does not hold.
    const auto begun = NumberOf(Parameter(json, "event_params", "ga_session_id"));
    const absl::Time began = absl::FromUnixSeconds(begun.value_or(0));
    const bool fits = began <= at && at - began < kSessionMax;
    *data.mutable_occurred_at() = ToTimestamp(fits ? began : at);
    AddVisitor(v1::IDENTIFIER_TYPE_COOKIE, JsonText(json, "user_pseudo_id"),
               v1::VERIFIED_BY_UNSPECIFIED, data);
    AddVisitor(v1::IDENTIFIER_TYPE_SESSION, row.session, v1::VERIFIED_BY_UNSPECIFIED, data);
    SetVisit(json, *data.mutable_web());
  }

  static void SetVisit(const JsonObject& json, v1::WebVisit& web) {
    const std::string site = Member(json, "app_info", "id");
    if (!site.empty()) web.set_site(site);
    const std::string device = Member(json, "device", "category");
    if (!device.empty()) web.set_device_kind(device);
    std::string medium = Member(json, "collected_traffic_source", "manual_medium");
    if (medium.empty()) {
      const auto last_click = JsonSub(json, "session_traffic_source_last_click");
      if (last_click) medium = Member(*last_click, "manual_campaign", "medium");
    }
    if (medium.empty()) medium = Member(json, "traffic_source", "medium");
    if (!medium.empty()) web.set_referrer_kind(medium);
    const auto number = NumberOf(Parameter(json, "event_params", "ga_session_number"));
    if (number && *number >= 0 && *number <= 1'000'000) {
      web.set_visit_number(static_cast<int32_t>(*number));
    }
  }

  void AddPage(const JsonObject& json, absl::Time at, v1::ContactData& data) {
    if (pages_ < 1'000'000) ++pages_;
    v1::PageView& page = *data.mutable_web()->add_page_views();
    page.set_path(PathOf(Parameter(json, "event_params", "page_location")));
    const std::string title = Parameter(json, "event_params", "page_title");
    if (!title.empty()) page.set_title(title);
    *page.mutable_at() = ToTimestamp(at);
    const std::string subject = Tables::FindPath(tables_.subjects, page.path());
    if (!subject.empty()) data.set_subject(subject);
  }

  // Of the page that was last opened.
  static void AddEngagement(const JsonObject& json, v1::WebVisit& web) {
    const auto milliseconds = NumberOf(Parameter(json, "event_params", "engagement_time_msec"));
    if (!milliseconds || *milliseconds <= 0 || web.page_views_size() == 0) return;
    auto& spent = *web.mutable_page_views(web.page_views_size() - 1)->mutable_spent();
    const absl::Duration sum =
        std::min(kPageMax, absl::Seconds(spent.seconds()) + absl::Nanoseconds(spent.nanos()) +
                               absl::Milliseconds(*milliseconds));
    spent.set_seconds(absl::ToInt64Seconds(sum));
    spent.set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(sum - absl::Seconds(spent.seconds()))));
  }

  const std::string source_;
  const Tables& tables_;
  v1::ContactEvent event_;
  std::map<std::string, std::string> attributes_;
  std::string user_;
  absl::Time last_;
  uint64_t rows_ = 0;
  int32_t pages_ = 0;
};

class Ga4 : public TextAdapter {
 public:
  Ga4(std::unique_ptr<Source> source, std::unique_ptr<Sessions> sessions, std::string name,
      Tables tables)
      : TextAdapter(std::move(source)),
        sessions_(std::move(sessions)),
        name_(std::move(name)),
        tables_(std::move(tables)) {}

  absl::StatusOr<Item> Next() override {
    while (!all_read_) {
      Record record;
      const auto got = NextRecord(record);
      if (!got.ok()) return got.status();
      Item item;
      item.line = record.line;
      if (*got == Records::Got::kIdle) {
        item.kind = Item::Kind::kIdle;
        return item;
      }
      if (*got == Records::Got::kEnd) {
        all_read_ = true;
        break;
      }
      const auto taken = Take(record);
      if (!taken.ok()) return taken.status();
      if (*taken == Taken::kRow && ++rows_ % kRowsBetweenBreaks != 0) continue;
      if (*taken == Taken::kRow) {
        // So that whoever reads can show progress, and stop.
        item.kind = Item::Kind::kIdle;
        return item;
      }
      if (*taken == Taken::kRefused) return Refused(std::move(record), refusal_);
      item.kind = Item::Kind::kPassed;
      return item;
    }
    return NextSession();
  }

 private:
  enum class Taken { kRow, kPassed, kRefused };

  Taken Refuse(const char* field, Reason reason) {
    refusal_ = {field, reason};
    return Taken::kRefused;
  }

  absl::StatusOr<Taken> Take(const Record& record) {
    if (record.too_long) return Refuse("", Reason::kTooLong);
    const auto json = json_.Read(record.text);
    if (!json) return Refuse("", Reason::kNotJson);
    // Who gave no consent has no cookie, and is nobody.
    const std::string cookie = JsonText(*json, "user_pseudo_id");
    if (cookie.empty()) return Taken::kPassed;
    const std::string session = Parameter(*json, "event_params", "ga_session_id");
    if (session.empty()) return Refuse("ga_session_id", Reason::kMissing);
    const auto at = JsonNumber(*json, "event_timestamp");
    if (!at || *at <= 0) return Refuse("event_timestamp", Reason::kNotATime);
    const absl::Status status =
        sessions_->Add({absl::StrCat(cookie, ".", session), *at, record.line, record.text});
    if (!status.ok()) return status;
    return Taken::kRow;
  }

  absl::StatusOr<Item> NextSession() {
    Item item;
    if (!waiting_) {
      SessionRow row;
      const auto more = sessions_->Next(row);
      if (!more.ok()) return more.status();
      if (!*more) return item;
      waiting_ = std::move(row);
    }
    item.kind = Item::Kind::kEvent;
    item.line = waiting_->line;
    item.records = 0;
    Session session(name_, tables_);
    const std::string key = waiting_->session;
    while (waiting_ && waiting_->session == key) {
      const auto json = json_.Read(waiting_->text);
      if (json) session.Add(*waiting_, *json);
      item.records += waiting_->copies;
      if (item.original.size() + waiting_->text.size() < kOriginalBytesMax) {
        absl::StrAppend(&item.original, item.original.empty() ? "" : "\n", waiting_->text);
      }
      SessionRow row;
      const auto more = sessions_->Next(row);
      if (!more.ok()) return more.status();
      waiting_.reset();
      if (*more) waiting_ = std::move(row);
    }
    item.event = std::move(session).Finish();
    return item;
  }

  const std::unique_ptr<Sessions> sessions_;
  const std::string name_;
  const Tables tables_;
  JsonReader json_;
  Refusal refusal_;
  uint64_t rows_ = 0;
  bool all_read_ = false;
  std::optional<SessionRow> waiting_;
};

}  // namespace

Opened OpenGa4(const std::string& path, const Options& options) {
  auto tables = Tables::Read(options.mapping);
  if (auto* fault = std::get_if<MappingFault>(&tables)) return *fault;
  auto source = Source::Open(path, options.encoding);
  if (!source.ok()) return source.status();
  auto sessions = Sessions::Make();
  if (!sessions.ok()) return sessions.status();
  return std::make_unique<Ga4>(*std::move(source), *std::move(sessions),
                               options.source.empty() ? "ga4" : options.source,
                               std::get<Tables>(std::move(tables)));
}

}  // namespace klantbeeld::adapters
