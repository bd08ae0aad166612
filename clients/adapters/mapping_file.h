// The file that a mapping stands in.
#pragma once

#include <toml++/toml.h>

#include <string>
#include <variant>

#include "clients/adapters/mapping.h"

namespace klantbeeld::adapters {

// Its TOML; or kUnreadable, with the system's reason, or kNotToml.
std::variant<toml::table, MappingFault> ReadMappingFile(const std::string& path);

}  // namespace klantbeeld::adapters
