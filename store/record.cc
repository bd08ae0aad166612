#include "store/record.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "store/status_macros.h"

namespace klantbeeld::store {
namespace {

// Times are whole microseconds since 1970; adding half the range makes the
// order of signed numbers that of their bytes, and inverting puts the newest
// first.
uint64_t Inverted(int64_t happened_us) {
  return ~(static_cast<uint64_t>(happened_us) ^ (uint64_t{1} << 63));
}

int64_t FromInverted(uint64_t inverted) {
  return static_cast<int64_t>(~inverted ^ (uint64_t{1} << 63));
}

void AppendSized(std::string& out, absl::string_view bytes) {
  absl::StrAppend(&out, absl::string_view(BigEndian(bytes.size())).substr(4), bytes);
}

// Takes a sized piece off the front; false: there is none.
bool TakeSized(absl::string_view& in, absl::string_view& piece) {
  if (in.size() < 4) return false;
  size_t size = 0;
  for (size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>(in[i]);
  if (in.size() - 4 < size) return false;
  piece = in.substr(4, size);
  in.remove_prefix(4 + size);
  return true;
}

absl::StatusOr<absl::string_view> OpenEnvelope(absl::string_view value, absl::string_view what) {
  if (value.empty()) return absl::DataLossError(absl::StrCat(what, ": empty value"));
  const auto version = static_cast<uint8_t>(value[0]);
  if (version == 0) return absl::DataLossError(absl::StrCat(what, ": format version 0"));
  if (version > kFormatVersion) {
    return absl::FailedPreconditionError(absl::StrCat(
        what, ": written in format version ", version, ", this program knows up to ",
        kFormatVersion, ". Use the newer program."));
  }
  return value.substr(1);
}

// Version 1 kept a claim's number of contacts in one total, not per channel.
void FromVersion1(google::protobuf::MessageLite& message) {
  auto* claim = dynamic_cast<format::ClaimRow*>(&message);
  if (claim == nullptr || claim->channel_counts_size() > 0 || claim->holders() == 0) return;
  auto* count = claim->add_channel_counts();
  count->set_channel(v1::CHANNEL_UNSPECIFIED);
  count->set_contacts(claim->holders());
}

}  // namespace

Id ToId(absl::string_view bytes) {
  Id id{};
  if (bytes.size() == id.size()) std::memcpy(id.data(), bytes.data(), id.size());
  return id;
}

std::string IndexMark(bool joins) {
  return {static_cast<char>(kFormatVersion), joins ? 'j' : '-'};
}

bool MarkJoins(absl::string_view value) { return value.size() == 2 && value[1] == 'j'; }

std::string BigEndian(uint64_t number) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(number >> (56 - 8 * i));
  return bytes;
}

uint64_t FromBigEndian(absl::string_view bytes) {
  uint64_t number = 0;
  for (size_t i = 0; i < 8; ++i) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

std::string TimelineKey(absl::string_view claim, int64_t happened_us, absl::string_view contact) {
  return absl::StrCat(claim, BigEndian(Inverted(happened_us)), contact);
}

TimelinePlace PlaceOf(absl::string_view key) {
  if (key.size() != 40) return {};
  return {std::string(key.substr(0, 16)), FromInverted(FromBigEndian(key.substr(16, 8))),
          std::string(key.substr(24))};
}

std::string ClaimKey(absl::string_view claim, char tag, absl::string_view rest) {
  return absl::StrCat(claim, absl::string_view(&tag, 1), rest);
}

bool ParseBytes(absl::string_view bytes, google::protobuf::MessageLite& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::string Encode(const google::protobuf::MessageLite& message) {
  std::string value(1, static_cast<char>(kFormatVersion));
  message.AppendToString(&value);
  return value;
}

absl::Status Decode(absl::string_view value, absl::string_view what,
                    google::protobuf::MessageLite& message) {
  KB_ASSIGN_OR_RETURN(const absl::string_view bytes, OpenEnvelope(value, what));
  if (!ParseBytes(bytes, message)) {
    return absl::DataLossError(absl::StrCat(what, ": not readable"));
  }
  if (value[0] == 1) FromVersion1(message);
  return absl::OkStatus();
}

std::string EncodeJournal(const JournalRecord& record) {
  std::string value(1, static_cast<char>(kFormatVersion));
  AppendSized(value, record.header.SerializeAsString());
  AppendSized(value, record.body);
  AppendSized(value, record.consequences.SerializeAsString());
  return value;
}

absl::StatusOr<JournalPieces> SplitJournal(absl::string_view value) {
  KB_ASSIGN_OR_RETURN(absl::string_view rest, OpenEnvelope(value, "journal"));
  JournalPieces pieces;
  if (!TakeSized(rest, pieces.header) || !TakeSized(rest, pieces.body) ||
      !TakeSized(rest, pieces.consequences) || !rest.empty()) {
    return absl::DataLossError("journal: record not readable");
  }
  return pieces;
}

absl::StatusOr<JournalRecord> DecodeJournal(absl::string_view value) {
  KB_ASSIGN_OR_RETURN(const JournalPieces pieces, SplitJournal(value));
  JournalRecord record;
  record.body = std::string(pieces.body);
  if (!ParseBytes(pieces.header, record.header) ||
      !ParseBytes(pieces.consequences, record.consequences)) {
    return absl::DataLossError("journal: record not readable");
  }
  return record;
}

Id EventOrContactId(const Keys& keys, absl::string_view source, absl::string_view id) {
  return keys.IdOf("contact", absl::StrCat(BigEndian(source.size()), source, id));
}

Id PartyHash(const Keys& keys, absl::string_view contact_id, absl::string_view party_key) {
  return keys.IdOf("party", absl::StrCat(contact_id, party_key));
}

Id DecisionId(const Keys& keys, absl::string_view source, absl::string_view decision_id) {
  return keys.IdOf("decision", absl::StrCat(BigEndian(source.size()), source, decision_id));
}

}  // namespace klantbeeld::store
