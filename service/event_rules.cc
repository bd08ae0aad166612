#include "service/event_rules.h"

#include "absl/strings/ascii.h"
#include "service/party_rules.h"
#include "service/times.h"

namespace klantbeeld::service {
namespace {

constexpr int kPlanYearsMax = 5;

Fault Invalid(std::string path, std::string what) {
  return {v1::ERROR_REASON_FIELD_INVALID, std::move(path), std::move(what)};
}

Fault Required(std::string path, std::string what) {
  return {v1::ERROR_REASON_FIELD_REQUIRED, std::move(path), std::move(what)};
}

Fault Ahead(std::string path, std::string what) {
  return {v1::ERROR_REASON_TIME_IN_FUTURE, std::move(path), std::move(what)};
}

absl::Time PlanUntil(absl::Time now) {
  const absl::CivilSecond today = absl::ToCivilSecond(now, absl::UTCTimeZone());
  return absl::FromCivil(absl::CivilSecond(today.year() + kPlanYearsMax, today.month(), today.day(),
                                           today.hour(), today.minute(), today.second()),
                         absl::UTCTimeZone());
}

MaybeFault CheckRef(const v1::ContactRef& ref, const std::string& path) {
  if (Blank(ref.source())) return Required(path + ".source", "is required beside the id");
  if (Blank(ref.id())) return Required(path + ".id", "is required beside the source");
  return {};
}

MaybeFault CheckNames(const v1::ContactEvent& event) {
  if (Blank(event.source())) return Required("source", "is required");
  if (Blank(event.event_id())) return Required("event_id", "is required");
  if (event.has_contact()) return CheckRef(event.contact(), "contact");
  return {};
}

MaybeFault CheckRetraction(const v1::ContactEvent& event) {
  const v1::Retraction& retraction = event.retraction();
  if (event.has_data()) return Invalid("data", "stays empty in a retraction");
  if (event.has_cleared()) return Invalid("cleared", "stays empty in a retraction");
  switch (retraction.what_case()) {
    case v1::Retraction::kEventId:
      if (!Blank(retraction.event_id())) return {};
      return Required("retraction.event_id", "is required: the event that is taken back");
    case v1::Retraction::kContact:
      if (!retraction.contact()) return Invalid("retraction.contact", "must be true");
      if (!event.has_contact()) return Required("contact", "is required: which one is taken back");
      if (event.contact().source() != event.source()) {
        return Invalid("retraction.contact", "only the contact's own source takes it back");
      }
      return {};
    default:
      return Required("retraction.event_id", "is required, or retraction.contact");
  }
}

// When the source changed it: as given, else the end, else the occurrence.
MaybeFault CheckRevised(const v1::ContactEvent& event, absl::Time now) {
  const v1::ContactData& data = event.data();
  if (!event.has_revised_at() && !data.has_ended_at() && !data.has_occurred_at()) {
    return Fault{v1::ERROR_REASON_TIME_MISSING, "revised_at",
                 "one of revised_at, data.ended_at and data.occurred_at is required"};
  }
  const auto& revised = event.has_revised_at() ? event.revised_at()
                        : data.has_ended_at()  ? data.ended_at()
                                               : data.occurred_at();
  if (ToTime(revised) <= now + kClockAheadMax) return {};
  return Ahead("revised_at", event.has_revised_at() ? "is more than five minutes ahead"
                                                    : "is required of an event that lies ahead");
}

MaybeFault CheckTimes(const v1::ContactData& data, absl::Time now) {
  const absl::Time latest = now + kClockAheadMax;
  if (data.has_planned_at() && ToTime(data.planned_at()) > PlanUntil(now)) {
    return Ahead("data.planned_at", "is more than five years ahead");
  }
  if (data.has_occurred_at() && ToTime(data.occurred_at()) > latest) {
    if (data.state() != v1::CONTACT_STATE_PLANNED) {
      return Ahead("data.occurred_at", "lies ahead, and the state is not PLANNED");
    }
    if (ToTime(data.occurred_at()) > PlanUntil(now)) {
      return Ahead("data.occurred_at", "is more than five years ahead");
    }
  }
  if (!data.has_ended_at()) return {};
  if (data.has_occurred_at() && ToTime(data.ended_at()) < ToTime(data.occurred_at())) {
    return Fault{v1::ERROR_REASON_END_BEFORE_START, "data.ended_at", "is before data.occurred_at"};
  }
  if (ToTime(data.ended_at()) > latest) return Ahead("data.ended_at", "lies ahead");
  return {};
}

MaybeFault CheckData(const v1::ContactEvent& event, absl::Time now) {
  const v1::ContactData& data = event.data();
  if (auto fault = CheckTimes(data, now)) return fault;
  if (data.has_language()) {
    if (auto fault = CheckLanguage(data.language())) {
      fault->path = "data.language";
      return fault;
    }
  }
  for (int i = 0; i < data.earlier_contacts_size(); ++i) {
    const std::string path = absl::StrCat("data.earlier_contacts[", i, "]");
    if (auto fault = CheckRef(data.earlier_contacts(i), path)) return fault;
  }
  if (auto fault = CheckParties(data, now)) {
    fault->path = JoinPath("data", fault->path);
    return fault;
  }
  return CheckCleared(event.cleared(), data, {"parties"});
}

}  // namespace

bool Blank(absl::string_view text) { return absl::StripAsciiWhitespace(text).empty(); }

MaybeFault CheckEvent(const v1::ContactEvent& event, absl::Time now) {
  if (auto fault = CheckNames(event)) return fault;
  if (event.has_retraction()) {
    if (auto fault = CheckRetraction(event)) return fault;
  } else if (!event.has_data() && event.cleared().paths().empty()) {
    return Required("data", "is required, or cleared, or retraction: what the event says");
  }
  if (auto fault = CheckData(event, now)) return fault;
  return CheckRevised(event, now);
}

}  // namespace klantbeeld::service
