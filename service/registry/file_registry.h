// The registry from a file: for demonstrations, tests, and a municipality that
// has an extract and no connection.
#ifndef KLANTBEELD_SERVICE_REGISTRY_FILE_REGISTRY_H_
#define KLANTBEELD_SERVICE_REGISTRY_FILE_REGISTRY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "service/registry/registry.h"

namespace klantbeeld::registry {

// Reads `path`, CSV with a header line, one row per BSN; docs/operating.md lists
// the columns. The whole of it is held in memory. INVALID_ARGUMENT names file,
// line and column, and what to do; it repeats nothing of the row.
absl::StatusOr<std::unique_ptr<Registry>> OpenFileRegistry(const std::string& path);

}  // namespace klantbeeld::registry

#endif  // KLANTBEELD_SERVICE_REGISTRY_FILE_REGISTRY_H_
