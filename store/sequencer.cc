#include "store/sequencer.h"

#include <pthread.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "store/error.h"

namespace klantbeeld::store {
namespace {

absl::Status Stopped(const absl::Status& cause) {
  if (absl::IsResourceExhausted(cause)) {
    return Error(v1::ERROR_REASON_DISK_FULL,
                 absl::StrCat("the disk is full, and it is not known whether this was recorded: send "
                              "it again, what stands is recognised. Reads go on. Cause: ",
                              cause.message()),
                 {.retry = absl::Seconds(5)});
  }
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

Sequencer::Sequencer(Limits limits, Apply apply, Mend mend)
    : limits_(limits),
      apply_(std::move(apply)),
      mend_(std::move(mend)),
      writer_([this] { RunWrite(); }),
      applier_([this] { RunApply(); }) {}

Sequencer::~Sequencer() {
  {
    absl::MutexLock lock(&mutex_);
    closing_ = true;
  }
  applier_.join();
  writer_.join();
}

absl::Status Sequencer::Submit(Proposal proposal) {
  absl::MutexLock lock(&mutex_);
  if (!broken_.ok() && !MayBeMended()) return Stopped(broken_);
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

// False: closing, and nothing is left.
bool Sequencer::Take(std::vector<Proposal>& proposals) {
  // While earlier groups are applied and synced the next gathers, so a group
  // is as large as the load asks and a lone fact never waits for company.
  const auto wake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closing_ || !queue_.empty();
  };
  absl::MutexLock lock(&mutex_);
  mutex_.Await(absl::Condition(&wake));
  size_t bytes = 0;
  while (!queue_.empty() && proposals.size() < limits_.group_facts_max &&
         (proposals.empty() || bytes + queue_.front().bytes <= limits_.group_bytes_max)) {
    bytes += queue_.front().bytes;
    proposals.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  figures_.queue_bytes -= bytes;
  figures_.queue_facts -= proposals.size();
  return !proposals.empty();
}

bool Sequencer::MayBeMended() const { return absl::IsResourceExhausted(broken_); }

// OK: what came before is written, or known not to stand.
absl::Status Sequencer::MendFirst() {
  const auto all_written = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !writing_ && !applied_;
  };
  {
    absl::MutexLock lock(&mutex_);
    if (broken_.ok() || !MayBeMended()) return broken_;
    mutex_.Await(absl::Condition(&all_written));
  }
  const absl::Status mended = mend_();
  absl::MutexLock lock(&mutex_);
  broken_ = mended;
  figures_.stopped = !broken_.ok() && !MayBeMended();
  return mended;
}

void Sequencer::RunApply() {
  pthread_setname_np(pthread_self(), "apply");
  const auto may_hand_over = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !writing_ && !applied_;
  };
  for (;;) {
    Group group;
    if (!Take(group.proposals)) break;
    const absl::Time start = absl::Now();
    const absl::Status mended = MendFirst();
    group.write = mended.ok() ? apply_(group.proposals) : mended;
    group.applied_in = absl::Now() - start;
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&may_hand_over));
    applied_ = std::move(group);
  }
  absl::MutexLock lock(&mutex_);
  all_applied_ = true;
}

void Sequencer::RunWrite() {
  pthread_setname_np(pthread_self(), "write");
  const auto wake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return all_applied_ || applied_;
  };
  for (;;) {
    Group group;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(&wake));
      if (!applied_) return;
      group = *std::exchange(applied_, std::nullopt);
      writing_ = true;
    }
    WriteOne(std::move(group));
  }
}

void Sequencer::WriteOne(Group group) {
  absl::Status status;
  {
    absl::MutexLock lock(&mutex_);
    if (!broken_.ok()) status = Stopped(broken_);
  }
  const absl::Time start = absl::Now();
  if (status.ok()) {
    const absl::Status written = group.write.ok() ? (*group.write)() : group.write.status();
    if (!written.ok()) status = Stopped(written);
    absl::MutexLock lock(&mutex_);
    broken_ = written;
    figures_.stopped = !broken_.ok() && !MayBeMended();
    ++figures_.commits;
    figures_.committed_facts += group.proposals.size();
    figures_.commit_seconds += absl::ToDoubleSeconds(group.applied_in + (absl::Now() - start));
  }
  {
    // From here on the next group may come, while this one's callers are told.
    absl::MutexLock lock(&mutex_);
    writing_ = false;
  }
  for (Proposal& proposal : group.proposals) Finish(proposal, status);
}

}  // namespace klantbeeld::store
