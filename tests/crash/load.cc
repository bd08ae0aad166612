#include "tests/crash/load.h"

#include <deque>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cpp/recorder.h"

namespace klantbeeld::crash {
namespace {

// Refusals of a decision that say what stands, not that something is wrong.
bool MayBeRefused(v1::ErrorReason reason) {
  static const std::set<v1::ErrorReason> kReasons = {
      v1::ERROR_REASON_LINK_FORBIDDEN,  v1::ERROR_REASON_DECISION_WITHOUT_EFFECT,
      v1::ERROR_REASON_PARTY_NOT_FOUND, v1::ERROR_REASON_CONTACT_NOT_FOUND,
      v1::ERROR_REASON_DIGEST_REQUIRED, v1::ERROR_REASON_DECISION_TOO_LARGE};
  return kReasons.count(reason) > 0;
}

}  // namespace

std::unique_ptr<client::Client> PatientClient(const std::string& address, client::Stop* stop) {
  client::Client::Options options;
  options.server = address;
  options.deadline = absl::Minutes(2);
  options.retries_max = 1'000'000;
  options.backoff = {absl::Milliseconds(5), absl::Milliseconds(50)};
  options.stop = stop;
  return std::move(client::Client::Create(options).value());
}

Load::Load(const std::string& address, uint64_t seed, int streams, int unary, Oracle& oracle)
    : address_(address), oracle_(oracle) {
  const int all = streams + unary;
  for (int i = 0; i < all; ++i) histories_.push_back(std::make_unique<History>(seed, i, all));
  for (int i = 0; i < all; ++i) {
    History& history = *histories_[static_cast<size_t>(i)];
    workers_.emplace_back(
        [this, i, streams, &history] { i < streams ? Stream(history) : Unary(history); });
  }
}

Load::~Load() {
  {
    absl::MutexLock lock(&mutex_);
    over_ = true;
  }
  stop_.Request();
  for (std::thread& worker : workers_) worker.join();
}

void Load::Resume() {
  absl::MutexLock lock(&mutex_);
  wanted_ = Wanted::kRunning;
}

bool Load::Pause(absl::Duration at_most) {
  const auto still = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return standing_still_ == workers_.size();
  };
  absl::MutexLock lock(&mutex_);
  wanted_ = Wanted::kPaused;
  return mutex_.AwaitWithTimeout(absl::Condition(&still), at_most);
}

bool Load::Wants(Wanted wanted) const {
  absl::MutexLock lock(&mutex_);
  return over_ || wanted_ == wanted;
}

bool Load::MayGoOn() {
  const auto go_on = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return over_ || wanted_ == Wanted::kRunning;
  };
  absl::MutexLock lock(&mutex_);
  ++standing_still_;
  mutex_.Await(absl::Condition(&go_on));
  --standing_still_;
  return !over_;
}

std::map<std::string, int> Load::kinds() const {
  std::map<std::string, int> all;
  for (const auto& history : histories_) {
    for (const auto& [kind, count] : history->kinds()) all[kind] += count;
  }
  return all;
}

void Load::Stream(History& history) {
  const auto client = PatientClient(address_, &stop_);
  std::deque<std::string> keys;  // Of events without a result.
  client::Recorder::Limits limits;
  limits.batch_events_max = 24;
  limits.reconnects_max = 1'000'000;
  client::Recorder recorder(*client, limits, [&](uint64_t, const v1::RecordResult& result) {
    const std::string key = std::move(keys.front());
    keys.pop_front();
    if (result.has_recorded()) {
      oracle_.Acknowledged(key, result.recorded().position(), result.recorded().duplicate());
    } else {
      oracle_.Fault(absl::StrCat(key, " was refused: ", result.error().message()));
    }
  });
  while (MayGoOn()) {
    std::optional<client::Error> error;
    while (!error && !Wants(Wanted::kPaused)) {
      v1::ContactEvent event = history.NextEvent();
      oracle_.Sent(event);
      keys.push_back(KeyOf(Call(event)));
      error = recorder.Add(std::move(event));
    }
    if (!error) error = recorder.Finish();
    if (!error) continue;
    if (!client->stopped()) oracle_.Fault(absl::StrCat("a stream ended: ", error->message));
    return;
  }
}

