#include "service/registry/open.h"

#include <gmock/gmock.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "tests/service/events.h"
#include "tests/service/registry/brp_server.h"
#include "tests/service/running_server.h"

namespace klantbeeld::registry {
namespace {

using service::Override;
using service::RunningServer;
using testing::HasSubstr;

class RegistryFile : public testing::Test {
 protected:
  RegistryFile() {
    std::string name = std::filesystem::temp_directory_path() / "kb-reg-XXXXXX";
    dir_ = mkdtemp(name.data());
  }
  ~RegistryFile() override { std::filesystem::remove_all(dir_); }

  std::string Write(const std::string& text) {
    std::ofstream(dir_ + "/persons.csv") << text;
    return dir_ + "/persons.csv";
  }

  std::string dir_;
};

TEST_F(RegistryFile, SettingsOpenTheFileTheBrpOrNothing) {
  const auto clock = [] { return absl::UnixEpoch(); };
  Settings settings;
  const auto none = Open(settings, clock);
  ASSERT_TRUE(none.ok());
  EXPECT_EQ(*none, nullptr);
  settings.file = Write("bsn\n999990019\n");
  EXPECT_NE(*Open(settings, clock), nullptr);
  settings.file = dir_ + "/absent";
  EXPECT_THAT(std::string(Open(settings, clock).status().message()),
              HasSubstr("absent: cannot be read"));
  settings = {};
  settings.url = "http://127.0.0.1:1";
  settings.key_file = Write("secret word\n");
  EXPECT_THAT(std::string(Open(settings, clock).status().message()), HasSubstr("chmod 600"));
  std::filesystem::permissions(settings.key_file, std::filesystem::perms::owner_read);
  EXPECT_THAT(std::string(Open(settings, clock).status().message()), HasSubstr("one word"));
  std::filesystem::remove(settings.key_file);
  EXPECT_THAT(std::string(Open(settings, clock).status().message()), HasSubstr("cannot be read"));
  std::filesystem::permissions(Write("secret\n"), std::filesystem::perms::owner_read);
  EXPECT_NE(*Open(settings, clock), nullptr);
  settings.certificate = dir_ + "/absent";
  EXPECT_THAT(std::string(Open(settings, clock).status().message()),
              HasSubstr("registry.certificate = "));
}

// A call by somebody who logged in.
v1::ContactEvent Visit(const std::string& id, const std::string& bsn) {
  v1::ContactEvent event = service::Call(id);
  v1::Identifier& identifier = *event.mutable_data()->mutable_parties(0)->mutable_identifiers(0);
  identifier = service::Number(v1::IDENTIFIER_TYPE_BSN, bsn);
  identifier.set_verified(v1::VERIFIED_BY_DIGID);
  return event;
}

// Waits until the store has this position.
grpc::Status Reach(const std::shared_ptr<grpc::Channel>& channel, const std::string& id,
                   uint64_t position) {
  auto stub = v1::ContactService::NewStub(channel);
  v1::GetContactRequest request;
  request.mutable_ref()->set_source("exchange");
  request.mutable_ref()->set_id(id);
  request.set_min_position(position);
  v1::GetContactResponse response;
  return service::Call(*stub, &v1::ContactService::Stub::GetContact, request, &response);
}

// Records all in one stream; the position of each.
std::vector<uint64_t> RecordStream(const std::shared_ptr<grpc::Channel>& channel,
                                   const std::vector<v1::ContactEvent>& events) {
  auto stub = v1::ContactService::NewStub(channel);
  grpc::ClientContext context;
  service::SetDeadline(context);
  auto stream = stub->RecordContactEvents(&context);
  v1::RecordContactEventsRequest batch;
  for (const auto& event : events) *batch.add_events() = event;
  EXPECT_TRUE(stream->Write(batch));
  stream->WritesDone();
  std::vector<uint64_t> positions;
  v1::RecordContactEventsResponse response;
  while (stream->Read(&response)) {
    for (const auto& result : response.results()) {
      EXPECT_EQ(result.index(), positions.size());
      positions.push_back(result.recorded().position());
    }
  }
  EXPECT_TRUE(stream->Finish().ok());
  return positions;
}

TEST_F(RegistryFile, ServerStartsWithItAndRecords) {
  const RunningServer server({{"registry.file", Write("bsn\n999990019\n")}});
  const auto channel = server.Connect();
  EXPECT_GE(service::Record(channel, Visit("c-1", "999990019")), 1u);
  EXPECT_EQ(RecordStream(channel, {Visit("c-2", "999990019"), Visit("c-3", "999990020")}).size(), 2u);
  auto stub = v1::InfoService::NewStub(channel);
  v1::GetServerInfoResponse info;
  EXPECT_TRUE(service::Call(*stub, &v1::InfoService::Stub::GetServerInfo,
                            v1::GetServerInfoRequest(), &info)
                  .ok());
  EXPECT_THAT(info.enabled(), testing::Contains("registry"));
}

TEST_F(RegistryFile, ServerDoesNotStartWithOneThatIsWrong) {
  RunningServer server;
  server.Stop();
  service::Config config = server.config();
  config.registry.file = Write("bsn\n999990018\n");
  const absl::Status status = service::Server::Start(config).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("persons.csv, line 2, bsn: "));
}

TEST_F(RegistryFile, AnswerIsAFactJustBeforeTheEvent) {
  const RunningServer server({{"registry.file", Write("bsn\n999990019\n")}});
  const auto channel = server.Connect();
  EXPECT_EQ(service::Record(channel, Visit("c-1", "999990019")), 2u);
  EXPECT_EQ(service::Record(channel, Visit("c-2", "999990019")), 3u);
  EXPECT_EQ(service::Record(channel, Visit("c-3", "999990020")), 5u);  // Nobody: an answer too.
  EXPECT_EQ(service::Record(channel, service::Call("c-4")), 6u);
}

class RegistryFileQueue : public RegistryFile, public testing::WithParamInterface<std::string> {};

// With a queue that is mostly full, too: answers wait for room as events do.
TEST_P(RegistryFileQueue, StreamIsAskedAboutAheadAndKeepsItsOrder) {
  const RunningServer server({{"registry.file", Write("bsn\n999990019\n")},
                              {"store.queue_kib", GetParam()},
                              {"store.group_kib", GetParam()}});
  std::vector<v1::ContactEvent> events;
  const std::vector<std::string> bsns = {"999990019", "999990020", "999990032"};
  for (size_t i = 0; i < 300; ++i) {
    events.push_back(Visit(absl::StrCat("c-", i), bsns[i % bsns.size()]));
  }
  const auto positions = RecordStream(server.Connect(), events);
  ASSERT_EQ(positions.size(), 300u);
  for (size_t i = 0; i < positions.size(); ++i) EXPECT_EQ(positions[i], i + 4);
}

INSTANTIATE_TEST_SUITE_P(KiB, RegistryFileQueue, testing::Values("2", "4096"));

TEST_F(RegistryFile, IngestGoesOnInAnOutageAndTheAnswerComesAfterIt) {
  auto brp = std::make_unique<BrpServer>();
  const int port = brp->port();
  const std::string url = brp->Url("brp");
  brp.reset();
  const RunningServer server({{"registry.url", url}});
  const auto channel = server.Connect();
  EXPECT_EQ(service::Record(channel, Visit("c-1", "999990019")), 1u);
  const BrpServer again(port);
  EXPECT_TRUE(Reach(channel, "c-1", 2).ok());
  // It answers now, so the next is asked about before it is recorded.
  EXPECT_EQ(service::Record(channel, Visit("c-2", "999990020")), 4u);
}

TEST_F(RegistryFile, SlowRegistryHoldsAnEventForItsBudgetOnly) {
  const BrpServer brp;
  const RunningServer server({{"registry.url", brp.Url("slow")},
                              {"registry.budget_ms", "50"},
                              {"registry.timeout_ms", "60000"}});
  const auto channel = server.Connect();
  EXPECT_EQ(service::Record(channel, Visit("c-1", "999990019")), 1u);
  EXPECT_EQ(RecordStream(channel, {Visit("c-2", "999990020")}), std::vector<uint64_t>{2});
}

}  // namespace
}  // namespace klantbeeld::registry
