#include "clients/cli/pager.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>

extern char** environ;

namespace klantbeeld::cli {
namespace {

std::atomic<bool> pager_runs{false};

// With the signals that this program blocks let through again; -1 where it
// could not be started.
pid_t Start(const std::string& command, int input) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, defaults;
  sigemptyset(&none);
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  // A pager that is not installed must not take the answer with it.
  std::string shell = "sh", option = "-c", pager_text = command;
  std::string text = "command -v \"${1%% *}\" >/dev/null 2>&1 || set -- cat; eval \"exec $1\"";
  char* arguments[] = {shell.data(), option.data(),     text.data(),
                       shell.data(), pager_text.data(), nullptr};
  pid_t pager = -1;
  if (posix_spawn(&pager, "/bin/sh", &actions, &attributes, arguments, environ) != 0) pager = -1;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return pager;
}

}  // namespace

Paged::Paged(const Context& context) {
  const Settings& settings = context.settings;
  if (!context.out_is_terminal || settings.no_pager || settings.pager.empty() ||
      settings.pager == "cat" || context.output("table") != "table")
    return;
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return;
  setenv("LESS", "FIRX", 0);
  setenv("LESSCHARSET", "utf-8", 0);
  // What is searched for in it, a name, else stands in ~/.lesshst.
  setenv("LESSHISTFILE", "-", 1);
  FlushPrinted();
  pager_ = Start(settings.pager, ends[0]);
  close(ends[0]);
  if (pager_ > 0) {
    pager_runs = true;
    terminal_ = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    dup2(ends[1], STDOUT_FILENO);
  }
  close(ends[1]);
}

Paged::~Paged() {
  if (pager_ <= 0) return;
  FlushPrinted();
  dup2(terminal_, STDOUT_FILENO);
  close(terminal_);
  waitpid(pager_, nullptr, 0);
  pager_runs = false;
  // Who leaves the pager early has seen enough; that is no failed write.
  DropPrinted();
}

bool Paged::running() { return pager_runs; }

}  // namespace klantbeeld::cli
