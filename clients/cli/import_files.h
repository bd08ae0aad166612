// The files that an import leaves beside its source.
#pragma once

#include <filesystem>
#include <string>

namespace klantbeeld::cli {

// Where refused records of `file` go unless said otherwise, and the note of how
// far it was imported.
std::filesystem::path RejectedName(const std::filesystem::path& file);
std::filesystem::path NoteName(const std::filesystem::path& file);
// Whether a name is one of these, or of one that was moved aside.
bool IsLeftBehind(const std::filesystem::path& file);

// Whether something is lost if `path` is written over: anything that stands
// there, but an empty file.
bool HoldsSomething(const std::filesystem::path& path);

// The first of path, path.1, path.2 … at which nothing stands, and nothing that
// would be left beside it.
std::filesystem::path FreeName(const std::filesystem::path& path);

}  // namespace klantbeeld::cli
