// Long output a screen at a time.
#pragma once

#include <sys/types.h>

#include "clients/cli/context.h"

namespace klantbeeld::cli {

// While it lives, what is printed goes to the reader's pager: on a terminal, in
// tables for people, unless --no-pager was given. The default, less with FIRX,
// prints what fits the screen and is done. Destroyed, it waits until the reader
// is. One at a time.
class Paged {
 public:
  explicit Paged(const Context& context);
  ~Paged();
  Paged(const Paged&) = delete;
  Paged& operator=(const Paged&) = delete;

  // A pager runs, which takes the terminal's signals itself.
  static bool running();

 private:
  pid_t pager_ = -1;
  int terminal_ = -1;
};

}  // namespace klantbeeld::cli
