// Clients that do not mind a server that dies under them.
#ifndef KLANTBEELD_TESTS_CRASH_LOAD_H_
#define KLANTBEELD_TESTS_CRASH_LOAD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "clients/cpp/client.h"
#include "clients/cpp/follower.h"
#include "tests/crash/history.h"
#include "tests/crash/oracle.h"

namespace klantbeeld::crash {

// A client that waits for the server as long as it takes.
std::unique_ptr<client::Client> PatientClient(const std::string& address, client::Stop* stop);

// Workers that send without end, over streams and one call at a time, and tell
// the oracle what they sent and what was answered. What was on its way when a
// connection broke they send again.
//
// Threads: one.
class Load {
 public:
  // Stands still until Resume.
  Load(const std::string& address, uint64_t seed, int streams, int unary, Oracle& oracle);
  ~Load();  // Ends it, whatever is on its way.

  void Resume();
  // Waits until every call has its answer; false: not in that time.
  bool Pause(absl::Duration at_most);
  // How often each kind was made. While it stands still.
  std::map<std::string, int> kinds() const;

 private:
  enum class Wanted { kPaused, kRunning };
  void Stream(History& history);
  void Unary(History& history);
  void Event(client::Client& client, const v1::ContactEvent& event);
  void Decide(client::Client& client, Call call);
  // Stands still while that is wanted; false: it is over.
  bool MayGoOn();
  bool Wants(Wanted wanted) const;

  const std::string address_;
  Oracle& oracle_;
  client::Stop stop_;
  mutable absl::Mutex mutex_;
  Wanted wanted_ ABSL_GUARDED_BY(mutex_) = Wanted::kPaused;
  size_t standing_still_ ABSL_GUARDED_BY(mutex_) = 0;
  bool over_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::unique_ptr<History>> histories_;
  std::vector<std::thread> workers_;
};

// Follows the feed over every restart. What does not come dense and in order is
// a fault; filtered by kind, only in order.
//
// Threads: every call from any thread.
class Followed {
 public:
  struct Token {
    uint64_t position;
    std::string token;
  };
  Followed(const std::string& address, std::vector<v1::FactKind> kinds, Oracle& oracle);
  ~Followed();

  // False: it did not get there.
  bool WaitFor(uint64_t position, absl::Duration at_most) const;
  std::vector<v1::FeedEvent> facts() const;
  // One of each frame.
  std::vector<Token> tokens() const;

 private:
  void Run();
  void Take(const v1::FollowResponse& frame);

  const std::vector<v1::FactKind> kinds_;
  Oracle& oracle_;
  client::Stop stop_;
  const std::unique_ptr<client::Client> client_;
  mutable absl::Mutex mutex_;
  uint64_t position_ ABSL_GUARDED_BY(mutex_) = 0;
  bool failed_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<v1::FeedEvent> facts_ ABSL_GUARDED_BY(mutex_);
  std::vector<Token> tokens_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace klantbeeld::crash

#endif  // KLANTBEELD_TESTS_CRASH_LOAD_H_
