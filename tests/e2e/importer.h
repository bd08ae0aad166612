// The real command line, importing into a real server.
#ifndef KLANTBEELD_TESTS_E2E_IMPORTER_H_
#define KLANTBEELD_TESTS_E2E_IMPORTER_H_

#include <sys/inotify.h>
#include <sys/resource.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

#include "tests/e2e/server_process.h"

namespace klantbeeld::e2e {

// What an import left, and the most memory that it held.
struct Imported {
  int code = -1;
  nlohmann::json summary;
  std::string err;
  long peak_kib = 0;
  uint64_t at(const char* name) const {
    return summary.is_object() && summary.contains(name) ? summary[name].get<uint64_t>() : 0;
  }
};

// An import that runs.
class Importer {
 public:
  // `arguments` as a shell takes them, after "import"; `feed`, where given, is
  // a command whose output is standard input.
  Importer(const ServerProcess& server, const std::string& arguments, const std::string& feed = "")
      : out_(server.dir() + "/import.out"), err_(server.dir() + "/import.err") {
    const std::string program = "exec env -i HOME=" + server.dir() +
                                " KLANTBEELD_SERVER=unix:" + server.dir() +
                                "/socket " KLANTBEELD_CLI " --lang en -o json import " + arguments +
                                " >" + out_ + " 2>" + err_;
    const std::string command =
        feed.empty() ? program : "exec 3< <(" + feed + "); " + program + " <&3";
    const char* argv[] = {"bash", "-c", command.c_str(), nullptr};
    EXPECT_EQ(posix_spawn(&pid_, "/bin/bash", nullptr, nullptr, const_cast<char**>(argv), environ),
              0);
  }
  ~Importer() {
    if (pid_ > 0) End(SIGKILL);
  }

  Imported Wait() {
    int status = 0;
    rusage used{};
    wait4(std::exchange(pid_, -1), &status, 0, &used);
    Imported imported;
    imported.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    imported.err = Read(err_);
    imported.peak_kib = used.ru_maxrss;
    imported.summary = nlohmann::json::parse(Read(out_), nullptr, false);
    return imported;
  }
  Imported End(int signal) {
    kill(pid_, signal);
    return Wait();
  }

  static std::string Read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }

 private:
  const std::string out_, err_;
  pid_t pid_ = -1;
};

// Waits until a name appears in a directory.
class Appears {
 public:
  Appears(const std::string& directory, std::string name) : name_(std::move(name)) {
    fd_ = inotify_init1(IN_CLOEXEC);
    inotify_add_watch(fd_, directory.c_str(), IN_MOVED_TO | IN_CREATE);
  }
  ~Appears() { close(fd_); }
  bool Wait() const {
    alignas(inotify_event) char space[4096];
    for (;;) {
      pollfd ready{fd_, POLLIN, 0};
      if (poll(&ready, 1, 60'000) != 1) return false;
      const ssize_t size = read(fd_, space, sizeof(space));
      for (ssize_t at = 0; at < size;) {
        const auto* event = reinterpret_cast<const inotify_event*>(space + at);
        if (event->len > 0 && name_ == event->name) return true;
        at += static_cast<ssize_t>(sizeof(inotify_event) + event->len);
      }
    }
  }

 private:
  const std::string name_;
  int fd_;
};

// A store of its own, with the keys of another where it is given, so that
// their dumps can be compared.
class ImportStore : public ServerProcess {
 public:
  explicit ImportStore(const ServerProcess* same_keys = nullptr) {
    if (same_keys != nullptr) {
      std::filesystem::copy_file(same_keys->dir() + "/keys", dir() + "/keys");
    }
    Init();
    Start();
  }
  Imported Import(const std::string& arguments, const std::string& feed = "") const {
    return Importer(*this, arguments, feed).Wait();
  }
  std::string Put(const std::string& name, const std::string& bytes) const {
    std::ofstream(dir() + "/" + name, std::ios::binary) << bytes;
    return dir() + "/" + name;
  }
  // Ends the server.
  std::string Dump() {
    Kill(SIGTERM);
    std::vector<std::string> arguments = Places();
    arguments.insert(arguments.begin(), {"dump", "--canonical"});
    const Ran ran = Run(arguments);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return ran.out;
  }
};

}  // namespace klantbeeld::e2e

#endif  // KLANTBEELD_TESTS_E2E_IMPORTER_H_
