// A contact is its events folded field by field. Pure: no storage, no clock.
#ifndef KLANTBEELD_STORE_CONTACT_H_
#define KLANTBEELD_STORE_CONTACT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "klantbeeld/v1/contact.pb.h"
#include "store/format.pb.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Most events of one contact; retractions are exempt.
inline constexpr size_t kContactEventsMax = 256;
// Most parties that stand in a folded contact, the first by key.
inline constexpr int kContactPartiesMax = 8;

// An event as the fold takes it.
struct FoldEvent {
  const format::EventBody* body = nullptr;
  bool retracted = false;  // Taken back by a retraction of its source.
};

// Identity content of one party, as folded.
struct FoldedParty {
  std::string key;
  std::vector<v1::Identifier> identifiers = {};  // Sorted; what stands.
  std::vector<v1::Identifier> contested = {};    // Equally verified, different.
  std::vector<v1::Identifier> nobodys = {};      // Shown, and no part of what it is known by.
  v1::PersonalDetails details = {};
  format::FoldedNames names = {};
};

struct FoldedContact {
  // Data, flags, happened_at, incomplete and retracted; no ids or positions.
  v1::Contact contact;
  // Parties in the order of their keys.
  std::vector<FoldedParty> parties;
  int64_t happened_us = 0;
};

// Folds the events of one contact, in any order: the latest `revised_at` wins,
// ties by (source, event id). `retracted`: the contact was taken back whole.
FoldedContact Fold(const std::vector<FoldEvent>& events, bool retracted);

// How sure an identifier is; the higher replaces the lower.
int VerificationRank(v1::VerifiedBy verified);
// Verified by a means that may join two parties.
bool IsVerified(const v1::Identifier& identifier);
// Types of which a person or organisation has one.
bool IsSingle(v1::IdentifierType type);

// Puts the masked form of every BSN in place of its value.
void MaskContact(v1::Contact& contact);
void MaskIdentifier(v1::Identifier& identifier);

// Microseconds since 1970, rounded down.
int64_t ToMicros(const google::protobuf::Timestamp& time);
google::protobuf::Timestamp FromMicros(int64_t micros);

// Role of a party that no event gave one: what its key says, else CUSTOMER.
v1::PartyRole RoleOf(const v1::Party& party);
// "customer" for CUSTOMER, and so on: the key of a party that has none.
std::string KeyOfRole(v1::PartyRole role);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_CONTACT_H_
