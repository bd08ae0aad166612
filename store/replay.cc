#include "store/replay.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/apply.h"
#include "store/commit.h"
#include "store/identity/identity.h"
#include "store/identity/model.h"
#include "store/journal.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

constexpr uint64_t kReplayGroup = 500;

}  // namespace

// Facts only: rows are compared after the last of them.
AfterStride Telling(const Progress& progress) {
  return [&progress, told = uint64_t{0}](const Stride& stride) mutable {
    if (progress && stride.position > told) progress(told = stride.position, stride.head);
    return absl::OkStatus();
  };
}

Db::Options WithoutSync() {
  Db::Options options;
  options.sync = false;
  return options;
}

absl::StatusOr<uint64_t> Replay(const Keys& keys, const Reader& from, uint64_t last, Db& to,
                                const AfterStride& after) {
  KB_ASSIGN_OR_RETURN(const format::Head stands, ReadHead(from));
  const uint64_t end = std::min(last, stands.position());
  format::Head head;
  KB_ASSIGN_OR_RETURN(auto info, ReadRow<format::StoreInfo>(from, Family::kMeta, "store"));
  auto batch = std::make_unique<Batch>(&to);
  if (info) {
    info->set_comparer(kComparer);
    batch->Put(Family::kMeta, "store", Encode(*info));
  }
  KB_ASSIGN_OR_RETURN(const format::ModelRow first, FirstModel(from));
  BeginWith(*batch, first);
  ModelReader models;
  KB_ASSIGN_OR_RETURN(ModelInEffect in_effect, models.At(*batch));
  while (head.position() < end) {
    const uint64_t position = head.position() + 1;
    KB_ASSIGN_OR_RETURN(JournalRecord record, ReadFact(from, position));
    KB_ASSIGN_OR_RETURN(Applied applied, ApplyRecord(keys, in_effect, *batch, position, record));
    const std::string chain = record.header.chain();
    const JournalRecord again =
        MakeRecord(head, static_cast<v1::FactKind>(record.header.kind()),
                   record.header.recorded_at_us(), std::move(applied), std::move(record.body));
    if (again.header.chain() != chain) {
      return absl::DataLossError(
          absl::StrCat("journal: the running hash at position ", position, " is ", ToHex(chain),
                       ", the facts up to there give ", ToHex(again.header.chain())));
    }
    batch->Put(Family::kJournal, BigEndian(position), EncodeJournal(again));
    if (position % kReplayGroup == 0 || position == end) {
      batch->Put(Family::kMeta, "head", Encode(head));
      KB_RETURN_IF_ERROR(to.Write(*batch));
      const Stride stride{position, end, batch->bytes()};
      batch = std::make_unique<Batch>(&to);
      KB_RETURN_IF_ERROR(after(stride));
    }
  }
  KB_RETURN_IF_ERROR(to.Write(*batch));
  return end;
}

}  // namespace klantbeeld::store
