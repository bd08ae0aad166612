// Questions to a server that was killed, and whether its answers agree.
#ifndef KLANTBEELD_TESTS_CRASH_CHECKS_H_
#define KLANTBEELD_TESTS_CRASH_CHECKS_H_

#include <cstdint>
#include <functional>
#include <random>
#include <vector>

#include "clients/cpp/client.h"
#include "tests/crash/load.h"
#include "tests/crash/oracle.h"

namespace klantbeeld::crash {

// All of them report to the oracle. No load may run meanwhile.
class Checks {
 public:
  Checks(client::Client& client, Oracle& oracle, uint64_t seed);

  // The feed from 0, compared with the oracle. The others compare with this.
  void Feed();
  // The follower has every fact of these kinds (none: all), once, in order.
  void CaughtUp(const Followed& followed, const std::vector<v1::FactKind>& kinds);
  // Resumed at `samples` of the kept tokens, the feed goes on behind each.
  void Resumes(const std::vector<Followed::Token>& tokens, int samples);
  // What is chosen by position is sent again: nothing is new.
  void SentAgain(const std::function<bool(uint64_t position)>& choose);
  // Contacts of the last `facts` facts have their events, each at its position.
  void Contacts(uint64_t facts);
  // Contacts that Contacts() read stand in the timelines of their citizens,
  // and nothing else does. All contacts must have been read.
  void Timelines();

  uint64_t head() const { return feed_.size(); }

 private:
  std::vector<v1::FeedEvent> Read(const v1::FollowStart& start, uint64_t until);
  void Contact(const std::string& id, const std::vector<const v1::FeedEvent*>& facts);
  void Timeline(const std::string& citizen, const std::vector<std::string>& contacts);

  client::Client& client_;
  Oracle& oracle_;
  std::mt19937_64 random_;
  std::vector<v1::FeedEvent> feed_;
  std::map<std::string, v1::Contact> contacts_;  // Without their events.
};

}  // namespace klantbeeld::crash

#endif  // KLANTBEELD_TESTS_CRASH_CHECKS_H_
