#include "clients/cli/export_select.h"

#include <unicode/coll.h>
#include <unicode/locid.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "clients/cli/times.h"

namespace klantbeeld::cli {
namespace {

// Calls on their way at once.
constexpr size_t kTogether = 8;

// Runs `one(0)` to `one(count - 1)`, some at a time, until one of them fails.
std::optional<client::Error> Together(
    size_t count, const std::function<std::optional<client::Error>(size_t)>& one) {
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::optional<client::Error> failed;
  const auto work = [&] {
    for (size_t i = next++; i < count; i = next++) {
      const auto error = one(i);
      if (!error) continue;
      const std::lock_guard lock(mutex);
      failed = error;
      next = count;
    }
  };
  std::vector<std::thread> threads;
  while (threads.size() + 1 < std::min(count, kTogether)) threads.emplace_back(work);
  work();
  for (auto& thread : threads) thread.join();
  return failed;
}

// As the server compares: capitals and accents do not matter.
bool SameText(const std::string& a, const std::string& b) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<icu::Collator> collator(
      icu::Collator::createInstance(icu::Locale::getRoot(), status));
  if (U_FAILURE(status)) return a == b;
  collator->setStrength(icu::Collator::PRIMARY);
  return collator->compareUTF8(a, b, status) == UCOL_EQUAL;
}

bool Absent(const client::Error& error) { return error.code == grpc::StatusCode::NOT_FOUND; }

}  // namespace

std::optional<client::Error> ExportSelection::Prepare() {
  if (request_.citizen.empty()) return std::nullopt;
  v1::GetCitizenRequest get;
  get.set_citizen_id(request_.citizen);
  get.set_latest(1);
  const auto citizen = context_.client->GetCitizen(get);
  if (!citizen.ok()) return citizen.error();
  citizen_id_ = citizen.value().citizen().id();
  contact_ids_.emplace();
  v1::ListTimelineRequest list;
  list.set_citizen_id(request_.citizen);
  *list.mutable_filter() = request_.filter;
  list.set_page_size(100);
  do {
    const auto page = context_.client->ListTimeline(list);
    if (!page.ok()) return page.error();
    for (const auto& entry : page.value().entries()) contact_ids_->insert(entry.contact().id());
    list.set_page_token(page.value().next_page_token());
  } while (!list.page_token().empty());
  return std::nullopt;
}

v1::FeedFilter ExportSelection::FeedFilter() const {
  v1::FeedFilter filter;
  // Decisions change citizens as well.
  if (request_.what == ExportWhat::kCitizens) return filter;
  filter.add_kinds(v1::FACT_KIND_CONTACT_EVENT);
  // A contact that matches in the end passes with its last fact. Its earlier
  // events may have come before anyone knew the channel.
  if (request_.what == ExportWhat::kEvents) return filter;
  *filter.mutable_channels() = request_.filter.channels();
  if (!request_.filter.product().empty()) filter.add_products(request_.filter.product());
  return filter;
}

std::optional<client::Error> ExportSelection::Each(const v1::FollowResponse& frame,
                                                   const Stretch& stretch, const Take& take) {
  switch (request_.what) {
    case ExportWhat::kEvents:
      return Events(frame, stretch, take);
    case ExportWhat::kContacts:
      return WholeContacts(frame, stretch, take);
    case ExportWhat::kCitizens:
      return Citizens(frame, stretch, take);
  }
  return std::nullopt;
}

std::optional<client::Error> ExportSelection::Events(const v1::FollowResponse& frame,
                                                     const Stretch& stretch, const Take& take) {
  Contacts contacts;
  if (Selective())
    if (auto error = ReadContacts(frame, stretch.end, contacts)) return error;
  for (const auto& fact : frame.events()) {
    if (fact.position() > stretch.end) break;
    if (Selective()) {
      const auto contact = contacts.find(fact.contact_id());
      // What a retraction takes back may come later, and it goes along then:
      // without it the event would stand in the copy.
      const bool early = contact == contacts.end() && fact.event().retraction().has_event_id();
      if (!early && (contact == contacts.end() || !Matches(contact->second))) continue;
    }
    v1::FeedEvent copy = fact;
    take({.fact = &copy});
  }
  return std::nullopt;
}

