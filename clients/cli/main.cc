// klantbeeld: the command line. Wiring only.
#include <CLI/CLI.hpp>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "clients/cli/arguments.h"
#include "clients/cli/pager.h"
#include "clients/cli/text.h"

namespace klantbeeld::cli {
namespace {

// Signals are waited for by one thread, since next to nothing may be done in a
// handler. Must run before any other thread exists.
void StopOnSignals(client::Stop& stop) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::thread([signals, &stop] {
    for (int signal = 0; sigwait(&signals, &signal) == 0;) {
      // Asked twice: whatever was still being tidied up is not worth waiting
      // for. A pager on the same terminal takes interrupts for itself.
      if (stop.requested() && !Paged::running()) _exit(kInterrupted);
      stop.Request();
    }
  }).detach();
}

int WrongSettings(const Context& context, const SettingsError& wrong) {
  if (!wrong.unknown_profile.empty())
    return Usage(context, context.Say(Label::unknown_profile, wrong.unknown_profile));
  return Usage(context, context.Say(Label::bad_config, wrong.path,
                                    wrong.unknown_key.empty()
                                        ? wrong.what
                                        : context.Say(Label::unknown_key, wrong.unknown_key)));
}

int Main(Context& context, int count, char** arguments) {
  signal(SIGPIPE, SIG_IGN);
  StopOnSignals(context.stop);
  context.LookAtTerminal();
  const char* profile = std::getenv("KLANTBEELD_PROFILE");
  const auto wrong = ReadSettings(
      SettingsPaths(std::getenv),
      ValueOf(count, arguments, "--profile", profile == nullptr ? "" : profile), context.settings);
  context.lang = LanguageOf(count, arguments, context.settings.lang);
  if (wrong) return WrongSettings(context, *wrong);
  ReadEnvironment(std::getenv, context.settings);
  Run run;
  const auto parser = MakeParser(context, run);
  if (const int code = Parse(*parser, context, run, count, arguments)) return code;
  if (!run) return kOk;
  if (const int code = context.Prepare()) return code;
  return run(context);
}

// Before libraries start: gRPC opens descriptors as soon as it is loaded.
[[gnu::section(".preinit_array"),
  gnu::used]] void (*const open_standard_files)() = OpenStandardFiles;

}  // namespace
}  // namespace klantbeeld::cli

int main(int count, char** arguments) {
  // What it shows is personal data: no core file, and nobody but root looks into the process.
  prctl(PR_SET_DUMPABLE, 0);
  // The thread that waits for signals outlives main's variables.
  auto& context = *new klantbeeld::cli::Context;
  const int code =
      klantbeeld::cli::EndPrinting(context, klantbeeld::cli::Main(context, count, arguments));
  // Without running destructors: a thread still waits for signals.
  _exit(code);
}
