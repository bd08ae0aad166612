// For builds with the thread sanitizer only: races that are there on purpose,
// each in a process of its own, which must end with the sanitizer's report; and
// the same with what orders it, which must not. Run as every other test is, so
// that nothing that keeps the sanitizer quiet also hides a race of ours.
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <cstdlib>
#include <functional>
#include <thread>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "klantbeeld/v1/contact.pb.h"
#include "store/sequencer.h"

namespace klantbeeld {

int planted = 0;

// Functions of ours, as they stand on top of the report's stack: not in a nameless
// namespace, for only then do the types of what they take and give stand there too.
[[gnu::noinline]] void PlantedWrite() { ++planted; }
[[gnu::noinline]] void PlantedTakesTheirTypes(absl::string_view text,
                                              const v1::Contact& contact) {
  planted += static_cast<int>(text.size()) + contact.events_size();
}
template <typename Value>
[[gnu::noinline]] absl::StatusOr<Value> PlantedGivesTheirTypes(Value value) {
  planted += value;
  return value;
}

namespace {

// What the sanitizer ends a process with.
constexpr int kReported = 66;

// Both, in no order.
void Race(const std::function<void()>& one, const std::function<void()>& other) {
  std::thread beside(one);
  other();
  beside.join();
  std::exit(0);
}
void RaceTwice(const std::function<void()>& one) { Race(one, one); }

class TsanDeathTest : public testing::Test {
 protected:
  TsanDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

#define EXPECT_REPORTED(statement, top)                    \
  EXPECT_EXIT(statement, testing::ExitedWithCode(kReported), \
              "WARNING: ThreadSanitizer: data race[^\n]*\n[^\n]*\n *#0 [^\n]*" top)
#define EXPECT_QUIET(statement) EXPECT_EXIT(statement, testing::ExitedWithCode(0), "^$")

TEST_F(TsanDeathTest, RaceOfOursIsReported) { EXPECT_REPORTED(RaceTwice(PlantedWrite), "Planted"); }

TEST_F(TsanDeathTest, RaceOfOursWithTypesOfOthersInItsNameIsReported) {
  EXPECT_REPORTED(RaceTwice([] { PlantedTakesTheirTypes("a", {}); }), "PlantedTakesTheirTypes");
  EXPECT_REPORTED(RaceTwice([] { PlantedGivesTheirTypes(1).IgnoreError(); }),
                  "PlantedGivesTheirTypes");
}

// Others call us, in a function that is compiled here or in a library of theirs.
TEST_F(TsanDeathTest, RaceOfOursThatOthersCallIsReported) {
  EXPECT_REPORTED(RaceTwice([] {
                    absl::AnyInvocable<void()> write = PlantedWrite;
                    write();
                  }),
                  "Planted");
  EXPECT_REPORTED(RaceTwice(std::bind(std::function<void()>(PlantedWrite))), "Planted");
  EXPECT_REPORTED(RaceTwice([] {
                    struct Hash {
                      size_t operator()(int value) const {
                        PlantedWrite();
                        return static_cast<size_t>(value);
                      }
                    };
                    absl::flat_hash_map<int, int, Hash>().emplace(1, 1);
                  }),
                  "Planted");
}

class PlantedReporter : public google::protobuf::util::MessageDifferencer::Reporter {
 public:
  using Path = std::vector<google::protobuf::util::MessageDifferencer::SpecificField>;
  using Message = google::protobuf::Message;
  void ReportAdded(const Message&, const Message&, const Path&) override { PlantedWrite(); }
  void ReportDeleted(const Message&, const Message&, const Path&) override { PlantedWrite(); }
  void ReportModified(const Message&, const Message&, const Path&) override { PlantedWrite(); }
};

TEST_F(TsanDeathTest, RaceOfOursThatProtobufCallsIsReported) {
  EXPECT_REPORTED(RaceTwice([] {
                    v1::Contact one, other;
                    one.set_incomplete(true);
                    PlantedReporter reporter;
                    google::protobuf::util::MessageDifferencer differencer;
                    differencer.ReportDifferencesTo(&reporter);
                    differencer.Compare(one, other);
                  }),
                  "Planted");
}

TEST_F(TsanDeathTest, RaceOfOursOnThreadsOfRocksDbIsReported) {
  const auto run = [] {
    rocksdb::Env* const env = rocksdb::Env::Default();
    env->StartThread([](void*) { PlantedWrite(); }, nullptr);
    env->StartThread([](void*) { PlantedWrite(); }, nullptr);
    env->WaitForJoin();
    std::exit(0);
  };
  EXPECT_REPORTED(run(), "Planted");
}

// The functions of others that are compiled here are watched as ours are.
TEST_F(TsanDeathTest, TwoThreadsInOneObjectOfOthersAreReported) {
  EXPECT_REPORTED(RaceTwice([] {
                    static v1::Contact contact;
                    contact.mutable_data()->add_parties();
                  }),
                  "");
  EXPECT_REPORTED(RaceTwice([] {
                    static absl::flat_hash_map<int, int> map;
                    map[1] = 1;
                  }),
                  "");
  EXPECT_REPORTED(RaceTwice([] {
                    static std::string text = "a";
                    text += "b";
                  }),
                  "");
}

TEST_F(TsanDeathTest, WrongLockIsReported) {
  EXPECT_REPORTED(RaceTwice([] {
                    absl::Mutex own;
                    absl::MutexLock lock(&own);
                    PlantedWrite();
                  }),
                  "Planted");
  EXPECT_REPORTED(RaceTwice([] {
                    static absl::Mutex mutex;
                    absl::ReaderMutexLock lock(&mutex);
                    PlantedWrite();
                  }),
                  "Planted");
  EXPECT_REPORTED(RaceTwice([] {
                    static absl::Mutex mutex;
                    { absl::MutexLock lock(&mutex); }
                    PlantedWrite();
                  }),
                  "Planted");
}

// Through code of ours and its locks, which order the other calls.
TEST_F(TsanDeathTest, RaceWithTheSequencersThreadIsReported) {
  const auto run = [](bool wait) {
    absl::Notification done;
    store::Sequencer sequencer({}, [](std::vector<store::Proposal>&) {
      PlantedWrite();
      return absl::StatusOr<store::Sequencer::Write>([] { return absl::OkStatus(); });
    }, absl::OkStatus);
    store::Proposal::Event event;
    event.done = [&](absl::StatusOr<v1::RecordContactEventResponse>) { done.Notify(); };
    if (!sequencer.Submit({std::move(event), 1}).ok()) std::exit(1);
    if (wait) done.WaitForNotification();
    PlantedWrite();
    if (!wait) done.WaitForNotification();
    std::exit(0);
  };
  EXPECT_REPORTED(run(false), "Planted");
  EXPECT_QUIET(run(true));
}

TEST_F(TsanDeathTest, WhatIsOrderedIsNot) {
  EXPECT_QUIET(RaceTwice([] {
    static absl::Mutex mutex;
    absl::MutexLock lock(&mutex);
    PlantedWrite();
  }));
  EXPECT_QUIET(({
    absl::Notification written;
    Race(
        [&] {
          PlantedWrite();
          written.Notify();
        },
        [&] {
          written.WaitForNotification();
          PlantedWrite();
        });
  }));
  EXPECT_QUIET(({
    absl::Mutex mutex;
    bool written = false;
    Race(
        [&] {
          PlantedWrite();
          absl::MutexLock lock(&mutex);
          written = true;
        },
        [&] {
          absl::MutexLock lock(&mutex);
          mutex.Await(absl::Condition(&written));
          PlantedWrite();
        });
  }));
  EXPECT_QUIET(({
    absl::Mutex mutex;
    absl::CondVar changed;
    bool written = false;
    Race(
        [&] {
          PlantedWrite();
          absl::MutexLock lock(&mutex);
          written = true;
          changed.Signal();
        },
        [&] {
          absl::MutexLock lock(&mutex);
          while (!written) changed.Wait(&mutex);
          PlantedWrite();
        });
  }));
}

}  // namespace
}  // namespace klantbeeld