std::optional<client::Error> ExportSelection::WholeContacts(const v1::FollowResponse& frame,
                                                            const Stretch& stretch,
                                                            const Take& take) {
  Contacts contacts;
  if (auto error = ReadContacts(frame, stretch.end, contacts)) return error;
  for (const auto& fact : frame.events()) {
    if (fact.position() > stretch.end) break;
    const auto found = contacts.find(fact.contact_id());
    if (found == contacts.end()) continue;
    v1::Contact& contact = found->second;
    // Once: at the last fact that changed it.
    if (contact.position() != fact.position() || contact.retracted() || !Matches(contact)) continue;
    // Replies mask, the feed does not.
    if (context_.settings.show_bsn)
      *contact.mutable_data() = fact.has_contact() ? fact.contact().data() : fact.event().data();
    take({.contact = &contact});
  }
  return std::nullopt;
}

std::optional<client::Error> ExportSelection::Citizens(const v1::FollowResponse& frame,
                                                       const Stretch& stretch, const Take& take) {
  Contacts contacts;
  if (auto error = ReadContacts(frame, 0, contacts)) return error;
  const auto is_last = [&](const v1::FeedEvent& fact) {
    const auto contact = contacts.find(fact.contact_id());
    return contact != contacts.end() && contact->second.position() == fact.position();
  };
  std::vector<std::set<std::string>> touched;  // By each fact of the frame.
  std::set<std::string> all;
  for (const auto& fact : frame.events()) {
    auto& ids =
        touched.emplace_back(fact.left_citizen_ids().begin(), fact.left_citizen_ids().end());
    for (const auto& change : fact.changes())
      ids.insert(change.new_ids().begin(), change.new_ids().end());
    if (is_last(fact))
      for (const auto& party : contacts[fact.contact_id()].citizens())
        ids.insert(party.citizen_id());
    all.insert(ids.begin(), ids.end());
  }
  Standings read;
  if (auto error = ReadStandings(all, read)) return error;
  for (int i = 0; i < frame.events_size(); ++i) {
    const auto& fact = frame.events(i);
    std::set<std::string> given;
    for (const auto& id : touched[static_cast<size_t>(i)]) {
      for (Standing& standing : read[id]) {
        // Once: where their newest contact is, or where they changed if that
        // stands before this stretch.
        const bool here = is_last(fact) && standing.newest_id == fact.contact_id();
        if (!here && standing.newest_position > stretch.begin) continue;
        if (given.insert(standing.citizen.id()).second) take({.citizen = &standing.citizen});
      }
    }
  }
  return std::nullopt;
}

std::optional<client::Error> ExportSelection::ReadContacts(const v1::FollowResponse& frame,
                                                           uint64_t position, Contacts& contacts) {
  std::set<std::string> wanted;
  for (const auto& fact : frame.events()) {
    if (position != 0 && fact.position() > position) break;
    if (!fact.contact_id().empty()) wanted.insert(fact.contact_id());
  }
  const std::vector<std::string> ids(wanted.begin(), wanted.end());
  std::mutex mutex;
  return Together(ids.size(), [&](size_t i) -> std::optional<client::Error> {
    v1::GetContactRequest get;
    get.set_contact_id(ids[i]);
    get.set_purpose(context_.settings.purpose);
    get.set_reason(context_.settings.reason);
    auto reply = context_.client->GetContact(get);
    // Mostly nothing changed since, and only as it stands now does it say whose it is.
    if (reply.ok() && position != 0 && reply.value().contact().position() > position) {
      get.set_at_position(position);
      reply = context_.client->GetContact(get);
    }
    if (!reply.ok()) {
      if (Absent(reply.error())) return std::nullopt;
      return reply.error();
    }
    const std::lock_guard lock(mutex);
    contacts.emplace(ids[i], std::move(*reply.value().mutable_contact()));
    return std::nullopt;
  });
}

