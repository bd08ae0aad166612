// What facts did to one citizen's timeline.
#include <algorithm>
#include <set>
#include <utility>

#include "store/identity/changes.h"
#include "store/feed.h"
#include "store/journal.h"
#include "store/rows.h"
#include "store/timeline.h"

namespace klantbeeld::store {
namespace {

template <typename List>
bool Has(const List& list, absl::string_view id) {
  return std::any_of(list.begin(), list.end(), [&](const auto& one) { return one == id; });
}

// What a stretch of the journal says about one citizen.
class Stretch {
 public:
  explicit Stretch(std::string citizen) : citizen_(std::move(citizen)) {}

  absl::Status Look(absl::string_view value) {
    KB_ASSIGN_OR_RETURN(const JournalRecord record, DecodeJournal(value));
    const format::FactHeader& header = record.header;
    const std::string hex = ToHex(citizen_);
    for (const auto& change : record.consequences.changes()) {
      if (!Has(change.old_ids(), hex) && !Has(change.new_ids(), hex)) continue;
      changes.push_back(change);
      const auto listed = static_cast<size_t>(change.contact_ids_size());
      if (listed >= kListedContactsMax && change.contacts_moved() > listed) all_listed = false;
      for (const std::string& id : change.contact_ids()) contacts.insert(IdFromHex(id));
      // Renamed or merged: what follows in the journal has the new id.
      if (Has(change.old_ids(), hex) && change.new_ids_size() == 1) {
        citizen_ = IdFromHex(change.new_ids(0));
      }
    }
    for (const auto& relevelled : record.consequences.relevelled()) {
      if (relevelled.citizen_id() != citizen_) continue;
      contacts.insert(relevelled.contact_ids().begin(), relevelled.contact_ids().end());
      if (relevelled.more()) all_listed = false;
    }
    if (Has(header.citizens_before(), citizen_) || Has(header.citizens_after(), citizen_)) {
      contacts.insert(header.contact_id());
    }
    return absl::OkStatus();
  }

  const std::string& citizen() const { return citizen_; }
  std::vector<v1::CitizenChange> changes;
  std::set<std::string> contacts;
  // Every contact that went or came, or whose level changed, is in `contacts`.
  bool all_listed = true;

 private:
  std::string citizen_;
};

// The newest contacts of a citizen that the watcher was led to: what stood
// there before is new to it.
absl::Status AddNewest(const Reader& reader, const StandingCitizen& citizen, int wanted,
                       std::set<std::string>& contacts) {
  for (const auto& [claim, assurance] : citizen.claims) {
    int found = 0;
    KB_RETURN_IF_ERROR(reader.Scan(Family::kTimeline, claim, claim,
                                   [&](absl::string_view key, absl::string_view) {
                                     contacts.insert(PlaceOf(key).contact);
                                     return ++found < wanted;
                                   }));
  }
  return absl::OkStatus();
}

// More went or came than a fact lists: what the watcher shows is void, and it
// gets the first page of what there is now, which may be nothing.
absl::Status BeginAnew(const Keys& keys, const Reader& reader, const StandingCitizen* citizen,
                       const v1::WatchTimelineRequest& request, v1::WatchTimelineResponse& step) {
  step.set_first_page(true);
  if (citizen == nullptr) return absl::OkStatus();
  v1::ListTimelineRequest list;
  *list.mutable_filter() = request.filter();
  list.set_page_size(request.page_size());
  KB_ASSIGN_OR_RETURN(const TimelinePage page, ReadTimeline(keys, reader, *citizen, list));
  *step.mutable_entries() = std::move(*page.entries.Parse().mutable_entries());
  return absl::OkStatus();
}

absl::Status Fill(const Keys& keys, const Reader& reader, const v1::WatchTimelineRequest& request,
                  bool led_on, Stretch& stretch, v1::WatchTimelineResponse& step) {
  const auto citizen =
      FindStanding(reader, ToHex(stretch.citizen()), request.minimum_assurance());
  if (!citizen.ok() && citizen.status().code() == absl::StatusCode::kDataLoss) {
    return citizen.status();
  }
  if (citizen.ok()) step.set_citizen_id(ToHex(citizen->id));
  if (!stretch.all_listed) {
    return BeginAnew(keys, reader, citizen.ok() ? &*citizen : nullptr, request, step);
  }
  if (citizen.ok() && led_on) {
    const int wanted = request.page_size() == 0 ? kPageDefault : request.page_size();
    KB_RETURN_IF_ERROR(AddNewest(reader, *citizen, wanted, stretch.contacts));
  }
  for (const std::string& contact : stretch.contacts) {
    std::optional<v1::TimelineEntry> entry;
    if (citizen.ok()) {
      KB_ASSIGN_OR_RETURN(entry, ReadEntry(reader, *citizen, request.filter(), contact));
    }
    if (entry) {
      *step.add_entries() = *std::move(entry);
    } else {
      step.add_removed_contact_ids(ToHex(contact));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::WatchTimelineResponse> ReadChanges(const Keys& keys, const Reader& reader,
                                                      const v1::WatchTimelineRequest& request,
                                                      absl::string_view citizen_id,
                                                      uint64_t from) {
  v1::WatchTimelineResponse step;
  step.set_position(from);
  Stretch stretch(IdFromHex(citizen_id));
  absl::Status inner;
  KB_RETURN_IF_ERROR(reader.Scan(Family::kJournal, "", BigEndian(from + 1),
                                 [&](absl::string_view key, absl::string_view value) {
                                   step.set_position(FromBigEndian(key));
                                   inner = stretch.Look(value);
                                   return inner.ok() && step.position() - from < kWatchLooksMax;
                                 }));
  KB_RETURN_IF_ERROR(inner);
  if (stretch.contacts.empty() && stretch.changes.empty()) return step;
  for (auto& change : stretch.changes) *step.add_changes() = std::move(change);
  const bool led_on = stretch.citizen() != IdFromHex(citizen_id);
  KB_RETURN_IF_ERROR(Fill(keys, reader, request, led_on, stretch, step));
  return step;
}

}  // namespace klantbeeld::store
