// Followers and watchers hear of nothing that a crash can still take back, and
// of a synced batch all at once. The test stands between the store and the
// disk: a sync goes on when the test says so.
//
// Also tests: store/feed.cc store/watch.cc
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <future>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "tests/service/events.h"
#include "tests/store/testing.h"

namespace klantbeeld::service {
namespace {

// Where syncs of RocksDB's log wait.
class Gate {
 public:
  void Close() {
    absl::MutexLock lock(&mutex_);
    open_ = false;
    waiting_ = 0;
  }
  void Open() {
    absl::MutexLock lock(&mutex_);
    open_ = true;
  }
  // False: no sync came.
  bool WaitForSync() {
    absl::MutexLock lock(&mutex_);
    const auto came = [this] { return waiting_ > 0; };
    return mutex_.AwaitWithTimeout(absl::Condition(&came), absl::Seconds(20));
  }
  // False: this sync fails.
  bool Pass(int file) {
    char name[512] = {};
    const std::string link = absl::StrCat("/proc/self/fd/", file);
    if (readlink(link.c_str(), name, sizeof(name) - 1) < 0) return true;
    absl::MutexLock lock(&mutex_);
    if (absl::EndsWith(name, "/acknowledged")) {
      failed_ = failed_ || fail_note_;
      return !fail_note_;
    }
    if (!absl::EndsWith(name, ".log")) return true;
    ++waiting_;
    mutex_.Await(absl::Condition(&open_));
    return true;
  }
  // Lets syncs of the note of what is acknowledged fail; or no longer.
  void FailNote(bool fail) {
    absl::MutexLock lock(&mutex_);
    fail_note_ = fail;
    failed_ = false;
  }
  bool WaitForFailedNote() {
    absl::MutexLock lock(&mutex_);
    return mutex_.AwaitWithTimeout(absl::Condition(&failed_), absl::Seconds(20));
  }

 private:
  absl::Mutex mutex_;
  bool open_ = true;
  bool fail_note_ = false;
  bool failed_ = false;
  int waiting_ = 0;
};

Gate& TheGate() {
  static Gate gate;
  return gate;
}

}  // namespace
}  // namespace klantbeeld::service

// In the place of the C library's.
extern "C" int fdatasync(int file) {
  if (!klantbeeld::service::TheGate().Pass(file)) {
    errno = EIO;
    return -1;
  }
  return static_cast<int>(syscall(SYS_fdatasync, file));
}

namespace klantbeeld::service {
namespace {

using Recorded = std::future<absl::StatusOr<v1::RecordContactEventResponse>>;

class FeedDurableTest : public testing::Test {
 protected:
  ~FeedDurableTest() override { TheGate().Open(); }

  Recorded Submit(const std::string& id) {
    auto prepared = store_->Prepare(service::Call(id));
    EXPECT_TRUE(prepared.ok()) << prepared.status();
    auto promise = std::make_shared<std::promise<absl::StatusOr<v1::RecordContactEventResponse>>>();
    Recorded result = promise->get_future();
    EXPECT_TRUE(store_
                    ->Record(*std::move(prepared),
                             [promise](auto answer) { promise->set_value(std::move(answer)); })
                    .ok());
    return result;
  }
  void ExpectNothingAfter(uint64_t head) {
    EXPECT_EQ(store_->head(), head);
    const auto frame = store_->ReadFeed({}, head);
    ASSERT_TRUE(frame.ok()) << frame.status();
    EXPECT_EQ(frame->count, 0);
    EXPECT_EQ(frame->position, head);
    EXPECT_EQ(frame->head, head);
    v1::FollowStart start;
    start.set_position(head + 1);
    EXPECT_FALSE(store_->ResumePosition(start).ok());
    start.set_now(true);
    EXPECT_EQ(store_->ResumePosition(start).value_or(99), head);
    const auto step = store_->WatchNext({}, std::string(32, '0'), head);
    ASSERT_TRUE(step.ok());
    EXPECT_EQ(step->position(), head);
  }

  store::TempDir temp_;
  store::TestStore store_{temp_ / "data"};
};

TEST_F(FeedDurableTest, NothingIsToldBeforeItIsSynced) {
  std::atomic<uint64_t> told{0};
  store_->OnAdvance([&](uint64_t head) { told = head; });
  ASSERT_TRUE(Submit("c-1").get().ok());
  for (uint64_t head = 1; head < 4; ++head) {
    TheGate().Close();
    Recorded waits = Submit(absl::StrCat("c-", head + 1));
    ASSERT_TRUE(TheGate().WaitForSync()) << "recorded without a sync";
    ExpectNothingAfter(head);
    EXPECT_EQ(told, head);
    EXPECT_EQ(waits.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
    TheGate().Open();
    EXPECT_EQ(waits.get()->position(), head + 1);
    EXPECT_EQ(store_->ReadFeed({}, head)->count, 1);
    EXPECT_EQ(told, head + 1);
  }
}

// What was acknowledged could then no longer be told after a power cut.
TEST_F(FeedDurableTest, NoteThatCannotBeSyncedStopsWrites) {
  TheGate().FailNote(true);
  ASSERT_TRUE(Submit("c-1").get().ok());
  ASSERT_TRUE(TheGate().WaitForFailedNote());
  absl::Status refused;
  for (int i = 2; refused.ok() && i < 1000; ++i) refused = Submit(absl::StrCat("c-", i)).get().status();
  EXPECT_TRUE(absl::StrContains(refused.message(), "note of what is acknowledged")) << refused;
  TheGate().FailNote(false);
}

TEST_F(FeedDurableTest, BatchIsThereWithAllItsFactsOrNot) {
  absl::Mutex mutex;
  std::vector<uint64_t> told;
  store_->OnAdvance([&](uint64_t head) {
    absl::MutexLock lock(&mutex);
    told.push_back(head);
  });
  std::atomic<bool> over{false};
  std::set<uint64_t> heads, positions;
  std::thread reader([&] {
    while (!over) {
      const auto frame = store_->ReadFeed({}, 0);
      if (!frame.ok()) continue;
      heads.insert(frame->head);
      positions.insert(frame->position);
    }
  });
  TheGate().Close();
  std::vector<Recorded> waiting;
  waiting.push_back(Submit("c-0"));
  EXPECT_TRUE(TheGate().WaitForSync());
  // The next group is applied while that one waits for the disk, and waits in
  // turn: what comes now gathers for the third.
  waiting.push_back(Submit("c-1"));
  while (store_->figures().queue_facts > 0) std::this_thread::yield();
  for (int i = 2; i <= 101; ++i) waiting.push_back(Submit(absl::StrCat("c-", i)));
  TheGate().Open();
  for (auto& one : waiting) EXPECT_TRUE(one.get().ok());
  over = true;
  reader.join();
  EXPECT_EQ(told, (std::vector<uint64_t>{1, 2, 102}));
  for (const auto& seen : {heads, positions}) {
    for (const uint64_t head : seen) EXPECT_TRUE(head <= 2 || head == 102) << head;
  }
}

}  // namespace
}  // namespace klantbeeld::service
