#include "service/frame_cache.h"

namespace klantbeeld::service {

absl::StatusOr<std::shared_ptr<const SharedFrame>> FrameCache::Read(
    const v1::FeedFilter& filter, const std::string& filter_bytes, uint64_t from) {
  Key key{filter_bytes, from};
  if (auto found = Find(key)) return found;
  auto frame = store_.ReadFeed(filter, from);
  if (!frame.ok()) return frame.status();
  auto shared = std::make_shared<SharedFrame>();
  shared->events = grpc::Slice(frame->events.bytes);
  frame->events.bytes = std::string();
  shared->frame = *std::move(frame);
  Keep(std::move(key), shared);
  return shared;
}

FrameCache::Figures FrameCache::figures() const {
  absl::MutexLock lock(&mutex_);
  return figures_;
}

size_t FrameCache::BytesOf(const Entry& entry) {
  constexpr size_t kBookkeeping = 256;  // List, table and slice.
  return entry.second->events.size() + entry.first.first.size() + sizeof(SharedFrame) +
         kBookkeeping;
}

std::shared_ptr<const SharedFrame> FrameCache::Find(const Key& key) {
  absl::MutexLock lock(&mutex_);
  const auto at = places_.find(key);
  if (at != places_.end()) {
    const auto& shared = at->second->second;
    if (shared->frame.whole || shared->frame.head >= store_.head()) {
      entries_.splice(entries_.begin(), entries_, at->second);
      ++figures_.hits;
      return shared;
    }
  }
  ++figures_.misses;
  return nullptr;
}

void FrameCache::Keep(Key key, std::shared_ptr<const SharedFrame> frame) {
  absl::MutexLock lock(&mutex_);
  if (const auto at = places_.find(key); at != places_.end()) Drop(at->second);
  entries_.emplace_front(std::move(key), std::move(frame));
  places_.emplace(entries_.front().first, entries_.begin());
  figures_.bytes += BytesOf(entries_.front());
  while (figures_.bytes > bytes_max_) Drop(std::prev(entries_.end()));
}

void FrameCache::Drop(std::list<Entry>::iterator at) {
  figures_.bytes -= BytesOf(*at);
  places_.erase(at->first);
  entries_.erase(at);
}

}  // namespace klantbeeld::service
