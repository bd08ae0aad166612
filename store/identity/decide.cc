#include "store/identity/decide.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "store/identity/claims.h"
#include "store/citizen.h"
#include "store/contact.h"
#include "store/error.h"
#include "store/identity/found.h"
#include "store/identity/identity.h"
#include "store/rows.h"
#include "store/timeline.h"

namespace klantbeeld::store {

// Each party listed gets a claim of its own, and a link must not undo itself by
// making more of them than are compared.
static_assert(2 * kDecisionPartiesMax <= kComponentClaimsMax);

namespace {

using Party = std::pair<std::string, std::string>;  // Contact id, party key.
using Parties = std::set<Party>;
using PartyRefs = google::protobuf::RepeatedPtrField<v1::PartyRef>;

absl::StatusOr<format::ContactRow> ContactOf(const Reader& reader, const std::string& id,
                                             const std::string& field) {
  KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::ContactRow>(reader, Family::kContact, id));
  if (!row || row->events().empty()) {
    return Error(v1::ERROR_REASON_PARTY_NOT_FOUND, "there is no such contact; name it by the source and id that it was recorded with",
                 {.field = field});
  }
  return *std::move(row);
}

// The citizen a party is in; empty when it is in none (yet).
absl::StatusOr<std::string> CitizenOfParty(const Reader& reader, const Party& party) {
  KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ContactRow>(reader, Family::kContact,
                                                                  party.first));
  if (!row) return std::string();
  const std::string claim = ClaimOfParty(*row, party.second);
  if (claim.empty()) return std::string();
  KB_ASSIGN_OR_RETURN(const auto held, ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                                 ClaimKey(claim, kClaimRecord)));
  if (!held) return absl::DataLossError("contact: a claim is not there");
  return held->citizen_id();
}

class Side {
 public:
  Side(const Keys& keys, const Reader& reader) : keys_(keys), reader_(reader) {}

  absl::Status AddRefs(const PartyRefs& refs, const std::string& name) {
    for (int i = 0; i < refs.size(); ++i) {
      const std::string field = absl::StrCat(name, "[", i, "]");
      const Party party = PartyAt(keys_, refs[i]);
      KB_ASSIGN_OR_RETURN(const format::ContactRow row, ContactOf(reader_, party.first, field));
      KB_RETURN_IF_ERROR(CheckThere(row, party, field));
      parties.insert(party);
    }
    return absl::OkStatus();
  }

  absl::Status AddCitizen(const std::string& hex_id, absl::string_view field) {
    if (hex_id.empty()) return absl::OkStatus();
    const auto citizen = FindStanding(reader_, hex_id);
    if (!citizen.ok()) return WithField(citizen.status(), field);
    citizens.insert(citizen->id);
    return absl::OkStatus();
  }

  // The citizens of the parties named so far.
  absl::Status FindCitizens() {
    for (const Party& party : parties) {
      KB_ASSIGN_OR_RETURN(const std::string citizen, CitizenOfParty(reader_, party));
      if (!citizen.empty()) citizens.insert(citizen);
    }
    return absl::OkStatus();
  }

  // Every party of the citizens.
  absl::Status AddWholeCitizens() {
    for (const std::string& id : citizens) {
      KB_ASSIGN_OR_RETURN(const StandingCitizen citizen, FindStanding(reader_, ToHex(id)));
      for (const auto& [claim, assurance] : citizen.claims) KB_RETURN_IF_ERROR(AddHolders(claim));
    }
    return absl::OkStatus();
  }

  Parties parties;
  std::set<std::string> citizens;

 private:
  absl::Status CheckThere(const format::ContactRow& row, const Party& party,
                          const std::string& field) {
    if (!ClaimOfParty(row, party.second).empty()) return absl::OkStatus();
    KB_ASSIGN_OR_RETURN(const v1::Contact contact,
                        FoldAt(reader_, party.first, row, row.last_position()));
    for (const auto& one : contact.data().parties()) {
      if (one.key() == party.second) return absl::OkStatus();
    }
    return Error(v1::ERROR_REASON_PARTY_NOT_FOUND,
                 "the contact has no such party; its parties are named by their keys", {.field = field});
  }

