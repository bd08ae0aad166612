// A few threads that run what must not run on gRPC's or the sequencer's.
#ifndef KLANTBEELD_SERVICE_EXECUTOR_H_
#define KLANTBEELD_SERVICE_EXECUTOR_H_

#include <cstdint>
#include <deque>
#include <map>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace klantbeeld::service {

// Threads: every call may come from any thread, from tasks too.
// Order:   tasks start in the order of Post, but run beside each other; those of
//          PostBehind start in theirs.
class Executor {
 public:
  using Task = absl::AnyInvocable<void() &&>;
  using TimerId = uint64_t;  // 0 is none.

  explicit Executor(int threads);
  // Stops; see Stop().
  ~Executor();

  // Runs `task` soon. Never blocks.
  void Post(Task task);
  // The same for work that nobody waits for as for an answer: it gives way to
  // what is posted otherwise, all but one time in eight, and half of the threads
  // do none of it.
  void PostBehind(Task task);
  // Runs `task` at `when`, unless cancelled before.
  TimerId At(absl::Time when, Task task);
  // Forgets a timer that has not run; any other id is ignored.
  void Cancel(TimerId id);

  // Waits for the running tasks, drops the waiting ones and all timers. What
  // is posted later is dropped. Not from a task.
  void Stop();

 private:
  using TimerKey = std::pair<absl::Time, TimerId>;
  void Run();
  void Add(std::deque<Task>& tasks, Task task) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Waits for a task or a timer that is due. `behind`: whether the last one was
  // posted behind, and whether this one was. False: stopping.
  bool Next(Task& task, bool& behind);

  absl::Mutex mutex_;
  absl::CondVar wake_;
  int idle_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  TimerId next_timer_ ABSL_GUARDED_BY(mutex_) = 1;
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  std::deque<Task> behind_ ABSL_GUARDED_BY(mutex_);
  unsigned turn_ ABSL_GUARDED_BY(mutex_) = 0;
  const int behind_max_;
  int behind_running_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<TimerKey, Task> timers_ ABSL_GUARDED_BY(mutex_);
  std::map<TimerId, absl::Time> due_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_EXECUTOR_H_
