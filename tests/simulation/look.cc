#include "tests/simulation/look.h"

#include <algorithm>
#include <variant>

#include "absl/strings/str_cat.h"

namespace klantbeeld::simulation {

absl::Status LookAt(const store::Store& store, const Request& request, Oracle& oracle) {
  const auto* event = std::get_if<v1::ContactEvent>(&request.what);
  if (event == nullptr || event->has_retraction()) return absl::OkStatus();
  v1::GetContactRequest get;
  *get.mutable_ref() = ContactOf(*event);
  get.set_with_events(true);
  const auto got = store.GetContact(get);
  if (!got.ok()) return got.status();
  const uint64_t position = oracle.PositionOf(request.key);
  const auto& events = got->contact().events();
  const bool found = std::any_of(events.begin(), events.end(), [&](const auto& one) {
    return one.position() == position && one.event().event_id() == event->event_id();
  });
  if (!found) oracle.Fault(absl::StrCat(request.key, " is not in its contact"));
  for (const auto& party : got->contact().citizens()) {
    v1::ListTimelineRequest list;
    list.set_citizen_id(party.citizen_id());
    list.set_page_size(100);
    const auto page = store.ListTimeline(list);
    if (!page.ok()) return page.status();
    const v1::ListTimelineResponse timeline = page->Parse();
    const bool listed = std::any_of(
        timeline.entries().begin(), timeline.entries().end(),
        [&](const auto& entry) { return entry.contact().id() == got->contact().id(); });
    if (!listed && timeline.next_page_token().empty()) {
      oracle.Fault(absl::StrCat("the contact of ", request.key, " is in no timeline of its citizen"));
    }
  }
  return absl::OkStatus();
}

}  // namespace klantbeeld::simulation