  absl::Status AddHolders(const std::string& claim) {
    absl::Status inner;
    KB_RETURN_IF_ERROR(reader_.Scan(
        Family::kTimeline, claim, claim, [&](absl::string_view key, absl::string_view value) {
          const auto row = OpenTimelineRow(key, value);
          inner = row.status();
          if (!row.ok()) return false;
          for (const std::string& party : row->party_keys()) {
            parties.insert({PlaceOf(key).contact, party});
          }
          return parties.size() <= kDecisionPartiesMax;
        }));
    return inner;
  }

  const Keys& keys_;
  const Reader& reader_;
};

absl::Status CheckSize(const Parties& a, const Parties& b) {
  if (a.size() + b.size() <= kDecisionPartiesMax) return absl::OkStatus();
  return Error(v1::ERROR_REASON_DECISION_TOO_LARGE,
               absl::StrCat("the decision is about more than ", kDecisionPartiesMax,
                            " parties of contacts; decide about fewer"));
}

void Put(const Parties& parties, google::protobuf::RepeatedPtrField<format::PartyId>& list) {
  for (const auto& [contact, key] : parties) {
    format::PartyId& party = *list.Add();
    party.set_contact_id(contact);
    party.set_party_key(key);
  }
}

absl::Status WithoutEffect(absl::string_view why, absl::string_view field) {
  return Error(v1::ERROR_REASON_DECISION_WITHOUT_EFFECT, why, {.field = std::string(field)});
}

// Calls `see` with where each party stands, the content there, and the BSN that
// the registry found for it.
absl::Status SeeContents(
    const Reader& reader, const Parties& parties,
    absl::FunctionRef<void(const format::Standing&, const format::ClaimContent&,
                           const std::string& found)> see) {
  for (const auto& [contact, key] : parties) {
    KB_ASSIGN_OR_RETURN(const auto row,
                        ReadRow<format::ContactRow>(reader, Family::kContact, contact));
    if (!row) continue;
    for (const auto& standing : row->standings()) {
      if (standing.party_key() != key) continue;
      KB_ASSIGN_OR_RETURN(const auto claim, ReadRow<format::ClaimRow>(
                                                reader, Family::kClaim,
                                                ClaimKey(standing.claim_id(), kClaimRecord)));
      if (!claim) return absl::DataLossError("contact: a claim is not there");
      KB_ASSIGN_OR_RETURN(const auto content, OpenContent(standing.claim_id(), *claim));
      KB_ASSIGN_OR_RETURN(const std::string found, FoundFor(standing.claim_id(), *claim));
      see(standing, content, found);
    }
  }
  return absl::OkStatus();
}

// What parties could be joined by, now.
absl::StatusOr<std::set<std::string>> JoinValues(const Keys& keys, const Reader& reader,
                                                 const Parties& parties) {
  std::set<std::string> values;
  KB_RETURN_IF_ERROR(SeeContents(
      reader, parties,
      [&](const format::Standing& standing, const format::ClaimContent& content,
          const std::string& found) {
        if (!found.empty()) values.insert(JoiningValueOf(keys, found).permanent);
        for (const std::string& bytes : standing.extras()) {
          const IndexValue extra = FromExtra(bytes);
          if (extra.joins) values.insert(extra.permanent);
        }
        values.insert(content.content_id());
        for (const IndexValue& value : JoiningValuesOf(keys, content)) {
          values.insert(value.permanent);
        }
      }));
  return values;
}

absl::StatusOr<std::set<std::string>> CitizensOfSide(
    const Reader& reader, const google::protobuf::RepeatedPtrField<format::PartyId>& side) {
  std::set<std::string> citizens;
  for (const auto& party : side) {
    KB_ASSIGN_OR_RETURN(std::string citizen,
                        CitizenOfParty(reader, {party.contact_id(), party.party_key()}));
    citizens.insert(std::move(citizen));
  }
  return citizens;
}

}  // namespace

