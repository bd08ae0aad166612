#include "store/identity/explain.h"

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "store/error.h"
#include "store/identity/candidates.h"
#include "store/identity/identity.h"
#include "store/identity/owner.h"
#include "store/identity/search.h"
#include "store/rows.h"
#include "store/timeline.h"

namespace klantbeeld::store {
namespace {

constexpr double kCentibitsPerBit = 100;
// Contents that are read for further ones: what hangs together with them is read too.
constexpr size_t kFurtherRead = 32;

// A party of the claim: that of its latest contact.
absl::StatusOr<v1::PartyRef> PartyOfClaim(const Reader& reader, absl::string_view claim) {
  v1::PartyRef party;
  absl::Status inner;
  KB_RETURN_IF_ERROR(reader.Scan(
      Family::kTimeline, claim, claim, [&](absl::string_view key, absl::string_view value) {
        const auto row = OpenTimelineRow(key, value);
        inner = row.status();
        if (row.ok()) {
          party.set_contact_id(ToHex(PlaceOf(key).contact));
          party.set_party_key(row->party_keys(0));
        }
        return false;
      }));
  KB_RETURN_IF_ERROR(inner);
  return party;
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

// What hangs together with some claims, and what the rules make of it.
class Surroundings {
 public:
  Surroundings(const Keys& keys, const Model& model, const Reader& reader)
      : keys_(keys), model_(model), reader_(reader) {}

  // With what the claims could be suggested to be, too; and with whom a search
  // for what they state finds, if `further`.
  absl::Status Read(const std::set<std::string>& claims, bool further) {
    std::set<std::string> seeds = claims;
    std::set<std::string> contents;
    for (const std::string& claim : claims) {
      KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ClaimRow>(
                                              reader_, Family::kClaim,
                                              ClaimKey(claim, kClaimRecord)));
      if (!row) return absl::DataLossError("citizen: a claim is not there");
      KB_ASSIGN_OR_RETURN(const auto content, OpenContent(claim, *row));
      KB_ASSIGN_OR_RETURN(const auto edges, EdgesOf(reader_, content.content_id()));
      for (const Edge& edge : edges) seeds.insert(edge.other);
      KB_RETURN_IF_ERROR(FindOwners(content, seeds));
      if (further && SaysWho(content)) contents.insert(content.content_id());
    }
    KB_RETURN_IF_ERROR(FindFurther(contents, seeds));
    KB_ASSIGN_OR_RETURN(Component component,
                        ReadComponent(keys_, model_, reader_, seeds, {}, true));
    input_ = std::move(component.input);
    ids_ = std::move(component.ids);
    KB_RETURN_IF_ERROR(AddOwned());
    KB_RETURN_IF_ERROR(AddFurther());
    input_.obstacles = true;
    result_ = Partition(input_);
    for (size_t part = 0; part < result_.citizens.size(); ++part) {
      for (const size_t claim : result_.citizens[part].claims) part_of_[claim] = part;
    }
    return absl::OkStatus();
  }

  struct Listed {
    std::vector<v1::Suggestion> suggestions;
    std::vector<v1::Suggestion> further;
  };

  // The best pair with each other citizen, best first.
  absl::StatusOr<Listed> Suggestions(const std::set<std::string>& claims) {
    Best best, further;
    for (const ApartPair& pair : result_.apart) {
      for (const auto& [mine, other] : {std::pair(pair.low, pair.high), {pair.high, pair.low}}) {
        if (!claims.contains(ids_[mine])) continue;
        const auto found = further_.find(ContentsOf(pair));
        if (found == further_.end()) {
          Offer({pair, other, pair.score.bits}, best);
        } else {
          Offer({pair, other, found->second}, further);
        }
      }
    }
    for (const auto& [part, one] : best) further.erase(part);
    Listed listed;
    KB_ASSIGN_OR_RETURN(listed.suggestions, List(best, kSuggestionsMax));
    KB_ASSIGN_OR_RETURN(listed.further, List(further, kFoundMax));
    return listed;
  }

  // The strongest rule by which this claim is in its citizen.
  absl::Status Explain(const std::string& id, v1::ExplainResponse& response) {
    const size_t claim = static_cast<size_t>(std::find(ids_.begin(), ids_.end(), id) - ids_.begin());
    if (claim == ids_.size()) return absl::DataLossError("claim: not among what hangs together");
    const CitizenPart& part = result_.citizens[part_of_.at(claim)];
    const size_t place = static_cast<size_t>(
        std::find(part.claims.begin(), part.claims.end(), claim) - part.claims.begin());
    response.set_citizen_id(ToHex(part.id));
    response.set_assurance(part.assurances[place]);
    const ClaimNode& node = input_.claims[claim];
    const auto shares = [&](const std::vector<std::string> ClaimNode::*values) {
      return std::any_of(part.claims.begin(), part.claims.end(), [&](size_t other) {
        const auto& theirs = input_.claims[other].*values;
        return other != claim &&
               std::find_first_of(theirs.begin(), theirs.end(), (node.*values).begin(),
                                  (node.*values).end()) != theirs.end();
      });
    };
    if (!node.number_values.empty()) {
      response.set_rule(v1::JOIN_RULE_NUMBER);
    } else if (shares(&ClaimNode::login_values)) {
      response.set_rule(v1::JOIN_RULE_SESSION);
    } else if (const DecisionNode* link = LinkOf(node, part)) {
      response.set_rule(v1::JOIN_RULE_LINK);
      KB_RETURN_IF_ERROR(AddDecision(link->id, response));
    } else if (IsFoundWith(claim, part)) {
      response.set_rule(v1::JOIN_RULE_REGISTRY);
    } else {
      KB_RETURN_IF_ERROR(ExplainByEvidence(claim, part, response));
    }
    return absl::OkStatus();
  }

 private:
  using Contents = std::pair<std::string, std::string>;  // The lesser id first.

  Contents ContentsOf(const ApartPair& pair) const {
    return std::minmax(input_.claims[pair.low].content, input_.claims[pair.high].content);
  }

  struct Offered {
    ApartPair pair;
    size_t other = 0;  // Its claim that is not of the citizen asked about.
    Centibits rank = 0;
  };
  using Best = std::map<size_t, Offered>;  // By citizen.

  void Offer(const Offered& one, Best& best) const {
    const auto [at, is_new] = best.try_emplace(part_of_.at(one.other), one);
    if (!is_new && one.rank > at->second.rank) at->second = one;
  }

  absl::StatusOr<std::vector<v1::Suggestion>> List(const Best& best, size_t most) const {
    std::vector<std::pair<Centibits, v1::Suggestion>> ranked;
    for (const auto& [part, found] : best) {
      v1::Suggestion suggestion;
      suggestion.set_citizen_id(ToHex(result_.citizens[part].id));
      suggestion.set_obstacle(found.pair.obstacle);
      suggestion.set_bits(Weigh(found.pair.low, found.pair.high, *suggestion.mutable_evidence()));
      KB_ASSIGN_OR_RETURN(*suggestion.mutable_party(), PartyOfClaim(reader_, ids_[found.other]));
      ranked.push_back({found.rank, std::move(suggestion)});
    }
    std::stable_sort(ranked.begin(), ranked.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    if (ranked.size() > most) ranked.resize(most);
    std::vector<v1::Suggestion> list;
    for (auto& [rank, suggestion] : ranked) list.push_back(std::move(suggestion));
    return list;
  }

  // Contents that say enough with those of the citizen if all that a household
  // shares counts, and are no suggestions: the best of them.
  absl::Status FindFurther(const std::set<std::string>& mine, std::set<std::string>& seeds) {
    std::vector<std::pair<Centibits, Contents>> found;
    for (const std::string& content : mine) {
      KB_ASSIGN_OR_RETURN(Person asked, ReadPerson(keys_, reader_, content));
      KB_ASSIGN_OR_RETURN(Alike alike, FindAlike(keys_, model_, reader_, asked));
      KB_ASSIGN_OR_RETURN(const auto edges, EdgesOf(reader_, content));
      for (const Edge& edge : edges) alike.contents.erase(edge.other);
      for (const std::string& other : alike.contents) {
        if (mine.contains(other)) continue;
        KB_ASSIGN_OR_RETURN(const Person person, ReadPerson(keys_, reader_, other));
        std::vector<FieldScore> fields;
        if (Compare(model_, asked, person, &fields).veto) continue;
        Centibits whole = 0;
        for (const FieldScore& one : fields) {
          const bool cap = one.field == v1::EVIDENCE_FIELD_HOUSEHOLD ||
                           one.field == v1::EVIDENCE_FIELD_SUGGESTION_ONLY;
          if (!cap) whole += one.bits;
        }
        if (whole >= model_.suggest) found.push_back({-whole, std::minmax(content, other)});
      }
    }
    std::sort(found.begin(), found.end());
    if (found.size() > kFurtherRead) found.resize(kFurtherRead);
    for (const auto& [less, contents] : found) {
      further_[contents] = -less;
      const std::string& other = mine.contains(contents.first) ? contents.second : contents.first;
      KB_ASSIGN_OR_RETURN(const auto claims, ClaimsWith(reader_, other));
      seeds.insert(claims.begin(), claims.end());
    }
    return absl::OkStatus();
  }

  // As they compare, yet too little to hang together, so that nothing else
  // comes out otherwise; and told however little it is.
  absl::Status AddFurther() {
    if (further_.empty()) return absl::OkStatus();
    telling_all_ = model_;
    telling_all_->suggest = std::numeric_limits<int32_t>::min();
    input_.model = &*telling_all_;
    for (const auto& [contents, whole] : further_) {
      for (const std::string& content : {contents.first, contents.second}) {
        if (input_.persons.contains(content)) continue;
        KB_ASSIGN_OR_RETURN(input_.persons[content], ReadPerson(keys_, reader_, content));
      }
      Score score = Compare(model_, input_.persons.at(contents.first),
                            input_.persons.at(contents.second));
      score.typed_number = false;
      score.bits = std::min(score.bits, model_.link - model_.margin - 1);
      input_.pairs.push_back({contents.first, contents.second, score});
    }
    return absl::OkStatus();
  }

  // Who was seen with the devices of what says nothing of itself.
  absl::Status FindOwners(const format::ClaimContent& content, std::set<std::string>& seeds) {
    if (SaysWho(content)) return absl::OkStatus();
    for (const v1::Identifier& one : content.identifiers()) {
      if (one.type() != v1::IDENTIFIER_TYPE_COOKIE) continue;
      KB_ASSIGN_OR_RETURN(const std::string owner,
                          SoleOwner(keys_, reader_, one, model_.candidates_max));
      if (owner.empty()) continue;
      seeds.insert(owner);
      owned_.push_back({content.content_id(), owner, one.value()});
    }
    return absl::OkStatus();
  }

  // Compared as if it were known how they compare: enough to be suggested, and
  // too little to hang together, so that nothing else comes out otherwise.
  absl::Status AddOwned() {
    for (Owned& one : owned_) {
      const auto at = std::find(ids_.begin(), ids_.end(), one.owner);
      if (at == ids_.end()) return absl::DataLossError("claim: not among what hangs together");
      one.owner = input_.claims[static_cast<size_t>(at - ids_.begin())].content;
      for (const std::string& content : {one.content, one.owner}) {
        if (input_.persons.contains(content)) continue;
        KB_ASSIGN_OR_RETURN(input_.persons[content], ReadPerson(keys_, reader_, content));
      }
      const auto sides = std::minmax(one.content, one.owner);
      const bool known = std::any_of(input_.pairs.begin(), input_.pairs.end(), [&](const auto& pair) {
        return pair.low == sides.first && pair.high == sides.second;
      });
      if (!known) input_.pairs.push_back({sides.first, sides.second, {.bits = model_.suggest}});
    }
    return absl::OkStatus();
  }

  // With the devices that it is the only one to have been seen with.
  Person PersonAt(size_t claim, size_t other) const {
    Person person = input_.persons.at(input_.claims[claim].content);
    for (const Owned& one : owned_) {
      if (one.owner != input_.claims[claim].content) continue;
      if (one.content == input_.claims[other].content) person.devices.push_back(one.device);
    }
    std::sort(person.devices.begin(), person.devices.end());
    return person;
  }

  double Weigh(size_t a, size_t b,
               google::protobuf::RepeatedPtrField<v1::FieldEvidence>& evidence) const {
    std::vector<FieldScore> fields;
    const Score score = Compare(model_, PersonAt(a, b), PersonAt(b, a), &fields);
    ToEvidence(fields, evidence);
    return score.bits / kCentibitsPerBit;
  }

  // Somebody else in the citizen has the number that the registry found for
  // this claim, or it was found for him too.
  bool IsFoundWith(size_t claim, const CitizenPart& part) const {
    const std::string& found = input_.claims[claim].found_value;
    return !found.empty() && std::any_of(part.claims.begin(), part.claims.end(), [&](size_t other) {
      const ClaimNode& node = input_.claims[other];
      const auto& numbers = node.number_values;
      return other != claim && (node.found_value == found ||
                                std::find(numbers.begin(), numbers.end(), found) != numbers.end());
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

  absl::Status ExplainByEvidence(size_t claim, const CitizenPart& part,
                                 v1::ExplainResponse& response) const {
    const std::string& content = input_.claims[claim].content;
    const ContentPair* best = nullptr;
    size_t with = claim;
    for (const ContentPair& pair : input_.pairs) {
      if (pair.low != content && pair.high != content) continue;
      const std::string& other = pair.low == content ? pair.high : pair.low;
      for (const size_t one : part.claims) {
        if (input_.claims[one].content != other) continue;
        if (best != nullptr && best->score.bits >= pair.score.bits) continue;
        best = &pair;
        with = one;
      }
    }
    if (best != nullptr) {
      response.set_rule(best->score.typed_number ? v1::JOIN_RULE_TYPED_NUMBER
                                                 : v1::JOIN_RULE_EVIDENCE);
      response.set_bits(Weigh(claim, with, *response.mutable_evidence()));
      KB_ASSIGN_OR_RETURN(*response.mutable_compared_with(), PartyOfClaim(reader_, ids_[with]));
      return absl::OkStatus();
    }
    const bool alike = std::any_of(part.claims.begin(), part.claims.end(), [&](size_t other) {
      return other != claim && input_.claims[other].content == content;
    });
    response.set_rule(alike ? v1::JOIN_RULE_CONTENT : v1::JOIN_RULE_ALONE);
    return absl::OkStatus();
  }

  const Keys& keys_;
  const Model& model_;
  const Reader& reader_;
  PartitionInput input_;
  std::vector<std::string> ids_;
  PartitionResult result_;
  std::map<size_t, size_t> part_of_;  // Citizen of each claim.
  struct Owned {
    std::string content;
    std::string owner;  // A claim; once they are read, its content.
    std::string device;
  };
  std::vector<Owned> owned_;
  std::map<Contents, Centibits> further_;  // What they say if all that a household shares counts.
  std::optional<Model> telling_all_;
};

absl::StatusOr<std::string> CitizenOfClaim(const Reader& reader, const std::string& claim) {
  KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                                ClaimKey(claim, kClaimRecord)));
  if (!row) return absl::DataLossError("contact: a claim is not there");
  return ToHex(row->citizen_id());
}

}  // namespace

double ToEvidence(const std::vector<FieldScore>& fields,
                  google::protobuf::RepeatedPtrField<v1::FieldEvidence>& evidence) {
  Centibits sum = 0;
  for (const FieldScore& field : fields) {
    v1::FieldEvidence& one = *evidence.Add();
    one.set_field(field.field);
    one.set_agreement(field.agreement);
    one.set_bits(field.bits / kCentibitsPerBit);
    sum += field.bits;
  }
  return sum / kCentibitsPerBit;
}

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
  KB_RETURN_IF_ERROR(surroundings.Explain(claim, response));
  KB_ASSIGN_OR_RETURN(auto listed, surroundings.Suggestions(claims));
  auto& suggestions = listed.suggestions;
  if (!suggestions.empty()) *response.mutable_runner_up() = std::move(suggestions.front());
  response.set_model(model.version);
  return response;
}

}  // namespace klantbeeld::store
