#include "store/contact.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "store/merge.h"

namespace klantbeeld::store {
namespace {

using Moment = std::pair<int64_t, int32_t>;  // Seconds, nanoseconds.

Moment RevisedAt(const v1::ContactEvent& event) {
  return {event.revised_at().seconds(), event.revised_at().nanos()};
}

// The identifiers of one party, per source, while events are folded.
class PartyIdentifiers {
 public:
  void Add(const std::string& source, const v1::Party& party, bool cleared,
           const format::NobodysValues* nobodys) {
    if (nobodys != nullptr) {
      for (const uint32_t place : nobodys->places()) {
        nobodys_.insert(KeyOf(party.identifiers(static_cast<int>(place))));
      }
    }
    Said& said = said_[source];
    if (cleared) said = {};
    bool others_begun = false;
    for (const auto& identifier : party.identifiers()) {
      if (IsSingle(identifier.type())) {
        said.single[identifier.type()] = identifier;
        continue;
      }
      // The first of an event's list replaces the source's earlier list.
      if (!others_begun) said.others.clear();
      others_begun = true;
      said.others.push_back(identifier);
    }
  }

  void Resolve(FoldedParty& party) const {
    std::map<int, std::vector<v1::Identifier>> singles;
    std::map<Key, v1::Identifier> others;
    for (const auto& [source, said] : said_) {
      for (const auto& [type, identifier] : said.single) singles[type].push_back(identifier);
      for (const auto& identifier : said.others) {
        auto [at, is_new] = others.try_emplace(KeyOf(identifier), identifier);
        if (!is_new && Better(identifier, at->second)) at->second = identifier;
      }
    }
    for (auto& [type, candidates] : singles) ResolveSingle(candidates, party);
    for (auto& [key, identifier] : others) {
      (nobodys_.contains(key) ? party.nobodys : party.identifiers).push_back(identifier);
    }
  }

 private:
  using Key = std::tuple<int, std::string, std::string>;
  static Key KeyOf(const v1::Identifier& identifier) {
    return {identifier.type(), identifier.register_(), identifier.value()};
  }

  struct Said {
    std::map<int, v1::Identifier> single;
    std::vector<v1::Identifier> others;
  };

  // Of two sightings of the same value the better verified stands; of two
  // equally good ones the same one always.
  static bool Better(const v1::Identifier& a, const v1::Identifier& b) {
    return std::make_pair(VerificationRank(a.verified()), -static_cast<int>(a.verified())) >
           std::make_pair(VerificationRank(b.verified()), -static_cast<int>(b.verified()));
  }

  static void ResolveSingle(std::vector<v1::Identifier>& candidates, FoldedParty& party) {
    int best = 0;
    for (const auto& one : candidates) best = std::max(best, VerificationRank(one.verified()));
    std::map<std::string, v1::Identifier> values;
    for (const auto& one : candidates) {
      if (VerificationRank(one.verified()) < best) continue;
      auto [at, is_new] = values.try_emplace(absl::StrCat(one.parent(), "/", one.value()), one);
      if (!is_new && Better(one, at->second)) at->second = one;
    }
    auto& target = values.size() == 1 ? party.identifiers : party.contested;
    for (const auto& [value, one] : values) target.push_back(one);
  }

  std::map<std::string, Said> said_;
  std::set<Key> nobodys_;  // By one event or more.
};

bool Clears(const google::protobuf::FieldMask& mask, absl::string_view path) {
  return std::find(mask.paths().begin(), mask.paths().end(), std::string(path)) !=
         mask.paths().end();
}

// Of a list with at most one entry a party.
template <typename List>
const typename List::value_type* OfParty(const List& list, const std::string& key) {
  for (const auto& one : list) {
    if (one.party_key() == key) return &one;
  }
  return nullptr;
}

// Folded names follow the stated names they were made of.
void FoldNamesInto(const v1::PersonalDetails& stated, const format::FoldedNames* names,
                   const v1::PersonalDetails& result, format::FoldedNames& into) {
  if (names != nullptr) {
    if (stated.has_surname()) into.set_surname(names->surname());
    if (stated.has_partner_surname()) into.set_partner_surname(names->partner_surname());
    if (stated.has_first_names()) {
      into.set_first_names(names->first_names());
      into.set_first_names_as_surname(names->first_names_as_surname());
      if (!names->has_first_names_as_surname()) into.clear_first_names_as_surname();
    }
    if (stated.has_initials()) into.set_initials(names->initials());
    if (stated.has_surname()) *into.mutable_surname_parts() = names->surname_parts();
    if (stated.address().has_street()) into.set_street(names->street());
    if (stated.address().has_city()) into.set_city(names->city());
    if (stated.has_birth_place()) into.set_birth_place(names->birth_place());
  }
  if (!result.has_surname()) {
    into.clear_surname();
    into.clear_surname_parts();
  }
  if (!result.has_partner_surname()) into.clear_partner_surname();
  if (!result.has_first_names()) {
    into.clear_first_names();
    into.clear_first_names_as_surname();
  }
  if (!result.has_initials()) into.clear_initials();
  if (!result.address().has_street()) into.clear_street();
  if (!result.address().has_city()) into.clear_city();
  if (!result.has_birth_place()) into.clear_birth_place();
}

// Everything that stands, and the order it was said in.
class Folding {
 public:
  explicit Folding(bool several) : several_(several) {}