absl::StatusOr<DecisionFact> ListLink(const Keys& keys, const Reader& reader,
                                      const v1::LinkRequest& request) {
  Side a(keys, reader), b(keys, reader);
  KB_RETURN_IF_ERROR(a.AddRefs(request.parties_a(), "parties_a"));
  KB_RETURN_IF_ERROR(b.AddRefs(request.parties_b(), "parties_b"));
  KB_RETURN_IF_ERROR(a.AddCitizen(request.citizen_a(), "citizen_a"));
  KB_RETURN_IF_ERROR(b.AddCitizen(request.citizen_b(), "citizen_b"));
  for (Side* side : {&a, &b}) {
    KB_RETURN_IF_ERROR(side->FindCitizens());
    KB_RETURN_IF_ERROR(side->AddWholeCitizens());
  }
  KB_RETURN_IF_ERROR(CheckSize(a.parties, b.parties));
  for (const Party& party : a.parties) {
    if (b.parties.contains(party)) {
      return WithoutEffect("both sides are one citizen already", "parties_b");
    }
  }
  DecisionFact fact;
  fact.id = DecisionId(keys, request.decision().source(), request.decision().decision_id());
  *fact.body.mutable_decision() = request.decision();
  Put(a.parties, *fact.body.mutable_parties_a());
  Put(b.parties, *fact.body.mutable_parties_b());
  return fact;
}

namespace {

// The values that both sides hold now: they join the side taken out to nobody
// any more.
absl::Status AddSharedValues(const Keys& keys, const Reader& reader, const Parties& out,
                             const Parties& kept, DecisionFact& fact) {
  KB_ASSIGN_OR_RETURN(const auto values_out, JoinValues(keys, reader, out));
  KB_ASSIGN_OR_RETURN(const auto values_kept, JoinValues(keys, reader, kept));
  for (const std::string& value : values_out) {
    if (values_kept.contains(value)) fact.body.add_shared_values(value);
  }
  return absl::OkStatus();
}

// Two citizens that are to stay two: a suggestion refused.
absl::StatusOr<DecisionFact> ListApart(const Keys& keys, const Reader& reader,
                                       const v1::UnlinkRequest& request) {
  Side out(keys, reader), kept(keys, reader);
  KB_RETURN_IF_ERROR(out.AddCitizen(request.citizen(), "citizen"));
  KB_RETURN_IF_ERROR(kept.AddCitizen(request.apart_from(), "apart_from"));
  if (out.citizens == kept.citizens) {
    return WithoutEffect("these are one citizen; name the parties to take out of it", "citizen");
  }
  for (Side* side : {&out, &kept}) KB_RETURN_IF_ERROR(side->AddWholeCitizens());
  KB_RETURN_IF_ERROR(CheckSize(out.parties, kept.parties));
  DecisionFact fact;
  fact.id = DecisionId(keys, request.decision().source(), request.decision().decision_id());
  fact.unlink = true;
  *fact.body.mutable_decision() = request.decision();
  Put(out.parties, *fact.body.mutable_parties_a());
  Put(kept.parties, *fact.body.mutable_parties_b());
  KB_RETURN_IF_ERROR(AddSharedValues(keys, reader, out.parties, kept.parties, fact));
  return fact;
}

// Of the rest of a citizen that parties are taken out of, what belongs with it
// by more than the links that this unlink undoes. Who came to it only since two
// were linked, because from then on nobody else fitted, is on neither side: so
// an unmerge restores what stood.
class Kept {
 public:
  Kept(const Keys& keys, const Model& model, const Reader& reader)
      : keys_(keys), model_(model), reader_(reader) {}

  absl::StatusOr<Parties> Of(const Parties& whole, const Parties& taken) {
    Parties rest;
    std::set_difference(whole.begin(), whole.end(), taken.begin(), taken.end(),
                        std::inserter(rest, rest.begin()));
    std::set<std::string> seeds;
    std::map<Party, std::string> claims;
    for (const Party& party : rest) {
      KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ContactRow>(reader_, Family::kContact,
                                                                      party.first));
      if (!row) continue;
      claims[party] = ClaimOfParty(*row, party.second);
      seeds.insert(claims[party]);
    }
    KB_ASSIGN_OR_RETURN(Component component, ReadComponent(keys_, model_, reader_, seeds, {}));
    PartitionInput& input = component.input;
    const std::set<std::string> taken_hashes = HashesOf(taken), rest_hashes = HashesOf(rest);
    std::set<std::string> linked;  // Parties of the rest that the links name.
    std::erase_if(input.decisions, [&](const DecisionNode& decision) {
      const bool undone =
          !decision.unlink && ((Meet(decision.a, taken_hashes) && Meet(decision.b, rest_hashes)) ||
                               (Meet(decision.b, taken_hashes) && Meet(decision.a, rest_hashes)));
      if (!undone) return false;
      linked.insert(decision.a.begin(), decision.a.end());
      linked.insert(decision.b.begin(), decision.b.end());
      return true;
    });
    if (linked.empty()) return rest;
    return With(input, component.ids, claims, linked);
  }

