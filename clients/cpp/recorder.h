// Recording many events fast.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "clients/cpp/client.h"

namespace klantbeeld::client {

// Streams events to the server in batches, a few on their way at a time.
//
// Results: one per event, in the order of Add, on the thread that calls Add,
//          Flush or Finish. An event that was refused has its own error and
//          stops nothing. What would refuse any event now, and may pass (a full
//          disk, too much load, a restart), is no result: it is waited for as
//          for a lost connection.
// Lost connections: what has no result yet is sent again over a new one. The
//          server recognises what it already had, so nothing is recorded
//          twice; such an event may come back as a duplicate although this
//          recorder was the first to send it.
// Threads: all calls from one thread.
// Owner:   `client` must outlive it. Destroyed before Finish: events without a
//          result may or may not have been recorded.
class Recorder {
 public:
  struct Limits {
    int batch_events_max = 500;
    size_t batch_bytes_max = 1 << 20;
    size_t batches_in_flight_max = 4;
    int reconnects_max = 5;  // In a row, without one result between them.
    // For a result, and for the server to take a batch.
    absl::Duration answer_wait_max = absl::Seconds(30);
  };
  // `number` counts the events from 0. Its `index` is of one connection; do
  // not use it.
  using OnResult = std::function<void(uint64_t number, const v1::RecordResult& result)>;

  Recorder(Client& client, Limits limits, OnResult on_result);
  ~Recorder();

  // Takes an event. Waits while the window is full. An error is final: no
  // connection came any more, what should have passed did not, or the stop was
  // requested.
  std::optional<Error> Add(v1::ContactEvent event);
  // Sends what was taken, and gives the results that are there. Does not wait
  // for more.
  std::optional<Error> Flush();
  // Sends the rest and waits for every result.
  std::optional<Error> Finish();

 private:
  struct Batch {
    v1::RecordContactEventsRequest request;
    size_t bytes = 0;
    int answered = 0;
  };
  class Connection;

  std::unique_ptr<Connection> Connect() const;
  std::optional<Error> SendFilling();
  std::optional<Error> Send(const Batch& batch);
  std::optional<Error> WaitUntilOpenAtMost(size_t batches);
  std::optional<Error> RecoverFromSilence();
  std::optional<Error> Recover();
  std::optional<Error> Reconnect();
  bool TakeResults(absl::Duration wait);
  bool TakeResult(const v1::RecordResult& result);

  Client& client_;
  const Limits limits_;
  const OnResult on_result_;
  Backoff backoff_;
  int reconnects_ = 0;
  std::optional<Error> failed_;
  std::optional<Error> refused_;  // By what may pass: why this connection is given up.
  uint64_t number_ = 0;  // Of the oldest event without a result.
  Batch filling_;
  std::deque<Batch> open_;  // Sent, or to be sent after a lost connection.
  std::unique_ptr<Connection> connection_;
};

}  // namespace klantbeeld::client
