#include "tests/simulation/requests.h"

#include "absl/strings/str_cat.h"
#include "tests/store/events.h"

namespace klantbeeld::simulation {
namespace {

constexpr const char* kSources[] = {"desk", "exchange", "website"};
constexpr const char* kBsns[] = {store::kBsnA, store::kBsnB, store::kBsnC};
constexpr const char* kPhones[] = {"+31612345678", "+31201234567"};
constexpr int kContacts = 24;

int Roll(Random& random, int sides) {
  return static_cast<int>(random() % static_cast<uint64_t>(sides));
}
template <typename T, size_t n>
const T& One(Random& random, const T (&of)[n]) {
  return of[random() % n];
}

std::string EventKey(const std::string& source, const std::string& id) {
  return absl::StrCat("event ", source, " ", id);
}
std::string DecisionKey(const v1::Decision& decision) {
  return absl::StrCat("decision ", decision.source(), " ", decision.decision_id());
}

}  // namespace

std::string KeyOf(const v1::FeedEvent& fact) {
  return fact.has_event() ? EventKey(fact.event().source(), fact.event().event_id())
                          : DecisionKey(fact.decision());
}

v1::ContactRef ContactOf(const v1::ContactEvent& event) {
  if (event.has_contact()) return event.contact();
  v1::ContactRef ref;
  ref.set_source(event.source());
  ref.set_id(event.event_id());
  return ref;
}

v1::PartyRef Requests::Party(Random& random) const {
  const auto& [source, id] = contacts_[random() % contacts_.size()];
  return store::RefOf(source, id);
}

v1::ContactEvent Requests::Event(Random& random) {
  const std::string id = absl::StrCat("e", made_);
  const std::string source = One(random, kSources);
  const int kind = Roll(random, 100);
  if (kind < 8 && !events_.empty()) {
    const auto& [of, target] = events_[random() % events_.size()];
    return store::RetractEvent(of, id, target);
  }
  std::vector<v1::Identifier> identifiers;
  if (Roll(random, 100) < 50) identifiers.push_back(store::Bsn(One(random, kBsns)));
  if (Roll(random, 100) < 40) identifiers.push_back(store::Phone(One(random, kPhones)));
  if (Roll(random, 100) < 40) {
    identifiers.push_back(store::Session(absl::StrCat("session", Roll(random, 4))));
  }
  v1::ContactEvent event = store::EventOf(
      source, id, Roll(random, 2000), {store::PartyOf("customer", identifiers)},
      Roll(random, 3) == 0 ? v1::CHANNEL_PHONE : v1::CHANNEL_WEB);
  if (Roll(random, 100) < 60) {
    event.mutable_contact()->set_source(One(random, kSources));
    event.mutable_contact()->set_id(absl::StrCat("c", Roll(random, kContacts)));
    *event.mutable_revised_at() = store::At(Roll(random, 50));
  }
  // Some fill a log or a table sooner.
  const int letters = Roll(random, 100) < 10 ? 8000 : Roll(random, 400);
  std::string note;
  while (note.size() < static_cast<size_t>(letters)) absl::StrAppend(&note, random(), " ");
  if (!note.empty()) event.mutable_data()->set_note(note);
  return event;
}

Request Requests::Next(Random& random) {
  ++made_;
  const int kind = Roll(random, 100);
  const std::string id = absl::StrCat("d", made_);
  if (kind < 12 && contacts_.size() > 2) {
    v1::LinkRequest link = store::LinkOf(id, made_, Party(random), Party(random));
    return {DecisionKey(link.decision()), std::move(link)};
  }
  if (kind < 18 && contacts_.size() > 2) {
    v1::UnlinkRequest unlink = store::UnlinkOf(id, made_, {Party(random)});
    return {DecisionKey(unlink.decision()), std::move(unlink)};
  }
  v1::ContactEvent event = Event(random);
  if (event.has_data()) {
    const v1::ContactRef ref = ContactOf(event);
    contacts_.emplace_back(ref.source(), ref.id());
    events_.emplace_back(event.source(), event.event_id());
  }
  return {EventKey(event.source(), event.event_id()), std::move(event)};
}

}  // namespace klantbeeld::simulation
