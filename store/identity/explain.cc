#include "store/identity/explain.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "store/contact.h"
#include "store/error.h"
#include "store/identity/identity.h"
#include "store/identity/surroundings.h"
#include "store/rows.h"
#include "store/timeline.h"

namespace klantbeeld::store {
namespace {

bool IsNumber(const v1::Identifier& one) {
  return IsSingle(one.type()) || one.type() == v1::IDENTIFIER_TYPE_DIGID_PSEUDONYM ||
         one.type() == v1::IDENTIFIER_TYPE_CUSTOMER || one.type() == v1::IDENTIFIER_TYPE_OTHER;
}

absl::StatusOr<std::string> ClaimOfRef(const Keys& keys, const Reader& reader,
                                       const v1::PartyRef& ref) {
  const auto [contact, party_key] = PartyAt(keys, ref);
  KB_ASSIGN_OR_RETURN(const auto row,
                      ReadRow<format::ContactRow>(reader, Family::kContact, contact));
  if (!row || row->events().empty()) {
    return Error(v1::ERROR_REASON_PARTY_NOT_FOUND, "no such contact", {.field = "party"});
  }
  const std::string claim = ClaimOfParty(*row, party_key);
  if (claim.empty()) {
    return Error(v1::ERROR_REASON_PARTY_NOT_FOUND,
                 "the contact has no such party, or nothing is known of it", {.field = "party"});
  }
  return claim;
}

// Why a claim is in its citizen, read from its surroundings.
class Membership {
 public:
  Membership(const Reader& reader, Surroundings& surroundings)
      : reader_(reader), surroundings_(surroundings), input_(surroundings.input()),
        ids_(surroundings.ids()) {}

  // The strongest rule by which the claim of this party is in its citizen, and
  // what it shares with another there.
  absl::Status Explain(const std::string& id, absl::string_view contact,
                       v1::ExplainResponse& response) {
    const auto at = std::find(ids_.begin(), ids_.end(), id);
    const size_t claim = static_cast<size_t>(at - ids_.begin());
    if (claim == ids_.size()) return absl::DataLossError("claim: not among what hangs together");
    const CitizenPart& part = surroundings_.PartOf(claim);
    const size_t place = static_cast<size_t>(
        std::find(part.claims.begin(), part.claims.end(), claim) - part.claims.begin());
    response.set_citizen_id(ToHex(part.id));
    response.set_assurance(part.assurances[place]);
    const ClaimNode& node = input_.claims[claim];
    std::optional<size_t> with;
    if (!node.number_values.empty()) {
      response.set_rule(v1::JOIN_RULE_NUMBER);
      with = Sharing(claim, part, &ClaimNode::number_values);
    } else if ((with = Sharing(claim, part, &ClaimNode::login_values))) {
      response.set_rule(v1::JOIN_RULE_SESSION);
    } else if (const DecisionNode* link = LinkOf(node, part)) {
      response.set_rule(v1::JOIN_RULE_LINK);
      KB_RETURN_IF_ERROR(AddDecision(link->id, response));
      with = OtherSide(claim, part, *link);
    } else if ((with = FoundWith(claim, part))) {
      response.set_rule(v1::JOIN_RULE_REGISTRY);
    } else if (const ContentPair* best = BestPair(claim, part, &with)) {
      response.set_rule(best->score.typed_number ? v1::JOIN_RULE_TYPED_NUMBER
                                                 : v1::JOIN_RULE_EVIDENCE);
    } else if ((with = First(claim, part, [&](const ClaimNode& other) {
                  return other.content == node.content;
                }))) {
      response.set_rule(v1::JOIN_RULE_CONTENT);
    } else {
      response.set_rule(v1::JOIN_RULE_ALONE);
    }
    return AddShared(claim, with, contact, response);
  }

 private:
  // The first other claim of the citizen of which this holds; one of a contact
  // rather than what the register says.
  std::optional<size_t> First(size_t claim, const CitizenPart& part,
                              absl::FunctionRef<bool(const ClaimNode&)> holds) const {
    std::optional<size_t> of_register;
    for (const size_t other : part.claims) {
      const ClaimNode& node = input_.claims[other];
      if (other == claim || !holds(node)) continue;
      if (!node.least_party.empty()) return other;
      of_register = other;
    }
    return of_register;
  }

  std::optional<size_t> Sharing(size_t claim, const CitizenPart& part,
                                const std::vector<std::string> ClaimNode::*values) const {
    const auto& mine = input_.claims[claim].*values;
    return First(claim, part, [&](const ClaimNode& other) {
      return std::find_first_of((other.*values).begin(), (other.*values).end(), mine.begin(),
                                mine.end()) != (other.*values).end();
    });
  }

