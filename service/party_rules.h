// What the contract asks of parties beyond the limits of single fields.
#ifndef KLANTBEELD_SERVICE_PARTY_RULES_H_
#define KLANTBEELD_SERVICE_PARTY_RULES_H_

#include "absl/time/time.h"
#include "klantbeeld/v1/contact.pb.h"
#include "klantbeeld/v1/identifier.pb.h"
#include "klantbeeld/v1/party.pb.h"
#include "service/fault.h"

namespace klantbeeld::service {

// All pure; each expects a message that Validate() accepts, and returns the
// first fault with a path relative to its argument.

// Keys are well formed and differ, by default too; each party is in order.
// No birth date lies ahead of the day that it is in Amsterdam at `now`.
MaybeFault CheckParties(const v1::ContactData& data, absl::Time now);

// Type and value are there; `parent` and `register` where the type has them and
// nowhere else; nothing masked. The form of the value is the store's business.
MaybeFault CheckIdentifier(const v1::Identifier& identifier);

// Dates, addresses and languages are well formed; the birth date as CheckBirth has it.
MaybeFault CheckDetails(const v1::PersonalDetails& details, absl::Time now);

// Parts are known from the year down, and the date exists.
MaybeFault CheckDate(const v1::PartialDate& date);

// As CheckDate, and it has come by `now`, wherever on Earth it was written down.
MaybeFault CheckBirth(const v1::PartialDate& birth, absl::Time now);

MaybeFault CheckPostcode(absl::string_view postcode);
MaybeFault CheckLanguage(absl::string_view language);

// a-z, 0-9, '-' and '_', 1 to 40 of them.
bool IsPartyKey(absl::string_view key);

// Every path of `cleared` names a field of `type` that may be taken back and
// that `given` does not set. `refused` are top-level fields with a way of
// their own.
MaybeFault CheckCleared(const google::protobuf::FieldMask& cleared,
                        const google::protobuf::Message& given,
                        std::initializer_list<absl::string_view> refused);

}  // namespace klantbeeld::service

#endif  // KLANTBEELD_SERVICE_PARTY_RULES_H_
