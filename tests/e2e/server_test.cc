// The server program, from outside: its commands, its socket, its signals.
#include <chrono>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "klantbeeld/v1/citizen_service.grpc.pb.h"
#include "klantbeeld/v1/contact_service.grpc.pb.h"
#include "klantbeeld/v1/feed_service.grpc.pb.h"
#include "klantbeeld/v1/info_service.grpc.pb.h"
#include "tests/e2e/server_process.h"
#include "tests/service/events.h"

namespace klantbeeld::e2e {
namespace {

constexpr char kBsn[] = "999990019";

v1::ContactEvent Visit(const std::string& id) {
  v1::ContactEvent event = service::Call(id);
  v1::Identifier& bsn = *event.mutable_data()->mutable_parties(0)->mutable_identifiers(0);
  bsn = service::Number(v1::IDENTIFIER_TYPE_BSN, kBsn);
  bsn.set_verified(v1::VERIFIED_BY_ID_DOCUMENT);
  return event;
}

class ServerE2e : public testing::Test {
 protected:
  void SetUp() override { server.Init(); }

  void SetDeadline(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  }
  uint64_t Record(const v1::ContactEvent& event) {
    v1::RecordContactEventRequest request;
    *request.mutable_event() = event;
    v1::RecordContactEventResponse response;
    grpc::ClientContext context;
    SetDeadline(context);
    context.set_wait_for_ready(true);
    const auto stub = v1::ContactService::NewStub(server.Connect());
    const grpc::Status status = stub->RecordContactEvent(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.position();
  }
  // The timeline of the one whom kBsn finds.
  v1::ListTimelineResponse Timeline() {
    const auto stub = v1::CitizenService::NewStub(server.Connect());
    v1::FindCitizensRequest find;
    *find.mutable_identifier() = service::Number(v1::IDENTIFIER_TYPE_BSN, kBsn);
    v1::FindCitizensResponse found;
    grpc::ClientContext finding;
    SetDeadline(finding);
    EXPECT_TRUE(stub->FindCitizens(&finding, find, &found).ok());
    v1::ListTimelineResponse page;
    if (found.citizens().empty()) return page;
    v1::ListTimelineRequest list;
    list.set_citizen_id(found.citizens(0).id());
    grpc::ClientContext listing;
    SetDeadline(listing);
    EXPECT_TRUE(stub->ListTimeline(&listing, list, &page).ok());
    return page;
  }
  // The first frame of facts for this start.
  v1::FollowResponse Follow(const v1::FollowRequest& start) {
    const auto stub = v1::FeedService::NewStub(server.Connect());
    grpc::ClientContext context;
    SetDeadline(context);
    const auto stream = stub->Follow(&context);
    stream->Write(start);
    v1::FollowResponse frame;
    while (stream->Read(&frame) && frame.events().empty()) {
    }
    context.TryCancel();
    return frame;
  }

  ServerProcess server;
};

TEST_F(ServerE2e, RecordedIsInTimelineAndFeedAndSurvivesKill) {
  server.Start();
  EXPECT_EQ(Record(Visit("c-1")), 1u);
  EXPECT_EQ(Timeline().entries_size(), 1);
  v1::FollowRequest start;
  start.mutable_start()->set_position(0);
  const std::string token = Follow(start).resume_token();
  EXPECT_EQ(server.Kill(SIGKILL), 128 + SIGKILL);

  server.Start();  // The socket file of the killed one is replaced.
  EXPECT_EQ(Record(Visit("c-1")), 1u);
  EXPECT_EQ(Record(Visit("c-2")), 2u);
  EXPECT_EQ(Timeline().entries_size(), 2);
  start.mutable_start()->set_resume_token(token);
  EXPECT_EQ(Follow(start).events(0).position(), 2u);
}

TEST_F(ServerE2e, TermEndsWithinFiveSecondsWithStreamsOpen) {
  server.Start();
  Record(Visit("c-1"));
  const auto feed = v1::FeedService::NewStub(server.Connect());
  grpc::ClientContext following;
  SetDeadline(following);
  const auto follower = feed->Follow(&following);
  v1::FollowRequest start;
  start.mutable_start()->set_position(0);
  follower->Write(start);
  v1::FollowResponse frame;
  ASSERT_TRUE(follower->Read(&frame));
  const auto contacts = v1::ContactService::NewStub(server.Connect());
  grpc::ClientContext recording;
  SetDeadline(recording);
  const auto recorder = contacts->RecordContactEvents(&recording);
  v1::RecordContactEventsRequest batch;
  *batch.add_events() = Visit("c-2");
  recorder->Write(batch);
  v1::RecordContactEventsResponse results;
  ASSERT_TRUE(recorder->Read(&results));

  const absl::Time told = absl::Now();
  EXPECT_EQ(server.Kill(SIGTERM), 0);
  EXPECT_LT(absl::Now() - told, absl::Seconds(5));
  while (follower->Read(&frame)) {
  }
  EXPECT_EQ(follower->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  while (recorder->Read(&results)) {
  }
  EXPECT_EQ(recorder->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ServerE2e, LogIsJsonWithoutWhatCallersSent) {
  server.Start({"--log", "debug"});
  v1::ContactEvent event = Visit("c-1");
  event.mutable_data()->set_note("Zegt dat hij Willemstein heet");
  Record(event);
  event.set_event_id("c-2");
  event.mutable_data()->set_language("Willemstein");
  v1::RecordContactEventRequest request;
  *request.mutable_event() = event;
  v1::RecordContactEventResponse response;
  grpc::ClientContext context;
  SetDeadline(context);
  const auto stub = v1::ContactService::NewStub(server.Connect());
  EXPECT_FALSE(stub->RecordContactEvent(&context, request, &response).ok());
  EXPECT_EQ(server.Kill(SIGTERM), 0);
  const std::string log = server.Log();
  EXPECT_EQ(log.find("Willemstein"), std::string::npos);
  EXPECT_EQ(log.find(kBsn), std::string::npos);
  int lines = 0;
  for (const absl::string_view line : absl::StrSplit(log, '\n', absl::SkipEmpty())) {
    ++lines;
    EXPECT_TRUE(nlohmann::json::accept(line.begin(), line.end())) << line;
  }
  EXPECT_GT(lines, 2);
}

TEST_F(ServerE2e, SecondServerOnTheStoreIsRefused) {
  server.Start();
  std::vector<std::string> arguments = server.Places();
  arguments.insert(arguments.end(), {"--socket", server.dir() + "/other"});
  const Ran second = server.Run(arguments);
  EXPECT_NE(second.exit_code, 0);
  EXPECT_FALSE(second.err.empty());
}

TEST_F(ServerE2e, CheckRebuildAndDumpOfWhatWasServed) {
  server.Start();
  for (int i = 0; i < 20; ++i) Record(Visit(absl::StrCat("c-", i)));
  EXPECT_EQ(server.Kill(SIGTERM), 0);
  const auto run = [this](std::vector<std::string> arguments) {
    const auto places = server.Places();
    arguments.insert(arguments.end(), places.begin(), places.end());
    return server.Run(arguments);
  };
  EXPECT_EQ(run({"check"}).exit_code, 0);
  const std::string before = run({"dump", "--canonical"}).out;
  EXPECT_EQ(run({"rebuild"}).exit_code, 0);
  EXPECT_EQ(run({"dump", "--canonical"}).out, before);
  EXPECT_EQ(run({"check"}).exit_code, 0);
}

// Else the store's files would take their numbers, and the log be written into
// them.
TEST_F(ServerE2e, ClosedStandardFilesAreNobodyElses) {
  server.Start({}, ServerProcess::Files::kClosed);
  for (const char* file : {"0", "1", "2"}) {
    const std::string link = "/proc/" + std::to_string(server.pid()) + "/fd/" + file;
    EXPECT_EQ(std::filesystem::read_symlink(link), "/dev/null");
  }
  EXPECT_EQ(server.Kill(SIGTERM), 0);
}

TEST_F(ServerE2e, AnswerThatCannotBeWrittenIsAFailure) {
  for (const char* command :
       {"--version", "--help", "check-config --data /d --keys /k --socket /s"})
    EXPECT_EQ(WEXITSTATUS(std::system(
                  (std::string(KLANTBEELD_SERVER) + " " + command + " >/dev/full").c_str())),
              1)
        << command;
}

TEST_F(ServerE2e, WrongUseSaysWhatIsWrong) {
  EXPECT_EQ(server.Run({"--version"}).exit_code, 0);
  EXPECT_NE(server.Run({"--help"}).out.find("--socket"), std::string::npos);
  const Ran nothing = server.Run({});
  EXPECT_EQ(nothing.exit_code, 64);
  EXPECT_NE(nothing.err.find("data: is required"), std::string::npos);
  const Ran open =
      server.Run({"--data", "/d", "--keys", "/k", "--tcp", "0.0.0.0:1", "check-config"});
  EXPECT_EQ(open.exit_code, 64);
  EXPECT_NE(open.err.find("tcp = \"0.0.0.0:1\""), std::string::npos);
  const Ran shown = server.Run({"check-config", "--data", "/d", "--keys", "/k", "--socket", "/s"});
  EXPECT_EQ(shown.exit_code, 0);
  EXPECT_NE(shown.out.find("followers_max = 1000"), std::string::npos);
}

}  // namespace
}  // namespace klantbeeld::e2e
