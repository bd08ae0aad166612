// The store on the simulated disk: opened, driven step by step, ended in each
// way that there is, and opened again.
#ifndef KLANTBEELD_TESTS_SIMULATION_MACHINE_H_
#define KLANTBEELD_TESTS_SIMULATION_MACHINE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "store/store.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/follower.h"
#include "tests/simulation/requests.h"

namespace klantbeeld::simulation {

store::Keys SimulationKeys();

// What came of one attempt.
struct Answer {
  absl::Status status;  // Not OK: refused, or not known whether it stands.
  uint64_t position = 0;
  bool duplicate = false;
  bool taken = true;  // The store answered through `done`, not at once.
};

class Machine {
 public:
  struct Settings {
    std::string dir;
    size_t memtable_bytes = 0;
    size_t group_facts_max = 0;
    bool sync = true;
  };
  explicit Machine(Settings settings) : settings_(std::move(settings)) {}
  ~Machine() { Close(); }

  absl::Status Open();
  void Close();
  bool open() const { return serving_ != nullptr; }
  store::Store& store() { return *store_; }
  Serving& serving() { return *serving_; }

  // Sends them at once: the first makes a group of its own, the others wait
  // behind it and are taken together. Answers in the same order.
  std::vector<Answer> Send(const std::vector<const Request*>& requests);

  absl::Time now = absl::FromUnixSeconds(1'767'000'000);

 private:
  struct Attempts;
  absl::Time Clock();
  absl::Status Submit(const Request& request, const std::shared_ptr<Attempts>& attempts, size_t at);

  const Settings settings_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<Serving> serving_;
  absl::Mutex mutex_;
  bool held_ ABSL_GUARDED_BY(mutex_) = false;     // The applying thread stops where it asks for the time.
  bool waiting_ ABSL_GUARDED_BY(mutex_) = false;  // It does.
};

}  // namespace klantbeeld::simulation

#endif  // KLANTBEELD_TESTS_SIMULATION_MACHINE_H_
