#include "clients/cpp/client.h"

#include <grpcpp/create_channel.h>

#include <random>
#include <utility>

#include "absl/random/random.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "klantbeeld/v1/backup_service.grpc.pb.h"
#include "klantbeeld/v1/citizen_service.grpc.pb.h"
#include "klantbeeld/v1/contact_service.grpc.pb.h"
#include "klantbeeld/v1/history_service.grpc.pb.h"
#include "klantbeeld/v1/identity_service.grpc.pb.h"
#include "klantbeeld/v1/info_service.grpc.pb.h"

namespace klantbeeld::client {
namespace {

// A page of 100 contacts with long notes is well under this.
constexpr int kReplyBytesMax = 16 << 20;

bool AddressAllowed(const std::string& server) {
  if (absl::StartsWith(server, "unix:")) return server.size() > 5;
  for (const char* host : {"localhost:", "127.0.0.1:", "[::1]:"})
    if (absl::StartsWith(server, host) && server.size() > std::string(host).size()) return true;
  return false;
}

Random SystemRandom() {
  struct Shared {
    absl::Mutex mutex;
    std::mt19937_64 engine{std::random_device{}()};
  };
  return [shared = std::make_shared<Shared>()] {
    absl::MutexLock lock(&shared->mutex);
    return absl::Uniform<double>(shared->engine, 0.0, 1.0);
  };
}

std::shared_ptr<grpc::Channel> MakeChannel(const std::string& server) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kReplyBytesMax);
  // Channels with equal arguments otherwise share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // gRPC's own second of silence after a refused connection would outlast the
  // retries; the waits are the Backoff's.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  // A municipal proxy setting must not carry calls to the loopback away.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(server, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace

struct Client::Impl {
  explicit Impl(Options given)
      : options(std::move(given)),
        channel(MakeChannel(options.server)),
        contacts(v1::ContactService::NewStub(channel)),
        citizens(v1::CitizenService::NewStub(channel)),
        identity(v1::IdentityService::NewStub(channel)),
        history(v1::HistoryService::NewStub(channel)),
        info(v1::InfoService::NewStub(channel)),
        backup(v1::BackupService::NewStub(channel)),
        health(grpc::health::v1::Health::NewStub(channel)) {}

  template <class Stub, class Request, class Response>
  Result<Response> Call(Stub& stub,
                        grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                     Response*),
                        const Request& request) {
    const absl::Time deadline = absl::Now() + options.deadline;
    Backoff backoff(options.backoff, options.random);
    bool restarts = false;
    for (int attempt = 0;; ++attempt) {
      const absl::Time began = absl::Now();
      Response response;
      grpc::ClientContext context;
      context.set_deadline(absl::ToChronoTime(deadline));
      Stop::Scope scope(options.stop, &context);
      const grpc::Status status = (stub.*method)(&context, request, &response);
      if (options.trace)
        options.trace(Request::descriptor()->name(), status.error_code(), absl::Now() - began);
      if (status.ok()) return response;
      Error error = ErrorOf(status);
      restarts = restarts || error.reason == v1::ERROR_REASON_RESTARTING;
      if ((attempt >= options.retries_max && !restarts) || !error.retryable()) return error;
      const absl::Duration wait = backoff.Next(error.retry_after);
      if (absl::Now() + wait >= deadline) return error;
      if (options.stop->WaitFor(wait)) return error;
    }
  }

  Stop never;  // Stands in where no stop was given.
  Options options;
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::ContactService::Stub> contacts;
  std::unique_ptr<v1::CitizenService::Stub> citizens;
  std::unique_ptr<v1::IdentityService::Stub> identity;
  std::unique_ptr<v1::HistoryService::Stub> history;
  std::unique_ptr<v1::InfoService::Stub> info;
  std::unique_ptr<v1::BackupService::Stub> backup;
  std::unique_ptr<grpc::health::v1::Health::Stub> health;
};

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::~Client() = default;

