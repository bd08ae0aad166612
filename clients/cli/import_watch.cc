#include "clients/cli/import_watch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "clients/cli/import_files.h"
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
         !absl::EndsWith(name, ".part") && !absl::EndsWith(name, ".tmp") && !IsLeftBehind(name);
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

// Which file stands at a path, as it is now.
struct Identity {
  uint64_t device = 0, inode = 0;
  int64_t size = 0, seconds = 0, nanoseconds = 0;
  bool operator==(const Identity&) const = default;
};

Identity IdentityOf(const fs::path& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return {};
  return {file.st_dev, file.st_ino, file.st_size, file.st_mtim.tv_sec, file.st_mtim.tv_nsec};
}

// False: it cannot be moved, and would be imported over and over.
bool Move(const Context& context, const fs::path& path, const char* to) {
  const fs::path folder = path.parent_path() / to;
  std::error_code error;
  fs::create_directory(folder, error);
  // An earlier file of the same name is kept.
  const fs::path target = FreeName(folder / path.filename());
  // The file itself last: without its note it is imported from the front, but a
  // note without its file would be taken for that of the next of this name.
  for (const auto& [from, name] :
       {std::pair(NoteName(path), NoteName(target)),
        std::pair(RejectedName(path), RejectedName(target)), std::pair(path, target)}) {
    if (from != path && !fs::exists(from, error)) continue;
    fs::rename(from, name, error);
    if (!error) continue;
    Complain(context.Say(Label::cannot_write, Clean(name.string()), error.message()) + "\n");
    return false;
  }
  return true;
}

}  // namespace

int WatchDirectory(Context& context, const std::string& directory,
                   const std::function<ImportEnd(const std::string& path, bool again)>& import) {
  std::map<fs::path, Identity> unfinished;
  while (!context.stop.requested()) {
    std::error_code error;
    bool again = false;
    for (const fs::path& path : Complete(directory, error)) {
      if (context.stop.requested()) break;
      const Identity now = IdentityOf(path);
      const auto earlier = unfinished.find(path);
      const ImportEnd end = import(path, earlier != unfinished.end() && earlier->second == now);
      if (context.stop.requested()) break;
      const bool taken = end.code == kOk || end.code == kPartlyDone;
      if (!taken && !end.source_broken) {
        unfinished[path] = now;
        again = true;
        continue;
      }
      unfinished.erase(path);
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
