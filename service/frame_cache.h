// Frames of the feed that were read lately.
#ifndef KLANTBEELD_SERVICE_FRAME_CACHE_H_
#define KLANTBEELD_SERVICE_FRAME_CACHE_H_

#include <grpcpp/support/slice.h>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "klantbeeld/v1/feed_service.pb.h"
#include "store/store.h"

namespace klantbeeld::service {

// A frame with its events as gRPC sends them; its own bytes are empty.
struct SharedFrame {
  store::Frame frame;
  grpc::Slice events;
};

// Followers at the same place with the same filter share the reading of a
// frame and its bytes: a thousand that are woken by one fact read it once. What
// was used longest ago goes first. A frame that ended at the head is used while
// the head stands there; a whole one as long as it is kept.
//
// Threads: any. Memory: at most `bytes_max`, besides what is being sent.
class FrameCache {
 public:
  FrameCache(const store::Store& store, size_t bytes_max) : store_(store), bytes_max_(bytes_max) {}

  // As Store::ReadFeed. `filter_bytes` are those of `filter`.
  absl::StatusOr<std::shared_ptr<const SharedFrame>> Read(const v1::FeedFilter& filter,
                                                          const std::string& filter_bytes,
                                                          uint64_t from);

  // Frames given from memory and read from the store so far.
  struct Figures {
    uint64_t hits = 0;
    uint64_t misses = 0;
    size_t bytes = 0;
  };
  Figures figures() const;

 private:
  using Key = std::pair<std::string, uint64_t>;  // Filter and where it begins.
  using Entry = std::pair<Key, std::shared_ptr<const SharedFrame>>;
  static size_t BytesOf(const Entry& entry);
  std::shared_ptr<const SharedFrame> Find(const Key& key);
  void Keep(Key key, std::shared_ptr<const SharedFrame> frame);
  void Drop(std::list<Entry>::iterator at) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const store::Store& store_;
  const size_t bytes_max_;
  mutable absl::Mutex mutex_;
  std::list<Entry> entries_ ABSL_GUARDED_BY(mutex_);  // Used last in front.
  absl::flat_hash_map<Key, std::list<Entry>::iterator> places_ ABSL_GUARDED_BY(mutex_);
  Figures figures_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_FRAME_CACHE_H_
