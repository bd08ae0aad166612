#include "service/listener.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/log.h"

namespace klantbeeld::service {
namespace {

constexpr int kBacklog = 512;

absl::Status Failed(absl::string_view what, const std::string& path) {
  return absl::InvalidArgumentError(
      absl::StrCat("socket ", path, ": ", what, ": ", std::strerror(errno)));
}

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

bool SomebodyListens(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(path);
  const bool connected =
      connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  close(fd);
  return connected;
}

void Watch(int epoll_fd, int operation, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  epoll_ctl(epoll_fd, operation, fd, &event);
}

}  // namespace

bool MayConnect(const ucred& peer, absl::Span<const gid_t> peer_groups, gid_t group) {
  return peer.uid == 0 || peer.uid == geteuid() || peer.gid == group ||
         std::find(peer_groups.begin(), peer_groups.end(), group) != peer_groups.end();
}

absl::StatusOr<std::unique_ptr<Listener>> Listener::Open(const Options& options,
                                                         Accepted accepted) {
  std::unique_ptr<Listener> listener(new Listener(options, std::move(accepted)));
  for (const auto& step :
       {&Listener::RemoveStale, &Listener::Bind, &Listener::SetOwner, &Listener::Prepare}) {
    if (absl::Status status = (listener.get()->*step)(); !status.ok()) return status;
  }
  listener->thread_ = std::thread([raw = listener.get()] { raw->Run(); });
  return listener;
}

Listener::Listener(const Options& options, Accepted accepted)
    : options_(options), accepted_(std::move(accepted)) {}

Listener::~Listener() {
  Stop();
  for (const auto& [fd, full_since] : open_) close(fd);
  if (epoll_fd_ >= 0) close(epoll_fd_);
  if (stop_fd_ >= 0) close(stop_fd_);
}

absl::Status Listener::RemoveStale() {
  if (options_.path.size() >= sizeof(sockaddr_un::sun_path)) {
    return absl::InvalidArgumentError(absl::StrCat("socket ", options_.path, ": ",
                                                   options_.path.size(), " characters, at most ",
                                                   sizeof(sockaddr_un::sun_path) - 1));
  }
  struct stat file {};
  if (lstat(options_.path.c_str(), &file) != 0) return absl::OkStatus();
  if (!S_ISSOCK(file.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat("socket ", options_.path, ": a file that is no socket is in the way"));
  }
  if (SomebodyListens(options_.path)) {
    return absl::FailedPreconditionError(
        absl::StrCat("socket ", options_.path, ": a server listens there already"));
  }
  unlink(options_.path.c_str());
  return absl::OkStatus();
}

absl::Status Listener::Bind() {
  listen_fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (listen_fd_ < 0) return Failed("cannot make a socket", options_.path);
  const sockaddr_un address = AddressOf(options_.path);
  const mode_t before = umask(0177);  // Nobody else, until owner and mode are set.
  const int bound = bind(listen_fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  umask(before);
  if (bound == 0) return absl::OkStatus();
  const absl::Status status = Failed("cannot bind", options_.path);
  close(std::exchange(listen_fd_, -1));
  return status;
}

absl::Status Listener::SetOwner() {
  group_ = getegid();
  if (!options_.group.empty()) {
    const group* found = getgrnam(options_.group.c_str());
    if (found == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("socket_group ", options_.group, ": there is no such group"));
    }
    group_ = found->gr_gid;
    if (chown(options_.path.c_str(), static_cast<uid_t>(-1), group_) != 0) {
      return Failed(absl::StrCat("cannot give it to group ", options_.group), options_.path);
    }
  }
  if (chmod(options_.path.c_str(), 0660) != 0) return Failed("cannot set its mode", options_.path);
  if (listen(listen_fd_, kBacklog) != 0) return Failed("cannot listen", options_.path);
  return absl::OkStatus();
}

absl::Status Listener::Prepare() {
  epoll_fd_ = epoll_create1(EPOLL_CLOEXEC);
  stop_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll_fd_ < 0 || stop_fd_ < 0) return Failed("cannot watch it", options_.path);
  Watch(epoll_fd_, EPOLL_CTL_ADD, listen_fd_, EPOLLIN);
  Watch(epoll_fd_, EPOLL_CTL_ADD, stop_fd_, EPOLLIN);
  return absl::OkStatus();
}

