// Programs that the benchmark starts, and the directory it works in.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace klantbeeld::bench {

// Ends the benchmark with a message, from any thread: a figure that is not
// measured as it should be is no figure.
[[noreturn]] void Die(const std::string& message);

// A directory of its own under $TMPDIR or /var/tmp, which is on a disk where
// /tmp may be memory; removed with everything in it. One at a time.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Runs a program to its end; Die, with the log, when it fails. `user`: as this
// one, when we are root.
void RunToEnd(const std::vector<std::string>& command, const std::string& log,
              const std::string& user = "");

// A server that runs until this goes. It ends with us, whatever becomes of us.
class Process {
 public:
  // Returns when the program has told, as it would tell systemd, that it serves.
  Process(const std::vector<std::string>& command, const std::string& dir,
          const std::string& user = "");
  ~Process() { Stop(); }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  // Lets it end as on a service manager's stop, and waits for it.
  void Stop();
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  int stop_signal_;
};

// For a program started by Process: it serves.
void TellReady();

}  // namespace klantbeeld::bench
