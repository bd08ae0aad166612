// The services of the contract, all thin: each method is set up once and goes
// the one way of its kind (unary.h, the streams).
#ifndef KLANTBEELD_SERVICE_HANDLERS_H_
#define KLANTBEELD_SERVICE_HANDLERS_H_

#include <grpcpp/impl/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "service/shared.h"

namespace klantbeeld::service {

// `shared` must outlive what they make. `enabled` is what GetServerInfo tells.
std::unique_ptr<grpc::Service> MakeContactService(Shared& shared);
std::unique_ptr<grpc::Service> MakeCitizenService(Shared& shared);
std::unique_ptr<grpc::Service> MakeIdentityService(Shared& shared);
std::unique_ptr<grpc::Service> MakeHistoryService(Shared& shared);
std::unique_ptr<grpc::Service> MakeFeedService(Shared& shared);
// `directory` is where backups go; empty: none are made.
std::unique_ptr<grpc::Service> MakeBackupService(Shared& shared, std::string directory);
std::unique_ptr<grpc::Service> MakeMaintenanceService(Shared& shared);
std::unique_ptr<grpc::Service> MakeInfoService(Shared& shared, std::vector<std::string> enabled);

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_HANDLERS_H_
