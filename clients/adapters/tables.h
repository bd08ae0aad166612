// What a municipality adds to a format that is known: words of its own.
#pragma once

#include <map>
#include <string>
#include <variant>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"
#include "clients/adapters/mapping.h"
#include "klantbeeld/v1/contact.pb.h"

namespace klantbeeld::adapters {

// Tables of a mapping file for the formats that need no mapping of columns:
//
//   [subjects]     page paths, services, dialled numbers -> data.subject
//   [queues]       dialled numbers, account codes        -> data.queue
//   [departments]  destinations of transfers             -> data.department
//   [attributes]   fields of the source                  -> name in data.attributes
//   [zones]        branches                              -> their time zone
struct Tables {
  using Table = std::map<std::string, std::string>;
  Table subjects, queues, departments, attributes, zones;

  // No path: no tables.
  static std::variant<Tables, MappingFault> Read(const std::string& path);

  // Empty: not in the table.
  static std::string Find(const Table& table, const std::string& key);
  // The entry whose key is `path` or the longest beginning of it that ends at
  // a "/".
  static std::string FindPath(const Table& table, absl::string_view path);

  // Keeps the fields of the source that [attributes] names, as `value` gives
  // them.
  void AddAttributes(absl::FunctionRef<std::string(const std::string& field)> value,
                     v1::ContactData& data) const;
};

}  // namespace klantbeeld::adapters
