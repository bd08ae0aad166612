#include "tests/simulation/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "tests/simulation/real_calls.h"

namespace klantbeeld::simulation {
namespace {

namespace fs = std::filesystem;

constexpr size_t kSector = 512;

std::string Parent(const std::string& path) { return path.substr(0, path.rfind('/')); }
bool EndsWith(const std::string& path, const std::string& end) {
  return path.size() >= end.size() && path.compare(path.size() - end.size(), end.size(), end) == 0;
}

std::string ReadFile(const std::string& path) {
  const int fd = Real().open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info {};
  if (fd < 0 || fstat(fd, &info) != 0) std::abort();
  std::string bytes(static_cast<size_t>(info.st_size), '\0');
  if (Real().pread(fd, bytes.data(), bytes.size(), 0) != info.st_size) std::abort();
  Real().close(fd);
  return bytes;
}

void WriteFile(const std::string& path, const std::string& bytes) {
  const int fd = Real().open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0 || Real().pwrite(fd, bytes.data(), bytes.size(), 0) !=
                    static_cast<ssize_t>(bytes.size())) {
    std::abort();
  }
  Real().close(fd);
}

int Fails(int error) {
  errno = error;
  return -1;
}

}  // namespace

Disk& Disk::Get() {
  static Disk* const disk = new Disk;  // Outlives every thread.
  return *disk;
}

void Disk::Mount(const std::string& root) {
  std::lock_guard<std::mutex> lock(mutex_);
  now_.clear();
  names_.clear();
  open_.clear();
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    auto file = std::make_shared<File>();
    file->synced = ReadFile(entry.path().string());
    now_.emplace(entry.path().string(), std::move(file));
  }
  synced_ = now_;
  dead_ = full_ = fired_ = false;
  armed_ = Fault::kNone;
  calls_ = digest_ = 0;
  free_bytes_ = -1;
  unreadable_.clear();
  main_thread_ = gettid();
  root_ = root;
}

void Disk::Unmount() {
  std::lock_guard<std::mutex> lock(mutex_);
  root_.clear();
}

bool Disk::Covers(const std::string& path) const {
  return !root_.empty() && path.compare(0, root_.size(), root_) == 0 &&
         (path.size() == root_.size() || path[root_.size()] == '/');
}

void Disk::Arm(Fault fault, uint64_t calls, uint64_t seed) {
  std::lock_guard<std::mutex> lock(mutex_);
  armed_ = fault;
  calls_left_ = calls;
  fired_ = false;
  chance_.seed(seed);
}

bool Disk::fired() {
  std::lock_guard<std::mutex> lock(mutex_);
  return fired_;
}

void Disk::Disarm() {
  std::lock_guard<std::mutex> lock(mutex_);
  armed_ = Fault::kNone;
}

bool Disk::dead() {
  std::lock_guard<std::mutex> lock(mutex_);
  return dead_;
}

void Disk::Revive() {
  std::lock_guard<std::mutex> lock(mutex_);
  dead_ = full_ = false;
  armed_ = Fault::kNone;
}

void Disk::SetFreeBytes(int64_t bytes) {
  std::lock_guard<std::mutex> lock(mutex_);
  free_bytes_ = bytes;
}

int64_t Disk::free_bytes() {
  std::lock_guard<std::mutex> lock(mutex_);
  return full_ ? 0 : free_bytes_;
}

void Disk::BreakReads(const std::string& name) {
  std::lock_guard<std::mutex> lock(mutex_);
  unreadable_ = name;
}

uint64_t Disk::digest() {
  std::lock_guard<std::mutex> lock(mutex_);
  return digest_;
}

uint64_t Disk::calls() {
  std::lock_guard<std::mutex> lock(mutex_);
  return calls_;
}

std::string Disk::Short(const std::string& path) const { return path.substr(root_.size()); }

bool Disk::Meets(Kind kind) const {
  switch (armed_) {
    case Fault::kNone:
      return false;
    case Fault::kPowerCut:
    case Fault::kKill:
      return true;
    case Fault::kFailedSync:
      return kind == Kind::kSync;
    case Fault::kFailedWrite:
      return kind == Kind::kData;
    case Fault::kFailedName:
      return kind == Kind::kName;
    case Fault::kFull:
      return kind != Kind::kSync;
  }
  return false;
}

