// Calls to a Klantbeeld server.
#pragma once

#include <grpcpp/channel.h>

#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "clients/cpp/backoff.h"
#include "clients/cpp/error.h"
#include "clients/cpp/stop.h"
#include "klantbeeld/v1/backup_service.pb.h"
#include "klantbeeld/v1/citizen_service.pb.h"
#include "klantbeeld/v1/contact_service.pb.h"
#include "klantbeeld/v1/history_service.pb.h"
#include "klantbeeld/v1/identity_service.pb.h"
#include "klantbeeld/v1/info_service.pb.h"

namespace klantbeeld::client {

// One server, its unary calls, and channels for streams.
//
// Every call has a deadline that covers its retries. A call that failed in a
// way the contract marks as worth repeating is made again, after the wait that
// the server asked for or a short random one: at most `retries_max` times, but
// once the server said that it restarts for as long as the deadline lasts.
// Writes can be repeated without harm: the server knows an event by source and
// id.
//
// Threads: every call from any thread.
// Owns:    its connection, made at the first call. `stop`, where given, must
//          outlive it.
class Client {
 public:
  struct Options {
    std::string server = "unix:/run/klantbeeld/klantbeeld.sock";
    absl::Duration deadline = absl::Seconds(5);
    int retries_max = 2;
    Backoff::Limits backoff;
    Random random;         // Default: seeded from the system.
    Stop* stop = nullptr;  // Ends calls early with CANCELLED.
    // Told of every attempt, when it ended: for finding out what is slow.
    std::function<void(const std::string& call, grpc::StatusCode code, absl::Duration took)> trace;
  };

  // Does not connect yet. INVALID_ARGUMENT where `server` is neither unix:PATH
  // nor HOST:PORT on the loopback: the connection has no encryption of its own.
  static Result<std::unique_ptr<Client>> Create(Options options);
  ~Client();

  Result<v1::RecordContactEventResponse> Record(const v1::ContactEvent& event);
  Result<v1::GetContactResponse> GetContact(const v1::GetContactRequest& request);
  Result<v1::FindCitizensResponse> FindCitizens(const v1::FindCitizensRequest& request);
  Result<v1::GetCitizenResponse> GetCitizen(const v1::GetCitizenRequest& request);
  Result<v1::ListTimelineResponse> ListTimeline(const v1::ListTimelineRequest& request);
  Result<v1::LinkResponse> Link(const v1::LinkRequest& request);
  Result<v1::UnlinkResponse> Unlink(const v1::UnlinkRequest& request);
  Result<v1::ListSuggestionsResponse> ListSuggestions(const v1::ListSuggestionsRequest& request);
  Result<v1::ExplainResponse> Explain(const v1::ExplainRequest& request);
  Result<v1::ListHistoryResponse> ListHistory(const v1::ListHistoryRequest& request);
  Result<v1::ListCitizensAtResponse> ListCitizensAt(const v1::ListCitizensAtRequest& request);
  Result<v1::GetServerInfoResponse> GetServerInfo();
  Result<v1::CreateBackupResponse> CreateBackup();
  Result<v1::ListBackupsResponse> ListBackups();
  // True when the server's health service says SERVING.
  Result<bool> Serving();

  // A connection of its own. A stream that shares the connection of unary
  // calls starves them silently once the server's limit of streams is reached.
  std::shared_ptr<grpc::Channel> NewChannel() const;
  const Options& options() const;
  bool stopped() const;
  // Waits before a retry; false when the stop was requested meanwhile.
  bool Wait(absl::Duration wait) const;

 private:
  struct Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace klantbeeld::client
