// Keys and values as bytes: every layout that docs/format.md describes.
#ifndef KLANTBEELD_STORE_RECORD_H_
#define KLANTBEELD_STORE_RECORD_H_

#include <google/protobuf/message_lite.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "klantbeeld/v1/identifier.pb.h"
#include "store/format.pb.h"
#include "store/keys.h"

namespace klantbeeld::store {

// Version of every value's envelope. A reader knows this one and those before.
inline constexpr uint8_t kFormatVersion = 3;

inline absl::string_view View(const Id& id) { return {id.data(), id.size()}; }
Id ToId(absl::string_view bytes);  // `bytes` has 16.

// Big-endian, so that byte order is numeric order.
std::string BigEndian(uint64_t number);
uint64_t FromBigEndian(absl::string_view bytes);  // Of at least 8.

// Keys of rows in `identifier` begin with one of these: a type of identifier
// as numbered in the contract, or
inline constexpr uint8_t kIndexOwnByContent = 40;   // Own claims by the content they share.
inline constexpr uint8_t kIndexNameBirth = 48;      // Folded surname and birth date.
inline constexpr uint8_t kIndexAddress = 49;        // Postcode and house number.
inline constexpr uint8_t kIndexCase = 50;           // Case number.
inline constexpr uint8_t kIndexOrganisation = 51;   // KVK with vestiging.
inline constexpr uint8_t kIndexLogin = 52;          // Authenticated session.
inline constexpr uint8_t kIndexCandidate = 64;      // Value by which candidates are found.
inline constexpr uint8_t kIndexRegistry = 65;       // BSN that the registry was asked about.
inline constexpr uint8_t kIndexSought = 66;         // What claims are sought by in the registry.
inline constexpr uint8_t kIndexSearched = 67;       // What it was searched for.
inline constexpr uint8_t kIndexFound = 68;          // BSN that it found: the claims it found it for.

// Value of a row of `identifier`: whether claims that share it may join by it.
std::string IndexMark(bool joins);
bool MarkJoins(absl::string_view value);

// Tags in keys of `claim`, after the claim's id.
inline constexpr char kClaimRecord = 0;
inline constexpr char kClaimExtra = 1;     // · extra
inline constexpr char kClaimCoParty = 2;   // · claim id of another party of one contact
// After a content's id, which is that of the claim that parties share:
inline constexpr char kClaimCompared = 3;
// 4 was of edges. After a citizen's id:
inline constexpr char kClaimFactAbout = 5; // · inverted position
// After a claim's id:
inline constexpr char kClaimWas = 6;       // · position

std::string TimelineKey(absl::string_view claim, int64_t happened_us, absl::string_view contact);
struct TimelinePlace {
  std::string claim;
  int64_t happened_us = 0;
  std::string contact;
};
TimelinePlace PlaceOf(absl::string_view timeline_key);
std::string ClaimKey(absl::string_view claim, char tag, absl::string_view rest = "");

bool ParseBytes(absl::string_view bytes, google::protobuf::MessageLite& message);

// Puts a message into an envelope: format version, then the bytes.
// Deterministic: the messages have no maps and are built in a fixed order.
std::string Encode(const google::protobuf::MessageLite& message);
// Opens an envelope, bringing older versions up to date. FAILED_PRECONDITION:
// written by a newer version, which the message names. DATA_LOSS: not readable.
absl::Status Decode(absl::string_view value, absl::string_view what,
                    google::protobuf::MessageLite& message);
template <typename M>
absl::StatusOr<M> DecodeAs(absl::string_view value, absl::string_view what) {
  M message;
  if (absl::Status status = Decode(value, what, message); !status.ok()) return status;
  return message;
}

// Value of a row of `journal`.
struct JournalRecord {
  format::FactHeader header;
  std::string body;              // Sealed.
  format::Consequences consequences;
};
std::string EncodeJournal(const JournalRecord& record);
absl::StatusOr<JournalRecord> DecodeJournal(absl::string_view value);
// The pieces of such a value as they lie in it.
struct JournalPieces {
  absl::string_view header;        // FactHeader.
  absl::string_view body;          // Sealed.
  absl::string_view consequences;  // Consequences.
};
absl::StatusOr<JournalPieces> SplitJournal(absl::string_view value);

// Ids. The domain of each is part of the format.
Id EventOrContactId(const Keys& keys, absl::string_view source, absl::string_view id);
Id PartyHash(const Keys& keys, absl::string_view contact_id, absl::string_view party_key);
Id DecisionId(const Keys& keys, absl::string_view source, absl::string_view decision_id);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_RECORD_H_
