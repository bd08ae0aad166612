// Reading the feed, and watching a timeline.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "clients/cpp/client.h"
#include "klantbeeld/v1/feed_service.pb.h"

namespace klantbeeld::client {

// How streams that only end when told to come back after a failure.
struct StreamLimits {
  Backoff::Limits backoff;
  // In a row, without one message between them; 0: for ever.
  int reconnects_max = 0;
  // The server gives a sign of life every five seconds.
  absl::Duration silence_max = absl::Seconds(30);
};

// Follows the feed: every fact once, in order, for as long as it runs.
//
// A frame is acknowledged after `on_frame` returned, and only then does its
// resume token become this follower's; so what was processed is never behind
// what was acknowledged. After a lost connection, or when the server cut a
// slow reader off, it resumes behind the last frame that was processed: a
// frame whose processing was under way comes again.
//
// Threads: one Run at a time; `client`'s stop ends it from any thread.
// Owner:   `client` must outlive it.
class Follower {
 public:
  // False: stop; the frame counts as processed.
  using OnFrame = std::function<bool(const v1::FollowResponse& frame)>;

  Follower(Client& client, v1::FollowStart start, StreamLimits limits = {});

  // Nothing when `on_frame` stopped it; CANCELLED when the stop did. Anything
  // else needs a person: a token of another log, a feed whose positions do not
  // rise (DATA_LOSS), reconnects used up.
  std::optional<Error> Run(const OnFrame& on_frame);

  // Resumes after the last processed frame; that of `start` until there is one.
  const std::string& resume_token() const { return start_.resume_token(); }
  // Everything that matches was processed up to here.
  uint64_t position() const { return position_; }

 private:
  struct Ended;
  Ended RunOnce(const OnFrame& on_frame);
  std::optional<Error> Check(const v1::FollowResponse& frame) const;

  Client& client_;
  v1::FollowStart start_;
  const StreamLimits limits_;
  uint64_t position_ = 0;
};

// Watches the timeline of one citizen: its first page, then every change.
//
// After a lost connection, or where nothing came for too long, the first page
// comes again (`first_page` is set), no older than what was seen before. It makes
// void what was shown.
//
// Threads, owner: as Follower.
class Watcher {
 public:
  using OnStep = std::function<bool(const v1::WatchTimelineResponse& step)>;  // False: stop.

  Watcher(Client& client, v1::WatchTimelineRequest request, StreamLimits limits = {});
  std::optional<Error> Run(const OnStep& on_step);

 private:
  Client& client_;
  v1::WatchTimelineRequest request_;
  const StreamLimits limits_;
};

}  // namespace klantbeeld::client
