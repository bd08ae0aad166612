#include "store/scrub.h"

#include <filesystem>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "store/directory.h"
#include "store/error.h"
#include "store/journal.h"
#include "store/open.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

namespace fs = std::filesystem;

constexpr size_t kListedFiles = 10;

std::string ScrubDir(const std::string& data_dir) { return data_dir + "/scrub"; }

// Small, beside those of the store that serves.
Db::Options Small() {
  Db::Options options = WithoutSync();
  options.memtable_bytes = 8 << 20;
  options.block_cache_bytes = 32 << 20;
  return options;
}

class Scrub {
 public:
  Scrub(const ScrubOf& store, const Keys& keys, Pace& pace, const ScrubProgress& progress)
      : store_(store),
        keys_(keys),
        pace_(pace),
        progress_(progress),
        scratch_(ScrubDir(store.data_dir)),
        // RocksDB asks for the whole path.
        copy_(fs::absolute(scratch_.path()).string() + "/rows") {}

  absl::StatusOr<ScrubResult> Run() {
    absl::Status ended = Steps();
    // What could not be read because of that is no damage.
    if (pace_.stopped()) return absl::CancelledError("the scrub was ended");
    if (absl::IsDataLoss(ended)) {
      result_.first_differences.emplace_back(ended.message());
      ended = absl::OkStatus();
    }
    if (!ended.ok()) return ended;
    const std::string live = fs::absolute(RowsDir(store_.data_dir)).string();
    for (std::string& line : result_.first_differences) {
      line = absl::StrReplaceAll(line, {{copy_, live}});
    }
    return std::move(result_);
  }

 private:
  absl::Status Steps() {
    std::error_code error;
    fs::create_directory(scratch_.path(), error);
    if (error) return absl::InternalError(absl::StrCat(scratch_.path(), ": ", error.message()));
    fs::permissions(scratch_.path(), fs::perms::owner_all, error);
    KB_ASSIGN_OR_RETURN(const format::Head stood, ReadHead(store_.db));
    KB_RETURN_IF_ERROR(store_.db.Checkpoint(copy_));
    KB_RETURN_IF_ERROR(ReadFiles());
    if (!result_.ok()) return absl::OkStatus();
    return Compare(stood);
  }

  absl::Status ReadFiles() {
    std::vector<fs::path> tables;
    uint64_t bytes = 0;
    std::error_code error;
    for (fs::directory_iterator at(copy_, error), end; !error && at != end; at.increment(error)) {
      if (at->path().extension() != ".sst") continue;
      tables.push_back(at->path());
      bytes += at->file_size(error);
    }
    if (error) return absl::InternalError(absl::StrCat(copy_, ": ", error.message()));
    step_.files_total = tables.size();
    // The replay becomes as large as what it is compared with.
    KB_RETURN_IF_ERROR(CheckRoom(static_cast<int64_t>(bytes)));
    for (const fs::path& table : tables) {
      KB_RETURN_IF_ERROR(CheckRoom(0));
      const absl::Status whole = VerifyTable(table.string(), pace_);
      if (pace_.stopped()) return whole;
      if (!whole.ok() && result_.first_differences.size() < kListedFiles) {
        result_.first_differences.emplace_back(whole.message());
      }
      result_.files = ++step_.files;
      if (progress_) progress_(step_);
    }
    return absl::OkStatus();
  }

  // `stood`: what was acknowledged before the copy was made.
  absl::Status Compare(const format::Head& stood) {
    KB_ASSIGN_OR_RETURN(const auto rows, Db::OpenToRead(copy_, Small(), pace_));
    KB_ASSIGN_OR_RETURN(const auto replay, Db::Open(scratch_.path() + "/replay", Small(), true));
    KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(*rows));
    KB_RETURN_IF_ERROR(CheckAcknowledged(*rows, head, stood));
    KB_ASSIGN_OR_RETURN(CheckResult compared,
                        CompareWithReplay(*rows, keys_, *replay, [this](const Stride& stride) {
                          return After(stride);
                        }));
    static_cast<CheckResult&>(result_) = std::move(compared);
    return absl::OkStatus();
  }

  absl::Status After(const Stride& stride) {
    step_.position = stride.position;
    step_.head = stride.head;
    if (progress_) progress_(step_);
    KB_RETURN_IF_ERROR(CheckRoom(0));
    return pace_.Take(stride.bytes);
  }

  absl::Status CheckRoom(int64_t more_bytes) {
    const int64_t needed = more_bytes + 2 * store_.disk_reserve_bytes;
    const int64_t free = store_.db.DiskFreeBytes();
    if (free >= needed) return absl::OkStatus();
    return Error(v1::ERROR_REASON_DISK_FULL,
                 absl::StrCat("the disk has ", free >> 20, " MiB free; a scrub needs ", needed >> 20,
                              " MiB, of which it gives all back. Recording is not touched. Make "
                              "room, or check a backup on another machine."),
                 {.retry = absl::Hours(1)});
  }

  const ScrubOf& store_;
  const Keys& keys_;
  Pace& pace_;
  const ScrubProgress& progress_;
  const ScratchDir scratch_;
  const std::string copy_;
  ScrubStep step_;
  ScrubResult result_;
};

}  // namespace

absl::StatusOr<ScrubResult> ScrubRows(const ScrubOf& store, const Keys& keys, Pace& pace,
                                      const ScrubProgress& progress) {
  return Scrub(store, keys, pace, progress).Run();
}

void ClearScrub(const std::string& data_dir) { const ScratchDir cleared(ScrubDir(data_dir)); }

}  // namespace klantbeeld::store
