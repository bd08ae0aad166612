#include "service/model_commands.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>

#include <fstream>
#include <iterator>

#include "klantbeeld/v1/backup_service.grpc.pb.h"
#include "store/identity/model.h"
#include "tests/service/follower.h"
#include "tests/service/running_server.h"

namespace klantbeeld::service {
namespace {

using testing::HasSubstr;

// Joins nobody by what he states.
std::string Strict() {
  auto file = store::ShippedModel().file;
  file.set_name("strict");
  file.set_link(6000);
  file.set_suggest(-200);
  std::string json;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(file, &json).ok());
  return json;
}

std::string TextOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class ModelCommandsTest : public testing::Test {
 protected:
  ModelCommandsTest() : server_({{"backups", BackupsIn(dir_)}}) {
    std::ofstream(dir_ + "/strict.json") << Strict();
    std::ofstream(dir_ + "/none.json") << "{\"name\": \"none\"}";
  }
  ~ModelCommandsTest() override { std::filesystem::remove_all(dir_); }

  static std::string BackupsIn(std::string& dir) {
    std::string name = std::filesystem::temp_directory_path() / "kb-model-XXXXXX";
    dir = mkdtemp(name.data());
    return dir + "/backups";
  }

  // Two visits of one, as they filled in the form, and others'.
  void RecordPeople() {
    std::vector<v1::ContactEvent> events = Calls(0, 118);
    for (const char* id : {"a", "b"}) {
      v1::ContactEvent& event = events.emplace_back(Call(id));
      v1::Party& party = *event.mutable_data()->mutable_parties(0);
      party.clear_identifiers();
      auto& details = *party.mutable_details();
      details.set_surname("Verhulsdonck");
      details.set_first_names("Noor");
      details.mutable_birth_date()->set_year(1984);
      details.mutable_birth_date()->set_month(4);
      details.mutable_birth_date()->set_day(12);
      if (*id == 'a') details.mutable_address()->set_postcode("1234AB");
    }
    ASSERT_EQ(RecordAll(server_.Connect(), events), 120);
  }
  std::string CitizenOf(const char* id, uint64_t min_position = 0) {
    auto stub = v1::ContactService::NewStub(server_.Connect());
    v1::GetContactRequest request;
    request.mutable_ref()->set_source("exchange");
    request.mutable_ref()->set_id(id);
    request.set_min_position(min_position);
    v1::GetContactResponse response;
    const auto status = Call(*stub, &v1::ContactService::Stub::GetContact, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.contact().citizens_size() == 1 ? response.contact().citizens(0).citizen_id()
                                                   : "";
  }
  v1::GetServerInfoResponse Info() {
    auto stub = v1::InfoService::NewStub(server_.Connect());
    v1::GetServerInfoResponse info;
    EXPECT_TRUE(Call(*stub, &v1::InfoService::Stub::GetServerInfo, v1::GetServerInfoRequest(),
                     &info).ok());
    return info;
  }
  std::string Backup() {
    auto stub = v1::BackupService::NewStub(server_.Connect());
    v1::CreateBackupResponse response;
    EXPECT_TRUE(Call(*stub, &v1::BackupService::Stub::CreateBackup, v1::CreateBackupRequest(),
                     &response).ok());
    return response.backup().id();
  }

  CommandLine Line(const char* command) {
    CommandLine line;
    line.command = command;
    line.model_file = dir_ + "/strict.json";
    line.reason = "a test";
    return line;
  }
  // What it prints, or its error.
  std::string Run(const CommandLine& line) {
    testing::internal::CaptureStdout();
    const absl::Status status = RunCommand(line, server_.config());
    std::fflush(stdout);
    const std::string printed = testing::internal::GetCapturedStdout();
    return status.ok() ? printed : std::string(status.message());
  }

  std::string dir_;
  RunningServer server_;
};

TEST_F(ModelCommandsTest, ReportSaysWhatWouldChangeAndChangesNothing) {
  RecordPeople();
  ASSERT_EQ(CitizenOf("a"), CitizenOf("b"));
  CommandLine line = Line("model report");
  const std::string in_use = Run(line);  // It is whole: nothing is to be restored.
  EXPECT_THAT(in_use, HasSubstr("is in use by another program"));
  EXPECT_THAT(in_use, testing::Not(HasSubstr("estore")));
  line.backup_id = Backup();
  const std::string of_backup = Run(line);
  EXPECT_THAT(of_backup, HasSubstr("0 made of several, 1 become several"));
  EXPECT_THAT(of_backup, HasSubstr("1 new, 0 no longer"));
  EXPECT_THAT(of_backup, HasSubstr("contacts that go to another citizen: 1\n"));
  server_.Stop();
  line.backup_id.clear();
  EXPECT_EQ(Run(line), of_backup);
  line.model_file.clear();
  EXPECT_THAT(Run(line), HasSubstr("0 made of several, 0 become several"));
  server_.Start();
  EXPECT_EQ(CitizenOf("a"), CitizenOf("b"));
  EXPECT_EQ(Info().head(), 120u);
}

TEST_F(ModelCommandsTest, TheServerGoesOverToTheAdoptedModelWhileItServes) {
  RecordPeople();
  server_.Stop();
  EXPECT_THAT(Run(Line("model adopt")), HasSubstr("is in effect from position 121 on\nthe server "
                                                  "compares the contacts of 120 facts"));
  EXPECT_THAT(Run(Line("model adopt")), HasSubstr("is in effect already"));
  EXPECT_THAT(Run(Line("model show")), HasSubstr("adopted at position 121\ncontacts of 120 facts"));
  server_.Start();
  // Two slices.
  EXPECT_NE(CitizenOf("a", 123), CitizenOf("b", 123));
  const v1::GetServerInfoResponse info = Info();
  EXPECT_EQ(info.model(), store::ParseModel(Strict())->version);
  EXPECT_EQ(info.shipped_model(), store::ShippedModel().version);
  EXPECT_EQ(info.model_facts_left(), 0u);
  Follower follower(server_);
  follower.StartAt(120);
  std::vector<v1::FactKind> kinds;
  for (const auto& fact : follower.Catch(123)) kinds.push_back(fact.kind());
  EXPECT_THAT(kinds, testing::ElementsAre(v1::FACT_KIND_ADOPT_MODEL, v1::FACT_KIND_REDERIVE,
                                          v1::FACT_KIND_REDERIVE));
}

TEST_F(ModelCommandsTest, ShowWritesTheModelInEffectButOverNoFile) {
  server_.Stop();
  CommandLine show = Line("model show");
  show.write = dir_ + "/written.json";
  EXPECT_THAT(Run(show), HasSubstr("since the store was made"));
  EXPECT_EQ(TextOf(show.write), store::ShippedModelFile());
  Run(Line("model adopt"));
  EXPECT_THAT(Run(show), HasSubstr("--write: cannot make"));
  EXPECT_EQ(TextOf(show.write), store::ShippedModelFile());
  show.write = dir_ + "/strict-again.json";
  EXPECT_THAT(Run(show), HasSubstr("adopted at position 1\n"));
  EXPECT_EQ(TextOf(show.write), Strict());
}

TEST_F(ModelCommandsTest, WhatIsWrongIsNamedAndNothingAdopted) {
  server_.Stop();
  CommandLine line = Line("model adopt");
  line.model_file = dir_ + "/absent.json";
  EXPECT_THAT(Run(line), HasSubstr("--model: cannot read"));
  line.model_file = dir_ + "/none.json";
  EXPECT_THAT(Run(line), HasSubstr("model: population must be 2 or more"));
  line = Line("model adopt");
  line.reason = "caf\xe9";
  EXPECT_THAT(Run(line), HasSubstr("reason: must be UTF-8 text"));
  line = Line("model report");
  line.backup_id = "20260101T000000.000Z-1";
  EXPECT_THAT(Run(line), HasSubstr("there is no directory"));
  server_.Start();
  EXPECT_EQ(Info().head(), 0u);
}

TEST(ModelCommandLine, NamesTheCommandUnderIt) {
  const char* report[] = {"klantbeeld-server", "model", "report", "--model", "f", "--id", "x",
                          "--data", "/d"};
  const auto line = ReadCommandLine(9, report);
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->command, "model report");
  EXPECT_EQ(line->model_file, "f");
  EXPECT_EQ(line->backup_id, "x");
  EXPECT_EQ(line->settings, (std::vector<Override>{{"data", "/d"}}));
  const char* bare[] = {"klantbeeld-server", "model"};
  EXPECT_FALSE(ReadCommandLine(2, bare).ok());
  const char* unreasoned[] = {"klantbeeld-server", "model", "adopt"};
  EXPECT_FALSE(ReadCommandLine(3, unreasoned).ok());
}

}  // namespace
}  // namespace klantbeeld::service
