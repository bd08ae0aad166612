#include "tests/bench/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

extern char** environ;

namespace klantbeeld::bench {
namespace {

constexpr int kPatienceSeconds = 60;

std::string& DirToRemove() {
  static auto& path = *new std::string;  // Outlives whatever still runs when we Die.
  return path;
}

void RemoveDir() {
  std::error_code ignored;
  if (!DirToRemove().empty()) std::filesystem::remove_all(DirToRemove(), ignored);
}

std::string Text(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::string> As(const std::string& user, std::vector<std::string> command,
                            const std::vector<std::string>& more = {}) {
  std::vector<std::string> result = {"setpriv"};
  if (!user.empty() && geteuid() == 0) {
    result.insert(result.end(), {"--reuid", user, "--regid", user, "--clear-groups"});
  }
  result.insert(result.end(), more.begin(), more.end());
  result.push_back("--");
  result.insert(result.end(), command.begin(), command.end());
  return result;
}

pid_t Spawn(const std::vector<std::string>& command, const std::string& log) {
  std::vector<char*> pointers;
  for (const auto& word : command) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = -1;
  if (posix_spawnp(&pid, command[0].c_str(), &actions, nullptr, pointers.data(), environ) != 0) {
    Die("cannot start " + command[0]);
  }
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

sockaddr_un AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof(address.sun_path)) Die("too long for a socket: " + path);
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  return address;
}

}  // namespace

void Die(const std::string& message) {
  std::fprintf(stderr, "klantbeeld_bench: %s\n", message.c_str());
  RemoveDir();
  _exit(1);  // Other threads run on; what we started ends with us.
}

TempDir::TempDir() {
  const char* parent = std::getenv("TMPDIR");
  path_ = std::string(parent != nullptr ? parent : "/var/tmp") + "/klantbeeld-bench-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) Die("cannot make a directory " + path_);
  DirToRemove() = path_;
  chmod(path_.c_str(), 0711);  // PostgreSQL's own user passes through it.
}

TempDir::~TempDir() { RemoveDir(); }

void RunToEnd(const std::vector<std::string>& command, const std::string& log,
              const std::string& user) {
  const pid_t pid = Spawn(As(user, command), log);
  int status = 0;
  waitpid(pid, &status, 0);
  if (status != 0) Die(command[0] + " failed:\n" + Text(log));
}

Process::Process(const std::vector<std::string>& command, const std::string& dir,
                 const std::string& user)
    : stop_signal_(user.empty() ? SIGTERM : SIGINT) {  // PostgreSQL's fast stop is SIGINT.
  const std::string log = dir + ".log", path = dir + ".ready";
  const int ready = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(path);
  unlink(path.c_str());
  if (bind(ready, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    Die("cannot listen on " + path);
  }
  chmod(path.c_str(), 0777);
  const timeval patience{1, 0};
  setsockopt(ready, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  setenv("NOTIFY_SOCKET", path.c_str(), 1);
  const char* signal = stop_signal_ == SIGINT ? "INT" : "TERM";
  pid_ = Spawn(As(user, command, {"--pdeathsig", signal}), log);
  unsetenv("NOTIFY_SOCKET");
  std::string heard;
  int waited = 0;
  while (heard.find("READY=1") == std::string::npos) {
    char message[512];
    const ssize_t bytes = recv(ready, message, sizeof(message), 0);
    if (bytes <= 0) {
      const bool gone = waitpid(pid_, nullptr, WNOHANG) != 0;
      if (!gone && ++waited < kPatienceSeconds) continue;
      Die(command[0] + " did not start:\n" + Text(log));
    }
    heard.append(message, static_cast<size_t>(bytes));
  }
  close(ready);
}

void Process::Stop() {
  if (pid_ < 0) return;
  kill(pid_, stop_signal_);
  waitpid(pid_, nullptr, 0);
  pid_ = -1;
}

void TellReady() {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (path == nullptr) return;
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_un address = AddressOf(path);
  const std::string message = "READY=1";
  sendto(fd, message.data(), message.size(), 0, reinterpret_cast<const sockaddr*>(&address),
         sizeof(address));
  close(fd);
}

}  // namespace klantbeeld::bench
