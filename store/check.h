// Does the store say what its journal says? Everything else can be made anew
// from the journal, and is here.
#ifndef KLANTBEELD_STORE_CHECK_H_
#define KLANTBEELD_STORE_CHECK_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "store/db.h"
#include "store/keys.h"
#include "store/replay.h"

namespace klantbeeld::store {

struct CheckResult {
  uint64_t facts = 0;
  struct FamilyCount {
    std::string family;
    uint64_t rows = 0;       // In the store.
    uint64_t missing = 0;    // In the replay only.
    uint64_t extra = 0;      // In the store only.
    uint64_t different = 0;
  };
  std::vector<FamilyCount> families;
  std::vector<std::string> first_differences;  // At most ten, keys in hexadecimal; or a damaged file.
  bool ok() const { return first_differences.empty(); }
};

// Replays the journal of the store in `data_dir` into a scratch directory
// beside it and compares every row, and reads every file for its checksums. What
// it finds `Rebuild` mends. The store must not be open elsewhere.
// DATA_LOSS: the journal itself cannot be read, has a hole, is shorter than what
// was acknowledged, or its running hash does not agree.
absl::StatusOr<CheckResult> Check(const std::string& data_dir, const Keys& keys,
                                  const Progress& progress);

// The same of rows that are open: replays them into the empty `replay` and
// compares. Files are not read for their checksums.
absl::StatusOr<CheckResult> CompareWithReplay(const Reader& rows, const Keys& keys, Db& replay,
                                              const AfterStride& after);

// Makes all projections anew from the journal and puts them in place of the
// old ones. Returns the number of facts. An interrupted rebuild changes nothing.
absl::StatusOr<uint64_t> Rebuild(const std::string& data_dir, const Keys& keys,
                                 const Progress& progress);

// The store without positions, times of recording and redirects, events in
// their normal form however they were put: the same text for the same set of
// facts, whatever order they came in. Line by line.
absl::Status DumpCanonical(const Reader& reader,
                           const std::function<void(absl::string_view)>& line);
absl::Status DumpCanonical(const std::string& data_dir, const Keys& keys,
                           const std::function<void(absl::string_view)>& line);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_CHECK_H_
