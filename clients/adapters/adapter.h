// A channel's format, read into contact events.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/adapters/values.h"
#include "klantbeeld/v1/contact.pb.h"

namespace klantbeeld::adapters {

// What an adapter gives next.
struct Item {
  // kPassed: a record that tells of no contact, as a desk that opens.
  enum class Kind { kEvent, kRejected, kPassed, kIdle, kEnd };
  Kind kind = Kind::kEnd;
  uint64_t line = 0;       // Where in the source it begins, from 1.
  uint64_t records = 1;    // Of the source, of which it was made; 0: of the last one again.
  std::string original;    // Its text, to be kept where it is refused; or
  std::vector<std::string> cells;  // what it was cut into.
  v1::ContactEvent event;  // kEvent.
  std::string field;       // kRejected: what was wrong, and why.
  Reason reason = Reason::kNone;

  // What is kept of it until it is done with.
  size_t bytes() const {
    size_t all = original.size() + cells.size() * sizeof(std::string);
    for (const std::string& cell : cells) all += cell.size();
    return all;
  }
};

// Reads one source from beginning to end. An adapter sets only what its source
// knows, gives the same event for the same record, and refuses single records
// without stopping. Memory does not grow with the source. One thread.
class Adapter {
 public:
  virtual ~Adapter() = default;

  // kIdle: nothing came for a while. An error: no more can be read; what was
  // given stands.
  virtual absl::StatusOr<Item> Next() = 0;

  // A rejected file begins with this line, so that it can be read again.
  virtual std::string RejectedHeader() const = 0;
  // What is kept of a record that was refused, with its end of line.
  virtual std::string RejectedLine(const Item& item, const std::string& field,
                                   const std::string& reason) const = 0;

  virtual uint64_t bytes_read() const = 0;
  virtual uint64_t bytes_total() const = 0;  // 0: not known.
  virtual unsigned mode() const = 0;         // Rights of the source's file.

  // Cells that were left out, by column, and times that can mean two moments.
  virtual std::map<std::string, uint64_t> left_out() const { return {}; }
  virtual uint64_t doubtful_times() const { return 0; }
  // Columns that nothing is made of.
  virtual std::vector<std::string> unused() const { return {}; }
};

}  // namespace klantbeeld::adapters
