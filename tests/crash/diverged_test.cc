// A data directory that is not the one that was there before: restored and
// gone another way, older than what was acknowledged, or damaged. Followers
// are refused, not misled; the server does not serve what has a hole.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cpp/follower.h"
#include "tests/crash/history.h"
#include "tests/crash/load.h"
#include "tests/crash/server_process.h"

namespace klantbeeld::crash {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

// A server whose directory can be put aside and put back.
class DivergedTest : public ::testing::Test {
 protected:
  DivergedTest() {
    EXPECT_EQ(server_.Run("init").code, 0);
    Start();
  }
  ~DivergedTest() override { stop_.Request(); }

  void Start() {
    const auto refused = server_.Start();
    ASSERT_FALSE(refused) << refused->text;
    client_ = PatientClient(server_.address(), &stop_);
  }

  // Contact events whose ids begin with `name`.
  void Append(const std::string& name, int count) {
    for (int i = 0; i < count; ++i) {
      v1::ContactEvent event;
      event.set_source("desk");
      event.set_event_id(absl::StrCat(name, i));
      event.mutable_data()->set_channel(v1::CHANNEL_PHONE);
      event.mutable_data()->mutable_occurred_at()->set_seconds(1'740'000'000 + i);
      event.mutable_data()->set_note(std::string(200, 'n'));
      const auto reply = client_->Record(event);
      ASSERT_TRUE(reply.ok()) << reply.error().message;
    }
  }

  // The token that resumes behind what is there now.
  std::string TokenAtHead() {
    v1::FollowStart start;
    start.set_now(true);
    std::string token;
    Follow(start, [&](const v1::FollowResponse& frame) {
      token = frame.resume_token();
      return false;
    });
    return token;
  }

  // What comes behind a token, up to the head; or why nothing does.
  std::optional<client::Error> Resume(const std::string& token,
                                      std::vector<v1::FeedEvent>* facts = nullptr) {
    v1::FollowStart start;
    start.set_resume_token(token);
    return Follow(start, [&](const v1::FollowResponse& frame) {
      if (facts != nullptr) {
        facts->insert(facts->end(), frame.events().begin(), frame.events().end());
      }
      return frame.position() < frame.head();
    });
  }

  std::optional<client::Error> Follow(const v1::FollowStart& start,
                                      const client::Follower::OnFrame& on_frame) {
    const auto client = PatientClient(server_.address(), &stop_);
    return client::Follower(*client, start).Run(on_frame);
  }

  v1::ErrorReason ReasonOf(const std::optional<client::Error>& error) {
    return error ? error->reason : v1::ERROR_REASON_UNSPECIFIED;
  }

  std::string aside() const { return server_.data() + "-aside"; }
  void PutAside() {
    fs::remove_all(aside());
    fs::copy(server_.data(), aside(), fs::copy_options::recursive);
  }
  void PutBack() {
    fs::remove_all(server_.data());
    fs::copy(aside(), server_.data(), fs::copy_options::recursive);
  }

  // What the server says that does not start, and after that attempt neither.
  std::string Refusal() {
    const auto first = server_.Start();
    if (!first) return "served";
    const auto second = server_.Start();
    EXPECT_TRUE(second) << "refused only once: " << first->text;
    EXPECT_NE(first->code, 0);
    return first->text;
  }

  // The newest write-ahead log that holds something.
  std::string Wal() const {
    std::string newest;
    for (const auto& entry : fs::directory_iterator(server_.data() + "/rows")) {
      const bool log = entry.path().extension() == ".log" && entry.file_size() > 0;
      if (log && entry.path().string() > newest) newest = entry.path();
    }
    EXPECT_NE(newest, "");
    return newest;
  }

  ServerProcess server_{{"limits.bookmark_idle_ms=20"}};
  client::Stop stop_;
  std::unique_ptr<client::Client> client_;
};

TEST_F(DivergedTest, RestoredAndGoneAnotherWayRefusesTokensOfTheOtherWay) {
  Append("common", 20);
  const std::string common = TokenAtHead();
  ASSERT_EQ(server_.Stop(), 0);
  PutAside();
  Start();
  Append("first", 5);
  const std::string first = TokenAtHead();
  Append("first-", 15);
  const std::string first_end = TokenAtHead();
  ASSERT_EQ(server_.Stop(), 0);
  PutBack();
  Start();
  // Shorter than what the follower has seen.
  EXPECT_EQ(ReasonOf(Resume(first)), v1::ERROR_REASON_POSITION_AHEAD);
  Append("second", 10);
  // As long as it, and another history.
  EXPECT_EQ(ReasonOf(Resume(first)), v1::ERROR_REASON_LOG_DIVERGED);
  EXPECT_EQ(ReasonOf(Resume(first_end)), v1::ERROR_REASON_POSITION_AHEAD);
  Append("third", 20);
  EXPECT_EQ(ReasonOf(Resume(first_end)), v1::ERROR_REASON_LOG_DIVERGED);
  std::vector<v1::FeedEvent> facts;
  const auto error = Resume(common, &facts);
  EXPECT_FALSE(error) << error->message;
  ASSERT_EQ(facts.size(), 30u);
  EXPECT_EQ(facts[0].position(), 21u);
  EXPECT_EQ(facts[0].event().event_id(), "second0");
}

// The same facts, recorded at another time, are another history too.
TEST_F(DivergedTest, SameEventsAppendedAgainAreAnotherHistory) {
  Append("common", 5);
  ASSERT_EQ(server_.Stop(), 0);
  PutAside();
  Start();
  Append("same", 5);
  const std::string token = TokenAtHead();
  ASSERT_EQ(server_.Stop(), 0);
  PutBack();
  Start();
  Append("same", 5);
  EXPECT_EQ(ReasonOf(Resume(token)), v1::ERROR_REASON_LOG_DIVERGED);
}

TEST_F(DivergedTest, FollowerThatStayedConnectedIsRefusedAfterTheRestore) {
  Append("common", 5);
  ASSERT_EQ(server_.Stop(), 0);
  PutAside();
  Start();
  Append("first", 5);
  bool restored = false;
  v1::FollowStart start;
  start.set_position(0);
  const auto error = Follow(start, [&](const v1::FollowResponse& frame) {
    if (frame.position() < 10) return true;
    EXPECT_FALSE(restored) << "served over the restore";
    server_.Kill();
    PutBack();
    Start();
    Append("second", 7);
    restored = true;
    return true;
  });
  EXPECT_EQ(ReasonOf(error), v1::ERROR_REASON_LOG_DIVERGED);
}

TEST_F(DivergedTest, TokenOfAnotherStoreIsForeign) {
  Append("mine", 5);
  const std::string token = TokenAtHead();
  ASSERT_EQ(server_.Stop(), 0);
  fs::remove_all(server_.data());
  ASSERT_EQ(server_.Run("init").code, 0);
  Start();
  Append("mine", 5);
  EXPECT_EQ(ReasonOf(Resume(token)), v1::ERROR_REASON_LOG_FOREIGN);
}

TEST_F(DivergedTest, RowsOlderThanAcknowledgedAreRefused) {
  Append("common", 20);
  ASSERT_EQ(server_.Stop(), 0);
  PutAside();
  Start();
  Append("later", 15);
  ASSERT_EQ(server_.Stop(), 0);
  fs::remove_all(server_.data() + "/rows");
  fs::copy(aside() + "/rows", server_.data() + "/rows", fs::copy_options::recursive);
  const std::string refusal = Refusal();
  EXPECT_THAT(refusal,
              AllOf(HasSubstr("journal ends at position 20"), HasSubstr("acknowledged was 35"),
                    HasSubstr("15 acknowledged facts are missing")));
}

TEST_F(DivergedTest, RowsOfAnotherHistoryThanAcknowledgedAreRefused) {
  Append("common", 5);
  ASSERT_EQ(server_.Stop(), 0);
  PutAside();
  Start();
  Append("first", 5);
  ASSERT_EQ(server_.Stop(), 0);
  const std::string kept = aside() + "-acknowledged";
  fs::copy_file(server_.data() + "/acknowledged", kept, fs::copy_options::overwrite_existing);
  PutBack();
  Start();
  Append("second", 9);
  ASSERT_EQ(server_.Stop(), 0);
  fs::copy_file(kept, server_.data() + "/acknowledged", fs::copy_options::overwrite_existing);
  const std::string refusal = Refusal();
  EXPECT_THAT(refusal, HasSubstr("the journal is not the one that was acknowledged"));
  EXPECT_THAT(refusal, HasSubstr("at position 10"));
}

// A tail that is cut off looks like the tail that a power cut tears off; what
// was acknowledged tells them apart.
TEST_F(DivergedTest, WriteAheadLogCutShortIsRefused) {
  Append("event", 60);
  server_.Kill();
  fs::resize_file(Wal(), fs::file_size(Wal()) / 2);
  const std::string refusal = Refusal();
  EXPECT_THAT(refusal, AllOf(HasSubstr("journal ends at position "),
                             HasSubstr("acknowledged was 60"), HasSubstr("are missing")));
}

TEST_F(DivergedTest, WriteAheadLogWithAPieceCutOutIsRefused) {
  Append("event", 60);
  server_.Kill();
  const auto size = fs::file_size(Wal());
  const int log = open(Wal().c_str(), O_RDWR | O_CLOEXEC);
  std::string rest(size / 3, '\0');
  ASSERT_EQ(pread(log, rest.data(), rest.size(), static_cast<off_t>(size - rest.size())),
            static_cast<ssize_t>(rest.size()));
  ASSERT_EQ(pwrite(log, rest.data(), rest.size(), static_cast<off_t>(size / 3)),
            static_cast<ssize_t>(rest.size()));
  ASSERT_EQ(ftruncate(log, static_cast<off_t>(size / 3 + rest.size())), 0);
  close(log);
  const std::string refusal = Refusal();
  EXPECT_THAT(refusal, AnyOf(HasSubstr("Corruption"), HasSubstr("are missing")));
}

TEST_F(DivergedTest, WriteAheadLogWithAFlippedBitIsRefused) {
  Append("event", 60);
  server_.Kill();
  const auto middle = static_cast<off_t>(fs::file_size(Wal()) / 2);
  const int log = open(Wal().c_str(), O_RDWR | O_CLOEXEC);
  char byte = 0;
  ASSERT_EQ(pread(log, &byte, 1, middle), 1);
  byte = static_cast<char>(byte ^ 1);
  ASSERT_EQ(pwrite(log, &byte, 1, middle), 1);
  close(log);
  const std::string refusal = Refusal();
  EXPECT_THAT(refusal, AnyOf(HasSubstr("Corruption"), HasSubstr("are missing")));
}

TEST_F(DivergedTest, WriteAheadLogGoneIsRefused) {
  Append("event", 60);
  server_.Kill();
  fs::remove(Wal());
  const std::string refusal = Refusal();
  EXPECT_THAT(refusal, AnyOf(HasSubstr("Corruption"), HasSubstr("are missing")));
}

}  // namespace
}  // namespace klantbeeld::crash
