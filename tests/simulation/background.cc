#include "tests/simulation/background.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <rocksdb/options.h>
#include <rocksdb/system_clock.h>

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace klantbeeld::simulation {
namespace {

// On a full disk RocksDB tries again for ever.
constexpr size_t kJobsAtOnce = 50;

// Who waits a while before it tries again does so at once.
class StillClock : public rocksdb::SystemClockWrapper {
 public:
  using SystemClockWrapper::SystemClockWrapper;
  const char* Name() const override { return "klantbeeld.still"; }
  void SleepForMicroseconds(int) override {}
};

class SteppedEnv : public rocksdb::EnvWrapper {
 public:
  explicit SteppedEnv(rocksdb::Env* real) : EnvWrapper(real) {
    file_system_ = real->GetFileSystem();
    system_clock_ = std::make_shared<StillClock>(real->GetSystemClock());
  }

  void SleepForMicroseconds(int) override {}
  void Schedule(void (*run)(void*), void* what, Priority priority, void* tag,
                void (*forget)(void*)) override {
    std::lock_guard<std::mutex> lock(mutex_);
    jobs_.push_back({run, what, priority, tag, forget});
  }
  int UnSchedule(void* tag, Priority priority) override {
    std::deque<Job> gone;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      std::deque<Job> kept;
      for (const Job& job : jobs_) {
        (job.tag == tag && job.priority == priority ? gone : kept).push_back(job);
      }
      jobs_ = std::move(kept);
    }
    for (const Job& job : gone) {
      if (job.forget != nullptr) job.forget(job.what);
    }
    return static_cast<int>(gone.size());
  }
  unsigned int GetThreadPoolQueueLen(Priority) const override {
    std::lock_guard<std::mutex> lock(mutex_);
    return static_cast<unsigned int>(jobs_.size());
  }

  size_t Run() {
    size_t count = 0;
    for (; count < kJobsAtOnce; ++count) {
      const std::optional<Job> job = Next();
      if (!job) break;
      job->run(job->what);
    }
    return count;
  }

 private:
  struct Job {
    void (*run)(void*);
    void* what;
    Priority priority;
    void* tag;
    void (*forget)(void*);
  };
  std::optional<Job> Next() {
    std::lock_guard<std::mutex> lock(mutex_);
    if (jobs_.empty()) return std::nullopt;
    const Job job = jobs_.front();
    jobs_.pop_front();
    return job;
  }

  mutable std::mutex mutex_;
  std::deque<Job> jobs_;
};

SteppedEnv& Stepped();

}  // namespace

size_t RunBackground() { return Stepped().Run(); }

}  // namespace klantbeeld::simulation

// The linker gives us the calls to rocksdb::Env::Default (--wrap).
extern "C" rocksdb::Env* __real__ZN7rocksdb3Env7DefaultEv();
extern "C" rocksdb::Env* __wrap__ZN7rocksdb3Env7DefaultEv() {
  return &klantbeeld::simulation::Stepped();
}

namespace klantbeeld::simulation {
namespace {

SteppedEnv& Stepped() {
  static SteppedEnv* const env = new SteppedEnv(__real__ZN7rocksdb3Env7DefaultEv());
  return *env;
}

}  // namespace

// RocksDB writes its options at each open, reads them back and compares, which
// took half of all time here; nobody else reads them. A line stands for them.
rocksdb::Status WriteOptions(const rocksdb::DBOptions&, const std::vector<std::string>&,
                             const std::vector<rocksdb::ColumnFamilyOptions>&,
                             const std::string& name, rocksdb::FileSystem* files)
    __asm__("__wrap__ZN7rocksdb21PersistRocksDBOptionsERKNS_9DBOptionsERKSt6vectorINSt7__cxx1112"
            "basic_stringIcSt11char_traitsIcESaIcEEESaIS9_EERKS3_INS_19ColumnFamilyOptionsESaISE_"
            "EERKS9_PNS_10FileSystemE");
rocksdb::Status WriteOptions(const rocksdb::DBOptions&, const std::vector<std::string>&,
                             const std::vector<rocksdb::ColumnFamilyOptions>&,
                             const std::string& name, rocksdb::FileSystem* files) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  rocksdb::IOStatus status = files->NewWritableFile(name, {}, &file, nullptr);
  if (status.ok()) status = file->Append("options\n", {}, nullptr);
  if (status.ok()) status = file->Fsync({}, nullptr);
  if (status.ok()) status = file->Close({}, nullptr);
  return status;
}

}  // namespace klantbeeld::simulation
