#include "service/frame_cache.h"

#include <gtest/gtest.h>

#include "tests/store/events.h"
#include "tests/store/testing.h"

namespace klantbeeld::service {
namespace {

class FrameCacheTest : public testing::Test {
 protected:
  void Record(int count) {
    std::vector<v1::ContactEvent> events;
    for (int i = 0; i < count; ++i) {
      events.push_back(store::Visit(absl::StrCat("e", made_), made_, {store::Bsn(store::kBsnA)}));
      ++made_;
    }
    store_.RecordAll(events);
  }
  static std::shared_ptr<const SharedFrame> Read(FrameCache& cache, uint64_t from,
                                                 const v1::FeedFilter& filter = {}) {
    auto frame = cache.Read(filter, filter.SerializeAsString(), from);
    EXPECT_TRUE(frame.ok()) << frame.status();
    return *frame;
  }

  store::TempDir temp_;
  store::TestStore store_{temp_ / "data"};
  FrameCache cache_{*store_, 1 << 20};
  int made_ = 0;
};

TEST_F(FrameCacheTest, SecondReaderGetsTheSameFrameWithTheStoresBytes) {
  Record(3);
  const auto first = Read(cache_, 1);
  EXPECT_EQ(Read(cache_, 1), first);
  EXPECT_EQ(cache_.figures().hits, 1u);
  EXPECT_EQ(cache_.figures().misses, 1u);
  const auto read = store_->ReadFeed({}, 1);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(std::string(first->events.begin(), first->events.end()), read->events.bytes);
  EXPECT_EQ(first->frame.resume_token, read->resume_token);
  EXPECT_EQ(first->frame.count, 2);
}

TEST_F(FrameCacheTest, FrameThatEndedAtTheHeadIsReadAnewWhenTheHeadMoved) {
  Record(1);
  EXPECT_EQ(Read(cache_, 0)->frame.position, 1u);
  EXPECT_EQ(Read(cache_, 1)->frame.count, 0);
  Record(1);
  EXPECT_EQ(Read(cache_, 0)->frame.position, 2u);
  EXPECT_EQ(Read(cache_, 1)->frame.count, 1);
}

TEST_F(FrameCacheTest, WholeFrameStaysTheSame) {
  Record(store::kFrameEventsMax);
  const auto whole = Read(cache_, 0);
  EXPECT_TRUE(whole->frame.whole);
  Record(1);
  EXPECT_EQ(Read(cache_, 0), whole);
}

TEST_F(FrameCacheTest, OtherFilterIsAnotherFrame) {
  Record(2);
  v1::FeedFilter phone;
  phone.add_channels(v1::CHANNEL_PHONE);
  EXPECT_EQ(Read(cache_, 0)->frame.count, 2);
  EXPECT_EQ(Read(cache_, 0, phone)->frame.count, 0);
}

TEST_F(FrameCacheTest, KeepsWhatWasUsedLastWithinItsBytes) {
  Record(60);
  FrameCache small(*store_, 40'000);
  const auto kept = Read(small, 0);
  for (uint64_t from = 1; from < 60; ++from) {
    Read(small, from);
    EXPECT_LE(small.figures().bytes, 40'000u);
    EXPECT_EQ(Read(small, 0), kept) << from;
  }
  const uint64_t misses = small.figures().misses;
  Read(small, 1);
  EXPECT_EQ(small.figures().misses, misses + 1) << "nothing was let go";
}

TEST_F(FrameCacheTest, WithoutMemoryNothingIsKept) {
  Record(1);
  FrameCache none(*store_, 0);
  EXPECT_EQ(Read(none, 0)->frame.count, 1);
  EXPECT_EQ(Read(none, 0)->frame.count, 1);
  EXPECT_EQ(none.figures().hits, 0u);
}

}  // namespace
}  // namespace klantbeeld::service
