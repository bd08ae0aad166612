// Citizens as asked for: looked up, and shown with where everything came from.
#ifndef KLANTBEELD_STORE_CITIZEN_H_
#define KLANTBEELD_STORE_CITIZEN_H_

#include "absl/status/statusor.h"
#include "klantbeeld/v1/citizen_service.pb.h"
#include "klantbeeld/v1/contact_service.pb.h"
#include "store/db.h"
#include "store/keys.h"
#include "store/timeline.h"

namespace klantbeeld::store {

// The citizen with identifiers, details, counts and latest contacts. Values of
// BSNs are masked unless `reveal` has their kind.
absl::StatusOr<v1::Citizen> ReadCitizen(const Keys& keys, const Reader& reader,
                                        const StandingCitizen& citizen,
                                        const v1::GetCitizenRequest& request);

absl::StatusOr<v1::FindCitizensResponse> FindCitizens(const Keys& keys, const Reader& reader,
                                                      const v1::FindCitizensRequest& request);

// One contact, folded, as `request` asks.
absl::StatusOr<v1::Contact> ReadContact(const Keys& keys, const Reader& reader,
                                        const v1::GetContactRequest& request);

// One contact as it stood after a position; unmasked, without citizens.
absl::StatusOr<v1::Contact> FoldAt(const Reader& reader, absl::string_view contact_id,
                                   const format::ContactRow& row, uint64_t position);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_CITIZEN_H_
