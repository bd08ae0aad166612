// Where the stores of this process lie.
#ifndef KLANTBEELD_TESTS_SIMULATION_WORKPLACE_H_
#define KLANTBEELD_TESTS_SIMULATION_WORKPLACE_H_

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/simulation/machine.h"

namespace klantbeeld::simulation {

// A directory in a file system in memory, with an empty store to begin with.
class Workplace {
 public:
  static Workplace& Get() {
    static Workplace place;
    return place;
  }
  // A new store, in the same place each time.
  std::string Fresh() {
    std::filesystem::remove_all("store");
    std::filesystem::copy("empty", "store", std::filesystem::copy_options::recursive);
    return "store";
  }
  // An empty database.
  std::string Scratch() {
    std::filesystem::remove_all("replay");
    std::filesystem::copy("empty-replay", "replay", std::filesystem::copy_options::recursive);
    return "replay";
  }

 private:
  Workplace() : dir_(absl::StrCat("/dev/shm/klantbeeld-simulation-", getpid())) {
    std::filesystem::remove_all(dir_);
    std::filesystem::create_directories(dir_);
    // Names are relative: RocksDB removes some files in the order of hashes of
    // their whole names, which is to be the same in every process.
    std::filesystem::current_path(dir_);
    const absl::Status made =
        store::Store::Create("empty", SimulationKeys(), std::string(16, 'L'));
    if (!made.ok() || !store::Db::Open("empty-replay", {}, true).ok()) std::abort();
  }
  ~Workplace() { std::filesystem::remove_all(dir_); }

  const std::string dir_;
};

}  // namespace klantbeeld::simulation

#endif  // KLANTBEELD_TESTS_SIMULATION_WORKPLACE_H_