std::optional<client::Error> ExportSelection::ReadStandings(const std::set<std::string>& wanted,
                                                            Standings& read) {
  const std::vector<std::string> ids(wanted.begin(), wanted.end());
  std::mutex mutex;
  return Together(ids.size(), [&](size_t i) -> std::optional<client::Error> {
    std::vector<Standing> standings;
    if (auto error = ReadStanding(ids[i], standings)) return error;
    const std::lock_guard lock(mutex);
    read.emplace(ids[i], std::move(standings));
    return std::nullopt;
  });
}

std::optional<client::Error> ExportSelection::ReadStanding(const std::string& id,
                                                           std::vector<Standing>& standings) {
  v1::GetCitizenRequest get;
  get.set_citizen_id(id);
  get.set_latest(1);
  if (context_.settings.show_bsn) get.add_reveal(v1::IDENTIFIER_TYPE_BSN);
  get.set_purpose(context_.settings.purpose);
  get.set_reason(context_.settings.reason);
  auto reply = context_.client->GetCitizen(get);
  if (!reply.ok()) {
    if (Absent(reply.error())) return std::nullopt;
    return reply.error();
  }
  Standing standing;
  standing.citizen = std::move(*reply.value().mutable_citizen());
  // Who was split is told of by the successors.
  if (standing.citizen.status() == v1::CITIZEN_STATUS_SUPERSEDED) {
    for (const auto& successor : standing.citizen.successors())
      if (auto error = ReadStanding(successor, standings)) return error;
    return std::nullopt;
  }
  if (!citizen_id_.empty() && standing.citizen.id() != citizen_id_) return std::nullopt;
  if (auto error = FindNewest(standing)) return error;
  if (!standing.newest_id.empty()) standings.push_back(std::move(standing));
  return std::nullopt;
}

std::optional<client::Error> ExportSelection::FindNewest(Standing& standing) {
  const auto take = [&](const auto& entries) {
    for (const auto& entry : entries) {
      standing.newest_id = entry.contact().id();
      standing.newest_position = entry.contact().position();
    }
  };
  // Of all contacts the newest came with the citizen.
  if (request_.filter.ByteSizeLong() == 0) {
    take(standing.citizen.latest());
    return std::nullopt;
  }
  v1::ListTimelineRequest list;
  list.set_citizen_id(standing.citizen.id());
  *list.mutable_filter() = request_.filter;
  list.set_page_size(1);
  do {
    const auto page = context_.client->ListTimeline(list);
    if (!page.ok()) return Absent(page.error()) ? std::nullopt : std::optional(page.error());
    take(page.value().entries());
    list.set_page_token(page.value().next_page_token());
  } while (standing.newest_id.empty() && !list.page_token().empty());
  return std::nullopt;
}

bool ExportSelection::Selective() const {
  return contact_ids_ || request_.filter.ByteSizeLong() > 0;
}

bool ExportSelection::Matches(const v1::Contact& contact) const {
  // A citizen's timeline was filtered by the server.
  if (contact_ids_) return contact_ids_->contains(contact.id());
  const v1::TimelineFilter& filter = request_.filter;
  const auto& channels = filter.channels();
  const v1::ContactData& data = contact.data();
  if (!channels.empty() &&
      std::find(channels.begin(), channels.end(), data.channel()) == channels.end())
    return false;
  if (!filter.product().empty() && !SameText(filter.product(), data.product().code()) &&
      !SameText(filter.product(), data.product().name()))
    return false;
  const absl::Time happened = FromProto(contact.happened_at());
  return (!filter.has_since() || happened >= FromProto(filter.since())) &&
         (!filter.has_until() || happened < FromProto(filter.until()));
}

}  // namespace klantbeeld::cli
