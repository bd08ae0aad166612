// What a mapping file says: a contact event with places for columns.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/adapters/values.h"
#include "klantbeeld/v1/contact.pb.h"

namespace klantbeeld::adapters {

// What is wrong with a mapping file, where, and what would do.
struct MappingFault {
  enum class Kind {
    kUnreadable,     // `what`: of the system.
    kNotToml,        // `what`: of the parser.
    kUnknownField,   // `what` is no field; `allowed` are.
    kUnknownOption,  // `what` says nothing here; `allowed` do.
    kWrongType,      // `what` cannot be given like this; `allowed` can.
    kMissingColumn,  // The file has no column `what`; `allowed` it has.
    kColumnDropped,  // Column `what` is used and dropped.
    kBadZone,        // No time zone `what`.
    kBadFormat,      // No form of times `what`.
    kBadWord,        // `what` is no value; `allowed` are.
    kBadTemplate,    // In the text `what` a brace stands alone or names nothing.
    kAmbiguousWord,  // `what` stands for two values.
    kMissing,        // `what` is needed.
  };
  Kind kind;
  int line = 0;
  std::string what = {};
  std::string allowed = {};
};

// A cell that could not be taken.
struct RowFault {
  std::string column;  // Or the field, where several columns make it.
  Reason reason;
};

// What was counted on the way: cells left out because the mapping says that
// bad ones may be, and times in an hour that does not exist or exists twice.
struct MappingCounts {
  std::map<std::string, uint64_t> left_out;
  uint64_t doubtful_times = 0;
};

// A mapping file, read and checked. Birth dates after `now` are out of range.
// One thread.
class Mapping {
 public:
  static std::variant<Mapping, MappingFault> Read(const std::string& path,
                                                  absl::Time now = absl::InfiniteFuture());
  Mapping(Mapping&&) noexcept;
  Mapping& operator=(Mapping&&) noexcept;
  ~Mapping();

  // Finds the columns that it names in a file's header.
  std::variant<std::monostate, MappingFault> Bind(const std::vector<std::string>& header);
  // Columns of the header that it neither uses nor drops.
  std::vector<std::string> unused() const;

  // The event that a row says; cells as many as the header has.
  std::variant<v1::ContactEvent, RowFault> Apply(const std::vector<std::string>& cells,
                                                 MappingCounts& counts) const;

  char separator() const;               // Of columns; 0: as the header shows.
  const std::string& encoding() const;  // Empty: not said.

 private:
  struct Impl;
  explicit Mapping(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace klantbeeld::adapters
