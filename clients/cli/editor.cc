#include "clients/cli/editor.h"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <cstdio>
#include <cwchar>

#include "clients/cli/standard_files.h"

namespace klantbeeld::cli {
namespace {

constexpr int kStopSeenMilliseconds = 200;
constexpr int kRemembered = 100;
constexpr wchar_t kInterrupt = 3;

}  // namespace

struct Editor::Impl {
  const client::Stop& stop;
  EditLine* line = nullptr;
  History* history = nullptr;
  std::string prompt;
  bool broken_off = false;

  static Impl& Of(EditLine* line) {
    void* impl = nullptr;
    el_get(line, EL_CLIENTDATA, &impl);
    return *static_cast<Impl*>(impl);
  }

  static char* Prompt(EditLine* line) { return Of(line).prompt.data(); }

  // One character, waiting in short turns so that the stop is seen.
  static int Read(EditLine* line, wchar_t* out) {
    Impl& impl = Of(line);
    std::mbstate_t state{};
    for (;;) {
      if (impl.stop.requested()) return 0;
      pollfd ready{STDIN_FILENO, POLLIN, 0};
      const int count = poll(&ready, 1, kStopSeenMilliseconds);
      if (count == 0 || (count < 0 && errno == EINTR)) continue;
      char byte = 0;
      const ssize_t bytes = read(STDIN_FILENO, &byte, 1);
      if (bytes < 0 && errno == EINTR) continue;
      if (bytes <= 0) return static_cast<int>(bytes);
      const size_t used = std::mbrtowc(out, &byte, 1, &state);
      if (used == static_cast<size_t>(-2)) continue;
      if (used == static_cast<size_t>(-1)) {
        state = {};
        continue;
      }
      if (*out != kInterrupt) return 1;
      impl.broken_off = true;
      *out = L'\n';
      return 1;
    }
  }
};

Editor::Editor(const client::Stop& stop) : impl_(new Impl{stop, nullptr, nullptr, "", false}) {
  // What is typed is UTF-8, whatever the locale of the session says.
  std::setlocale(LC_CTYPE, "C.UTF-8");
  impl_->line = el_init("klantbeeld", stdin, stdout, stderr);
  impl_->history = history_init();
  HistEvent event;
  history(impl_->history, &event, H_SETSIZE, kRemembered);
  el_set(impl_->line, EL_CLIENTDATA, impl_.get());
  el_set(impl_->line, EL_PROMPT, &Impl::Prompt);
  el_set(impl_->line, EL_EDITOR, "emacs");
  el_set(impl_->line, EL_SIGNAL, 0);
  el_set(impl_->line, EL_GETCFN, &Impl::Read);
  el_set(impl_->line, EL_HIST, history, impl_->history);
  // Ctrl-C comes as a character, so that it only breaks off the line.
  el_set(impl_->line, EL_SETTY, "-d", "-isig", nullptr);
}

Editor::~Editor() {
  history_end(impl_->history);
  el_end(impl_->line);
}

Editor::Got Editor::Line(const std::string& prompt, std::string& line) {
  FlushPrinted();
  // By itself libedit takes the terminal over after it wrote the prompt, and what
  // is typed between the two would show twice.
  el_set(impl_->line, EL_PREP_TERM, 1);
  impl_->prompt = prompt;
  impl_->broken_off = false;
  int count = 0;
  const char* got = el_gets(impl_->line, &count);
  if (impl_->broken_off) return Got::kBrokenOff;
  if (got == nullptr || count <= 0) return Got::kEnd;
  line.assign(got, static_cast<size_t>(count));
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  return Got::kLine;
}

void Editor::Remember(const std::string& line) {
  HistEvent event;
  history(impl_->history, &event, H_ENTER, line.c_str());
}

}  // namespace klantbeeld::cli
