// The BRP of brp_server.py, as a process of its own.
#ifndef KLANTBEELD_TESTS_SERVICE_REGISTRY_BRP_SERVER_H_
#define KLANTBEELD_TESTS_SERVICE_REGISTRY_BRP_SERVER_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace klantbeeld::registry {

// Runs until it is destroyed; the script ends when its standard input closes.
class BrpServer {
 public:
  explicit BrpServer(int port = 0, const std::vector<std::string>& certificates = {}) {
    int in[2], out[2];
    EXPECT_EQ(pipe2(in, O_CLOEXEC), 0);
    EXPECT_EQ(pipe2(out, O_CLOEXEC), 0);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    std::vector<std::string> words = {"/usr/bin/python3", "-B",
                                      "tests/service/registry/brp_server.py", absl::StrCat(port)};
    words.insert(words.end(), certificates.begin(), certificates.end());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    EXPECT_EQ(posix_spawn(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ), 0);
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    stdin_ = in[1];
    char digit = 0;
    while (read(out[0], &digit, 1) == 1 && digit != '\n') port_ = port_ * 10 + (digit - '0');
    close(out[0]);
    EXPECT_GT(port_, 0);
  }
  ~BrpServer() {
    close(stdin_);
    int status = 0;
    waitpid(pid_, &status, 0);
  }
  BrpServer(const BrpServer&) = delete;
  BrpServer& operator=(const BrpServer&) = delete;

  int port() const { return port_; }
  // The base whose answers are of this kind, see the script.
  std::string Url(const std::string& mode) const {
    return absl::StrCat("http://127.0.0.1:", port_, "/", mode);
  }

 private:
  pid_t pid_ = -1;
  int stdin_ = -1;
  int port_ = 0;
};

}  // namespace klantbeeld::registry

#endif  // KLANTBEELD_TESTS_SERVICE_REGISTRY_BRP_SERVER_H_
