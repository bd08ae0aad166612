#include "tests/crash/server_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

extern char** environ;

namespace klantbeeld::crash {
namespace {

constexpr int kStartMs = 60'000;

[[noreturn]] void Fail(const std::string& doing) {
  std::perror(doing.c_str());
  std::abort();
}

// A socket on which the server says, as to a service manager, that it serves.
int ReadySocket(const std::string& path) {
  std::filesystem::remove(path);
  const int ready = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  if (bind(ready, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) Fail(path);
  return ready;
}

// Becomes readable when the process ends.
int EndOf(pid_t process) {
  const auto descriptor = static_cast<int>(syscall(SYS_pidfd_open, process, 0));
  if (descriptor < 0) Fail("pidfd_open");
  return descriptor;
}

std::vector<char*> Pointers(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const auto& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

ServerProcess::ServerProcess(std::vector<std::string> settings) : settings_(std::move(settings)) {
  const char* base = std::getenv("TMPDIR");
  std::string name = absl::StrCat(base == nullptr ? "/tmp" : base, "/klantbeeld-crash-XXXXXX");
  if (mkdtemp(name.data()) == nullptr) Fail(name);
  directory_ = std::filesystem::canonical(name);
}

ServerProcess::~ServerProcess() {
  Kill();
  std::error_code ignored;
  if (std::getenv("KLANTBEELD_CRASH_KEEP") == nullptr) {
    std::filesystem::remove_all(directory_, ignored);
  }
}

std::vector<std::string> ServerProcess::Arguments(const std::string& command) const {
  std::vector<std::string> arguments = {KLANTBEELD_SERVER_PROGRAM, "--data", data(), "--keys",
                                        directory_ + "/keys"};
  if (!command.empty()) {
    arguments.push_back(command);
    return arguments;
  }
  arguments.insert(arguments.end(), {"--socket", directory_ + "/s", "--log", "warning"});
  for (const auto& setting : settings_) arguments.insert(arguments.end(), {"--set", setting});
  return arguments;
}

std::vector<std::string> ServerProcess::Environment(bool ready, long kill_at_sync) const {
  std::vector<std::string> all;
  for (char** one = environ; *one != nullptr; ++one) {
    if (!absl::StartsWith(*one, "NOTIFY_SOCKET=")) all.push_back(*one);
  }
  if (ready) all.push_back(absl::StrCat("NOTIFY_SOCKET=", directory_, "/ready"));
  if (disk_ == Disk::kKept) return all;
  all.emplace_back("LD_PRELOAD=" KLANTBEELD_UNSYNCED_LIBRARY);
  all.push_back("KB_UNSYNCED_DIR=" + data());
  all.push_back("KB_UNSYNCED_SHADOW=" + directory_ + "/shadow");
  if (disk_ == Disk::kTrackedNames) all.push_back("KB_NAMES=now");
  if (disk_ == Disk::kLying) all.push_back("KB_LIE=1");
  if (disk_ == Disk::kLate) all.push_back("KB_LATE=1");
  if (kill_at_sync > 0) all.push_back(absl::StrCat("KB_KILL_AT_SYNC=", kill_at_sync));
  return all;
}

pid_t ServerProcess::Spawn(const std::vector<std::string>& arguments,
                           const std::vector<std::string>& environment) const {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, (directory_ + "/log").c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t process = -1;
  if (posix_spawn(&process, arguments[0].c_str(), &actions, nullptr, Pointers(arguments).data(),
                  Pointers(environment).data()) != 0) {
    Fail("starting " + arguments[0]);
  }
  posix_spawn_file_actions_destroy(&actions);
  return process;
}

std::string ServerProcess::Log() const {
  std::ostringstream text;
  text << std::ifstream(directory_ + "/log").rdbuf();
  return text.str();
}

int ServerProcess::Wait() {
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = -1;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Said ServerProcess::Run(const std::string& command) {
  // Also where the server's disk will lie, it is an honest one that is given to it.
  const Disk disk = std::exchange(disk_, command == "init" ? Disk::kTracked : Disk::kKept);
  process_ = Spawn(Arguments(command), Environment(false, 0));
  disk_ = disk;
  const int code = Wait();
  return {code, Log()};
}

std::optional<Said> ServerProcess::Start(long kill_at_sync) {
  const int ready = ReadySocket(directory_ + "/ready");
  process_ = Spawn(Arguments(""), Environment(true, kill_at_sync));
  const int ended = EndOf(process_);
  pollfd waits[] = {{ready, POLLIN, 0}, {ended, POLLIN, 0}};
  bool serves = false;
  while (!serves && poll(waits, 2, kStartMs) > 0 && waits[0].revents != 0) {
    char message[256];
    const ssize_t bytes = recv(ready, message, sizeof(message), 0);
    serves = bytes > 0 && absl::StrContains(std::string(message, bytes), "READY=1");
  }
  close(ready);
  close(ended);
  if (serves) return std::nullopt;
  const bool hangs = waits[1].revents == 0;
  if (hangs) kill(process_, SIGKILL);
  const int code = Wait();
  if (kill_at_sync > 0 && code == 128 + SIGKILL && !hangs) return std::nullopt;
  return Said{code, hangs ? "does not become ready: " + Log() : Log()};
}

void ServerProcess::Kill() {
  if (!running()) return;
  kill(process_, SIGKILL);
  Wait();
}

bool ServerProcess::WaitForKill(absl::Duration at_most) {
  if (!running()) return true;
  const int ended = EndOf(process_);
  pollfd waits[] = {{ended, POLLIN, 0}};
  const bool came = poll(waits, 1, static_cast<int>(absl::ToInt64Milliseconds(at_most))) > 0;
  close(ended);
  return came && Wait() == 128 + SIGKILL;
}

int ServerProcess::Stop() {
  kill(process_, SIGTERM);
  return Wait();
}

void ServerProcess::Drop() {
  std::filesystem::remove_all(data());
  std::filesystem::copy(directory_ + "/shadow", data(), std::filesystem::copy_options::recursive);
}

}  // namespace klantbeeld::crash
