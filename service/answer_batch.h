// Answers that the sequencer's thread hands over to others.
#ifndef KLANTBEELD_SERVICE_ANSWER_BATCH_H_
#define KLANTBEELD_SERVICE_ANSWER_BATCH_H_

#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "service/executor.h"

namespace klantbeeld::service {

// What comes while others wait goes with them, so that the answers to a group
// of facts cost one hand-over and not one each. Runs them in the order of Add,
// on the executor, which must be stopped before this is destroyed.
//
// Threads: any. Never blocks.
class AnswerBatch {
 public:
  explicit AnswerBatch(Executor& executor) : executor_(executor) {}

  void Add(Executor::Task answer) {
    {
      absl::MutexLock lock(&mutex_);
      waiting_.push_back(std::move(answer));
      if (waiting_.size() > 1) return;  // Whoever was first has posted.
    }
    executor_.Post([this] { Run(); });
  }

 private:
  void Run() {
    std::vector<Executor::Task> answers;
    {
      absl::MutexLock lock(&mutex_);
      answers.swap(waiting_);
    }
    for (Executor::Task& answer : answers) std::move(answer)();
  }

  Executor& executor_;
  absl::Mutex mutex_;
  std::vector<Executor::Task> waiting_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_ANSWER_BATCH_H_
