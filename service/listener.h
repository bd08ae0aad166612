// The Unix socket that clients connect to.
#ifndef KLANTBEELD_SERVICE_LISTENER_H_
#define KLANTBEELD_SERVICE_LISTENER_H_

#include <sys/socket.h>
#include <sys/types.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

namespace klantbeeld::service {

// Whether this process may connect: root, our own user, or of `group`.
bool MayConnect(const ucred& peer, absl::Span<const gid_t> peer_groups, gid_t group);

// Accepts connections itself, because gRPC's own listener of this version can
// be stopped for good by a few hundred silent connections. The file has mode
// 0660, so the kernel admits root, its owner and its group; the same is asked
// of the peer's credentials once more, should the mode have been changed.
//
// A peer that reads so little that nothing more fits into its socket for
// `unread_max` is cut. gRPC does not: its ping waits behind what is unread, and
// so does the end of every call on that connection, which keeps its place.
//
// Threads: one of its own. Owns: the socket and its file, both gone after
// Stop().
class Listener {
 public:
  struct Options {
    std::string path;
    std::string group;  // Of the file; empty: the process's own.
    int connections_max = 1000;
    absl::Duration unread_max = absl::Seconds(30);
  };
  // Takes a connected socket, non-blocking, and owns it.
  using Accepted = std::function<void(int fd)>;

  // A file left by a server that is gone is replaced. FAILED_PRECONDITION: a
  // server listens there, or the file is no socket. INVALID_ARGUMENT: no such
  // group, or the path cannot be used.
  static absl::StatusOr<std::unique_ptr<Listener>> Open(const Options& options, Accepted accepted);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  // Accepts nobody any more; connections stay.
  void Stop();
  int connections() const { return connections_; }

 private:
  Listener(const Options& options, Accepted accepted);
  absl::Status Bind();
  absl::Status SetOwner();
  absl::Status RemoveStale();
  absl::Status Prepare();
  void Run();
  void AcceptOne();
  bool PeerMayConnect(int fd) const;
  void CountUntilClosed(int fd);
  void Forget(int fd);
  void CutUnread(absl::Time now);

  const Options options_;
  const Accepted accepted_;
  gid_t group_ = 0;
  int listen_fd_ = -1;
  int epoll_fd_ = -1;
  int stop_fd_ = -1;
  // A duplicate of each connection's socket, and since when nothing fits into
  // it: gRPC owns the other one, and shuts the socket down when it is through
  // with it, which both see.
  std::unordered_map<int, absl::Time> open_;
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_LISTENER_H_