  // Somebody else in the citizen who has the number that the registry found for
  // this claim, or for whom it was found too.
  std::optional<size_t> FoundWith(size_t claim, const CitizenPart& part) const {
    const std::string& found = input_.claims[claim].found_value;
    if (found.empty()) return std::nullopt;
    return First(claim, part, [&](const ClaimNode& other) {
      const auto& numbers = other.number_values;
      return other.found_value == found ||
             std::find(numbers.begin(), numbers.end(), found) != numbers.end();
    });
  }

  std::optional<size_t> OtherSide(size_t claim, const CitizenPart& part,
                                  const DecisionNode& link) const {
    const bool in_a = link.a.contains(input_.claims[claim].least_party);
    return First(claim, part, [&](const ClaimNode& other) {
      return other.decided && (in_a ? link.b : link.a).contains(other.least_party);
    });
  }

  const DecisionNode* LinkOf(const ClaimNode& node, const CitizenPart& part) const {
    if (!node.decided) return nullptr;
    const auto holds = [&](const std::set<std::string>& side) {
      return std::any_of(part.claims.begin(), part.claims.end(), [&](size_t claim) {
        return input_.claims[claim].decided && side.contains(input_.claims[claim].least_party);
      });
    };
    const DecisionNode* latest = nullptr;
    for (const DecisionNode& decision : input_.decisions) {
      if (decision.unlink || !holds(decision.a) || !holds(decision.b)) continue;
      if (!decision.a.contains(node.least_party) && !decision.b.contains(node.least_party)) continue;
      if (latest == nullptr || decision.decided_us > latest->decided_us) latest = &decision;
    }
    return latest;
  }

  absl::Status AddDecision(const std::string& id, v1::ExplainResponse& response) const {
    KB_ASSIGN_OR_RETURN(const auto row,
                        ReadRow<format::DecisionRow>(reader_, Family::kDecision, id));
    if (!row) return absl::DataLossError("decision: a party names one that is not there");
    KB_ASSIGN_OR_RETURN(const JournalRecord record, ReadFact(reader_, row->position()));
    KB_ASSIGN_OR_RETURN(const auto body, OpenDecision(record.header, record.body));
    *response.mutable_decision() = body.decision();
    return absl::OkStatus();
  }

  // The best that comparing this claim with another of the citizen said.
  const ContentPair* BestPair(size_t claim, const CitizenPart& part,
                              std::optional<size_t>* with) const {
    const std::string& content = input_.claims[claim].content;
    const ContentPair* best = nullptr;
    for (const ContentPair& pair : input_.pairs) {
      if (pair.low != content && pair.high != content) continue;
      const std::string& other = pair.low == content ? pair.high : pair.low;
      for (const size_t one : part.claims) {
        if (input_.claims[one].content != other) continue;
        if (best != nullptr && best->score.bits >= pair.score.bits) continue;
        best = &pair;
        *with = one;
      }
    }
    return best;
  }

  // With whom the claim shares what, and what comparing the two says. Without
  // another claim: with another contact that says exactly the same.
  absl::Status AddShared(size_t claim, std::optional<size_t> with, absl::string_view contact,
                         v1::ExplainResponse& response) {
    KB_ASSIGN_OR_RETURN(const v1::PartyRef party,
                        with ? PartyOfClaim(reader_, ids_[*with])
                             : PartyOfClaim(reader_, ids_[claim], contact));
    const bool said_again = !with && party.has_contact_id();
    if (said_again && response.rule() == v1::JOIN_RULE_ALONE) {
      response.set_rule(v1::JOIN_RULE_CONTENT);
    }
    if (party.has_contact_id()) *response.mutable_compared_with() = party;
    const size_t other = with.value_or(claim);
    if (with || said_again) KB_RETURN_IF_ERROR(AddEvidence(claim, other, response));
    if (response.rule() == v1::JOIN_RULE_REGISTRY && response.evidence().empty()) {
      // Who logs in seldom states a name; the register that was searched has it.
      for (const size_t one : surroundings_.PartOf(claim).claims) {
        if (!input_.claims[one].least_party.empty() || !response.evidence().empty()) continue;
        KB_RETURN_IF_ERROR(AddEvidence(claim, one, response));
      }
    }
    return AddSame(claim, other, response);
  }

  absl::Status AddEvidence(size_t claim, size_t other, v1::ExplainResponse& response) {
    KB_ASSIGN_OR_RETURN(const double bits,
                        surroundings_.Weigh(claim, other, *response.mutable_evidence()));
    response.set_bits(bits);
    return absl::OkStatus();
  }

