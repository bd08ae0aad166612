// What the store owes: it knows what was sent, acknowledged and read, and
// names whatever contradicts it.
#ifndef KLANTBEELD_TESTS_SIMULATION_ORACLE_H_
#define KLANTBEELD_TESTS_SIMULATION_ORACLE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "klantbeeld/v1/feed_service.pb.h"
#include "tests/simulation/requests.h"

namespace klantbeeld::simulation {

class Oracle {
 public:
  void Sent(const Request& request) { sent_.emplace(request.key, request); }
  // The store said that it stands, for this attempt.
  void Acknowledged(const std::string& key, uint64_t position, bool duplicate);
  // Every attempt so far was refused, or not: then it may stand.
  void Refused(const std::string& key) { may_stand_.emplace(key, false); }
  void Unknown(const std::string& key) { may_stand_[key] = true; }
  // Somebody read this in the feed: it stays.
  void Seen(const v1::FeedEvent& fact);
  // The whole journal, as read after an open: what stood before it still does.
  void Journal(const std::vector<v1::FeedEvent>& facts);
  void Fault(const std::string& what) { faults_.push_back(what); }

  // Last position that must stand.
  uint64_t standing() const { return standing_.empty() ? 0 : standing_.rbegin()->first; }
  // What stands, by position, without holes once Journal was told.
  std::vector<const Request*> Facts() const;
  const Request* SentAs(const std::string& key) const;
  uint64_t PositionOf(const std::string& key) const;  // 0: not known.
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  struct Fact {
    std::string key;
    std::string content;  // As first read; empty: not yet.
  };
  void Stands(uint64_t position, const std::string& key);

  std::map<std::string, Request> sent_;
  std::map<std::string, bool> may_stand_;
  std::map<uint64_t, Fact> standing_;
  std::map<std::string, uint64_t> position_of_;
  std::vector<std::string> faults_;
};

}  // namespace klantbeeld::simulation

#endif  // KLANTBEELD_TESTS_SIMULATION_ORACLE_H_