void Load::Unary(History& history) {
  const auto client = PatientClient(address_, &stop_);
  while (MayGoOn()) {
    for (int i = 0; !Wants(Wanted::kPaused); ++i) {
      std::optional<Call> decision;
      if (i % 2 == 1) decision = history.NextDecision();
      if (decision) {
        Decide(*client, *std::move(decision));
      } else {
        Event(*client, history.NextEvent());
      }
    }
  }
}

void Load::Event(client::Client& client, const v1::ContactEvent& event) {
  oracle_.Sent(event);
  const std::string key = KeyOf(Call(event));
  const auto reply = client.Record(event);
  if (reply.ok()) {
    oracle_.Acknowledged(key, reply.value().position(), reply.value().duplicate());
  } else if (!client.stopped()) {
    oracle_.Fault(absl::StrCat(key, " was refused: ", reply.error().message));
  }
}

void Load::Decide(client::Client& client, Call call) {
  oracle_.Sent(call);
  const std::string key = KeyOf(call);
  const auto take = [&](const auto& reply) {
    if (reply.ok()) {
      oracle_.Acknowledged(key, reply.value().position(), reply.value().duplicate());
    } else if (MayBeRefused(reply.error().reason)) {
      oracle_.Refused(key);
    } else if (!client.stopped()) {
      oracle_.Fault(absl::StrCat(key, " was refused: ", reply.error().message));
    }
  };
  if (const auto* link = std::get_if<v1::LinkRequest>(&call)) return take(client.Link(*link));
  auto& unlink = std::get<v1::UnlinkRequest>(call);
  auto reply = client.Unlink(unlink);
  if (!reply.ok() && reply.error().reason == v1::ERROR_REASON_DIGEST_REQUIRED) {
    const auto& metadata = reply.error().metadata;
    if (const auto digest = metadata.find("digest"); digest != metadata.end()) {
      unlink.set_digest(digest->second);
    }
    reply = client.Unlink(unlink);
  }
  take(reply);
}

Followed::Followed(const std::string& address, std::vector<v1::FactKind> kinds, Oracle& oracle)
    : kinds_(std::move(kinds)),
      oracle_(oracle),
      client_(PatientClient(address, &stop_)),
      thread_([this] { Run(); }) {}

Followed::~Followed() {
  stop_.Request();
  thread_.join();
}

void Followed::Run() {
  v1::FollowStart start;
  for (const v1::FactKind kind : kinds_) start.mutable_filter()->add_kinds(kind);
  start.set_position(0);
  client::StreamLimits limits;
  limits.backoff = {absl::Milliseconds(5), absl::Milliseconds(50)};
  client::Follower follower(*client_, start, limits);
  const auto error = follower.Run([this](const v1::FollowResponse& frame) {
    Take(frame);
    return true;
  });
  if (error && !client_->stopped()) {
    oracle_.Fault(absl::StrCat("a follower ended: ", error->message));
    absl::MutexLock lock(&mutex_);
    failed_ = true;
  }
}

void Followed::Take(const v1::FollowResponse& frame) {
  absl::MutexLock lock(&mutex_);
  for (const v1::FeedEvent& fact : frame.events()) {
    const uint64_t last = facts_.empty() ? 0 : facts_.back().position();
    if (kinds_.empty() ? fact.position() != last + 1 : fact.position() <= last) {
      oracle_.Fault(absl::StrCat("a follower got ", fact.position(), " after ", last));
    }
    facts_.push_back(fact);
  }
  if (frame.position() < position_ || frame.position() > frame.head()) {
    oracle_.Fault(absl::StrCat("a frame stands at ", frame.position(), ", the one before it at ",
                               position_, ", the head at ", frame.head()));
  }
  if (tokens_.empty() || frame.position() > tokens_.back().position) {
    tokens_.push_back({frame.position(), frame.resume_token()});
  }
  position_ = frame.position();
}

bool Followed::WaitFor(uint64_t position, absl::Duration at_most) const {
  const auto there = [this, position]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return failed_ || position_ >= position;
  };
  absl::MutexLock lock(&mutex_);
  mutex_.AwaitWithTimeout(absl::Condition(&there), at_most);
  return position_ >= position;
}

std::vector<v1::FeedEvent> Followed::facts() const {
  absl::MutexLock lock(&mutex_);
  return facts_;
}

std::vector<Followed::Token> Followed::tokens() const {
  absl::MutexLock lock(&mutex_);
  return tokens_;
}

}  // namespace klantbeeld::crash
