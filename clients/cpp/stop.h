// Ending calls and waits early.
#pragma once

#include <grpcpp/client_context.h>

#include <set>

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace klantbeeld::client {

// Ends the calls and waits of everything it was passed to, for good unless it
// is taken back.
//
// Threads: every call from any thread; not from a signal handler (a thread
//          that waits for signals may call Request).
// Owner:   must outlive the Client and the streams that use it.
class Stop {
 public:
  void Request();
  // What begins from here on runs again: for a program that goes on after the
  // reader broke something off. What was ended stays ended.
  void TakeBack();
  bool requested() const;
  // Waits; true as soon as the stop was requested, false after `wait`.
  bool WaitFor(absl::Duration wait);

  // While it lives, Request cancels `context`.
  class Scope {
   public:
    Scope(Stop* stop, grpc::ClientContext* context);  // `stop` may be null
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Stop* const stop_;
    grpc::ClientContext* const context_;
  };

 private:
  mutable absl::Mutex mutex_;
  bool requested_ ABSL_GUARDED_BY(mutex_) = false;
  std::set<grpc::ClientContext*> contexts_ ABSL_GUARDED_BY(mutex_);
};

// Cancels a call in which nothing came for too long, so that a server that
// hangs is treated as one that went away.
//
// Threads: Arm and Disarm from one thread. `context` must outlive it.
class Watchdog {
 public:
  Watchdog(grpc::ClientContext* context, absl::Duration silence_max);
  ~Watchdog();
  void Arm();     // Waiting for the server from now.
  void Disarm();  // Something came.
  bool bitten() const;

 private:
  struct Impl;
  Impl* const impl_;
};

}  // namespace klantbeeld::client
