// Also tests: service/scrub_command.cc
// A scrub as an operator asks for it.
#include <gmock/gmock.h>
#include <rocksdb/options.h>
#include <rocksdb/sst_file_reader.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "klantbeeld/v1/maintenance_service.grpc.pb.h"
#include "tests/service/world.h"

namespace klantbeeld::service {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A scrub that was asked for and runs.
class Asked {
 public:
  Asked(const World& world, int mib_per_second)
      : stub_(v1::MaintenanceService::NewStub(world.channel)) {
    SetDeadline(context_, 120);
    v1::ScrubRequest request;
    request.set_mib_per_second(mib_per_second);
    stream_ = stub_->Scrub(&context_, request);
  }
  bool Next() { return stream_->Read(&last); }
  void Cancel() { context_.TryCancel(); }
  grpc::Status End() {
    while (Next()) {
    }
    return stream_->Finish();
  }

  v1::ScrubResponse last;

 private:
  std::unique_ptr<v1::MaintenanceService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<v1::ScrubResponse>> stream_;
};

class MaintenanceHandler : public testing::Test {
 protected:
  MaintenanceHandler() {
    for (int i = 0; i < 20; ++i) world_.RecordPhone(absl::StrCat("c-", i), "0612345678");
  }
  // So much that nothing compresses that a scrub at one MiB a second takes ten
  // seconds at least, however fast the machine.
  void RecordMuch() {
    std::minstd_rand random(1);
    for (int i = 0; i < 500; ++i) {
      v1::ContactEvent event = service::Call(absl::StrCat("much-", i));
      std::string note;
      for (int n = 0; n < 9000; ++n) note += static_cast<char>('!' + random() % 90);
      event.mutable_data()->set_note(note);
      ASSERT_TRUE(world_.Try(event).ok());
    }
  }
  std::string Left() const { return world_.server.dir() + "/data/scrub"; }
  // Damages a table of the journal, under the server: recording reads none of it.
  std::string Damage() {
    for (const auto& entry : fs::directory_iterator(world_.server.dir() + "/data/rows")) {
      if (entry.path().extension() != ".sst") continue;
      rocksdb::SstFileReader table({});
      if (!table.Open(entry.path()).ok() ||
          table.GetTableProperties()->column_family_name != "journal") {
        continue;
      }
      std::fstream bytes(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
      bytes.seekp(8);
      bytes << "damaged!";
      return entry.path();
    }
    ADD_FAILURE() << "no table of the journal";
    return "";
  }
  // The command's text and end.
  std::pair<std::string, absl::Status> Command(const Config& config) {
    CommandLine line;
    line.command = "scrub";
    line.mib_per_second = 100;
    testing::internal::CaptureStdout();
    absl::Status status = RunCommand(line, config);
    return {testing::internal::GetCapturedStdout(), std::move(status)};
  }

  World world_;
};

TEST_F(MaintenanceHandler, WholeStoreIsComparedAndTheCommandShowsIt) {
  Asked asked(world_, 0);
  ASSERT_TRUE(asked.End().ok());
  const v1::ScrubResult& result = asked.last.result();
  EXPECT_EQ(result.position(), 20u);
  EXPECT_GT(result.files(), 3u);
  EXPECT_GT(result.bytes(), 0u);
  EXPECT_EQ(result.rows_size(), 8);
  EXPECT_THAT(result.differences(), IsEmpty());
  const auto [text, status] = Command(world_.server.config());
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(text, AllOf(HasSubstr("20 facts"), HasSubstr("journal                20")));
  EXPECT_FALSE(fs::exists(Left()));
}

TEST_F(MaintenanceHandler, TableDamagedUnderneathIsNamedWhileItServes) {
  ASSERT_TRUE(Asked(world_, 0).End().ok());  // Brings everything into tables.
  const std::string table = Damage();
  Asked asked(world_, 0);
  ASSERT_TRUE(asked.End().ok());
  EXPECT_THAT(asked.last.result().differences(), ElementsAre(HasSubstr(table)));
  EXPECT_EQ(asked.last.result().position(), 0u);
  const auto [text, status] = Command(world_.server.config());
  EXPECT_THAT(text, testing::StartsWith(table));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("klantbeeld-server check"));
  world_.RecordPhone("after", "0612345678");
}

TEST_F(MaintenanceHandler, SecondIsRefusedAndACancelledOneLeavesNothing) {
  RecordMuch();
  Asked first(world_, 1);
  ASSERT_TRUE(first.Next());
  EXPECT_GT(first.last.progress().files_total(), 0u);
  Asked second(world_, 0);
  const grpc::Status refused = second.End();
  EXPECT_EQ(See(refused).reason, "OVERLOADED") << refused.error_message();
  EXPECT_TRUE(See(refused).retry);
  world_.RecordPhone("meanwhile", "0612345678");
  first.Cancel();
  EXPECT_EQ(first.End().error_code(), grpc::StatusCode::CANCELLED);
  // The caller knows at once, the server a moment later.
  grpc::Status third;
  do {
    third = Asked(world_, 0).End();
  } while (See(third).reason == "OVERLOADED");
  EXPECT_TRUE(third.ok()) << third.error_message();
  EXPECT_FALSE(fs::exists(Left()));
}

TEST_F(MaintenanceHandler, DrainEndsItAndLeavesNothing) {
  RecordMuch();
  Asked asked(world_, 1);
  ASSERT_TRUE(asked.Next());
  world_.server.Drain();
  const grpc::Status ended = asked.End();
  EXPECT_EQ(See(ended).reason, "RESTARTING") << ended.error_message();
  EXPECT_FALSE(fs::exists(Left()));
}

TEST_F(MaintenanceHandler, ImpossibleRateIsRefused) {
  EXPECT_EQ(See(Asked(world_, -1).End()).field, "mib_per_second");
  EXPECT_EQ(See(Asked(world_, 10'001).End()).field, "mib_per_second");
}

TEST_F(MaintenanceHandler, CommandWithoutServerSaysWhatToDo) {
  const Config config = world_.server.config();
  world_.server.Stop();
  const auto [text, status] = Command(config);
  EXPECT_EQ(text, "");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Start it"));
  EXPECT_EQ(Command(Config()).second.code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace klantbeeld::service
