// Our real server on a store of its own.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/process.h"

namespace klantbeeld::bench {

class Ours {
 public:
  // `program` is the server's; what it keeps begins with `dir`. `model`: a file
  // to go by from the first event on, other than the program's own.
  Ours(std::string program, std::string dir, const std::string& model = "");
  void Start(const std::vector<std::string>& settings = {});
  void Stop() { process_.reset(); }
  std::string socket() const { return dir_ + ".sock"; }
  std::string rows() const { return dir_ + "-store/rows"; }

 private:
  const std::string program_, dir_;
  std::optional<Process> process_;
};

}  // namespace klantbeeld::bench
