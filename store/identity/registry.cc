#include "store/identity/registry.h"

#include <algorithm>
#include <limits>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "store/identity/claims.h"
#include "store/identity/found.h"
#include "store/identity/identity.h"
#include "store/identity/normalise.h"
#include "store/record.h"
#include "store/rows.h"
#include "store/sealer.h"

namespace klantbeeld::store {
namespace {

// Rows of `meta`: numbers that are to be asked about.
constexpr absl::string_view kToAsk = "ask/";

// Beside the number's place in the index, by the same hash.
std::string RegistryKey(absl::string_view bsn_index) {
  const char tag = static_cast<char>(kIndexRegistry);
  return absl::StrCat(absl::string_view(&tag, 1), bsn_index.substr(1));
}

std::string ToAskKey(absl::string_view bsn_index) {
  return absl::StrCat(kToAsk, bsn_index.substr(1));
}

absl::StatusOr<std::optional<format::RegistryRow>> ReadRegistry(const Reader& reader,
                                                                absl::string_view bsn_index) {
  return ReadRow<format::RegistryRow>(reader, Family::kIdentifier, RegistryKey(bsn_index));
}

// Key of the row of the latest answer to the same question.
std::string AnswerKey(const Keys& keys, const format::RegistryBody& body) {
  if (!body.sought().empty()) return SearchedKey(body.sought());
  return RegistryKey(IndexOfIdentifier(keys, RegisteredBsn(body.bsn())));
}

// Of what it says, not of when it was asked for.
std::string AnswerOf(const Keys& keys, format::RegistryBody body) {
  body.clear_asked_us();
  return std::string(View(keys.IdOf("registry", body.SerializeAsString())));
}

}  // namespace

v1::Identifier RegisteredBsn(absl::string_view bsn) {
  v1::Identifier identifier;
  identifier.set_type(v1::IDENTIFIER_TYPE_BSN);
  identifier.set_value(std::string(bsn));
  identifier.set_verified(v1::VERIFIED_BY_REGISTRY);
  return identifier;
}

std::optional<int64_t> DeadFrom(const format::ClaimContent& content) {
  if (!content.deceased()) return std::nullopt;
  const v1::PartialDate& died = content.deceased_on();
  if (!died.has_year()) return std::numeric_limits<int64_t>::min();
  const absl::CivilDay first(died.year(), died.has_month() ? died.month() : 1,
                             died.has_day() ? died.day() : 1);
  return absl::ToUnixMicros(absl::FromCivil(first + 1, absl::UTCTimeZone()));
}

absl::StatusOr<std::optional<uint64_t>> AnsweredAt(const Keys& keys, const Reader& reader,
                                                   const RegistryFact& fact) {
  KB_ASSIGN_OR_RETURN(const auto row,
                      ReadRow<format::RegistryRow>(reader, Family::kIdentifier,
                                                   AnswerKey(keys, fact.body)));
  if (!row || row->answer() != AnswerOf(keys, fact.body)) return std::optional<uint64_t>();
  return std::optional<uint64_t>(row->position());
}

RegistryFact PrepareRegistry(const Keys& keys, const RegistryAnswer& answer) {
  RegistryFact fact;
  fact.body.set_found(answer.found);
  if (!answer.sought.empty()) {
    fact.subject = ToId(answer.sought);
    fact.body.set_sought(answer.sought);
    if (answer.found) fact.body.set_bsn(answer.bsn);
    fact.body.set_asked_us(absl::ToUnixMicros(answer.asked_at));
    return fact;
  }
  fact.subject = CitizenIdOfBsn(keys, answer.bsn);
  fact.body.set_bsn(answer.bsn);
  fact.body.set_deceased(answer.deceased);
  if (answer.deceased && answer.deceased_on.has_year()) {
    *fact.body.mutable_deceased_on() = answer.deceased_on;
  }
  fact.body.set_asked_us(absl::ToUnixMicros(answer.asked_at));
  fact.body.set_normaliser(kNormaliserVersion);
  if (!answer.found) return fact;
  v1::PersonalDetails& details = *fact.body.mutable_details();
  details = answer.details;
  if (details.has_address() && details.address().has_postcode()) {
    details.mutable_address()->set_postcode(NormalPostcode(details.address().postcode()));
  }
  *fact.body.mutable_names() = FoldNames(details);
  return fact;
}

absl::StatusOr<std::string> RegistryClaim(const Keys& keys, const Reader& reader,
                                          absl::string_view bsn) {
  KB_ASSIGN_OR_RETURN(const auto row, ReadRegistry(reader, IndexOfIdentifier(keys, RegisteredBsn(bsn))));
  return row ? row->claim_id() : std::string();
}

std::string SealFound(absl::string_view id, absl::string_view bsn) {
  return Seal({id, "found", id}, bsn);
}

absl::StatusOr<std::string> OpenFound(absl::string_view id, absl::string_view sealed) {
  if (sealed.empty()) return std::string();
  std::string scratch;
  KB_ASSIGN_OR_RETURN(const absl::string_view bsn, Unseal({id, "found", id}, sealed, scratch));
  return std::string(bsn);
}

absl::StatusOr<bool> RegistryKnows(const Keys& keys, const Reader& reader, absl::string_view bsn) {
  KB_ASSIGN_OR_RETURN(const auto row, ReadRegistry(reader, IndexOfIdentifier(keys, RegisteredBsn(bsn))));
  return row.has_value();
}

absl::StatusOr<std::vector<std::string>> UnansweredBsns(const Reader& reader, size_t max) {
  std::vector<std::string> found;
  absl::Status inner;
  KB_RETURN_IF_ERROR(reader.Scan(
      Family::kMeta, kToAsk, kToAsk, [&](absl::string_view, absl::string_view value) {
        v1::Identifier number;
        inner = Decode(value, "meta", number);
        if (inner.ok()) found.push_back(number.value());
        return inner.ok() && found.size() < max;
      }));
  KB_RETURN_IF_ERROR(inner);
  return found;
}

void IdentityChange::NoteNumber(const format::ClaimContent& content, const IndexValue& value) {
  const bool number = value.joins && static_cast<uint8_t>(value.index[0]) == v1::IDENTIFIER_TYPE_BSN;
  if (!number || content.own_reason() == format::ClaimContent::REGISTRY) return;
  for (const auto& identifier : content.identifiers()) {
    if (identifier.type() == v1::IDENTIFIER_TYPE_BSN) numbers_[value.index] = identifier.value();
  }
}

absl::Status IdentityChange::Register(const RegistryFact& fact, uint64_t position) {
  const format::RegistryBody& body = fact.body;
  const std::string key = AnswerKey(keys_, body);
  KB_ASSIGN_OR_RETURN(const auto before,
                      ReadRow<format::RegistryRow>(batch_, Family::kIdentifier, key));
  format::RegistryRow row;
  row.set_position(position);
  row.set_asked_us(body.asked_us());
  row.set_answer(AnswerOf(keys_, body));
  if (before && std::forward_as_tuple(before->asked_us(), before->answer()) >=
                    std::forward_as_tuple(row.asked_us(), row.answer())) {
    return absl::OkStatus();
  }
  const std::string& sought = body.sought();
  if (sought.empty()) {
    KB_RETURN_IF_ERROR(RegisterPerson(body, before ? before->claim_id() : "", row));
  } else {
    if (body.found()) row.set_found(SealFound(sought, body.bsn()));
    KB_RETURN_IF_ERROR(RegisterSearch(body));
  }
  batch_.Put(Family::kIdentifier, key, Encode(row));
  return absl::OkStatus();
}

absl::Status IdentityChange::RegisterPerson(const format::RegistryBody& body,
                                            const std::string& claim_before,
                                            format::RegistryRow& row) {
  if (body.found()) {
    format::ClaimContent content;
    *content.add_identifiers() = RegisteredBsn(body.bsn());
    *content.mutable_details() = body.details();
    *content.mutable_names() = body.names();
    content.set_deceased(body.deceased());
    if (body.has_deceased_on()) *content.mutable_deceased_on() = body.deceased_on();
    content.set_content_id(std::string(View(keys_.IdOf("claim", content.SerializeAsString()))));
    content.set_own_reason(format::ClaimContent::REGISTRY);
    row.set_claim_id(std::string(View(keys_.IdOf("registry claim", content.content_id()))));
    row.set_content(Seal({row.claim_id(), "claim", row.claim_id()}, content.SerializeAsString()));
  }
  if (!claim_before.empty() && claim_before != row.claim_id()) {
    KB_ASSIGN_OR_RETURN(Held* held, Load(claim_before));
    if (held->exists) {
      held->row.set_holders(0);
      held->dirty = true;
    }
  }
  const std::string index = IndexOfIdentifier(keys_, RegisteredBsn(body.bsn()));
  batch_.Delete(Family::kMeta, ToAskKey(index));
  numbers_[index] = body.bsn();
  return absl::OkStatus();
}

absl::Status IdentityChange::SettleRegistry() {
  const auto numbers = std::move(numbers_);
  numbers_.clear();
  for (const auto& [index, bsn] : numbers) KB_RETURN_IF_ERROR(SettleRegistry(index, bsn));
  return numbers.empty() ? absl::OkStatus() : Flush();
}

absl::Status IdentityChange::SettleRegistry(const std::string& index, const std::string& bsn) {
  KB_ASSIGN_OR_RETURN(const auto registry, ReadRegistry(batch_, index));
  KB_ASSIGN_OR_RETURN(const auto claims, ClaimsAt(batch_, index, 2));
  const bool held_by_contacts =
      std::any_of(claims.begin(), claims.end(), [&](const std::string& claim) {
        return !registry || claim != registry->claim_id();
      });
  if (!registry) {
    if (held_by_contacts) {
      batch_.Put(Family::kMeta, ToAskKey(index), Encode(RegisteredBsn(bsn)));
    } else {
      batch_.Delete(Family::kMeta, ToAskKey(index));
    }
    return absl::OkStatus();
  }
  if (registry->claim_id().empty()) return absl::OkStatus();
  KB_ASSIGN_OR_RETURN(Held* held, Load(registry->claim_id()));
  if (held->exists == held_by_contacts) return absl::OkStatus();
  held->dirty = true;
  held->row.set_holders(held_by_contacts ? 1 : 0);
  if (!held_by_contacts) return absl::OkStatus();
  held->exists = true;
  held->row.set_content(registry->content());
  KB_ASSIGN_OR_RETURN(const auto content, OpenContent(registry->claim_id(), held->row));
  return AddClaim(registry->claim_id(), content);
}

}  // namespace klantbeeld::store
