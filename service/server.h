// The running server: store, threads, services and doors, in their order.
#ifndef KLANTBEELD_SERVICE_SERVER_H_
#define KLANTBEELD_SERVICE_SERVER_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/config.h"

namespace klantbeeld::service {

class Server {
 public:
  // Opens the store and then the doors. An error says what to do.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const Config& config);
  // Drains when nobody did.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Within Limits::drain_max: health says NOT_SERVING, nobody new comes in,
  // followers and watchers are told to come back and from where, what was
  // accepted gets its answer, and the store is closed.
  void Drain();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_SERVER_H_
