#include "tests/simulation/machine.h"

#include <pthread.h>

#include <utility>
#include <variant>

namespace klantbeeld::simulation {

store::Keys SimulationKeys() { return store::Keys(std::string(32, 'k'), std::string(32, 'l')); }

struct Machine::Attempts {
  absl::Mutex* mutex;
  std::vector<Answer> answers;
  size_t left = 0;

  template <typename Response>
  void Done(size_t at, absl::StatusOr<Response> response) {
    absl::MutexLock lock(mutex);
    if (response.ok()) {
      answers[at].position = response->position();
      answers[at].duplicate = response->duplicate();
    } else {
      answers[at].status = response.status();
    }
    --left;
  }
};

absl::Status Machine::Open() {
  store::Store::Options options;
  options.data_dir = settings_.dir;
  options.db.sync = settings_.sync;
  options.db.memtable_bytes = settings_.memtable_bytes;
  options.db.block_cache_bytes = 1 << 20;
  options.db.disk_reserve_bytes = 64 << 20;
  options.sequencer.group_facts_max = settings_.group_facts_max;
  auto opened = store::Store::Open(options, SimulationKeys(), [this] { return Clock(); });
  if (!opened.ok()) return opened.status();
  store_ = *std::move(opened);
  serving_ = std::make_unique<Serving>(*store_);
  return absl::OkStatus();
}

void Machine::Close() {
  serving_.reset();
  store_.reset();
}

absl::Time Machine::Clock() {
  char name[16] = "";
  pthread_getname_np(pthread_self(), name, sizeof name);
  absl::MutexLock lock(&mutex_);
  if (std::string_view(name) == "apply") {
    waiting_ = held_;
    const auto let_go = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !held_; };
    mutex_.Await(absl::Condition(&let_go));
    waiting_ = false;
  }
  return now;
}

absl::Status Machine::Submit(const Request& request, const std::shared_ptr<Attempts>& attempts,
                             size_t at) {
  if (const auto* event = std::get_if<v1::ContactEvent>(&request.what)) {
    auto prepared = store_->Prepare(*event);
    if (!prepared.ok()) return prepared.status();
    return store_->Record(*std::move(prepared),
                          [=](auto response) { attempts->Done(at, std::move(response)); });
  }
  if (const auto* link = std::get_if<v1::LinkRequest>(&request.what)) {
    return store_->Link(*link, [=](auto response) { attempts->Done(at, std::move(response)); });
  }
  return store_->Unlink(std::get<v1::UnlinkRequest>(request.what),
                        [=](auto response) { attempts->Done(at, std::move(response)); });
}

std::vector<Answer> Machine::Send(const std::vector<const Request*>& requests) {
  const auto attempts = std::make_shared<Attempts>();
  attempts->mutex = &mutex_;
  attempts->answers.resize(requests.size());
  {
    absl::MutexLock lock(&mutex_);
    held_ = true;
  }
  const auto settled = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return waiting_ || attempts->left == 0;
  };
  bool waits = false;
  for (size_t i = 0; i < requests.size(); ++i) {
    {
      absl::MutexLock lock(&mutex_);
      ++attempts->left;
    }
    absl::Status taken = Submit(*requests[i], attempts, i);
    absl::MutexLock lock(&mutex_);
    if (!taken.ok()) {
      --attempts->left;
      attempts->answers[i].status = std::move(taken);
      attempts->answers[i].taken = false;
    } else if (!waits) {
      mutex_.Await(absl::Condition(&settled));
      waits = waiting_;
    }
  }
  absl::MutexLock lock(&mutex_);
  held_ = false;
  const auto answered = [&] { return attempts->left == 0; };
  mutex_.Await(absl::Condition(&answered));
  return attempts->answers;
}

}  // namespace klantbeeld::simulation
