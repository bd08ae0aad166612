#include "tests/bench/ours.h"

#include <utility>

namespace klantbeeld::bench {

Ours::Ours(std::string program, std::string dir, const std::string& model)
    : program_(std::move(program)), dir_(std::move(dir)) {
  const std::vector<std::string> where = {"--data", dir_ + "-store", "--keys", dir_ + "-keys"};
  std::vector<std::string> words = {program_, "init"};
  words.insert(words.end(), where.begin(), where.end());
  RunToEnd(words, dir_ + ".init.log");
  if (!model.empty()) {
    words = {program_, "model", "adopt", "--model", model, "--reason", "benchmark"};
    words.insert(words.end(), where.begin(), where.end());
    RunToEnd(words, dir_ + ".adopt.log");
  }
  Start();
}

void Ours::Start(const std::vector<std::string>& settings) {
  std::vector<std::string> words = {program_,       "--data",   dir_ + "-store", "--keys",
                                    dir_ + "-keys", "--socket", socket()};
  for (const std::string& setting : settings) words.insert(words.end(), {"--set", setting});
  process_.emplace(words, dir_);
}

}  // namespace klantbeeld::bench