bool Disk::Happens(const char* what, Kind kind, const std::string& path, uint64_t at,
                   uint64_t size) {
  ++calls_;
  std::string line = what;
  line += ' ' + Short(path) + ' ' + std::to_string(at) + ' ' + std::to_string(size);
  bool happens = false;
  if (Meets(kind)) {
    if (calls_left_ > 0) --calls_left_;
    happens = calls_left_ == 0;
  }
  if (happens) {
    fired_ = true;
    line += " fails";
    if (armed_ == Fault::kFull) full_ = true;
    if (armed_ == Fault::kPowerCut || armed_ == Fault::kKill) dead_ = true;
    // The rest happen once.
    if (armed_ != Fault::kFull && !dead_) armed_ = Fault::kNone;
  }
  for (const char c : line) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  if (trace_ != nullptr) std::fprintf(trace_, "%s\n", line.c_str());
  return happens;
}

int Disk::Open(const char* path, int flags, mode_t mode) {
  const std::string name = path;
  std::lock_guard<std::mutex> lock(mutex_);
  if (!Covers(name)) {
    const int fd = Real().open(path, flags, mode);
    open_.erase(fd);
    return fd;
  }
  const auto found = now_.find(name);
  const bool makes = (flags & O_CREAT) != 0 && found == now_.end();
  const bool cuts = (flags & O_TRUNC) != 0 && found != now_.end();
  const Fault armed = armed_;
  if (makes || cuts) {
    if (dead_) return Fails(EIO);
    if (Happens(makes ? "make" : "cut", Kind::kName, name, 0, 0)) {
      return Fails(armed == Fault::kFull ? ENOSPC : EIO);
    }
  }
  const int fd = Real().open(path, flags, mode);
  if (fd < 0) return fd;
  struct stat info {};
  fstat(fd, &info);
  if (S_ISDIR(info.st_mode)) {
    open_[fd] = {name, nullptr};
    return fd;
  }
  FilePtr file;
  if (found != now_.end()) {
    file = found->second;
  } else {
    file = std::make_shared<File>();
    Rename("", name, file);
  }
  if (cuts) file->changes.push_back({0, "", false});
  open_[fd] = {name, std::move(file)};
  return fd;
}

void Disk::Forget(int fd) {
  std::lock_guard<std::mutex> lock(mutex_);
  open_.erase(fd);
}

ssize_t Disk::Write(int fd, const void* bytes, size_t size, off_t at, bool append) {
  std::unique_lock<std::mutex> lock(mutex_);
  const auto found = open_.find(fd);
  if (found == open_.end() || found->second.file == nullptr) {
    lock.unlock();
    return append ? Real().write(fd, bytes, size) : Real().pwrite(fd, bytes, size, at);
  }
  if (dead_) return Fails(EIO);
  if (append) {
    struct stat info {};
    fstat(fd, &info);
    at = (fcntl(fd, F_GETFL) & O_APPEND) != 0 ? info.st_size : lseek(fd, 0, SEEK_CUR);
  }
  const Fault armed = armed_;
  const bool fails = Happens("write", Kind::kData, found->second.path, static_cast<uint64_t>(at), size);
  // Some of it may have come through.
  const size_t done = fails ? std::uniform_int_distribution<size_t>(0, size)(chance_) : size;
  if (done > 0) {
    found->second.file->changes.push_back(
        {static_cast<uint64_t>(at), std::string(static_cast<const char*>(bytes), done), false});
    const ssize_t written =
        append ? Real().write(fd, bytes, done) : Real().pwrite(fd, bytes, done, at);
    if (written != static_cast<ssize_t>(done)) std::abort();
  }
  if (!fails) return static_cast<ssize_t>(size);
  if (armed == Fault::kFull && done > 0) return static_cast<ssize_t>(done);
  return Fails(armed == Fault::kFull ? ENOSPC : EIO);
}

int Disk::Truncate(int fd, off_t size) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = open_.find(fd);
  if (found == open_.end()) return Real().ftruncate(fd, size);
  if (dead_ || Happens("truncate", Kind::kName, found->second.path, static_cast<uint64_t>(size), 0)) {
    return Fails(EIO);
  }
  found->second.file->changes.push_back({static_cast<uint64_t>(size), "", false});
  return Real().ftruncate(fd, size);
}

