#include "service/record_stream.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "service/event_rules.h"
#include "service/status.h"
#include "service/validate.h"
#include "store/error.h"

namespace klantbeeld::service {
namespace {

constexpr absl::Duration kHoldStep = absl::Milliseconds(5);
constexpr size_t kResultsPerMessageMax = 1000;
// Events about which the registry is asked together, and their bytes.
constexpr size_t kAheadMax = 64;
constexpr size_t kAheadBytesMax = 64 << 10;

void SetError(const absl::Status& status, v1::RecordError* error) {
  google::rpc::Status rpc = store::ToRpcStatus(status);
  error->set_code(rpc.code());
  *error->mutable_message() = std::move(*rpc.mutable_message());
  error->mutable_details()->Swap(rpc.mutable_details());
}

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* RecordStream::Start(
    Shared& shared, MethodMetrics& metrics, grpc::CallbackServerContext* context) {
  auto stream = std::make_shared<RecordStream>(shared, metrics, context);
  stream->self_ = stream;
  stream->Begin();
  return stream.get();
}

RecordStream::RecordStream(Shared& shared, MethodMetrics& metrics,
                           grpc::CallbackServerContext* context)
    : shared_(shared), metrics_(metrics), context_(context), begun_(absl::Now()) {}

void RecordStream::Begin() {
  metrics_.Started();
  auto place = shared_.admission.Enter(shared_.admission.record_streams, *context_);
  if (place.ok()) {
    place_ = *std::move(place);  // Before a drain can find it, and end it.
    shared_.record_streams.Add(shared_from_this());
  }
  absl::MutexLock lock(&mutex_);
  if (!place.ok()) return EndNow(place.status());
  ReadOrEnd();
}

void RecordStream::OnReadDone(bool ok) {
  {
    absl::MutexLock lock(&mutex_);
    reading_ = false;
    if (!ok && !ending_) ending_ = absl::OkStatus();
    if (ended_ || ending_) return ReadOrEnd();
    taking_ = true;
  }
  metrics_.Received();
  const absl::Status status = SplitMessage();
  if (!status.ok()) {
    absl::MutexLock lock(&mutex_);
    taking_ = false;
    if (!ending_) ending_ = status;
    return ReadOrEnd();
  }
  TakeEvents();
}

absl::Status RecordStream::SplitMessage() {
  message_.emplace(in_);
  in_.Clear();
  events_.clear();
  next_event_ = 0;
  int count = 0;
  // All of it is split before anything is taken: a message that is not one
  // leaves nothing behind.
  const auto fault = SplitBatch(message_->view(), "events", [&](absl::string_view event) {
    events_.push_back(event);
    return ++count <= kEventsPerMessageMax;
  });
  if (fault) return ToStatus(fault);
  if (count <= kEventsPerMessageMax) return absl::OkStatus();
  return ToStatus(Fault{v1::ERROR_REASON_LIMIT_EXCEEDED, "events",
                        absl::StrCat("at most ", kEventsPerMessageMax, " in one message")});
}

void RecordStream::TakeEvents() {
  while (next_event_ < events_.size()) {
    {
      absl::MutexLock lock(&mutex_);
      if (ended_ || ending_) break;  // What was not taken gets no result.
    }
    if (ahead_.empty() && !PrepareAhead()) return;
    if (TakeEvent() == Taken::kHold) {
      ahead_.front() = Prepare(next_event_);  // The store had it and dropped it.
      shared_.executor.At(absl::Now() + kHoldStep,
                          [self = shared_from_this()] { self->TakeEvents(); });
      return;
    }
    ahead_.pop_front();
    ++next_event_;
  }
  ahead_.clear();
  message_.reset();
  absl::MutexLock lock(&mutex_);
  taking_ = false;
  PostFlush();
  ReadOrEnd();
}

// False: events are taken when the registry was asked.
bool RecordStream::PrepareAhead() {
  const size_t count_max = shared_.asker != nullptr ? kAheadMax : 1;
  registry::Questions unknown;
  size_t bytes = 0;
  for (size_t i = next_event_;
       i < events_.size() && ahead_.size() < count_max && bytes < kAheadBytesMax; ++i) {
    ahead_.push_back(Prepare(i));
    bytes += events_[i].size();
    if (shared_.asker != nullptr && ahead_.back().ok()) {
      shared_.asker->AddUnknown(*ahead_.back(), &unknown);
    }
  }
  if (unknown.empty()) return true;
  shared_.asker->Ask(std::move(unknown), [self = shared_from_this()] { self->TakeEvents(); });
  return false;
}

absl::StatusOr<store::PreparedEvent> RecordStream::Prepare(size_t number) const {
  v1::ContactEvent event;
  MaybeFault fault = Parse(events_[number], event);
  if (!fault) fault = Validate(event, UnknownFields::kRefuse);
  if (!fault) fault = CheckEvent(event, shared_.clock());
  absl::Status status = ToStatus(fault);
  if (status.ok()) {
    auto prepared = shared_.store.Prepare(std::move(event));
    if (prepared.ok()) return prepared;
    status = prepared.status();
  }
  return store::WithFieldPrefix(status, absl::StrCat("events[", number, "]."));
}

RecordStream::Taken RecordStream::TakeEvent() {
  const uint64_t index = OpenSlot(events_[next_event_].size());
  const absl::Status status = Submit(index);
  if (status.ok()) {
    held_since_ = absl::InfiniteFuture();
    return Taken::kYes;
  }
  if (ShouldHold(status)) {
    DropSlot();
    return Taken::kHold;
  }
  Resolve(index, status);
  return Taken::kYes;
}

absl::Status RecordStream::Submit(uint64_t index) {
  if (!ahead_.front().ok()) return ahead_.front().status();
  return shared_.store.Record(*std::move(ahead_.front()),
                              [self = shared_from_this(), index](auto outcome) {
                                self->Resolve(index, std::move(outcome));
                              });
}

uint64_t RecordStream::OpenSlot(size_t bytes) {
  absl::MutexLock lock(&mutex_);
  Slot& slot = slots_.emplace_back();
  slot.bytes = bytes;
  slot_bytes_ += bytes;
  return first_index_ + slots_.size() - 1;
}

void RecordStream::DropSlot() {
  absl::MutexLock lock(&mutex_);
  if (slots_.empty()) return;  // The stream ended meanwhile.
  slot_bytes_ -= slots_.back().bytes;
  slots_.pop_back();
}

bool RecordStream::ShouldHold(const absl::Status& status) {
  if (store::ReasonOf(status) != v1::ERROR_REASON_OVERLOADED) return false;
  const absl::Time now = absl::Now();
  held_since_ = std::min(held_since_, now);
  return now - held_since_ < shared_.limits.stream_hold_max;
}

void RecordStream::Resolve(uint64_t index, absl::StatusOr<v1::RecordContactEventResponse> outcome) {
  absl::MutexLock lock(&mutex_);
  if (ended_) return;
  Slot& slot = slots_[index - first_index_];
  slot.result.set_index(index);
  if (outcome.ok()) {
    *slot.result.mutable_recorded() = *std::move(outcome);
  } else {
    SetError(outcome.status(), slot.result.mutable_error());
    shared_.metrics.Refused(static_cast<grpc::StatusCode>(slot.result.error().code()));
  }
  slot.ready = true;
  PostFlush();
}

void RecordStream::PostFlush() {
  if (ended_ || writing_ || flush_posted_ || slots_.empty() || !slots_.front().ready) return;
  // Not here: this may be the sequencer's thread, and a moment later more
  // results are ready for the same message.
  flush_posted_ = true;
  shared_.executor.Post([self = shared_from_this()] { self->Flush(); });
}

void RecordStream::Flush() {
  v1::RecordContactEventsResponse response;
  absl::MutexLock lock(&mutex_);
  flush_posted_ = false;
  if (ended_ || writing_) return;
  while (!slots_.empty() && slots_.front().ready &&
         response.results_size() < static_cast<int>(kResultsPerMessageMax)) {
    *response.add_results() = std::move(slots_.front().result);
    slot_bytes_ -= slots_.front().bytes;
    slots_.pop_front();
    ++first_index_;
  }
  if (response.results().empty()) return;
  out_ = Serialise(response);
  writing_ = true;
  metrics_.Sent();
  cut_timer_ = shared_.executor.At(absl::Now() + shared_.limits.follower_stall_max,
                                   [self = shared_from_this()] { self->Cut(); });
  StartWrite(&out_);
  ReadOrEnd();
}

void RecordStream::Cut() {
  absl::MutexLock lock(&mutex_);
  if (!writing_) return;
  shared_.hub.CountCut();
  context_->TryCancel();
}

void RecordStream::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mutex_);
  writing_ = false;
  shared_.executor.Cancel(cut_timer_);
  if (!ok) return EndNow(absl::CancelledError("the caller is gone"));
  PostFlush();
  ReadOrEnd();
}

