// The disk under the simulated store.
//
// The calls with which this process changes files (open, write, fsync, rename
// …) are ours in this program: RocksDB's, and those of the store's own files,
// all go through them, and the code of the store runs unchanged. Files lie in a
// file system in memory; beside them stands what of them a disk would hold:
//
//   content  of a file as of its last sync, and since then each write apart
//   names    made, changed or removed since the last sync of their directory,
//            in order
//
// A power cut leaves what was synced and of the rest what chance gives. After a
// failed sync the kernel counts as clean what it could not write: a later sync
// does not take it along, and the power cut decides. Directories stand at once.
//
// Threads: the calls may come from any thread; the rest from the one that runs
// the simulation, while no other is in the store.
#ifndef KLANTBEELD_TESTS_SIMULATION_DISK_H_
#define KLANTBEELD_TESTS_SIMULATION_DISK_H_

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <vector>

namespace klantbeeld::simulation {

using Random = std::mt19937_64;

enum class Fault {
  kNone,
  kPowerCut,     // The machine ends at a call; what was not synced is left to chance.
  kKill,         // The process ends at a call; the kernel keeps what it had.
  kFailedSync,   // A sync gives EIO, once.
  kFailedWrite,  // A write, whole or after some of its bytes, gives EIO, once.
  kFailedName,   // Making, renaming or removing a file gives EIO, once.
  kFull,         // Whatever needs room gives ENOSPC, from a call on.
};

const char* NameOf(Fault fault);

// What a power cut leaves of what was written since the last sync.
enum class Loss {
  kAll,        // Nothing of it.
  kTail,       // Of each file some of the first writes, the last of them cut off.
  kScattered,  // Of each sector chance decides, whatever came after it.
};

class Disk {
 public:
  // The one of this process.
  static Disk& Get();

  // Covers `root` from here on, a whole path. What lies there counts as synced.
  void Mount(const std::string& root);
  void Unmount();

  // From the `calls`-th call on that can meet it, 1 is the next. One at a time.
  void Arm(Fault fault, uint64_t calls, uint64_t seed);
  // It happened since it was armed.
  bool fired();
  void Disarm();
  // After a power cut or a kill, until Revive: nothing changes any more.
  bool dead();

  // The process that wrote is gone, with all its open files.
  void PowerCut(Loss loss, Random& random);
  void Revive();

  // Every file as a process reads it; and all of them as they are to be, synced.
  std::map<std::string, std::string> Contents();
  void SetContents(const std::map<std::string, std::string>& contents);
  // Flips one bit of one file, in what the disk holds; says of which.
  std::string FlipBit(Random& random);
  // The name of a table file; empty: there is none.
  std::string AnyTable(Random& random);

  // What the disk says of its room; -1: what there is.
  void SetFreeBytes(int64_t bytes);
  // Reads of table files whose name ends so give EIO; "": none.
  void BreakReads(const std::string& name);
  // A second passed: what runs then has synced this file.
  void SyncInTheBackground(const std::string& path);
  // Syncs say OK and do nothing: a disk that lies.
  void set_lies(bool lies) { lies_ = lies; }
  // A sync of a file makes its name durable too, as some file systems do.
  void set_names_with_files(bool with) { names_with_files_ = with; }

  // Of all calls that changed something or tried to: what, which file, where
  // and how many bytes.
  uint64_t digest();
  uint64_t calls();
  // Each of those calls in words goes there, while set.
  void set_trace(std::FILE* trace) { trace_ = trace; }

  // --- The calls, from here on for disk.cc only.
  int Open(const char* path, int flags, mode_t mode);
  void Forget(int fd);
  ssize_t Write(int fd, const void* bytes, size_t size, off_t at, bool append);
  int Truncate(int fd, off_t size);
  int Sync(int fd, int (*real)(int));
  int Rename(const char* from, const char* to);
  int Unlink(const char* path);
  int Link(const char* from, const char* to);
  ssize_t Read(int fd, void* bytes, size_t size, off_t at);
  int64_t free_bytes();
  bool Covers(const std::string& path) const;

 private:
  struct Change {  // Of content.
    uint64_t at = 0;
    std::string bytes;      // Empty: cut or grown to `at`.
    bool dropped = false;   // By a failed sync: no later one takes it along.
  };
  struct File {
    std::string synced;
    std::vector<Change> changes;
  };
  using FilePtr = std::shared_ptr<File>;
  using Names = std::map<std::string, FilePtr>;
  struct NameChange {
    std::string directory;
    std::string gone;  // Empty: none.
    std::string made;
    FilePtr file;      // Of `made`.
  };
  struct OpenFile {
    std::string path;
    FilePtr file;  // Null: a directory.
  };
  enum class Kind { kName, kData, kSync };

  bool Meets(Kind kind) const;
  // Whether the armed fault happens at this call; counts it.
  bool Happens(const char* what, Kind kind, const std::string& path, uint64_t at, uint64_t size);
  std::string Short(const std::string& path) const;
  void Rename(const std::string& from, const std::string& to, FilePtr file);
  void SyncNames(const std::string& directory);
  static void Apply(std::string& content, const Change& change);
  static std::string Settle(const File& file, Loss loss, Random& random);

  std::mutex mutex_;
  std::string root_;  // Empty: covers nothing.
  bool lies_ = false, names_with_files_ = false, dead_ = false, full_ = false;
  Names now_, synced_;
  std::vector<NameChange> names_;  // Not synced, in order.
  std::map<int, OpenFile> open_;
  std::string unreadable_;
  int64_t free_bytes_ = -1;
  Fault armed_ = Fault::kNone;
  uint64_t calls_left_ = 0;
  bool fired_ = false;
  Random chance_;
  uint64_t calls_ = 0, digest_ = 0;
  std::FILE* trace_ = nullptr;
  pid_t main_thread_ = 0;
};

}  // namespace klantbeeld::simulation

#endif  // KLANTBEELD_TESTS_SIMULATION_DISK_H_
