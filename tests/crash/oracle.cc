#include "tests/crash/oracle.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace klantbeeld::crash {
namespace {

constexpr size_t kFaultsKept = 20;

std::string KeyOf(const v1::Decision& decision) {
  return absl::StrCat("decision ", decision.source(), " ", decision.decision_id());
}

// What of a fact must be as it was sent.
std::string ContentOf(const Call& call) {
  if (const auto* event = std::get_if<v1::ContactEvent>(&call)) return event->SerializeAsString();
  if (const auto* link = std::get_if<v1::LinkRequest>(&call)) {
    return absl::StrCat("link ", link->decision().reason());
  }
  return absl::StrCat("unlink ", std::get<v1::UnlinkRequest>(call).decision().reason());
}

std::string ContentOf(const v1::FeedEvent& fact) {
  if (fact.kind() == v1::FACT_KIND_CONTACT_EVENT) return fact.event().SerializeAsString();
  return absl::StrCat(fact.kind() == v1::FACT_KIND_LINK ? "link " : "unlink ",
                      fact.decision().reason());
}

}  // namespace

std::string KeyOf(const Call& call) {
  if (const auto* event = std::get_if<v1::ContactEvent>(&call)) {
    return absl::StrCat("event ", event->source(), " ", event->event_id());
  }
  if (const auto* link = std::get_if<v1::LinkRequest>(&call)) return KeyOf(link->decision());
  return KeyOf(std::get<v1::UnlinkRequest>(call).decision());
}

std::string KeyOf(const v1::FeedEvent& fact) {
  if (fact.kind() == v1::FACT_KIND_CONTACT_EVENT) return KeyOf(Call(fact.event()));
  return KeyOf(fact.decision());
}

void Oracle::Sent(const Call& call) {
  absl::MutexLock lock(&mutex_);
  known_[KeyOf(call)].call = call;
}

void Oracle::Acknowledged(const std::string& key, uint64_t position, bool duplicate) {
  absl::MutexLock lock(&mutex_);
  Known& known = known_[key];
  if (known.position != 0 && known.position != position) {
    AddFault(absl::StrCat(key, " was acknowledged at ", known.position, ", then at ", position));
  }
  if (known.answered_as_new && !duplicate) {
    AddFault(absl::StrCat(key, " was taken as new twice, now at ", position));
  }
  const auto [at, free] = positions_.emplace(position, key);
  if (!free && at->second != key) {
    AddFault(absl::StrCat("position ", position, " was given to ", at->second, ", now to ", key));
  }
  if (known.position != 0) ++repeated_;
  known.position = position;
  known.answered_as_new |= !duplicate;
}

void Oracle::Refused(const std::string& key) {
  absl::MutexLock lock(&mutex_);
  Known& known = known_[key];
  if (known.position != 0) {
    AddFault(absl::StrCat(key, " was acknowledged at ", known.position, ", now refused"));
  }
  known.refused = true;
  ++refused_;
}

void Oracle::Fault(std::string what) {
  absl::MutexLock lock(&mutex_);
  AddFault(std::move(what));
}

void Oracle::AddFault(std::string what) {
  if (faults_.size() < kFaultsKept) {
    faults_.push_back(std::move(what));
  } else {
    ++faults_more_;
  }
}

uint64_t Oracle::acknowledged() const {
  absl::MutexLock lock(&mutex_);
  return positions_.size();
}

bool Oracle::WaitForAcknowledged(uint64_t count, absl::Duration at_most) const {
  const auto enough = [this, count]()
                          ABSL_SHARED_LOCKS_REQUIRED(mutex_) { return positions_.size() >= count; };
  absl::MutexLock lock(&mutex_);
  return mutex_.AwaitWithTimeout(absl::Condition(&enough), at_most);
}

uint64_t Oracle::refused() const {
  absl::MutexLock lock(&mutex_);
  return refused_;
}

uint64_t Oracle::repeated() const {
  absl::MutexLock lock(&mutex_);
  return repeated_;
}

std::vector<std::string> Oracle::faults() const {
  absl::MutexLock lock(&mutex_);
  std::vector<std::string> faults = faults_;
  if (faults_more_ > 0) faults.push_back(absl::StrCat("and ", faults_more_, " more"));
  return faults;
}

void Oracle::CheckFeed(const std::vector<v1::FeedEvent>& facts) {
  absl::MutexLock lock(&mutex_);
  std::set<std::string> seen;
  uint64_t last = 0;
  int64_t recorded = 0;
  for (const v1::FeedEvent& fact : facts) {
    if (fact.position() != last + 1) {
      AddFault(absl::StrCat("the feed goes from ", last, " to ", fact.position()));
    }
    last = fact.position();
    const int64_t at = fact.recorded_at().seconds() * 1'000'000'000 + fact.recorded_at().nanos();
    if (at < recorded) AddFault(absl::StrCat("time runs backwards at ", last));
    recorded = at;
    CheckFact(fact, seen);
  }
  for (const auto& [position, key] : positions_) {
    if (seen.count(key) == 0) {
      AddFault(absl::StrCat("lost: ", key, ", acknowledged at ", position, ", is not in the feed"));
    }
  }
}

void Oracle::CheckFact(const v1::FeedEvent& fact, std::set<std::string>& seen) {
  const std::string key = KeyOf(fact);
  const auto at = absl::StrCat(key, " at ", fact.position());
  const auto found = known_.find(key);
  if (found == known_.end()) return AddFault(absl::StrCat(at, " was never sent"));
  if (!seen.insert(key).second) return AddFault(absl::StrCat(at, " is in the feed twice"));
  const Known& known = found->second;
  if (known.refused) AddFault(absl::StrCat(at, " was refused"));
  if (known.position != fact.position()) {
    AddFault(absl::StrCat(at, " was acknowledged at ", known.position));
  }
  if (ContentOf(known.call) != ContentOf(fact)) {
    AddFault(absl::StrCat(at, " has other content than was sent"));
  }
}

std::vector<Call> Oracle::AcknowledgedCalls(
    const std::function<bool(uint64_t position)>& choose) const {
  absl::MutexLock lock(&mutex_);
  std::vector<Call> calls;
  for (const auto& [position, key] : positions_) {
    if (choose(position)) calls.push_back(known_.at(key).call);
  }
  return calls;
}

}  // namespace klantbeeld::crash