void RecordStream::ReadOrEnd() {
  if (ended_ || taking_) return;
  if (ending_) {
    // A read may still be open, and stays so until the call ends.
    if (slots_.empty() && !writing_) EndNow(*ending_);
    return;
  }
  if (reading_ || slots_.size() >= shared_.limits.stream_events_max ||
      slot_bytes_ >= shared_.limits.stream_bytes_max) {
    return;
  }
  reading_ = true;
  StartRead(&in_);
}

void RecordStream::EndNow(const absl::Status& status) {
  if (ended_) return;
  ended_ = true;
  slots_.clear();
  const grpc::Status end = ToGrpcStatus(status);
  code_ = end.error_code();
  Finish(end);
}

void RecordStream::Drain() {
  absl::MutexLock lock(&mutex_);
  if (ended_ || ending_) return;
  ending_ = Restarting();
  ReadOrEnd();
}

void RecordStream::OnCancel() {
  absl::MutexLock lock(&mutex_);
  EndNow(absl::CancelledError("the caller is gone"));
}

void RecordStream::OnDone() {
  if (place_) shared_.record_streams.Remove(this);
  place_.Leave();
  {
    absl::MutexLock lock(&mutex_);
    metrics_.Handled(code_, absl::Now() - begun_);
  }
  auto last = std::move(self_);
}

}  // namespace klantbeeld::service
