#include "tests/crash/checks.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cpp/follower.h"
#include "clients/cpp/recorder.h"

namespace klantbeeld::crash {
namespace {

bool Same(const google::protobuf::MessageLite& a, const google::protobuf::MessageLite& b) {
  return a.SerializeAsString() == b.SerializeAsString();
}

int64_t Nanos(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000'000'000 + time.nanos();
}

// As a reply shows it that is not the feed.
v1::ContactEvent Masked(v1::ContactEvent event) {
  for (auto& party : *event.mutable_data()->mutable_parties()) {
    for (auto& identifier : *party.mutable_identifiers()) {
      if (identifier.type() != v1::IDENTIFIER_TYPE_BSN) continue;
      identifier.set_masked("******" + identifier.value().substr(6));
      identifier.clear_value();
    }
  }
  return event;
}

}  // namespace

Checks::Checks(client::Client& client, Oracle& oracle, uint64_t seed)
    : client_(client), oracle_(oracle), random_(seed) {}

std::vector<v1::FeedEvent> Checks::Read(const v1::FollowStart& start, uint64_t until) {
  std::vector<v1::FeedEvent> facts;
  client::Follower follower(client_, start);
  const auto error = follower.Run([&](const v1::FollowResponse& frame) {
    facts.insert(facts.end(), frame.events().begin(), frame.events().end());
    return frame.position() < std::min(until, frame.head());
  });
  if (error) oracle_.Fault(absl::StrCat("reading the feed: ", error->message));
  return facts;
}

void Checks::Feed() {
  v1::FollowStart start;
  start.set_position(0);
  feed_ = Read(start, UINT64_MAX);
  oracle_.CheckFeed(feed_);
}

void Checks::CaughtUp(const Followed& followed, const std::vector<v1::FactKind>& kinds) {
  if (!followed.WaitFor(head(), absl::Seconds(30))) {
    return oracle_.Fault(absl::StrCat("a follower does not reach ", head()));
  }
  std::vector<const v1::FeedEvent*> wanted;
  for (const auto& fact : feed_) {
    if (kinds.empty() || std::count(kinds.begin(), kinds.end(), fact.kind()) > 0) {
      wanted.push_back(&fact);
    }
  }
  const std::vector<v1::FeedEvent> got = followed.facts();
  if (got.size() != wanted.size()) {
    return oracle_.Fault(
        absl::StrCat("a follower got ", got.size(), " facts, the feed has ", wanted.size()));
  }
  for (size_t i = 0; i < got.size(); ++i) {
    if (Same(got[i], *wanted[i])) continue;
    return oracle_.Fault(absl::StrCat("a follower got another fact at ", got[i].position()));
  }
}

void Checks::Resumes(const std::vector<Followed::Token>& tokens, int samples) {
  for (int i = 0; i < samples && !tokens.empty(); ++i) {
    const Followed::Token& kept = tokens[random_() % tokens.size()];
    v1::FollowStart start;
    start.set_resume_token(kept.token);
    const auto facts = Read(start, kept.position + 1);
    const bool at_head = kept.position == head();
    if (facts.empty() != at_head) {
      oracle_.Fault(absl::StrCat("resumed at ", kept.position, ": nothing, or too much"));
    }
    for (size_t j = 0; j < facts.size(); ++j) {
      const uint64_t position = kept.position + j + 1;
      if (position <= head() && Same(facts[j], feed_[position - 1])) continue;
      oracle_.Fault(absl::StrCat("resumed at ", kept.position, ": another fact at ", position));
      break;
    }
  }
}

void Checks::SentAgain(const std::function<bool(uint64_t position)>& choose) {
  std::vector<Call> calls = oracle_.AcknowledgedCalls(choose);
  std::shuffle(calls.begin(), calls.end(), random_);
  std::vector<std::string> keys;
  client::Recorder recorder(client_, {}, [&](uint64_t number, const v1::RecordResult& result) {
    const std::string& key = keys[number];
    if (!result.has_recorded()) {
      return oracle_.Fault(absl::StrCat(key, " sent again: ", result.error().message()));
    }
    if (!result.recorded().duplicate()) oracle_.Fault(absl::StrCat(key, " sent again is new"));
    oracle_.Acknowledged(key, result.recorded().position(), result.recorded().duplicate());
  });
  const auto decided = [&](const std::string& key, const auto& reply) {
    if (!reply.ok()) {
      return oracle_.Fault(absl::StrCat(key, " sent again: ", reply.error().message));
    }
    if (!reply.value().duplicate()) oracle_.Fault(absl::StrCat(key, " sent again is new"));
    oracle_.Acknowledged(key, reply.value().position(), reply.value().duplicate());
  };
  for (Call& call : calls) {
    const std::string key = KeyOf(call);
    if (const auto* link = std::get_if<v1::LinkRequest>(&call)) {
      decided(key, client_.Link(*link));
    } else if (const auto* unlink = std::get_if<v1::UnlinkRequest>(&call)) {
      decided(key, client_.Unlink(*unlink));
    } else {
      keys.push_back(key);
      if (recorder.Add(std::get<v1::ContactEvent>(std::move(call)))) break;
    }
  }
  if (const auto error = recorder.Finish()) {
    oracle_.Fault(absl::StrCat("sending again: ", error->message));
  }
}

void Checks::Contacts(uint64_t facts) {
  std::map<std::string, std::vector<const v1::FeedEvent*>> by_contact;
  std::set<std::string> asked;
  for (const auto& fact : feed_) {
    if (fact.kind() != v1::FACT_KIND_CONTACT_EVENT) continue;
    by_contact[fact.contact_id()].push_back(&fact);
    if (fact.position() + facts > head()) asked.insert(fact.contact_id());
  }
  contacts_.clear();
  for (const std::string& id : asked) Contact(id, by_contact[id]);
}

void Checks::Contact(const std::string& id, const std::vector<const v1::FeedEvent*>& facts) {
  v1::GetContactRequest request;
  request.set_contact_id(id);
  request.set_with_events(true);
  const auto reply = client_.GetContact(request);
  if (!reply.ok()) {
    return oracle_.Fault(absl::StrCat("contact ", id, ": ", reply.error().message));
  }
  v1::Contact contact = reply.value().contact();
  // A retraction is not listed; what it took back is, and says so.
  std::map<uint64_t, const v1::FeedEvent*> wanted;
  std::set<std::string> retracted;
  for (const v1::FeedEvent* fact : facts) {
    const v1::ContactEvent& event = fact->event();
    if (!event.has_retraction()) wanted[fact->position()] = fact;
    if (!event.retraction().event_id().empty()) {
      retracted.insert(absl::StrCat(event.source(), " ", event.retraction().event_id()));
    }
  }
  if (contact.events_size() != static_cast<int>(wanted.size())) {
    oracle_.Fault(absl::StrCat("contact ", id, " has ", contact.events_size(), " events, the feed ",
                               wanted.size()));
  }
  for (const v1::RecordedEvent& got : contact.events()) {
    const auto found = wanted.find(got.position());
    if (found == wanted.end() || !Same(got.event(), Masked(found->second->event()))) {
      oracle_.Fault(absl::StrCat("contact ", id, " has another event at ", got.position()));
    }
    const auto name = absl::StrCat(got.event().source(), " ", got.event().event_id());
    if (got.retracted() != (retracted.count(name) > 0)) {
      oracle_.Fault(absl::StrCat("contact ", id, ": wrongly retracted or not, ", got.position()));
    }
  }
  contact.clear_events();
  contacts_[id] = std::move(contact);
}

void Checks::Timelines() {
  std::map<std::string, std::vector<std::string>> citizens;
  for (const auto& [id, contact] : contacts_) {
    std::set<std::string> of_contact;
    for (const auto& one : contact.citizens()) of_contact.insert(one.citizen_id());
    for (const auto& citizen : of_contact) citizens[citizen].push_back(id);
  }
  for (const auto& [citizen, contacts] : citizens) Timeline(citizen, contacts);
}

void Checks::Timeline(const std::string& citizen, const std::vector<std::string>& contacts) {
  v1::ListTimelineRequest request;
  request.set_citizen_id(citizen);
  request.set_page_size(100);
  std::set<std::string> listed;
  int64_t last = INT64_MAX;
  do {
    const auto page = client_.ListTimeline(request);
    if (!page.ok()) {
      return oracle_.Fault(absl::StrCat("timeline of ", citizen, ": ", page.error().message));
    }
    for (const auto& entry : page.value().entries()) {
      const std::string& id = entry.contact().id();
      if (!listed.insert(id).second) oracle_.Fault(absl::StrCat(citizen, " has ", id, " twice"));
      if (Nanos(entry.contact().happened_at()) > last) {
        oracle_.Fault(absl::StrCat("timeline of ", citizen, " is out of order at ", id));
      }
      last = Nanos(entry.contact().happened_at());
      const auto found = contacts_.find(id);
      if (found == contacts_.end() || !Same(found->second.data(), entry.contact().data())) {
        oracle_.Fault(absl::StrCat(citizen, " has contact ", id, " other than it stands"));
      }
    }
    request.set_page_token(page.value().next_page_token());
  } while (!request.page_token().empty());
  const std::set<std::string> wanted(contacts.begin(), contacts.end());
  if (listed != wanted) {
    oracle_.Fault(absl::StrCat("timeline of ", citizen, " has ", listed.size(), " contacts, ",
                               wanted.size(), " say that they stand in it"));
  }
}

}  // namespace klantbeeld::crash
