// The facts of one store applied anew, into rows that hold nothing yet.
#ifndef KLANTBEELD_STORE_REPLAY_H_
#define KLANTBEELD_STORE_REPLAY_H_

#include <cstdint>
#include <functional>
#include <limits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "store/db.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Called now and then with a position and the last one.
using Progress = std::function<void(uint64_t position, uint64_t last)>;

// What a replay, or a comparison with one, did since it told last.
struct Stride {
  uint64_t position = 0;  // That the replay came to.
  uint64_t head = 0;      // That it goes to.
  uint64_t bytes = 0;     // Written to the replay or read from it.
};
// Called after each; what it answers other than OK ends the work with that.
using AfterStride = std::function<absl::Status(const Stride&)>;

// Tells `progress`, which must outlive it and may be null, of the facts.
AfterStride Telling(const Progress& progress);

// Rows that can be made again: not synced each time.
Db::Options WithoutSync();

// Up to the head.
inline constexpr uint64_t kWhole = std::numeric_limits<uint64_t>::max();

// Applies the facts of `from` up to `last`, or the head if that comes sooner, to
// the empty `to`, and returns the position that it came to. What derived the
// rows of `from` does not matter, only its journal is read.
// DATA_LOSS: the journal cannot be read, has a hole, or its running hash does
// not agree.
absl::StatusOr<uint64_t> Replay(const Keys& keys, const Reader& from, uint64_t last, Db& to,
                                const AfterStride& after);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_REPLAY_H_
