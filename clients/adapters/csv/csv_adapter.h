// Any CSV file, as a mapping file says.
#pragma once

#include <memory>
#include <string>
#include <variant>

#include "clients/adapters/adapter.h"
#include "clients/adapters/mapping.h"
#include "clients/adapters/rows.h"

namespace klantbeeld::adapters {

// Opens `path` and reads its header line. A fault of the mapping names a line
// of the mapping file; a status is of the file.
std::variant<std::unique_ptr<Adapter>, MappingFault, absl::Status> OpenCsv(
    const std::string& path, const std::string& mapping_path);

}  // namespace klantbeeld::adapters
