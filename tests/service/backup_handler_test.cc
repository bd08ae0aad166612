// Backups as a caller asks for them.
#include <gmock/gmock.h>

#include <filesystem>

#include "klantbeeld/v1/backup_service.grpc.pb.h"
#include "store/backup.h"
#include "tests/service/world.h"

namespace klantbeeld::service {
namespace {

class BackupHandler : public testing::Test {
 protected:
  BackupHandler() {
    std::string name = std::filesystem::temp_directory_path() / "kb-backup-XXXXXX";
    directory_ = mkdtemp(name.data());
    world_ = std::make_unique<World>(std::vector<Override>{{"backups", directory_ + "/made"}});
    stub_ = v1::BackupService::NewStub(world_->channel);
  }
  ~BackupHandler() override {
    world_.reset();
    std::filesystem::remove_all(directory_);
  }
  v1::CreateBackupResponse Create() {
    v1::CreateBackupResponse response;
    const grpc::Status status = service::Call(*stub_, &v1::BackupService::Stub::CreateBackup,
                                              v1::CreateBackupRequest(), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  std::vector<std::string> Ids() {
    v1::ListBackupsResponse response;
    EXPECT_TRUE(service::Call(*stub_, &v1::BackupService::Stub::ListBackups,
                              v1::ListBackupsRequest(), &response)
                    .ok());
    std::vector<std::string> ids;
    for (const auto& backup : response.backups()) ids.push_back(backup.id());
    return ids;
  }

  std::string directory_;
  std::unique_ptr<World> world_;
  std::unique_ptr<v1::BackupService::Stub> stub_;
};

TEST_F(BackupHandler, IsMadeWhereTheConfigurationSaysAndListed) {
  EXPECT_THAT(Ids(), testing::IsEmpty());
  world_->RecordPhone("c-1", "0612345678");
  const auto first = Create();
  world_->RecordPhone("c-2", "0612345678");
  const auto second = Create();
  EXPECT_EQ(first.backup().position(), 1u);
  EXPECT_EQ(second.backup().position(), 2u);
  EXPECT_GT(second.backup().bytes(), 0u);
  EXPECT_GE(second.backup().made_at().seconds(), second.backup().recorded_at().seconds());
  EXPECT_EQ(first.directory(), directory_ + "/made/" + first.backup().id());
  EXPECT_TRUE(std::filesystem::exists(first.directory() + "/backup.json"));
  EXPECT_THAT(Ids(), testing::ElementsAre(first.backup().id(), second.backup().id()));
}

TEST_F(BackupHandler, ManyAtOnceAreMadeOrToldToComeBack) {
  world_->RecordPhone("c-1", "0612345678");
  std::vector<std::future<grpc::Status>> calls;
  for (int i = 0; i < 8; ++i) {
    calls.push_back(std::async(std::launch::async, [this] {
      v1::CreateBackupResponse response;
      return service::Call(*stub_, &v1::BackupService::Stub::CreateBackup,
                           v1::CreateBackupRequest(), &response);
    }));
  }
  size_t made = 0;
  for (auto& call : calls) {
    const grpc::Status status = call.get();
    made += status.ok() ? 1 : 0;
    if (!status.ok()) {
      EXPECT_EQ(See(status).reason, "OVERLOADED") << status.error_message();
      EXPECT_TRUE(See(status).retry);
    }
  }
  EXPECT_GE(made, 1u);
  EXPECT_EQ(Ids().size(), made);
}

}  // namespace
}  // namespace klantbeeld::service
