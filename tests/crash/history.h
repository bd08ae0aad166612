// What the load of a crash test is made of.
#ifndef KLANTBEELD_TESTS_CRASH_HISTORY_H_
#define KLANTBEELD_TESTS_CRASH_HISTORY_H_

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/crash/oracle.h"

namespace klantbeeld::crash {

// The calls of one worker, without end: contacts of a few hundred citizens who
// share telephones, revised by their own and other sources, moved to another
// person, taken back, linked and unlinked, and sent again. Events have the
// form that the server keeps, so that they can be compared byte by byte.
//
// The same seed, worker and sequence of calls give the same events.
class History {
 public:
  History(uint64_t seed, int worker, int workers);

  v1::ContactEvent NextEvent();
  // Nothing while there are no two contacts to decide about.
  std::optional<Call> NextDecision();
  // How often each kind was made.
  const std::map<std::string, int>& kinds() const { return kinds_; }

 private:
  // A contact of this worker that it still speaks of.
  struct Recent {
    std::string source, id;
    std::vector<std::string> events;  // Of its own source.
  };

  int Roll(int sides) { return static_cast<int>(random_() % static_cast<uint64_t>(sides)); }
  bool Chance(int percent) { return Roll(100) < percent; }
  Recent& AnyRecent() {
    return recent_[static_cast<size_t>(Roll(static_cast<int>(recent_.size())))];
  }
  v1::ContactEvent Begin(const std::string& source, const std::string& contact_source,
                         const std::string& contact_id);
  void AddPerson(v1::ContactEvent& event);
  v1::ContactEvent NewContact();
  v1::ContactEvent Revision();
  v1::ContactEvent OfAnother();
  v1::ContactEvent Retraction();
  v1::Decision NextDecisionBody();
  v1::PartyRef AnyParty();

  std::mt19937_64 random_;
  const int worker_, workers_;
  int64_t number_ = 0;
  std::deque<Recent> recent_;
  std::deque<v1::ContactEvent> sent_;
  std::map<std::string, int> kinds_;
};

// Of a number below 1,000: a BSN of the test range that passes the eleven test.
std::string TestBsn(int number);

}  // namespace klantbeeld::crash

#endif  // KLANTBEELD_TESTS_CRASH_HISTORY_H_