  void Add(const format::EventBody& body) {
    if (!several_) return AddOnly(body);
    const v1::ContactEvent& event = body.event();
    FieldMerge merge(RevisedAt(event), several_ ? &said_at_ : nullptr);
    merge.Clear(event.cleared(), *result_.contact.mutable_data(), "");
    merge.Merge(event.data(), *result_.contact.mutable_data(), "");
    for (const auto& party : event.data().parties()) {
      const std::string prefix = absl::StrCat("parties.", party.key(), ".");
      v1::Party& folded = parties_[party.key()].party;
      merge.Clear(party.cleared(), folded, prefix);
      merge.Merge(party, folded, prefix);
      parties_[party.key()].identifiers.Add(event.source(), party,
                                            Clears(party.cleared(), "identifiers"),
                                            OfParty(body.nobodys(), party.key()));
      FoldNamesInto(party.details(), OfParty(body.names(), party.key()), folded.details(),
                    parties_[party.key()].names);
    }
    if (merge.differs_at_once()) Flag(v1::CONTACT_FLAG_EQUAL_REVISION_DIFFERS);
  }

  FoldedContact Finish(int64_t earliest_us) {
    v1::ContactData& data = *result_.contact.mutable_data();
    FinishParties(data);
    v1::Contact& contact = result_.contact;
    if (data.has_occurred_at()) {
      *contact.mutable_happened_at() = data.occurred_at();
    } else if (data.has_planned_at()) {
      *contact.mutable_happened_at() = data.planned_at();
    } else {
      *contact.mutable_happened_at() = FromMicros(earliest_us);
      contact.set_happened_at_revision(true);
    }
    result_.happened_us = ToMicros(contact.happened_at());
    if (data.has_occurred_at() && data.has_ended_at() &&
        std::make_pair(data.ended_at().seconds(), data.ended_at().nanos()) <
            std::make_pair(data.occurred_at().seconds(), data.occurred_at().nanos())) {
      Flag(v1::CONTACT_FLAG_ENDS_BEFORE_START);
    }
    for (const v1::ContactFlag flag : flags_) contact.add_flags(flag);
    return std::move(result_);
  }

 private:
  struct PartyState {
    v1::Party party;
    PartyIdentifiers identifiers;
    format::FoldedNames names;
  };

  // Most contacts have one event: there is nothing to merge it with.
  void AddOnly(const format::EventBody& body) {
    v1::ContactData& data = *result_.contact.mutable_data();
    data = body.event().data();
    data.clear_parties();
    for (const auto& party : body.event().data().parties()) {
      PartyState& state = parties_[party.key()];
      state.party = party;
      state.party.clear_identifiers();
      state.party.clear_cleared();
      state.identifiers.Add(body.event().source(), party, false,
                            OfParty(body.nobodys(), party.key()));
      FoldNamesInto(party.details(), OfParty(body.names(), party.key()), party.details(),
                    state.names);
    }
  }

  void Flag(v1::ContactFlag flag) { flags_.insert(flag); }

  void FinishParties(v1::ContactData& data) {
    if (parties_.size() > kContactPartiesMax) Flag(v1::CONTACT_FLAG_TOO_MANY_PARTIES);
    for (auto& [key, state] : parties_) {
      if (data.parties_size() == kContactPartiesMax) break;
      FoldedParty party{.key = key, .details = state.party.details(), .names = state.names};
      state.identifiers.Resolve(party);
      if (!party.contested.empty()) Flag(v1::CONTACT_FLAG_IDENTIFIER_CONTESTED);
      v1::Party& shown = *data.add_parties();
      shown = std::move(state.party);
      shown.set_key(key);
      shown.set_role(RoleOf(shown));
      for (const auto& identifier : party.identifiers) *shown.add_identifiers() = identifier;
      for (const auto& identifier : party.contested) *shown.add_identifiers() = identifier;
      for (const auto& identifier : party.nobodys) *shown.add_identifiers() = identifier;
      result_.parties.push_back(std::move(party));
    }
  }

