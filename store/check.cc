#include "store/check.h"

#include <fcntl.h>
#include <google/protobuf/util/json_util.h>
#include <stdio.h>

#include <cerrno>
#include <cstring>
#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "store/apply.h"
#include "store/citizen.h"
#include "store/commit.h"
#include "store/directory.h"
#include "store/identity/identity.h"
#include "store/identity/model.h"
#include "store/journal.h"
#include "store/open.h"
#include "store/rows.h"
#include "store/timeline.h"

namespace klantbeeld::store {
namespace {

constexpr size_t kListedDifferences = 10;
constexpr size_t kChunk = 4096;  // Rows that are compared at once.

void Differs(CheckResult& result, uint64_t& count, Family family, absl::string_view key,
             absl::string_view how) {
  ++count;
  if (result.first_differences.size() < kListedDifferences) {
    result.first_differences.push_back(absl::StrCat(NameOf(family), " ", ToHex(key), ": ", how));
  }
}

// Rows are compared in chunks: two scans cannot be turned step by step.
absl::Status CompareFamily(Family family, const Reader& store, const Reader& replay,
                           CheckResult& result, const AfterStride& after) {
  using Rows = std::map<std::string, std::string>;
  CheckResult::FamilyCount count{.family = std::string(NameOf(family))};
  const auto read = [&](const Reader& reader, const std::string& from,
                        Rows& rows) -> absl::Status {
    return reader.Scan(family, "", from, [&](absl::string_view key, absl::string_view value) {
      rows.emplace(key, value);
      return rows.size() < kChunk;
    });
  };
  std::string from;
  for (;;) {
    Rows mine, wanted;
    // What cannot be read of a projection is a difference like any other.
    if (const absl::Status readable = read(store, from, mine); !readable.ok()) {
      Differs(result, count.different, family, from,
              absl::StrCat("cannot be read from here on: ", readable.message()));
      break;
    }
    KB_RETURN_IF_ERROR(read(replay, from, wanted));
    Stride stride{result.facts, result.facts};
    for (const auto& [key, value] : wanted) stride.bytes += key.size() + value.size();
    KB_RETURN_IF_ERROR(after(stride));
    // Compare up to where both were read.
    std::string until;
    if (mine.size() == kChunk) until = mine.rbegin()->first;
    if (wanted.size() == kChunk && (until.empty() || wanted.rbegin()->first < until)) {
      until = wanted.rbegin()->first;
    }
    for (const auto& [key, value] : mine) {
      if (!until.empty() && key > until) break;
      ++count.rows;
      const auto at = wanted.find(key);
      if (at == wanted.end()) {
        Differs(result, count.extra, family, key, "stands, the journal does not give it");
      } else if (at->second != value) {
        Differs(result, count.different, family, key, "has another value than the journal gives");
      }
    }
    for (const auto& [key, value] : wanted) {
      if (!until.empty() && key > until) break;
      if (!mine.contains(key)) Differs(result, count.missing, family, key, "is missing");
    }
    if (until.empty()) break;
    from = until + '\0';
  }
  result.families.push_back(std::move(count));
  return absl::OkStatus();
}

std::string Json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(message, &json, options).ok()) return "?";
  return json;
}

// Prints rows without what depends on the order of arrival.
class Dump {
 public:
  using Line = std::function<void(absl::string_view)>;
  Dump(const Reader& reader, const Line& line) : reader_(reader), line_(line) {}

