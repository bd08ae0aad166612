#include "store/identity/past.h"

#include <functional>

#include "store/record.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

// Inverted, so that the latest comes first.
std::string FactKey(absl::string_view citizen, uint64_t position) {
  return ClaimKey(citizen, kClaimFactAbout, BigEndian(~position));
}

}  // namespace

void NoteFactAbout(Batch& batch, absl::string_view citizen, uint64_t position) {
  batch.Put(Family::kClaim, FactKey(citizen, position), Encode(format::CitizenHistoryRow()));
}

void NoteWhereItWas(Batch& batch, absl::string_view claim, absl::string_view citizen,
                    uint64_t position) {
  format::ClaimWas row;
  row.set_citizen_id(std::string(citizen));
  batch.Put(Family::kClaim, ClaimKey(claim, kClaimWas, BigEndian(position)), Encode(row));
}

absl::StatusOr<std::vector<uint64_t>> FactsAbout(const Reader& reader,
                                                 const std::set<std::string>& citizens,
                                                 uint64_t before, size_t max) {
  std::set<uint64_t, std::greater<>> positions;
  for (const std::string& citizen : citizens) {
    const std::string prefix = ClaimKey(citizen, kClaimFactAbout);
    size_t found = 0;
    KB_RETURN_IF_ERROR(reader.Scan(Family::kClaim, prefix, FactKey(citizen, before - 1),
                                   [&](absl::string_view key, absl::string_view) {
                                     positions.insert(~FromBigEndian(key.substr(prefix.size())));
                                     return ++found < max;
                                   }));
  }
  std::vector<uint64_t> latest(positions.begin(), positions.end());
  if (latest.size() > max) latest.resize(max);
  return latest;
}

absl::StatusOr<std::string> CitizenAt(const Reader& reader, absl::string_view claim,
                                      uint64_t position) {
  // Where it was until the next time that it left.
  std::optional<format::ClaimWas> was;
  absl::Status inner;
  KB_RETURN_IF_ERROR(reader.Scan(Family::kClaim, ClaimKey(claim, kClaimWas),
                                 ClaimKey(claim, kClaimWas, BigEndian(position + 1)),
                                 [&](absl::string_view, absl::string_view value) {
                                   inner = Decode(value, "claim", was.emplace());
                                   return false;
                                 }));
  KB_RETURN_IF_ERROR(inner);
  if (was) return was->citizen_id();
  KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                                ClaimKey(claim, kClaimRecord)));
  return row ? row->citizen_id() : std::string();
}

}  // namespace klantbeeld::store
