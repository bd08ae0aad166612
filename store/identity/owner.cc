#include "store/identity/owner.h"

#include <algorithm>
#include <vector>

#include "store/contact.h"
#include "store/identity/claims.h"
#include "store/identity/identity.h"
#include "store/record.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

bool HasVerifiedBsn(const format::ClaimContent& content) {
  return std::any_of(content.identifiers().begin(), content.identifiers().end(),
                     [](const v1::Identifier& one) {
                       return one.type() == v1::IDENTIFIER_TYPE_BSN && IsVerified(one);
                     });
}

}  // namespace

bool SaysWho(const format::ClaimContent& content) {
  return content.contested_size() > 0 || content.details().has_birth_date() ||
         content.has_names() ||
         std::any_of(content.identifiers().begin(), content.identifiers().end(),
                     [](const v1::Identifier& one) { return IsSingle(one.type()); });
}

absl::StatusOr<std::string> SoleOwner(const Keys& keys, const Reader& reader,
                                      const v1::Identifier& cookie, size_t sharing_max) {
  const std::string index = IndexOfIdentifier(keys, cookie);
  std::vector<std::string> sharing;
  KB_RETURN_IF_ERROR(reader.Scan(Family::kIdentifier, index, index,
                                 [&](absl::string_view key, absl::string_view) {
                                   sharing.emplace_back(key.substr(index.size()));
                                   return sharing.size() <= sharing_max;
                                 }));
  if (sharing.size() > sharing_max) return std::string();
  std::string citizen, owner;
  uint64_t seen = 0;
  for (const std::string& claim : sharing) {
    KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                                  ClaimKey(claim, kClaimRecord)));
    if (!row) return absl::DataLossError("identifier: names a claim that is not there");
    KB_ASSIGN_OR_RETURN(const auto content, OpenContent(claim, *row));
    if (!SaysWho(content)) continue;
    if (!citizen.empty() && citizen != row->citizen_id()) return std::string();
    citizen = row->citizen_id();
    if (!HasVerifiedBsn(content)) continue;
    // With a verified number a cookie stands beside the claim, and is counted.
    KB_ASSIGN_OR_RETURN(const auto count, ReadRow<format::ClaimCount>(
                                              reader, Family::kClaim,
                                              ClaimKey(claim, kClaimExtra, index)));
    seen += count ? count->count() : 0;
    owner = claim;
  }
  return seen >= kOwnerSeenMin ? owner : std::string();
}

}  // namespace klantbeeld::store
