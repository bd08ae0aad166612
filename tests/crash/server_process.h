// The real server process in a directory of its own, to be killed.
#ifndef KLANTBEELD_TESTS_CRASH_SERVER_PROCESS_H_
#define KLANTBEELD_TESTS_CRASH_SERVER_PROCESS_H_

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace klantbeeld::crash {

// How what is written reaches the disk.
enum class Disk {
  kKept,          // As the kernel has it: kill -9 loses nothing of it.
  kTracked,       // Drop() throws away what was not synced.
  kTrackedNames,  // The same; names of files stand at once, synced or not.
  kLying,         // As with sync switched off.
  kLate,          // As when a batch were acknowledged before its sync.
};

// What a program said.
struct Said {
  int code = -1;  // Exit code; 128 and the signal when one ended it.
  std::string text;
};

// Threads: one.
class ServerProcess {
 public:
  // Settings are "key=value", as --set takes them.
  explicit ServerProcess(std::vector<std::string> settings = {});
  ~ServerProcess();  // Kills it, and removes the directory.
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::string data() const { return directory_ + "/data"; }
  std::string address() const { return "unix:" + directory_ + "/s"; }
  // From the next start on.
  void set_disk(Disk disk) { disk_ = disk; }
  bool running() const { return process_ > 0; }

  // Returns when it serves. If it ended instead: what it said, unless it was
  // the kill that `kill_at_sync` (0: none) asks for.
  std::optional<Said> Start(long kill_at_sync = 0);
  // SIGKILL; nothing runs any more when it returns.
  void Kill();
  // Waits for the kill that Start asked for; false: it did not come.
  bool WaitForKill(absl::Duration at_most);
  // SIGTERM; its exit code.
  int Stop();
  // Every byte that was not yet synced is thrown away. Not while it runs.
  void Drop();
  // Runs one of its commands on the store, `init` on a tracked disk, the others
  // on a kept one. Not while it serves.
  Said Run(const std::string& command);

 private:
  std::vector<std::string> Arguments(const std::string& command) const;
  std::vector<std::string> Environment(bool ready, long kill_at_sync) const;
  pid_t Spawn(const std::vector<std::string>& arguments,
              const std::vector<std::string>& environment) const;
  int Wait();
  std::string Log() const;

  std::string directory_;
  const std::vector<std::string> settings_;
  Disk disk_ = Disk::kKept;
  pid_t process_ = -1;
};

}  // namespace klantbeeld::crash

#endif  // KLANTBEELD_TESTS_CRASH_SERVER_PROCESS_H_
