#include "tests/simulation/oracle.h"

#include "absl/strings/str_cat.h"

namespace klantbeeld::simulation {

void Oracle::Stands(uint64_t position, const std::string& key) {
  if (sent_.count(key) == 0) Fault(absl::StrCat("position ", position, " holds ", key, ", which nobody sent"));
  const auto [fact, first] = standing_.try_emplace(position, Fact{key, ""});
  if (fact->second.key != key) {
    Fault(absl::StrCat("position ", position, " holds ", key, ", it was of ", fact->second.key));
  }
  const auto [place, once] = position_of_.try_emplace(key, position);
  if (place->second != position) {
    Fault(absl::StrCat(key, " stands twice: at ", place->second, " and ", position));
  }
}

void Oracle::Acknowledged(const std::string& key, uint64_t position, bool duplicate) {
  if (duplicate && may_stand_.find(key) == may_stand_.end() && position_of_.count(key) == 0) {
    Fault(absl::StrCat(key, " is called a duplicate, and was never sent before"));
  }
  if (!duplicate && position_of_.count(key) != 0) {
    Fault(absl::StrCat(key, " is called new, and stands at ", position_of_[key]));
  }
  may_stand_[key] = true;
  Stands(position, key);
}

void Oracle::Seen(const v1::FeedEvent& fact) {
  const std::string key = KeyOf(fact);
  Stands(fact.position(), key);
  const auto may = may_stand_.find(key);
  if (may != may_stand_.end() && !may->second) Fault(absl::StrCat(key, " stands, and was refused"));
  v1::FeedEvent said;
  said.set_position(fact.position());
  *said.mutable_recorded_at() = fact.recorded_at();
  said.set_kind(fact.kind());
  *said.mutable_event() = fact.event();
  *said.mutable_decision() = fact.decision();
  said.set_contact_id(fact.contact_id());
  *said.mutable_changes() = fact.changes();
  const std::string content = said.SerializeAsString();
  std::string& before = standing_[fact.position()].content;
  if (before.empty()) before = content;
  if (before != content) Fault(absl::StrCat("position ", fact.position(), " says something else than before"));
}

void Oracle::Journal(const std::vector<v1::FeedEvent>& facts) {
  uint64_t position = 0;
  for (const v1::FeedEvent& fact : facts) {
    if (fact.position() != ++position) {
      Fault(absl::StrCat("after position ", position - 1, " comes ", fact.position()));
      return;
    }
    Seen(fact);
  }
  for (auto at = standing_.upper_bound(position); at != standing_.end(); ++at) {
    Fault(absl::StrCat("lost: ", at->second.key, " at position ", at->first, "; the journal ends at ",
                       position));
  }
}

std::vector<const Request*> Oracle::Facts() const {
  std::vector<const Request*> facts;
  for (const auto& [position, fact] : standing_) facts.push_back(SentAs(fact.key));
  return facts;
}

const Request* Oracle::SentAs(const std::string& key) const {
  const auto found = sent_.find(key);
  return found == sent_.end() ? nullptr : &found->second;
}

uint64_t Oracle::PositionOf(const std::string& key) const {
  const auto found = position_of_.find(key);
  return found == position_of_.end() ? 0 : found->second;
}

}  // namespace klantbeeld::simulation