  absl::Status Run() {
    KB_RETURN_IF_ERROR(Rows<format::ContactRow>(Family::kContact, [&](const auto& key, auto& row) {
      return Contact(key, row);
    }));
    KB_RETURN_IF_ERROR(Timelines());
    KB_RETURN_IF_ERROR(Claims());
    KB_RETURN_IF_ERROR(reader_.Scan(
        Family::kIdentifier, "", "", [&](absl::string_view key, absl::string_view value) {
          line_(absl::StrCat("identifier ", ToHex(key), MarkJoins(value) ? " joins" : ""));
          return true;
        }));
    KB_RETURN_IF_ERROR(
        Rows<format::DecisionRow>(Family::kDecision, [&](const auto& key, auto& row) {
          row.clear_position();
          line_(absl::StrCat("decision ", ToHex(key), " ", Json(row)));
          return absl::OkStatus();
        }));
    return Rows<format::CitizenRow>(Family::kCitizen, [&](const auto& key, auto& row) {
      if (row.claims().empty()) return absl::OkStatus();
      row.clear_former();
      line_(absl::StrCat("citizen ", ToHex(key), " ", Json(row)));
      return absl::OkStatus();
    });
  }

 private:
  template <typename M, typename F>
  absl::Status Rows(Family family, F&& take) {
    absl::Status inner;
    KB_RETURN_IF_ERROR(
        reader_.Scan(family, "", "", [&](absl::string_view key, absl::string_view value) {
          auto row = DecodeAs<M>(value, NameOf(family));
          inner = row.ok() ? take(std::string(key), *row) : row.status();
          return inner.ok();
        }));
    return inner;
  }

  absl::Status Contact(const std::string& id, format::ContactRow& row) {
    if (row.event_position() != 0) {
      line_(absl::StrCat("event ", ToHex(id), row.retracted_position() != 0 ? " retracted" : ""));
      // What other events say stands with their contact.
      if (row.event_contact().empty()) {
        KB_ASSIGN_OR_RETURN(const JournalRecord record, ReadFact(reader_, row.event_position()));
        KB_ASSIGN_OR_RETURN(const format::EventBody body, OpenEvent(record));
        line_(absl::StrCat("retraction ", ToHex(id), " ", Json(body.event())));
      }
    }
    if (row.events().empty() && row.decided().empty()) return absl::OkStatus();
    KB_ASSIGN_OR_RETURN(v1::Contact contact, FoldAt(reader_, id, row, row.last_position()));
    contact.clear_position();
    for (auto& event : *contact.mutable_events()) {
      event.clear_position();
      event.clear_recorded_at();
    }
    auto& events = *contact.mutable_events();
    std::sort(events.begin(), events.end(), [](const auto& a, const auto& b) {
      return a.event().SerializeAsString() < b.event().SerializeAsString();
    });
    line_(absl::StrCat("contact ", ToHex(id), " ", Json(contact)));
    for (const auto& standing : row.standings()) {
      line_(absl::StrCat("standing ", ToHex(id), " ", standing.party_key(), " ",
                         ToHex(standing.claim_id())));
    }
    return absl::OkStatus();
  }

  absl::Status Timelines() {
    absl::Status inner;
    KB_RETURN_IF_ERROR(reader_.Scan(
        Family::kTimeline, "", "", [&](absl::string_view key, absl::string_view value) {
          auto row = OpenTimelineRow(key, value);
          inner = row.status();
          if (!row.ok()) return false;
          row->mutable_contact()->clear_position();
          line_(absl::StrCat("timeline ", ToHex(key), " ", absl::StrJoin(row->party_keys(), ","),
                             " ", Json(row->contact())));
          return true;
        }));
    return inner;
  }

  absl::Status Claims() {
    absl::Status inner;
    KB_RETURN_IF_ERROR(reader_.Scan(
        Family::kClaim, "", "", [&](absl::string_view key, absl::string_view value) {
          // What was before depends on the order in which facts came.
          if (key[16] == kClaimFactAbout || key[16] == kClaimWas) return true;
          if (key[16] == kClaimCompared) {
            format::ComparedRow row;
            inner = Decode(value, "claim", row);
            row.clear_adopted();  // Says when, which replays do at once.
            line_(absl::StrCat("claim ", ToHex(key), " ", Json(row)));
          } else if (key[16] != kClaimRecord) {
            format::ClaimCount count;
            inner = Decode(value, "claim", count);
            line_(absl::StrCat("claim ", ToHex(key), " ", count.count()));
          } else {
            format::ClaimRow row;
            inner = Decode(value, "claim", row);
            // It may be said for longer than it is so, never for less long.
            row.clear_near_deceased();
            line_(absl::StrCat("claim ", ToHex(key), " ", Json(row)));
          }
          return inner.ok();
        }));
    return inner;
  }

