// Lines typed on a terminal, with editing.
#pragma once

#include <memory>
#include <string>

#include "clients/cpp/stop.h"

namespace klantbeeld::cli {

// Reads lines with libedit: arrows, Home and End, and a history that lives as
// long as the program and is never written anywhere.
//
// Threads: one. `stop` must outlive it; requested, it ends the reading.
class Editor {
 public:
  enum class Got { kLine, kBrokenOff, kEnd };

  explicit Editor(const client::Stop& stop);
  ~Editor();

  // kBrokenOff: Ctrl-C, the line is gone. kEnd: Ctrl-D, or the stop.
  Got Line(const std::string& prompt, std::string& line);
  // The arrows bring the line back.
  void Remember(const std::string& line);

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace klantbeeld::cli
