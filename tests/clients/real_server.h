// The real server process and the real command line, in a directory of their own.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

extern char** environ;

namespace klantbeeld::testing {

struct Ran {
  int code;
  std::string out;
  std::string err;
};

class RealServer {
 public:
  // With the keys of `alike`, where given: then the same facts are the same ids.
  explicit RealServer(const RealServer* alike = nullptr) {
    char pattern[] = "/tmp/klantbeeld-cli-XXXXXX";
    directory_ = mkdtemp(pattern);
    if (alike != nullptr)
      std::filesystem::copy_file(alike->directory_ + "/keys", directory_ + "/keys");
    EXPECT_EQ(Shell(std::string(KLANTBEELD_SERVER_PROGRAM) + " init" + Places()).code, 0);
    const int ready = ReadySocket();
    Start(KLANTBEELD_SERVER_PROGRAM,
          {"--data", directory_ + "/data", "--keys", directory_ + "/keys", "--socket", socket(),
           "--backups", directory_ + "/backups"});
    WaitUntilReady(ready);
  }
  ~RealServer() {
    Kill();
    std::filesystem::remove_all(directory_);
  }

  // The store without what depends on the order of arrival. Ends the server.
  std::string Dump() {
    Kill();
    return Shell(std::string(KLANTBEELD_SERVER_PROGRAM) + " dump --canonical" + Places()).out;
  }

  std::string socket() const { return directory_ + "/s"; }
  const std::string& directory() const { return directory_; }

  // Runs `klantbeeld ARGUMENTS` as a shell would, with this server and nobody's
  // own settings; `environment` as "NAME=VALUE ...".
  Ran Run(const std::string& arguments, const std::string& input = "",
          const std::string& environment = "") const {
    std::ofstream(directory_ + "/in") << input;
    return Shell(Command(arguments, environment) + " <" + directory_ + "/in");
  }

  // The same, ended by a signal once it has written its first line; `out` is
  // that line.
  Ran RunUntilFirstLine(const std::string& arguments) const {
    return Shell(UntilFirstLine(arguments));
  }
  // With all that it wrote before it ended.
  Ran RunAndStopAtFirstLine(const std::string& arguments) const {
    return Shell(UntilFirstLine(arguments, "cat <&3; "));
  }

 private:
  std::string Places() const {
    return " --data " + directory_ + "/data --keys " + directory_ + "/keys";
  }

  void Kill() {
    if (process_ < 0) return;
    kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = -1;
  }

  std::string UntilFirstLine(const std::string& arguments, const std::string& rest = "") const {
    const std::string pipe = directory_ + "/pipe";
    return "rm -f " + pipe + "; mkfifo " + pipe + "; " + Command(arguments) + " >" + pipe +
           " & exec 3<" + pipe +
           "; IFS= read -r first <&3; printf '%s\\n' \"$first\"; kill -TERM $!; " + rest + "wait $!";
  }

  std::string Command(const std::string& arguments, const std::string& environment = "") const {
    return "env -i HOME=" + directory_ + " XDG_CONFIG_HOME=" + directory_ +
           "/config USER=agent KLANTBEELD_SERVER=unix:" + socket() + " " + environment +
           " " KLANTBEELD_CLI_PROGRAM " " + arguments;
  }

  Ran Shell(const std::string& command) const {
    const std::string out = directory_ + "/out", err = directory_ + "/err";
    const int status = std::system(("{ " + command + "; } >" + out + " 2>" + err).c_str());
    return {WEXITSTATUS(status), Text(out), Text(err)};
  }

  static std::string Text(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }

  // The server tells a service manager when it serves; here that is the test.
  int ReadySocket() const {
    const std::string path = directory_ + "/ready";
    const int ready = ::socket(AF_UNIX, SOCK_DGRAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    EXPECT_EQ(bind(ready, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    const timeval patience{30, 0};
    setsockopt(ready, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
    return ready;
  }

  void Start(const std::string& program, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), program);
    std::vector<char*> pointers;
    for (auto& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    const std::string log = directory_ + "/log";
    posix_spawn_file_actions_addopen(&actions, 2, log.c_str(), O_WRONLY | O_CREAT, 0600);
    ASSERT_EQ(posix_spawn(&process_, program.c_str(), &actions, nullptr, pointers.data(), environ),
              0);
    posix_spawn_file_actions_destroy(&actions);
    unsetenv("NOTIFY_SOCKET");
  }

  void WaitUntilReady(int ready) const {
    char message[256];
    std::string heard;
    while (heard.find("READY=1") == std::string::npos) {
      const ssize_t bytes = recv(ready, message, sizeof(message), 0);
      ASSERT_GT(bytes, 0) << "the server did not start: " << Text(directory_ + "/log");
      heard.append(message, static_cast<size_t>(bytes));
    }
    close(ready);
  }

  std::string directory_;
  pid_t process_ = -1;
};

}  // namespace klantbeeld::testing
