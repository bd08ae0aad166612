#include "clients/adapters/matomo/matomo.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "clients/adapters/json.h"
#include "clients/adapters/local_time.h"
#include "clients/adapters/text_adapter.h"
#include "clients/adapters/web.h"

namespace klantbeeld::adapters {
namespace {

constexpr int64_t kPageSecondsMax = 86'400;

// The first of these members that holds a time in seconds since 1970.
std::optional<absl::Time> TimeOf(const JsonObject& visit, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const auto seconds = JsonNumber(visit, key);
    if (seconds && *seconds > 0) return absl::FromUnixSeconds(*seconds);
  }
  return {};
}

void SetActions(const JsonObject& visit, const Tables& tables, v1::ContactData& data) {
  const auto actions = JsonList(visit, "actionDetails");
  if (!actions) return;
  v1::WebVisit& web = *data.mutable_web();
  for (const auto element : *actions) {
    JsonObject action;
    if (element.get(action) != simdjson::SUCCESS) continue;
    const std::string type = JsonText(action, "type");
    if (type == "search") {
      std::string words = JsonText(action, "siteSearchKeyword");
      if (words.empty()) words = JsonText(action, "subtitle");
      if (!words.empty()) web.add_searches(words);
      continue;
    }
    const std::string url = JsonText(action, "url");
    if (url.empty() || (type != "action" && !type.empty())) continue;
    v1::PageView& page = *web.add_page_views();
    page.set_path(PathOf(url));
    std::string title = JsonText(action, "pageTitle");
    if (title.empty()) title = JsonText(action, "title");
    if (!title.empty()) page.set_title(title);
    if (const auto at = TimeOf(action, {"timestamp"})) *page.mutable_at() = ToTimestamp(*at);
    const auto spent = JsonNumber(action, "timeSpent");
    if (spent && *spent >= 0) page.mutable_spent()->set_seconds(std::min(*spent, kPageSecondsMax));
    const std::string subject = Tables::FindPath(tables.subjects, page.path());
    if (!subject.empty()) data.set_subject(subject);
  }
}

void SetVisit(const JsonObject& visit, v1::WebVisit& web) {
  const std::string site = JsonText(visit, "siteName");
  if (!site.empty()) web.set_site(site);
  auto pages = JsonNumber(visit, "actions");
  if (!pages) pages = JsonNumber(visit, "interactions");
  if (pages && *pages >= 0)
    web.set_pages(static_cast<int32_t>(std::min<int64_t>(*pages, 1'000'000)));
  const auto number = JsonNumber(visit, "visitCount");
  if (number && *number >= 0 && *number <= 1'000'000) {
    web.set_visit_number(static_cast<int32_t>(*number));
  }
  if (JsonNumber(visit, "visitConverted").value_or(0) > 0 ||
      JsonNumber(visit, "goalConversions").value_or(0) > 0) {
    web.set_form_submitted(true);
  }
  std::string referrer = JsonText(visit, "referrerType");
  if (referrer.empty()) referrer = JsonText(visit, "referrerTypeName");
  if (!referrer.empty()) web.set_referrer_kind(referrer);
  const std::string device = absl::AsciiStrToLower(JsonText(visit, "deviceType"));
  if (!device.empty()) web.set_device_kind(device);
}

class Matomo : public RecordReader {
 public:
  Matomo(std::string source, Tables tables)
      : source_(std::move(source)), tables_(std::move(tables)) {}

  std::optional<Refusal> Read(const std::string& record,
                              std::vector<v1::ContactEvent>& events) override {
    const auto visit = json_.Read(record);
    if (!visit) return Refusal{"", Reason::kNotJson};
    const std::string site = JsonText(*visit, "idSite"), id = JsonText(*visit, "idVisit");
    if (site.empty()) return Refusal{"idSite", Reason::kMissing};
    if (id.empty()) return Refusal{"idVisit", Reason::kMissing};
    const auto first = TimeOf(*visit, {"firstActionTimestamp", "serverTimestamp"});
    if (!first) return Refusal{"serverTimestamp", Reason::kMissing};
    const auto last = TimeOf(*visit, {"lastActionTimestamp"}).value_or(*first);

    v1::ContactEvent event;
    event.set_source(absl::StrCat(source_, "-", site));
    event.mutable_contact()->set_source(event.source());
    event.mutable_contact()->set_id(id);
    // A visit that goes on has later or more actions; what is given again has
    // the same.
    event.set_event_id(absl::StrFormat("%s@%d.%06d", id, absl::ToUnixSeconds(last),
                                       JsonNumber(*visit, "actions").value_or(0)));
    *event.mutable_revised_at() = ToTimestamp(last);
    v1::ContactData& data = *event.mutable_data();
    data.set_channel(v1::CHANNEL_WEB);
    data.set_direction(v1::DIRECTION_INBOUND);
    *data.mutable_occurred_at() = ToTimestamp(*first);
    *data.mutable_ended_at() = ToTimestamp(std::max(*first, last));
    const auto seconds = JsonNumber(*visit, "visitDuration");
    if (seconds && *seconds >= 0) data.mutable_talked()->set_seconds(*seconds);
    const std::string language = JsonText(*visit, "languageCode");
    if (!language.empty()) data.set_language(language.substr(0, language.find('-')));
    SetVisit(*visit, *data.mutable_web());
    SetActions(*visit, tables_, data);
    CutToLimits(*data.mutable_web());
    SetVisitor(*visit, data);
    tables_.AddAttributes([&](const std::string& name) { return JsonText(*visit, name); }, data);
    events.push_back(std::move(event));
    return {};
  }

 private:
  // Matomo knows a user's id only after logging in, as the site gave it.
  static void SetVisitor(const JsonObject& visit, v1::ContactData& data) {
    const std::string user = JsonText(visit, "userId");
    AddVisitor(v1::IDENTIFIER_TYPE_DIGID_PSEUDONYM, user, v1::VERIFIED_BY_SESSION, data);
    if (!user.empty()) data.mutable_web()->set_logged_in(true);
    AddVisitor(v1::IDENTIFIER_TYPE_COOKIE, JsonText(visit, "visitorId"),
               v1::VERIFIED_BY_UNSPECIFIED, data);
  }

  JsonReader json_;
  const std::string source_;
  const Tables tables_;
};

}  // namespace

Opened OpenMatomo(const std::string& path, const Options& options) {
  return OpenRecords(path, options, [&](Tables tables) {
    return std::make_unique<Matomo>(options.source.empty() ? "matomo" : options.source,
                                    std::move(tables));
  });
}

}  // namespace klantbeeld::adapters
