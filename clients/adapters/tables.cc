#include "clients/adapters/tables.h"

#include "absl/time/time.h"
#include "clients/adapters/mapping_file.h"

namespace klantbeeld::adapters {
namespace {

using Kind = MappingFault::Kind;

MappingFault Fault(Kind kind, const toml::node& at, std::string what, std::string allowed = "") {
  return {kind, static_cast<int>(at.source().begin.line), std::move(what), std::move(allowed)};
}

}  // namespace

std::variant<Tables, MappingFault> Tables::Read(const std::string& path) {
  Tables tables;
  if (path.empty()) return tables;
  const auto read = ReadMappingFile(path);
  if (const auto* fault = std::get_if<MappingFault>(&read)) return *fault;
  const std::map<std::string, Table*> known = {{"subjects", &tables.subjects},
                                               {"queues", &tables.queues},
                                               {"departments", &tables.departments},
                                               {"attributes", &tables.attributes},
                                               {"zones", &tables.zones}};
  for (const auto& [key, value] : std::get<toml::table>(read)) {
    const std::string name(key.str());
    const auto table = known.find(name);
    if (table == known.end() || !value.is_table()) {
      return Fault(Kind::kUnknownOption, value, name,
                   "[subjects], [queues], [departments], [attributes], [zones]");
    }
    for (const auto& [theirs, ours] : *value.as_table()) {
      const std::string word(theirs.str());
      const auto text = ours.value<std::string>();
      if (!text) return Fault(Kind::kWrongType, ours, word, "\"…\"");
      absl::TimeZone zone;
      if (name == "zones" && !absl::LoadTimeZone(*text, &zone)) {
        return Fault(Kind::kBadZone, ours, *text);
      }
      table->second->emplace(word, *text);
    }
  }
  return tables;
}

std::string Tables::Find(const Table& table, const std::string& key) {
  const auto found = table.find(key);
  return found == table.end() ? "" : found->second;
}

std::string Tables::FindPath(const Table& table, absl::string_view path) {
  if (table.empty()) return "";
  for (;;) {
    const auto found = table.find(std::string(path));
    if (found != table.end()) return found->second;
    const size_t slash = path.rfind('/');
    if (slash == absl::string_view::npos || path.empty()) return "";
    // "/paspoort/kosten" is in "/paspoort/" and in "/paspoort".
    path = slash + 1 == path.size() ? path.substr(0, slash) : path.substr(0, slash + 1);
  }
}

void Tables::AddAttributes(absl::FunctionRef<std::string(const std::string& field)> value,
                           v1::ContactData& data) const {
  for (const auto& [theirs, ours] : attributes) {
    const std::string text = value(theirs);
    if (text.empty()) continue;
    v1::Attribute& attribute = *data.add_attributes();
    attribute.set_name(ours);
    attribute.set_value(text);
  }
}

}  // namespace klantbeeld::adapters