 private:
  static bool Meet(const std::set<std::string>& a, const std::set<std::string>& b) {
    return std::any_of(a.begin(), a.end(), [&](const std::string& one) { return b.contains(one); });
  }

  std::string HashOf(const Party& party) const {
    return std::string(View(PartyHash(keys_, party.first, party.second)));
  }
  std::set<std::string> HashesOf(const Parties& parties) const {
    std::set<std::string> hashes;
    for (const Party& party : parties) hashes.insert(HashOf(party));
    return hashes;
  }

  // The parties whose citizens, without the links, hold a party that is linked.
  Parties With(const PartitionInput& input, const std::vector<std::string>& ids,
               const std::map<Party, std::string>& claims,
               const std::set<std::string>& linked) const {
    std::map<std::string, size_t> part_of;
    const PartitionResult result = Partition(input);
    for (size_t part = 0; part < result.citizens.size(); ++part) {
      for (const size_t claim : result.citizens[part].claims) part_of[ids[claim]] = part;
    }
    std::set<size_t> parts;
    for (const auto& [party, claim] : claims) {
      const auto part = part_of.find(claim);
      if (part != part_of.end() && linked.contains(HashOf(party))) parts.insert(part->second);
    }
    Parties kept;
    for (const auto& [party, claim] : claims) {
      const auto part = part_of.find(claim);
      if (linked.contains(HashOf(party)) ||
          (part != part_of.end() && parts.contains(part->second))) {
        kept.insert(party);
      }
    }
    return kept;
  }

  const Keys& keys_;
  const Model& model_;
  const Reader& reader_;
};

}  // namespace

absl::StatusOr<DecisionFact> ListUnlink(const Keys& keys, const Model& model, const Reader& reader,
                                        const v1::UnlinkRequest& request) {
  if (!request.citizen().empty()) return ListApart(keys, reader, request);
  Side out(keys, reader), whole(keys, reader);
  KB_RETURN_IF_ERROR(out.AddRefs(request.parties(), "parties"));
  KB_RETURN_IF_ERROR(out.FindCitizens());
  if (out.citizens.size() != 1) {
    return WithoutEffect("the parties are not in one citizen", "parties");
  }
  whole.citizens = out.citizens;
  KB_RETURN_IF_ERROR(whole.AddWholeCitizens());
  KB_RETURN_IF_ERROR(CheckSize(whole.parties, {}));
  KB_ASSIGN_OR_RETURN(const Parties kept,
                      Kept(keys, model, reader).Of(whole.parties, out.parties));
  if (kept.empty()) {
    return WithoutEffect("the parties are the whole citizen; there is nothing to unlink from",
                         "parties");
  }
  DecisionFact fact;
  fact.id = DecisionId(keys, request.decision().source(), request.decision().decision_id());
  fact.unlink = true;
  *fact.body.mutable_decision() = request.decision();
  Put(out.parties, *fact.body.mutable_parties_a());
  Put(kept, *fact.body.mutable_parties_b());
  KB_RETURN_IF_ERROR(AddSharedValues(keys, reader, out.parties, kept, fact));
  return fact;
}

