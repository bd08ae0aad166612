#include "clients/adapters/mapping_file.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace klantbeeld::adapters {
namespace {

using Kind = MappingFault::Kind;

// 0, or the system's error.
int ReadAll(const std::string& path, std::string& text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"),
                                                             &std::fclose);
  if (file == nullptr) return errno;
  std::array<char, 4096> space;
  while (const size_t got = std::fread(space.data(), 1, space.size(), file.get())) {
    text.append(space.data(), got);
  }
  return std::ferror(file.get()) != 0 ? errno : 0;
}

}  // namespace

std::variant<toml::table, MappingFault> ReadMappingFile(const std::string& path) {
  std::string text;
  if (const int error = ReadAll(path, text)) {
    return MappingFault{Kind::kUnreadable, 0, std::strerror(error)};
  }
  try {
    return toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    return MappingFault{Kind::kNotToml, static_cast<int>(error.source().begin.line),
                        std::string(error.description())};
  }
}

}  // namespace klantbeeld::adapters
