// The formats that can be read. A further one is a folder and a line here.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/adapters/adapter.h"
#include "clients/adapters/mapping.h"

namespace klantbeeld::adapters {

// What a format is told besides its file.
struct Options {
  std::string mapping;   // Path: of csv what its columns are, of others `Tables`.
  std::string encoding;  // As Source takes it.
  std::string source;    // Of the events; empty: the format's own name for it.
  absl::TimeZone zone;   // Of times that name none.
  absl::Time now = absl::InfiniteFuture();  // Of csv: birth dates after it are out of range.
};

// The adapter of a file; a fault of the mapping file; or what is wrong with the
// file itself, as Source says it.
using Opened = std::variant<std::unique_ptr<Adapter>, MappingFault, absl::Status>;

struct Format {
  absl::string_view name;
  Opened (*open)(const std::string& path, const Options& options);
  bool needs_mapping = false;
};

// Null: no format of this name.
const Format* FindFormat(absl::string_view name);
// All names, with commas between.
std::string FormatNames();

}  // namespace klantbeeld::adapters
