// What all handlers work with.
#ifndef KLANTBEELD_SERVICE_SHARED_H_
#define KLANTBEELD_SERVICE_SHARED_H_

#include <functional>

#include "service/admission.h"
#include "service/answer_batch.h"
#include "service/executor.h"
#include "service/feed_hub.h"
#include "service/frame_cache.h"
#include "service/limits.h"
#include "service/metrics.h"
#include "service/position_waiter.h"
#include "service/registry/asker.h"
#include "store/store.h"

namespace klantbeeld::service {

// References only; the server owns all of it and outlives every call.
struct Shared {
  store::Store& store;
  const Limits& limits;
  std::function<absl::Time()> clock;
  Executor& executor;
  AnswerBatch& answers;
  Admission& admission;
  PositionWaiter& positions;
  FeedHub& hub;
  FrameCache& frames;
  Registry<OpenStream>& record_streams;
  Metrics& metrics;
  registry::Asker* asker;  // Null: there is no registry.
};

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_SHARED_H_