Result<std::unique_ptr<Client>> Client::Create(Options options) {
  if (!AddressAllowed(options.server))
    return LocalError(grpc::StatusCode::INVALID_ARGUMENT,
                      absl::StrCat("server '", options.server,
                                   "' is neither unix:PATH nor HOST:PORT on the loopback"));
  if (!options.random) options.random = SystemRandom();
  auto impl = std::make_unique<Impl>(std::move(options));
  if (impl->options.stop == nullptr) impl->options.stop = &impl->never;
  return std::unique_ptr<Client>(new Client(std::move(impl)));
}

Result<v1::RecordContactEventResponse> Client::Record(const v1::ContactEvent& event) {
  v1::RecordContactEventRequest request;
  *request.mutable_event() = event;
  return impl_->Call(*impl_->contacts, &v1::ContactService::Stub::RecordContactEvent, request);
}

Result<v1::GetContactResponse> Client::GetContact(const v1::GetContactRequest& request) {
  return impl_->Call(*impl_->contacts, &v1::ContactService::Stub::GetContact, request);
}

Result<v1::FindCitizensResponse> Client::FindCitizens(const v1::FindCitizensRequest& request) {
  return impl_->Call(*impl_->citizens, &v1::CitizenService::Stub::FindCitizens, request);
}

Result<v1::GetCitizenResponse> Client::GetCitizen(const v1::GetCitizenRequest& request) {
  return impl_->Call(*impl_->citizens, &v1::CitizenService::Stub::GetCitizen, request);
}

Result<v1::ListTimelineResponse> Client::ListTimeline(const v1::ListTimelineRequest& request) {
  return impl_->Call(*impl_->citizens, &v1::CitizenService::Stub::ListTimeline, request);
}

Result<v1::LinkResponse> Client::Link(const v1::LinkRequest& request) {
  return impl_->Call(*impl_->identity, &v1::IdentityService::Stub::Link, request);
}

Result<v1::UnlinkResponse> Client::Unlink(const v1::UnlinkRequest& request) {
  return impl_->Call(*impl_->identity, &v1::IdentityService::Stub::Unlink, request);
}

Result<v1::ListSuggestionsResponse> Client::ListSuggestions(
    const v1::ListSuggestionsRequest& request) {
  return impl_->Call(*impl_->identity, &v1::IdentityService::Stub::ListSuggestions, request);
}

Result<v1::ExplainResponse> Client::Explain(const v1::ExplainRequest& request) {
  return impl_->Call(*impl_->identity, &v1::IdentityService::Stub::Explain, request);
}

Result<v1::ListHistoryResponse> Client::ListHistory(const v1::ListHistoryRequest& request) {
  return impl_->Call(*impl_->history, &v1::HistoryService::Stub::ListHistory, request);
}

Result<v1::ListCitizensAtResponse> Client::ListCitizensAt(
    const v1::ListCitizensAtRequest& request) {
  return impl_->Call(*impl_->history, &v1::HistoryService::Stub::ListCitizensAt, request);
}

Result<v1::GetServerInfoResponse> Client::GetServerInfo() {
  return impl_->Call(*impl_->info, &v1::InfoService::Stub::GetServerInfo,
                     v1::GetServerInfoRequest());
}

Result<v1::CreateBackupResponse> Client::CreateBackup() {
  return impl_->Call(*impl_->backup, &v1::BackupService::Stub::CreateBackup,
                     v1::CreateBackupRequest());
}

Result<v1::ListBackupsResponse> Client::ListBackups() {
  return impl_->Call(*impl_->backup, &v1::BackupService::Stub::ListBackups,
                     v1::ListBackupsRequest());
}

Result<bool> Client::Serving() {
  const auto reply = impl_->Call(*impl_->health, &grpc::health::v1::Health::Stub::Check,
                                 grpc::health::v1::HealthCheckRequest());
  if (!reply.ok()) return reply.error();
  return reply.value().status() == grpc::health::v1::HealthCheckResponse::SERVING;
}

std::shared_ptr<grpc::Channel> Client::NewChannel() const {
  return MakeChannel(impl_->options.server);
}

const Client::Options& Client::options() const { return impl_->options; }
bool Client::stopped() const { return impl_->options.stop->requested(); }
bool Client::Wait(absl::Duration wait) const { return !impl_->options.stop->WaitFor(wait); }

}  // namespace klantbeeld::client
