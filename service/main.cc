// klantbeeld-server: reads the configuration, starts, waits, drains.
#include <fcntl.h>
#include <google/protobuf/stubs/logging.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include <cstdio>

#include "absl/synchronization/mutex.h"
#include "service/commands.h"
#include "service/config.h"
#include "service/log.h"
#include "service/server.h"

namespace klantbeeld::service {
namespace {

// As sysexits.h: the command line or the configuration is wrong.
constexpr int kExitUsage = 64;

// A standard file that whoever started this left closed would become the next
// file of the store, and the log would be written into it. Before libraries
// start: gRPC opens descriptors as soon as it is loaded.
void OpenStandardFiles() {
  for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(file, F_GETFD) < 0) static_cast<void>(open("/dev/null", O_RDWR));
}
[[gnu::section(".preinit_array"),
  gnu::used]] void (*const open_standard_files)() = OpenStandardFiles;

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "klantbeeld-server: %s\n", std::string(status.message()).c_str());
  return status.code() == absl::StatusCode::kInvalidArgument ? kExitUsage : 1;
}

// What a command answers is of no use where it could not be written.
int Written(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::fprintf(stderr, "klantbeeld-server: cannot write to standard output\n");
  return code == 0 ? 1 : code;
}

// What is in memory is personal data: no core file, to a program that takes
// them neither, and nobody but root looks into the process. What it writes is
// for its owner.
void KeepToItself() {
  prctl(PR_SET_DUMPABLE, 0);
  umask(0077);
}

// A connection takes two descriptors; the usual soft limit is for programs
// that open few.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

int Serve(const Config& config) {
  // Before any thread is made, so that only this one receives them.
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  RaiseDescriptorLimit();

  auto server = Server::Start(config);
  if (!server.ok()) return Fail(server.status());
  sd_notify(0, "READY=1");
  int received = 0;
  sigwait(&signals, &received);
  sd_notify(0, "STOPPING=1");
  Log(Severity::kInfo, "stopping", {{"signal", received}});
  (*server)->Drain();
  Log(Severity::kInfo, "stopped");
  return 0;
}

int Main(int argc, char** argv) {
  const auto line = ReadCommandLine(argc, argv);
  if (!line.ok()) return Fail(line.status());
  if (line->finished) return 0;
  const auto config = LoadConfig(line->config_file, line->settings);
  if (!config.ok()) return Fail(config.status());
  SetLogSeverity(config->log);
  if (line->command.empty()) {
    const absl::Status valid = config->Validate();
    return valid.ok() ? Serve(*config) : Fail(valid);
  }
  const absl::Status status = RunCommand(*line, *config);
  return status.ok() ? 0 : Fail(status);
}

}  // namespace
}  // namespace klantbeeld::service

int main(int argc, char** argv) {
  klantbeeld::service::KeepToItself();
  // Debian's Abseil ends the process on a cycle of locks, gRPC's included; a
  // server rather goes on. Tests keep the detector.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  // Of text that is not UTF-8 the caller is told; the log has its own form.
  google::protobuf::SetLogHandler(nullptr);
  return klantbeeld::service::Written(klantbeeld::service::Main(argc, argv));
}
