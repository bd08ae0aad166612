#include "clients/cli/import_files.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace klantbeeld::cli {
namespace {

namespace fs = std::filesystem;

constexpr char kRejected[] = ".rejected";
constexpr char kNote[] = ".resume";

}  // namespace

fs::path RejectedName(const fs::path& file) { return file.string() + kRejected; }
fs::path NoteName(const fs::path& file) { return file.string() + kNote; }

bool IsLeftBehind(const fs::path& file) {
  std::string name = file.filename();
  const size_t dot = name.rfind('.');
  // a.csv.rejected.12
  if (dot != std::string::npos && dot + 1 < name.size() &&
      std::all_of(name.begin() + static_cast<std::ptrdiff_t>(dot) + 1, name.end(),
                  [](char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); })) {
    name.resize(dot);
    return absl::EndsWith(name, kRejected);
  }
  return absl::EndsWith(name, kRejected) || absl::EndsWith(name, kNote);
}

bool HoldsSomething(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::symlink_status(path, error);
  if (!fs::exists(status)) return false;
  return !fs::is_regular_file(status) || fs::file_size(path, error) > 0;
}

fs::path FreeName(const fs::path& path) {
  const auto stands = [](const fs::path& name) {
    std::error_code error;
    return fs::exists(fs::symlink_status(name, error));
  };
  fs::path free = path;
  for (int i = 1; stands(free) || stands(RejectedName(free)) || stands(NoteName(free)); ++i) {
    free = absl::StrCat(path.string(), ".", i);
  }
  return free;
}

}  // namespace klantbeeld::cli
