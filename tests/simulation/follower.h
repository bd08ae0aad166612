// A follower of the feed, on the real hub and the real cache of frames, without
// a network: it takes what it is sent, keeps a bookmark, goes away and comes back.
#ifndef KLANTBEELD_TESTS_SIMULATION_FOLLOWER_H_
#define KLANTBEELD_TESTS_SIMULATION_FOLLOWER_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "klantbeeld/v1/feed_service.pb.h"
#include "service/executor.h"
#include "service/feed_hub.h"
#include "service/frame_cache.h"
#include "store/store.h"
#include "tests/simulation/oracle.h"

namespace klantbeeld::simulation {

// What serves the feed while a store is open.
struct Serving {
  explicit Serving(store::Store& served);
  ~Serving();
  // Waits until everybody who was woken has read, and nobody reads.
  void Settle();
  store::Store& store;
  service::FrameCache frames;
  service::Executor executor;
  service::FeedHub hub;
};

class Follower {
 public:
  explicit Follower(v1::FeedFilter filter) : filter_(std::move(filter)) {}

  // Goes on from the bookmark. A faulty answer is the oracle's.
  void Connect(Serving& serving, Oracle& oracle);
  void Disconnect(Serving& serving);
  bool connected() const { return stream_ != nullptr; }
  // Everything up to the head is to be there; tells the oracle of it.
  void CatchUp(Serving& serving, Oracle& oracle);
  // What it has so far it will not ask for again.
  void Bookmark() { bookmark_ = seen_; }
  // It was given all that its filter lets through, over all its connections.
  void CheckComplete(const std::vector<v1::FeedEvent>& journal, Oracle& oracle) const;
  uint64_t given() const { return count_; }

 private:
  struct Place {
    std::string token;  // Empty: the beginning.
    uint64_t position = 0;
  };
  class Stream;

  const v1::FeedFilter filter_;
  Place bookmark_, seen_;
  uint64_t count_ = 0;
  std::set<uint64_t> given_;
  std::shared_ptr<Stream> stream_;
};

// Every fact, by reading frames one after another. An error ends it.
absl::StatusOr<std::vector<v1::FeedEvent>> ReadJournal(const store::Store& store);

}  // namespace klantbeeld::simulation

#endif  // KLANTBEELD_TESTS_SIMULATION_FOLLOWER_H_
