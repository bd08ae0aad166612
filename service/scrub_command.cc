#include "service/scrub_command.h"

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "klantbeeld/v1/maintenance_service.grpc.pb.h"

namespace klantbeeld::service {
namespace {

void Show(const v1::ScrubProgress& progress) {
  const auto number = [](uint64_t value) { return static_cast<unsigned long long>(value); };
  if (progress.head() == 0) {
    std::fprintf(stderr, "\r%llu of %llu files", number(progress.files()),
                 number(progress.files_total()));
  } else {
    std::fprintf(stderr, "\r%llu of %llu facts", number(progress.position()),
                 number(progress.head()));
  }
}

store::CheckResult FromProto(const v1::ScrubResult& result) {
  store::CheckResult found;
  found.facts = result.position();
  for (const auto& rows : result.rows()) {
    found.families.push_back(
        {rows.kind(), rows.rows(), rows.missing(), rows.extra(), rows.different()});
  }
  found.first_differences.assign(result.differences().begin(), result.differences().end());
  return found;
}

}  // namespace

absl::StatusOr<store::CheckResult> AskScrub(const std::string& address, int mib_per_second) {
  const auto stub = v1::MaintenanceService::NewStub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  v1::ScrubRequest request;
  request.set_mib_per_second(mib_per_second);
  grpc::ClientContext context;
  const auto stream = stub->Scrub(&context, request);
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  bool shown = false;
  v1::ScrubResponse response, last;
  while (stream->Read(&response)) {
    if (response.has_result()) {
      last = response;
    } else if (terminal) {
      Show(response.progress());
      shown = true;
    }
  }
  if (shown) std::fputc('\n', stderr);
  const grpc::Status ended = stream->Finish();
  if (ended.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return absl::UnavailableError(absl::StrCat(
        "no server answers at ", address, ", or it stopped meanwhile: ", ended.error_message(),
        ". Start it and ask again; of a store that no server has open, `check` says the same."));
  }
  if (!ended.ok()) {
    return absl::InternalError(absl::StrCat("the server did not scrub: ", ended.error_message()));
  }
  if (!last.has_result()) return absl::InternalError("the server ended without a result");
  return FromProto(last.result());
}

}  // namespace klantbeeld::service