  const bool several_;
  FoldedContact result_;
  std::map<std::string, PartyState> parties_;
  std::set<v1::ContactFlag> flags_;
  SaidAt said_at_;
};

}  // namespace

int64_t ToMicros(const google::protobuf::Timestamp& time) {
  return time.seconds() * 1'000'000 + time.nanos() / 1000;
}

google::protobuf::Timestamp FromMicros(int64_t micros) {
  google::protobuf::Timestamp time;
  int64_t seconds = micros / 1'000'000;
  int64_t rest = micros % 1'000'000;
  if (rest < 0) {
    rest += 1'000'000;
    --seconds;
  }
  time.set_seconds(seconds);
  time.set_nanos(static_cast<int32_t>(rest * 1000));
  return time;
}

int VerificationRank(v1::VerifiedBy verified) {
  switch (verified) {
    case v1::VERIFIED_BY_DIGID:
    case v1::VERIFIED_BY_EHERKENNING:
    case v1::VERIFIED_BY_EIDAS:
    case v1::VERIFIED_BY_ID_DOCUMENT:
    case v1::VERIFIED_BY_REGISTRY:
      return 3;
    case v1::VERIFIED_BY_CONTROL_QUESTIONS:
    case v1::VERIFIED_BY_SESSION:
      return 2;
    case v1::VERIFIED_BY_TYPED:
    case v1::VERIFIED_BY_CALLER_LINE:
      return 1;
    default:
      return 0;
  }
}

bool IsVerified(const v1::Identifier& identifier) {
  return VerificationRank(identifier.verified()) == 3;
}

bool IsSingle(v1::IdentifierType type) {
  return type == v1::IDENTIFIER_TYPE_BSN || type == v1::IDENTIFIER_TYPE_RSIN ||
         type == v1::IDENTIFIER_TYPE_KVK || type == v1::IDENTIFIER_TYPE_VESTIGING;
}

std::string KeyOfRole(v1::PartyRole role) {
  if (role == v1::PARTY_ROLE_UNSPECIFIED) role = v1::PARTY_ROLE_CUSTOMER;
  const std::string& name = v1::PartyRole_Name(role);
  return absl::AsciiStrToLower(absl::StripPrefix(absl::string_view(name), "PARTY_ROLE_"));
}

v1::PartyRole RoleOf(const v1::Party& party) {
  if (party.has_role()) return party.role();
  v1::PartyRole role;
  if (v1::PartyRole_Parse("PARTY_ROLE_" + absl::AsciiStrToUpper(party.key()), &role)) return role;
  return v1::PARTY_ROLE_CUSTOMER;
}

void MaskIdentifier(v1::Identifier& identifier) {
  if (identifier.type() != v1::IDENTIFIER_TYPE_BSN || !identifier.has_value()) return;
  const std::string& value = identifier.value();
  identifier.set_masked(absl::StrCat("******", value.substr(value.size() < 3 ? 0 : value.size() - 3)));
  identifier.clear_value();
}

void MaskContact(v1::Contact& contact) {
  for (auto& party : *contact.mutable_data()->mutable_parties()) {
    for (auto& identifier : *party.mutable_identifiers()) MaskIdentifier(identifier);
  }
  for (auto& event : *contact.mutable_events()) {
    for (auto& party : *event.mutable_event()->mutable_data()->mutable_parties()) {
      for (auto& identifier : *party.mutable_identifiers()) MaskIdentifier(identifier);
    }
  }
}

FoldedContact Fold(const std::vector<FoldEvent>& events, bool retracted) {
  std::vector<const format::EventBody*> standing;
  bool own_source_spoke = false;
  for (const FoldEvent& event : events) {
    if (event.retracted) continue;
    standing.push_back(event.body);
    const v1::ContactEvent& said = event.body->event();
    if (said.source() == said.contact().source()) own_source_spoke = true;
  }
  if (retracted || standing.empty()) {
    FoldedContact gone;
    gone.contact.set_retracted(true);
    return gone;
  }
  const auto order = [](const format::EventBody* body) {
    const v1::ContactEvent& event = body->event();
    return std::make_tuple(RevisedAt(event), absl::string_view(event.source()),
                           absl::string_view(event.event_id()));
  };
  std::sort(standing.begin(), standing.end(),
            [&](const auto* a, const auto* b) { return order(a) < order(b); });
  Folding folding(standing.size() > 1);
  for (const format::EventBody* body : standing) folding.Add(*body);
  FoldedContact folded = folding.Finish(ToMicros(standing.front()->event().revised_at()));
  folded.contact.set_incomplete(!own_source_spoke || !folded.contact.data().has_channel());
  return folded;
}

}  // namespace klantbeeld::store
