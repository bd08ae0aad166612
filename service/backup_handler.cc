#include "klantbeeld/v1/backup_service.grpc.pb.h"
#include "service/handlers.h"
#include "service/unary.h"
#include "store/backup.h"

namespace klantbeeld::service {
namespace {

using Backups = v1::BackupService;
constexpr char kName[] = "klantbeeld.v1.BackupService";
constexpr size_t kListedMax = 1000;

google::protobuf::Timestamp ToProto(int64_t micros) {
  google::protobuf::Timestamp time;
  time.set_seconds(micros / 1'000'000);
  time.set_nanos(static_cast<int32_t>(micros % 1'000'000 * 1000));
  return time;
}

v1::Backup ToProto(const store::format::BackupInfo& info) {
  v1::Backup backup;
  backup.set_id(info.id());
  backup.set_position(info.position());
  *backup.mutable_recorded_at() = ToProto(info.recorded_at_us());
  *backup.mutable_made_at() = ToProto(info.made_at_us());
  for (const auto& file : info.files()) backup.set_bytes(backup.bytes() + file.bytes());
  return backup;
}

// What takes seconds runs beside the calls.
template <typename Response>
auto Apart(Shared& shared, const std::string& directory,
           std::function<absl::StatusOr<Response>()> work) {
  return [&executor = shared.executor, directory, work = std::move(work)](auto&, auto done) {
    if (directory.empty()) {
      return store::Error(v1::ERROR_REASON_NO_BACKUP_DIRECTORY,
                          "the server's configuration names no directory for backups; set the key "
                          "`backups` and restart");
    }
    executor.Post([work, done = std::move(done)]() mutable { std::move(done)(work()); });
    return absl::OkStatus();
  };
}

class BackupHandler final : public Backups::WithRawCallbackMethod_CreateBackup<
                                Backups::WithRawCallbackMethod_ListBackups<Backups::Service>> {
 public:
  BackupHandler(Shared& shared, const std::string& directory)
      : shared_(shared),
        create_(shared, kName, "CreateBackup", Access::kWrite,
                Apart<v1::CreateBackupResponse>(
                    shared, directory,
                    [&shared, directory]() -> absl::StatusOr<v1::CreateBackupResponse> {
                      const auto made = shared.store.Backup(directory);
                      if (!made.ok()) return made.status();
                      v1::CreateBackupResponse response;
                      *response.mutable_backup() = ToProto(*made);
                      response.set_directory(absl::StrCat(directory, "/", made->id()));
                      return response;
                    })),
        list_(shared, kName, "ListBackups", Access::kRead,
              Apart<v1::ListBackupsResponse>(
                  shared, directory, [directory]() -> absl::StatusOr<v1::ListBackupsResponse> {
                    const auto list = store::ListBackups(directory);
                    if (!list.ok()) return list.status();
                    v1::ListBackupsResponse response;
                    const size_t from = list->size() - std::min(list->size(), kListedMax);
                    for (size_t i = from; i < list->size(); ++i)
                      *response.add_backups() = ToProto((*list)[i]);
                    return response;
                  })) {}

  grpc::ServerUnaryReactor* CreateBackup(grpc::CallbackServerContext* context,
                                         const grpc::ByteBuffer* in,
                                         grpc::ByteBuffer* out) override {
    return UnaryCall<v1::CreateBackupRequest, v1::CreateBackupResponse>::Start(shared_, create_,
                                                                               context, in, out);
  }

  grpc::ServerUnaryReactor* ListBackups(grpc::CallbackServerContext* context,
                                        const grpc::ByteBuffer* in,
                                        grpc::ByteBuffer* out) override {
    return UnaryCall<v1::ListBackupsRequest, v1::ListBackupsResponse>::Start(shared_, list_,
                                                                             context, in, out);
  }

 private:
  Shared& shared_;
  const UnaryMethod<v1::CreateBackupRequest, v1::CreateBackupResponse> create_;
  const UnaryMethod<v1::ListBackupsRequest, v1::ListBackupsResponse> list_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeBackupService(Shared& shared, std::string directory) {
  return std::make_unique<BackupHandler>(shared, directory);
}

}  // namespace klantbeeld::service