int Disk::Sync(int fd, int (*real)(int)) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = open_.find(fd);
  if (found == open_.end()) return real(fd);
  const OpenFile& open = found->second;
  // Once a real second, which is none here: SyncInTheBackground stands for it.
  if (EndsWith(open.path, "/acknowledged") && gettid() != main_thread_) return 0;
  if (dead_) return Fails(EIO);
  const bool fails = Happens("sync", Kind::kSync, open.path, 0, 0);
  // A machine that ended may have come to the end of its sync.
  const bool done = !fails || (dead_ && chance_() % 2 == 0);
  if (lies_) return fails ? Fails(EIO) : 0;
  if (open.file == nullptr) {
    if (done) SyncNames(open.path);
  } else if (done) {
    std::vector<Change> dropped;
    for (Change& change : open.file->changes) {
      if (change.dropped) {
        dropped.push_back(std::move(change));
      } else {
        Apply(open.file->synced, change);
      }
    }
    open.file->changes = std::move(dropped);
    if (names_with_files_) SyncNames(Parent(open.path));
  } else if (!dead_) {
    for (Change& change : open.file->changes) change.dropped = true;
  }
  return fails ? Fails(EIO) : 0;
}

void Disk::SyncInTheBackground(const std::string& path) {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = now_.find(path);
  if (found == now_.end() || lies_) return;
  Happens("sync", Kind::kSync, path, 1, 0);
  for (const Change& change : found->second->changes) Apply(found->second->synced, change);
  found->second->changes.clear();
}

void Disk::Rename(const std::string& from, const std::string& to, FilePtr file) {
  if (!from.empty()) now_.erase(from);
  if (!to.empty()) now_[to] = file;
  names_.push_back({Parent(to.empty() ? from : to), from, to, std::move(file)});
}

void Disk::SyncNames(const std::string& directory) {
  std::vector<NameChange> others;
  for (NameChange& change : names_) {
    if (change.directory != directory) {
      others.push_back(std::move(change));
      continue;
    }
    if (!change.gone.empty()) synced_.erase(change.gone);
    if (!change.made.empty()) synced_[change.made] = std::move(change.file);
  }
  names_ = std::move(others);
}

int Disk::Rename(const char* from, const char* to) {
  if (!Covers(from) && !Covers(to)) return Real().rename(from, to);
  std::lock_guard<std::mutex> lock(mutex_);
  const Fault armed = armed_;
  if (dead_) return Fails(EIO);
  if (Happens("rename", Kind::kName, to, 0, 0)) return Fails(armed == Fault::kFull ? ENOSPC : EIO);
  const int result = Real().rename(from, to);
  const auto found = now_.find(from);
  // Of directories there are none that move.
  if (result == 0 && found == now_.end()) std::abort();
  if (result == 0) Rename(std::string(from), to, found->second);
  return result;
}

int Disk::Unlink(const char* path) {
  if (!Covers(path)) return Real().unlink(path);
  std::lock_guard<std::mutex> lock(mutex_);
  if (dead_) return Fails(EIO);
  if (now_.find(path) == now_.end()) return Fails(ENOENT);
  // Removing needs no room.
  if (armed_ != Fault::kFull && Happens("remove", Kind::kName, path, 0, 0)) return Fails(EIO);
  const int result = Real().unlink(path);
  if (result == 0) Rename(std::string(path), "", nullptr);
  return result;
}

int Disk::Link(const char* from, const char* to) {
  if (!Covers(from) && !Covers(to)) return Real().link(from, to);
  std::lock_guard<std::mutex> lock(mutex_);
  const Fault armed = armed_;
  if (dead_) return Fails(EIO);
  if (Happens("link", Kind::kName, to, 0, 0)) return Fails(armed == Fault::kFull ? ENOSPC : EIO);
  const int result = Real().link(from, to);
  const auto found = now_.find(from);
  if (result == 0 && found != now_.end()) Rename("", to, found->second);
  return result;
}

ssize_t Disk::Read(int fd, void* bytes, size_t size, off_t at) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    const auto found = open_.find(fd);
    if (found != open_.end() && !unreadable_.empty() && EndsWith(found->second.path, unreadable_)) {
      fired_ = true;
      return Fails(EIO);
    }
  }
  return Real().pread(fd, bytes, size, at);
}