  absl::Status AddSame(size_t claim, size_t other, v1::ExplainResponse& response) const {
    if (response.rule() == v1::JOIN_RULE_ALONE) return absl::OkStatus();
    std::set<v1::IdentifierType> same;
    if (response.rule() == v1::JOIN_RULE_SESSION) same.insert(v1::IDENTIFIER_TYPE_SESSION);
    if (response.rule() == v1::JOIN_RULE_REGISTRY) same.insert(v1::IDENTIFIER_TYPE_BSN);
    if (same.empty()) {
      KB_ASSIGN_OR_RETURN(const auto mine, ContentOfClaim(reader_, ids_[claim]));
      KB_ASSIGN_OR_RETURN(const auto theirs, ContentOfClaim(reader_, ids_[other]));
      const bool verified = response.rule() == v1::JOIN_RULE_NUMBER;
      const bool by_number = verified || response.rule() == v1::JOIN_RULE_TYPED_NUMBER;
      for (const v1::Identifier& one : mine.identifiers()) {
        const bool has = std::any_of(
            theirs.identifiers().begin(), theirs.identifiers().end(), [&](const auto& their) {
              return their.type() == one.type() && their.value() == one.value() &&
                     their.parent() == one.parent() && their.register_() == one.register_();
            });
        const bool decides = !by_number || (IsNumber(one) && (!verified || IsVerified(one)));
        if (has && decides) same.insert(one.type());
      }
    }
    for (const v1::IdentifierType type : same) response.add_same(type);
    return absl::OkStatus();
  }

  const Reader& reader_;
  Surroundings& surroundings_;
  const PartitionInput& input_;
  const std::vector<std::string>& ids_;
};

absl::StatusOr<std::string> CitizenOfClaim(const Reader& reader, const std::string& claim) {
  KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                                ClaimKey(claim, kClaimRecord)));
  if (!row) return absl::DataLossError("contact: a claim is not there");
  return ToHex(row->citizen_id());
}

}  // namespace

absl::StatusOr<std::string> CitizenOfParty(const Keys& keys, const Reader& reader,
                                           const v1::PartyRef& party) {
  KB_ASSIGN_OR_RETURN(const std::string claim, ClaimOfRef(keys, reader, party));
  return CitizenOfClaim(reader, claim);
}

absl::StatusOr<v1::ListSuggestionsResponse> ListSuggestions(
    const Keys& keys, const Model& model, const Reader& reader,
    const v1::ListSuggestionsRequest& request) {
  std::string id = request.citizen_id();
  if (id.empty()) {
    KB_ASSIGN_OR_RETURN(id, CitizenOfParty(keys, reader, request.party()));
  }
  KB_ASSIGN_OR_RETURN(const StandingCitizen citizen, FindStanding(reader, id));
  std::set<std::string> claims;
  for (const auto& [claim, assurance] : citizen.claims) claims.insert(claim);
  Surroundings surroundings(keys, model, reader);
  KB_RETURN_IF_ERROR(surroundings.Read(claims, request.further()));
  v1::ListSuggestionsResponse response;
  KB_ASSIGN_OR_RETURN(auto listed, surroundings.Suggestions(claims));
  for (auto& one : listed.suggestions) *response.add_suggestions() = std::move(one);
  for (auto& one : listed.further) *response.add_further() = std::move(one);
  response.set_citizen_id(ToHex(citizen.id));
  response.set_model(model.version);
  return response;
}

absl::StatusOr<v1::ExplainResponse> Explain(const Keys& keys, const Model& model,
                                            const Reader& reader,
                                            const v1::ExplainRequest& request) {
  KB_ASSIGN_OR_RETURN(const std::string claim, ClaimOfRef(keys, reader, request.party()));
  KB_ASSIGN_OR_RETURN(const std::string id, CitizenOfClaim(reader, claim));
  KB_ASSIGN_OR_RETURN(const StandingCitizen citizen, FindStanding(reader, id));
  std::set<std::string> claims;
  for (const auto& [one, assurance] : citizen.claims) claims.insert(one);
  Surroundings surroundings(keys, model, reader);
  KB_RETURN_IF_ERROR(surroundings.Read(claims, false));
  v1::ExplainResponse response;
  const std::string contact = PartyAt(keys, request.party()).first;
  KB_RETURN_IF_ERROR(Membership(reader, surroundings).Explain(claim, contact, response));
  KB_ASSIGN_OR_RETURN(auto listed, surroundings.Suggestions(claims));
  auto& suggestions = listed.suggestions;
  if (!suggestions.empty()) {
    *response.mutable_runner_up() = std::move(suggestions.front());
    if (!response.evidence().empty()) {
      response.set_margin(response.bits() - response.runner_up().bits());
    }
  }
  response.set_bits_needed(model.link / kCentibitsPerBit);
  response.set_margin_needed(model.margin / kCentibitsPerBit);
  response.set_model(model.version);
  return response;
}

}  // namespace klantbeeld::store