namespace {

// Why parties cannot be one, as far as their numbers show it.
absl::StatusOr<std::string> WhyForbidden(const Reader& reader, const DecisionFact& fact) {
  Parties parties;
  for (const auto* side : {&fact.body.parties_a(), &fact.body.parties_b()}) {
    for (const auto& party : *side) parties.insert({party.contact_id(), party.party_key()});
  }
  std::map<v1::IdentifierType, std::set<std::string>> numbers;
  bool person = false, any_found = false;
  KB_RETURN_IF_ERROR(SeeContents(
      reader, parties,
      [&](const format::Standing&, const format::ClaimContent& content, const std::string& found) {
        person = person || IsOfPerson(content) || !found.empty();
        any_found = any_found || !found.empty();
        if (!found.empty()) numbers[v1::IDENTIFIER_TYPE_BSN].insert(found);
        for (const auto* list : {&content.identifiers(), &content.contested()}) {
          for (const auto& one : *list) {
            if (IsSingle(one.type())) numbers[one.type()].insert(one.value());
          }
        }
      }));
  const bool organisation = numbers.size() > numbers.count(v1::IDENTIFIER_TYPE_BSN);
  if (person && organisation) {
    return std::string(
        "one side is a person and the other an organisation, and these are never one; to say that "
        "somebody acted for an organisation, record both as parties of the contact");
  }
  for (const auto& [type, values] : numbers) {
    if (values.size() < 2) continue;
    const char* const whose = type == v1::IDENTIFIER_TYPE_BSN ? "a person has one BSN"
                                                              : "an organisation has one such number";
    if (any_found && type == v1::IDENTIFIER_TYPE_BSN) {
      return std::string(
          "the two sides have different BSNs, one found in the register of persons by the name, "
          "birth date and address that were stated; if these are wrong, correct them at their "
          "source first");
    }
    return absl::StrCat("the two sides have different numbers, verified or not, and ", whose,
                        "; if one of them was mistyped, correct it at its source first");
  }
  return std::string(
      "something stronger keeps these apart: an unlink that stands, or they are two parties of one "
      "contact; look at the issues of both citizens");
}

}  // namespace

absl::Status CheckLinked(const Reader& reader, const DecisionFact& fact, absl::string_view field) {
  KB_ASSIGN_OR_RETURN(auto citizens, CitizensOfSide(reader, fact.body.parties_a()));
  KB_ASSIGN_OR_RETURN(const auto other, CitizensOfSide(reader, fact.body.parties_b()));
  citizens.insert(other.begin(), other.end());
  if (citizens.size() == 1) return absl::OkStatus();
  for (const std::string& citizen : citizens) {
    KB_ASSIGN_OR_RETURN(const auto row,
                        ReadRow<format::CitizenRow>(reader, Family::kCitizen, citizen));
    if (!row || !absl::c_linear_search(row->issues(), v1::CITIZEN_ISSUE_COMPONENT_TOO_LARGE)) {
      continue;
    }
    return Error(v1::ERROR_REASON_DECISION_TOO_LARGE,
                 absl::StrCat("more than ", kComponentClaimsMax,
                              " claims hang together with these; a link has no effect among them"),
                 {.field = std::string(field)});
  }
  KB_ASSIGN_OR_RETURN(const std::string why, WhyForbidden(reader, fact));
  return Error(v1::ERROR_REASON_LINK_FORBIDDEN, why, {.field = std::string(field)});
}

absl::StatusOr<UnlinkEffect> CheckUnlinked(const Reader& reader, const DecisionFact& fact,
                                           const format::Consequences& consequences,
                                           bool apart_already) {
  KB_ASSIGN_OR_RETURN(const auto out, CitizensOfSide(reader, fact.body.parties_a()));
  KB_ASSIGN_OR_RETURN(const auto kept, CitizensOfSide(reader, fact.body.parties_b()));
  for (const std::string& citizen : out) {
    if (kept.contains(citizen)) {
      return WithoutEffect("the parties stay together because of other decisions", "parties");
    }
  }
  UnlinkEffect effect;
  const bool as_asked = apart_already
                            ? consequences.changes_size() == 0
                            : consequences.changes_size() == 1 &&
                                  consequences.changes(0).kind() == v1::CitizenChange::KIND_SPLIT;
  effect.more_than_asked = out.size() != 1 || kept.size() != 1 || !as_asked;
  return effect;
}

std::string DigestOf(const Keys& keys, const format::Consequences& consequences) {
  format::Consequences listed;
  *listed.mutable_changes() = consequences.changes();
  return ToHex(View(keys.IdOf("changes", listed.SerializeAsString())));
}

}  // namespace klantbeeld::store