void Disk::Apply(std::string& content, const Change& change) {
  if (change.bytes.empty()) {
    content.resize(change.at);
    return;
  }
  const size_t end = change.at + change.bytes.size();
  if (content.size() < end) content.resize(end);
  content.replace(change.at, change.bytes.size(), change.bytes);
}

std::string Disk::Settle(const File& file, Loss loss, Random& random) {
  std::string content = file.synced;
  size_t kept = file.changes.size();
  if (loss == Loss::kAll) kept = 0;
  if (loss == Loss::kTail && kept > 0) kept = random() % (kept + 1);
  for (size_t i = 0; i < kept; ++i) {
    const Change& change = file.changes[i];
    if (change.dropped && random() % 2 == 0) continue;
    if (loss == Loss::kScattered && !change.bytes.empty()) {
      // Up to the next edge of a sector at a time.
      for (size_t from = 0; from < change.bytes.size();) {
        const size_t to = std::min(change.bytes.size(),
                                   ((change.at + from) / kSector + 1) * kSector - change.at);
        if (random() % 2 == 0) {
          Apply(content, {change.at + from, change.bytes.substr(from, to - from), false});
        }
        from = to;
      }
      continue;
    }
    if (loss == Loss::kTail && i + 1 == kept && change.bytes.size() > 1) {
      // What is beyond the end may be cut off at any byte; a sector that was
      // there is written whole or not at all.
      size_t size = 1 + random() % change.bytes.size();
      if (change.at + size < content.size()) {
        const size_t edge = (change.at + size) / kSector * kSector;
        size = edge > change.at ? edge - change.at : 0;
      }
      if (size > 0) Apply(content, {change.at, change.bytes.substr(0, size), false});
      continue;
    }
    Apply(content, change);
  }
  return content;
}

std::map<std::string, std::string> Disk::Contents() {
  std::lock_guard<std::mutex> lock(mutex_);
  std::map<std::string, std::string> contents;
  for (const auto& [name, file] : now_) contents[name] = ReadFile(name);
  return contents;
}

void Disk::SetContents(const std::map<std::string, std::string>& contents) {
  std::lock_guard<std::mutex> lock(mutex_);
  for (const auto& [name, file] : now_) Real().unlink(name.c_str());
  now_.clear();
  names_.clear();
  for (const auto& [name, bytes] : contents) {
    WriteFile(name, bytes);
    now_[name] = std::make_shared<File>(File{bytes, {}});
  }
  synced_ = now_;
}

std::string Disk::FlipBit(Random& random) {
  auto contents = Contents();
  std::vector<std::string> names;
  for (const auto& [name, bytes] : contents) {
    if (!bytes.empty()) names.push_back(name);
  }
  const std::string name = names[random() % names.size()];
  std::string& bytes = contents[name];
  const size_t at = random() % bytes.size();
  bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
  SetContents(contents);
  return name + " at " + std::to_string(at);
}

std::string Disk::AnyTable(Random& random) {
  std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::string> tables;
  for (const auto& [name, file] : now_) {
    if (EndsWith(name, ".sst")) tables.push_back(name);
  }
  return tables.empty() ? "" : tables[random() % tables.size()];
}

void Disk::PowerCut(Loss loss, Random& random) {
  std::lock_guard<std::mutex> lock(mutex_);
  // Of each directory the first changes of names.
  std::map<std::string, size_t> left;
  for (const NameChange& change : names_) ++left[change.directory];
  for (auto& [directory, count] : left) count = loss == Loss::kAll ? 0 : random() % (count + 1);
  for (const NameChange& change : names_) {
    size_t& count = left[change.directory];
    if (count == 0) continue;
    --count;
    if (!change.gone.empty()) synced_.erase(change.gone);
    if (!change.made.empty()) synced_[change.made] = change.file;
  }
  names_.clear();
  std::map<const File*, FilePtr> settled;
  for (auto& [name, file] : synced_) {
    FilePtr& one = settled[file.get()];
    if (one == nullptr) {
      one = std::make_shared<File>();
      one->synced = Settle(*file, loss, random);
    }
    file = one;
  }
  for (const auto& [name, file] : now_) {
    if (synced_.find(name) == synced_.end()) Real().unlink(name.c_str());
  }
  now_ = synced_;
  for (const auto& [name, file] : now_) WriteFile(name, file->synced);
}

}  // namespace klantbeeld::simulation
