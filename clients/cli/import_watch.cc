#include "clients/cli/import_watch.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "clients/cli/text.h"

namespace klantbeeld::cli {
namespace {

namespace fs = std::filesystem;

constexpr absl::Duration kLookEvery = absl::Milliseconds(500);
constexpr absl::Duration kTryAgainAfter = absl::Seconds(10);
constexpr absl::Duration kQuietFor = absl::Seconds(10);

// A read lease is given only where nobody has the file open for writing. Where
// leases are not to be had (another owner's file, a network's), a file that was
// not written to for a while counts as complete.
bool IsComplete(const fs::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return false;
  const bool leased = fcntl(fd, F_SETLEASE, F_RDLCK) == 0;
  const bool written_to = !leased && (errno == EAGAIN || errno == EBUSY);
  if (leased) fcntl(fd, F_SETLEASE, F_UNLCK);
  close(fd);
  if (leased || written_to) return leased;
  std::error_code error;
  const auto age = fs::file_time_type::clock::now() - fs::last_write_time(path, error);
  return !error && age > absl::ToChronoSeconds(kQuietFor);
}

bool IsWanted(const fs::directory_entry& entry) {
  const std::string name = entry.path().filename();
  std::error_code error;
  return entry.is_regular_file(error) && !entry.is_symlink(error) && name.front() != '.' &&
         !absl::EndsWith(name, ".part") && !absl::EndsWith(name, ".tmp") &&
         !absl::EndsWith(name, ".rejected") && !absl::EndsWith(name, ".resume");
}

std::vector<fs::path> Complete(const fs::path& directory, std::error_code& error) {
  std::vector<std::pair<fs::file_time_type, fs::path>> found;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    if (IsWanted(entry) && IsComplete(entry.path())) {
      found.emplace_back(entry.last_write_time(error), entry.path());
    }
  }
  std::sort(found.begin(), found.end());
  std::vector<fs::path> paths;
  for (auto& [time, path] : found) paths.push_back(std::move(path));
  return paths;
}

// False: it cannot be moved, and would be imported over and over.
bool Move(const Context& context, const fs::path& path, const char* to) {
  const fs::path folder = path.parent_path() / to;
  std::error_code error;
  fs::create_directory(folder, error);
  fs::path target = folder / path.filename();
  // An earlier file of the same name is kept.
  for (int i = 1; fs::exists(target); ++i) {
    target = folder / (path.filename().string() + "." + std::to_string(i));
  }
  fs::rename(path, target, error);
  if (error) {
    Complain(context.Say(Label::cannot_write, Clean(target.string()), error.message()) + "\n");
    return false;
  }
  const fs::path rejected = path.string() + ".rejected";
  if (fs::exists(rejected)) fs::rename(rejected, target.string() + ".rejected", error);
  return true;
}

}  // namespace

int WatchDirectory(Context& context, const std::string& directory,
                   const std::function<int(const std::string& path)>& import) {
  while (!context.stop.requested()) {
    std::error_code error;
    bool again = false;
    for (const fs::path& path : Complete(directory, error)) {
      if (context.stop.requested()) break;
      const int code = import(path);
      if (context.stop.requested()) break;
      const bool taken = code == kOk || code == kPartlyDone;
      if (!taken && code != kUsage) {
        again = true;
        continue;
      }
      if (!Move(context, path, taken ? "done" : "failed")) return kUnexpected;
    }
    if (error) {
      return Usage(context, context.Say(Label::cannot_read, Clean(directory), error.message()));
    }
    context.stop.WaitFor(again ? kTryAgainAfter : kLookEvery);
  }
  return kInterrupted;
}

}  // namespace klantbeeld::cli
