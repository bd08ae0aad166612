// The peer: a PostgreSQL of our own on the same disk, with one table of events.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "klantbeeld/v1/contact.pb.h"
#include "tests/bench/process.h"

namespace klantbeeld::bench {

// The columns of an event, as the wire has them in binary.
struct PgRow {
  std::string source, event_id, citizen, occurred, payload;
};
PgRow ToPgRow(const v1::ContactEvent& event);

class Postgres {
 public:
  static bool Present();
  // A cluster in `dir`, over a Unix socket, with room to work in memory; commits
  // are durable. Run as the user postgres when we are root.
  explicit Postgres(const std::string& dir);

  // Tables: `event` (key: source and event_id; index: citizen, latest first)
  // and, with the same columns, `feed` (key: its number).
  void FillForReading(const std::vector<v1::ContactEvent>& events);

  // Each gives rows, or pages, a second.
  // Statements of 500 rows, each a commit, pipelined over some connections.
  double InsertBatches(const std::vector<v1::ContactEvent>& events);
  // A commit a row, over 32 connections.
  double InsertSingly(const std::vector<v1::ContactEvent>& events);
  // The latest 20 of each of these citizens, over 32 connections.
  double Pages(const std::vector<std::string>& citizens);
  // All of `feed`, in order.
  double ReadInOrder(int64_t rows);

 private:
  std::string dir_;
  std::unique_ptr<Process> process_;
};

}  // namespace klantbeeld::bench