  const Reader& reader_;
  const Line& line_;
};

}  // namespace

absl::StatusOr<CheckResult> CompareWithReplay(const Reader& rows, const Keys& keys, Db& replay,
                                              const AfterStride& after) {
  CheckResult result;
  KB_ASSIGN_OR_RETURN(result.facts, Replay(keys, rows, kWhole, replay, after));
  // A scan copies what lies in a hashed memtable (db.cc), here for every chunk.
  if (result.facts > kChunk) KB_RETURN_IF_ERROR(replay.Sync());
  for (size_t family = 0; family < kFamilies; ++family) {
    KB_RETURN_IF_ERROR(
        CompareFamily(static_cast<Family>(family), rows, replay, result, after));
  }
  return result;
}

absl::StatusOr<CheckResult> Check(const std::string& data_dir, const Keys& keys,
                                  const Progress& progress) {
  KB_ASSIGN_OR_RETURN(const auto store, OpenRows(data_dir, {}, keys));
  KB_RETURN_IF_ERROR(CheckComparer(store.info));
  const ScratchDir scratch(data_dir + "/check");
  KB_ASSIGN_OR_RETURN(const auto replay, Db::Open(scratch.path(), WithoutSync(), true));
  KB_ASSIGN_OR_RETURN(const auto acknowledged, Acknowledged::Open(AcknowledgedPath(data_dir)));
  KB_ASSIGN_OR_RETURN(const format::Head head, ReadHead(*store.db));
  KB_RETURN_IF_ERROR(CheckAcknowledged(*store.db, head, acknowledged->noted()));
  KB_ASSIGN_OR_RETURN(CheckResult result,
                      CompareWithReplay(*store.db, keys, *replay, Telling(progress)));
  // What no row lies in, such as a filter, which is looked into only now and then.
  if (const absl::Status whole = store.db->VerifyChecksums(); result.ok() && !whole.ok()) {
    result.first_differences.push_back(std::string(whole.message()));
  }
  return result;
}

absl::StatusOr<uint64_t> Rebuild(const std::string& data_dir, const Keys& keys,
                                 const Progress& progress) {
  const std::string rows = RowsDir(data_dir);
  const ScratchDir scratch(data_dir + "/rows.new");
  uint64_t facts = 0;
  {
    KB_ASSIGN_OR_RETURN(const auto store, OpenRows(data_dir, {}, keys));
    KB_ASSIGN_OR_RETURN(const auto anew, Db::Open(scratch.path(), WithoutSync(), true));
    KB_ASSIGN_OR_RETURN(facts, Replay(keys, *store.db, kWhole, *anew, Telling(progress)));
    KB_RETURN_IF_ERROR(anew->Sync());
  }
  // Either the old rows stand or the new ones, whenever this is cut off.
  if (::renameat2(AT_FDCWD, scratch.path().c_str(), AT_FDCWD, rows.c_str(), RENAME_EXCHANGE) != 0) {
    return absl::InternalError(absl::StrCat("putting the new rows in place: ", std::strerror(errno)));
  }
  KB_RETURN_IF_ERROR(SyncNames(data_dir));
  return facts;
}

absl::Status DumpCanonical(const Reader& reader,
                           const std::function<void(absl::string_view)>& line) {
  return Dump(reader, line).Run();
}

absl::Status DumpCanonical(const std::string& data_dir, const Keys& keys,
                           const std::function<void(absl::string_view)>& line) {
  KB_ASSIGN_OR_RETURN(const auto store, OpenRows(data_dir, {}, keys));
  return DumpCanonical(*store.db, line);
}

}  // namespace klantbeeld::store
