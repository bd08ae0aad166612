#include "store/sequencer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "store/error.h"

namespace klantbeeld::store {
namespace {

absl::Status Stopped(const absl::Status& cause) {
  return Error(v1::ERROR_REASON_WRITES_STOPPED,
               absl::StrCat("an earlier write failed and the log's end is not known; nothing is "
                            "taken until a restart. Cause: ",
                            cause.message()),
               {.retry = absl::Seconds(30)});
}

void Finish(Proposal& proposal, const absl::Status& group) {
  std::visit(
      [&](auto& what) {
        if (!group.ok()) what.outcome = group;
        std::move(what.done)(std::move(what.outcome));
      },
      proposal.what);
}

}  // namespace

Sequencer::Sequencer(Limits limits, Commit commit)
    : limits_(limits), commit_(std::move(commit)), thread_([this] { Run(); }) {}

Sequencer::~Sequencer() {
  {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
  }
  thread_.join();
}

absl::Status Sequencer::Submit(Proposal proposal) {
  absl::MutexLock lock(&mutex_);
  if (!broken_.ok()) return Stopped(broken_);
  if (figures_.queue_bytes + proposal.bytes > limits_.queue_bytes_max) {
    return Error(v1::ERROR_REASON_OVERLOADED,
                 absl::StrCat("the write queue is full (", limits_.queue_bytes_max >> 20, " MiB)"),
                 {.retry = absl::Milliseconds(100)});
  }
  figures_.queue_bytes += proposal.bytes;
  ++figures_.queue_facts;
  queue_.push_back(std::move(proposal));
  return absl::OkStatus();
}

Sequencer::Figures Sequencer::figures() const {
  absl::MutexLock lock(&mutex_);
  return figures_;
}

void Sequencer::Run() {
  // While one group is being synced the next gathers, so a group is as large
  // as the load asks and a lone fact never waits for company.
  const auto wake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closing_ || !queue_.empty();
  };
  std::vector<Proposal> group;
  for (;;) {
    absl::Status broken;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&wake));
      if (queue_.empty()) return;
      size_t bytes = 0;
      while (!queue_.empty() && group.size() < limits_.group_facts_max &&
             (group.empty() || bytes + queue_.front().bytes <= limits_.group_bytes_max)) {
        bytes += queue_.front().bytes;
        group.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      figures_.queue_bytes -= bytes;
      figures_.queue_facts -= group.size();
      broken = broken_;
    }
    const absl::Time start = absl::Now();
    absl::Status status = broken.ok() ? commit_(group) : Stopped(broken);
    {
      absl::MutexLock lock(&mutex_);
      if (!status.ok() && broken_.ok()) {
        broken_ = status;
        figures_.stopped = true;
      }
      ++figures_.commits;
      figures_.committed_facts += group.size();
      figures_.commit_seconds += absl::ToDoubleSeconds(absl::Now() - start);
    }
    if (!status.ok() && broken.ok()) status = Stopped(status);
    for (Proposal& proposal : group) Finish(proposal, status);
    group.clear();
  }
}

}  // namespace klantbeeld::store