void Listener::Stop() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    if (write(stop_fd_, &one, sizeof(one)) != sizeof(one)) {
      Log(Severity::kError, "the accept loop could not be told to stop");
    }
    thread_.join();
  }
  if (listen_fd_ < 0) return;
  unlink(options_.path.c_str());
  close(std::exchange(listen_fd_, -1));
}

void Listener::Run() {
  std::array<epoll_event, 64> events;
  const absl::Duration tick =
      std::clamp(options_.unread_max / 5, absl::Milliseconds(5), absl::Seconds(1));
  absl::Time looked = absl::Now();
  while (true) {
    const int ready = epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(absl::ToInt64Milliseconds(tick)));
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<size_t>(i)].data.fd;
      if (fd == stop_fd_) return;
      if (fd == listen_fd_) {
        AcceptOne();
      } else if (events[static_cast<size_t>(i)].events == EPOLLOUT) {
        Watch(epoll_fd_, EPOLL_CTL_MOD, fd, EPOLLRDHUP);
        open_[fd] = absl::InfiniteFuture();  // It reads again.
      } else {
        Forget(fd);
      }
    }
    const absl::Time now = absl::Now();
    if (now - looked < tick) continue;
    looked = now;
    CutUnread(now);
  }
}

void Listener::AcceptOne() {
  const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) {
    // Out of descriptors the socket stays ready: wait, or this loop spins.
    pollfd stop{stop_fd_, POLLIN, 0};
    if (errno == EMFILE || errno == ENFILE) poll(&stop, 1, 100);
    return;
  }
  if (!PeerMayConnect(fd)) {
    Log(Severity::kWarning, "connection refused: neither root, nor our user, nor of the group");
    close(fd);
    return;
  }
  if (connections_ >= options_.connections_max) {
    Log(Severity::kWarning, "connection refused: too many",
        {{"connections_max", options_.connections_max}});
    close(fd);
    return;
  }
  CountUntilClosed(fd);
  accepted_(fd);
}

bool Listener::PeerMayConnect(int fd) const {
  ucred peer{};
  socklen_t size = sizeof(peer);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  std::array<gid_t, 1024> groups{};
  size = sizeof(groups);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) size = 0;
  return MayConnect(peer, absl::MakeConstSpan(groups.data(), size / sizeof(gid_t)), group_);
}

void Listener::CountUntilClosed(int fd) {
  const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy < 0) return;
  open_.emplace(copy, absl::InfiniteFuture());
  ++connections_;
  Watch(epoll_fd_, EPOLL_CTL_ADD, copy, EPOLLRDHUP);
}

void Listener::Forget(int fd) {
  if (open_.erase(fd) == 0) return;
  close(fd);
  --connections_;
}

void Listener::CutUnread(absl::Time now) {
  std::vector<pollfd> asked;
  for (const auto& [fd, full_since] : open_) asked.push_back({fd, POLLOUT, 0});
  poll(asked.data(), asked.size(), 0);
  for (const pollfd& one : asked) {
    if (one.revents != 0) continue;
    absl::Time& full_since = open_[one.fd];
    if (full_since == absl::InfiniteFuture()) {
      full_since = now;
      Watch(epoll_fd_, EPOLL_CTL_MOD, one.fd, EPOLLRDHUP | EPOLLOUT);
    } else if (now - full_since >= options_.unread_max) {
      Log(Severity::kWarning, "connection cut: what is sent is not read");
      shutdown(one.fd, SHUT_RDWR);  // Both see it.
    }
  }
}

}  // namespace klantbeeld::service
