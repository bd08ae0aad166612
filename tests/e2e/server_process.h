// The real server program as a process of its own.
#ifndef KLANTBEELD_TESTS_E2E_SERVER_PROCESS_H_
#define KLANTBEELD_TESTS_E2E_SERVER_PROCESS_H_

#include <fcntl.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace klantbeeld::e2e {

// What a finished program left.
struct Ran {
  int exit_code = -1;
  std::string out, err;
};

// A directory with a store, its keys, a socket and the logs of the servers
// that ran on it; gone with the object.
class ServerProcess {
 public:
  ServerProcess() {
    std::string name = std::filesystem::temp_directory_path() / "kb-e2e-XXXXXX";
    dir_ = mkdtemp(name.data());
  }
  ~ServerProcess() {
    if (pid_ > 0) Kill(SIGKILL);
    std::filesystem::remove_all(dir_);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& dir() const { return dir_; }
  std::vector<std::string> Places() const {
    return {"--data", dir_ + "/data", "--keys", dir_ + "/keys"};
  }

  // Runs the program with these arguments to its end.
  Ran Run(const std::vector<std::string>& arguments) {
    const pid_t pid = Spawn(arguments, dir_ + "/out", dir_ + "/err", "");
    Ran ran;
    ran.exit_code = Wait(pid);
    ran.out = Read(dir_ + "/out");
    ran.err = Read(dir_ + "/err");
    return ran;
  }

  void Init() {
    std::vector<std::string> arguments = Places();
    arguments.insert(arguments.begin(), "init");
    const Ran ran = Run(arguments);
    ASSERT_EQ(ran.exit_code, 0) << ran.err;
  }

  // What the server is started with for standard input, output and error.
  enum class Files { kLogs, kClosed };

  // Starts serving and returns when the server told systemd, here played by
  // this process, that it is ready.
  void Start(const std::vector<std::string>& more = {}, Files files = Files::kLogs) {
    const int notify = NotifySocket();
    std::vector<std::string> arguments = Places();
    arguments.insert(arguments.end(), {"--socket", dir_ + "/socket"});
    arguments.insert(arguments.end(), more.begin(), more.end());
    pid_ = Spawn(arguments, dir_ + "/log.out", dir_ + "/log", dir_ + "/notify", files);
    pollfd ready{notify, POLLIN, 0};
    ASSERT_EQ(poll(&ready, 1, 30'000), 1) << Log();
    char text[64] = {};
    ASSERT_GT(recv(notify, text, sizeof(text) - 1, 0), 0);
    EXPECT_EQ(std::string(text), "READY=1");
    close(notify);
  }

  // Sends the signal and waits for the end; the exit code, or 128 + signal.
  int Kill(int signal) {
    kill(pid_, signal);
    return Wait(std::exchange(pid_, -1));
  }

  pid_t pid() const { return pid_; }
  std::string Log() const { return Read(dir_ + "/log"); }

  std::shared_ptr<grpc::Channel> Connect() const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel("unix:" + dir_ + "/socket", grpc::InsecureChannelCredentials(),
                                     arguments);
  }

 private:
  static std::string Read(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }

  int NotifySocket() {
    const std::string path = dir_ + "/notify";
    unlink(path.c_str());
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return fd;
  }

  static pid_t Spawn(const std::vector<std::string>& arguments, const std::string& out,
                     const std::string& err, const std::string& notify,
                     Files standard = Files::kLogs) {
    std::vector<std::string> words = arguments;
    words.insert(words.begin(), KLANTBEELD_SERVER);
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    std::string environment = "NOTIFY_SOCKET=" + notify;
    char* none[] = {nullptr};
    char* with[] = {environment.data(), nullptr};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    const int flags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&files, 1, out.c_str(), flags, 0600);
    posix_spawn_file_actions_addopen(&files, 2, err.c_str(), flags, 0600);
    for (const int file : {0, 1, 2})
      if (standard == Files::kClosed) posix_spawn_file_actions_addclose(&files, file);
    pid_t pid = -1;
    EXPECT_EQ(posix_spawn(&pid, KLANTBEELD_SERVER, &files, nullptr, argv.data(),
                          notify.empty() ? none : with),
              0);
    posix_spawn_file_actions_destroy(&files);
    return pid;
  }

  static int Wait(pid_t pid) {
    int status = 0;
    if (waitpid(pid, &status, 0) != pid) return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  std::string dir_;
  pid_t pid_ = -1;
};

}  // namespace klantbeeld::e2e

#endif  // KLANTBEELD_TESTS_E2E_SERVER_PROCESS_H_
