// Short ways to say who did what when, for tests of the store.
#ifndef KLANTBEELD_TESTS_STORE_EVENTS_H_
#define KLANTBEELD_TESTS_STORE_EVENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "klantbeeld/v1/contact.pb.h"
#include "klantbeeld/v1/identity_service.pb.h"

namespace klantbeeld::store {

// Test numbers that pass the eleven test.
inline constexpr char kBsnA[] = "999990019";
inline constexpr char kBsnB[] = "999990020";
inline constexpr char kBsnC[] = "999990032";

// Minutes after a moment in 2025.
inline google::protobuf::Timestamp At(int64_t minute) {
  google::protobuf::Timestamp time;
  time.set_seconds(1'740'000'000 + 60 * minute);
  return time;
}

inline v1::Identifier Identifier(v1::IdentifierType type, const std::string& value,
                                 v1::VerifiedBy verified = v1::VERIFIED_BY_UNSPECIFIED) {
  v1::Identifier identifier;
  identifier.set_type(type);
  identifier.set_value(value);
  if (verified != v1::VERIFIED_BY_UNSPECIFIED) identifier.set_verified(verified);
  return identifier;
}
inline v1::Identifier Bsn(const std::string& value,
                          v1::VerifiedBy verified = v1::VERIFIED_BY_DIGID) {
  return Identifier(v1::IDENTIFIER_TYPE_BSN, value, verified);
}
inline v1::Identifier Phone(const std::string& value) {
  return Identifier(v1::IDENTIFIER_TYPE_PHONE, value, v1::VERIFIED_BY_CALLER_LINE);
}
inline v1::Identifier Session(const std::string& value,
                              v1::VerifiedBy verified = v1::VERIFIED_BY_DIGID) {
  return Identifier(v1::IDENTIFIER_TYPE_SESSION, value, verified);
}

inline v1::Party PartyOf(const std::string& key, const std::vector<v1::Identifier>& identifiers) {
  v1::Party party;
  party.set_key(key);
  for (const auto& identifier : identifiers) *party.add_identifiers() = identifier;
  return party;
}

// An event of a contact of its own, that happened and was revised at `minute`.
inline v1::ContactEvent EventOf(const std::string& source, const std::string& id, int64_t minute,
                                const std::vector<v1::Party>& parties = {},
                                v1::Channel channel = v1::CHANNEL_WEB) {
  v1::ContactEvent event;
  event.set_source(source);
  event.set_event_id(id);
  v1::ContactData& data = *event.mutable_data();
  data.set_channel(channel);
  *data.mutable_occurred_at() = At(minute);
  for (const auto& party : parties) *data.add_parties() = party;
  return event;
}

// A web visit of one customer, by source "website".
inline v1::ContactEvent Visit(const std::string& id, int64_t minute,
                              const std::vector<v1::Identifier>& identifiers) {
  return EventOf("website", id, minute, {PartyOf("customer", identifiers)});
}

// What `source` says of the contact (contact_source, contact_id), and no more.
inline v1::ContactEvent About(const std::string& source, const std::string& id,
                              const std::string& contact_source, const std::string& contact_id,
                              int64_t revised) {
  v1::ContactEvent event;
  event.set_source(source);
  event.set_event_id(id);
  event.mutable_contact()->set_source(contact_source);
  event.mutable_contact()->set_id(contact_id);
  *event.mutable_revised_at() = At(revised);
  return event;
}

inline v1::ContactEvent RetractEvent(const std::string& source, const std::string& id,
                                     const std::string& target, int64_t revised = 500) {
  v1::ContactEvent event;
  event.set_source(source);
  event.set_event_id(id);
  *event.mutable_revised_at() = At(revised);
  event.mutable_retraction()->set_event_id(target);
  return event;
}

inline v1::ContactEvent RetractContact(const std::string& source, const std::string& id,
                                       const std::string& contact, int64_t revised = 500) {
  v1::ContactEvent event = About(source, id, source, contact, revised);
  event.mutable_retraction()->set_contact(true);
  return event;
}

inline v1::Decision DecisionOf(const std::string& id, int64_t minute) {
  v1::Decision decision;
  decision.set_source("desk");
  decision.set_decision_id(id);
  decision.set_author("j.deboer");
  decision.set_reason("gezien");
  *decision.mutable_decided_at() = At(minute);
  return decision;
}

inline v1::PartyRef RefOf(const std::string& source, const std::string& id,
                          const std::string& party = "customer") {
  v1::PartyRef ref;
  ref.set_source(source);
  ref.set_id(id);
  ref.set_party_key(party);
  return ref;
}

inline v1::LinkRequest LinkOf(const std::string& id, int64_t minute, const v1::PartyRef& a,
                              const v1::PartyRef& b) {
  v1::LinkRequest request;
  *request.mutable_decision() = DecisionOf(id, minute);
  *request.add_parties_a() = a;
  *request.add_parties_b() = b;
  return request;
}

inline v1::UnlinkRequest UnlinkOf(const std::string& id, int64_t minute,
                                  const std::vector<v1::PartyRef>& parties) {
  v1::UnlinkRequest request;
  *request.mutable_decision() = DecisionOf(id, minute);
  for (const auto& party : parties) *request.add_parties() = party;
  return request;
}

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_TESTS_STORE_EVENTS_H_
