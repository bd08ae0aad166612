// Reading what could hang together with a claim.
#include <algorithm>
#include <deque>
#include <limits>

#include "store/identity/found.h"
#include "store/identity/identity.h"
#include "store/identity/registry.h"
#include "store/record.h"
#include "store/rows.h"
#include "store/sealer.h"
#include "store/status_macros.h"

namespace klantbeeld::store {
namespace {

// Less one, which is added to see whether there are more.
constexpr size_t kAny = std::numeric_limits<size_t>::max() - 1;

class ComponentReader {
 public:
  ComponentReader(const Keys& keys, const Model& model, const Reader& reader,
                  const NewClaims& bare, bool suggestions, CandidateChange* compared)
      : keys_(keys),
        model_(model),
        reader_(reader),
        bare_(bare),
        suggestions_(suggestions),
        compared_(compared) {}

  absl::StatusOr<Component> Read(const std::set<std::string>& seeds) {
    for (const std::string& seed : seeds) Meet(seed);
    while (!waiting_.empty()) {
      const std::string claim = waiting_.front();
      waiting_.pop_front();
      KB_RETURN_IF_ERROR(Visit(claim));
    }
    KB_RETURN_IF_ERROR(AddLatest());
    Component component;
    PartitionInput& input = component.input;
    input.model = &model_;
    AddPersons(input);
    std::map<std::string, size_t> index;
    for (auto& [id, visited] : visited_) {
      index[id] = input.claims.size();
      component.ids.push_back(id);
      input.claims.push_back(std::move(visited.node));
    }
    for (auto& [id, decision] : decisions_) input.decisions.push_back(std::move(decision));
    for (auto& [id, visited] : visited_) {
      if (visited.row.co_parties() > 0) KB_RETURN_IF_ERROR(AddCoParties(id, index, input));
      component.rows.push_back(std::move(visited.row));
    }
    return component;
  }

 private:
  void Meet(const std::string& claim) {
    if (met_.insert(claim).second) waiting_.push_back(claim);
  }

  // Meets the claims that share a value; false: more than may. Once: each of a
  // thousand claims that share it would meet the thousand.
  absl::StatusOr<bool> MeetIndex(const std::string& index, size_t may_share) {
    const auto [at, is_new] = shared_.try_emplace(index, true);
    if (!is_new) return at->second;
    KB_ASSIGN_OR_RETURN(const auto claims, ClaimsAt(reader_, index, may_share + 1));
    if (claims.size() > may_share) return at->second = false;
    for (const std::string& claim : claims) Meet(claim);
    return true;
  }

  // Its content's row stands beside its own, where it is the claim that parties
  // share.
  absl::Status Visit(const std::string& id) {
    if (auto known = compared_ != nullptr ? compared_->Take(id) : std::nullopt;
        known && known->claim && known->stated) {
      const std::vector<IndexValue> values = JoiningValuesOf(keys_, *known->stated);
      return Visit(id, *std::move(known), values);
    }
    KB_ASSIGN_OR_RETURN(const auto rows,
                        reader_.GetMany(Family::kClaim, {ClaimKey(id, kClaimRecord),
                                                         ClaimKey(id, kClaimCompared)}));
    if (!rows[0]) return VisitOwn(id);
    KnownContent read;
    KB_RETURN_IF_ERROR(Decode(*rows[0], NameOf(Family::kClaim), read.claim.emplace()));
    if (rows[1]) KB_RETURN_IF_ERROR(Decode(*rows[1], NameOf(Family::kClaim), read.row.emplace()));
    const auto bare = bare_.find(id);
    if (bare != bare_.end()) {
      read.stated = bare->second.content;
      return Visit(id, std::move(read), bare->second.values);
    }
    KB_ASSIGN_OR_RETURN(read.stated, OpenContent(id, *read.claim));
    const std::vector<IndexValue> values = JoiningValuesOf(keys_, *read.stated);
    return Visit(id, std::move(read), values);
  }

  // The claims with a content that are one party's own. Once, as for a value.
  absl::Status VisitOwn(const std::string& content) {
    if (!shared_.try_emplace(OwnByContent(content), true).second) return absl::OkStatus();
    KB_ASSIGN_OR_RETURN(const auto claims, OwnClaimsWith(reader_, content));
    for (const std::string& claim : claims) Meet(claim);
    return absl::OkStatus();
  }

  // `read`: of the claim, and if that is not a party's own, of its content.
  absl::Status Visit(const std::string& id, KnownContent read,
                     const std::vector<IndexValue>& values) {
    format::ClaimRow& row = *read.claim;
    const format::ClaimContent& content = *read.stated;
    ClaimNode node;
    node.id = id;
    node.least_party = row.least_party();
    node.content = content.content_id();
    node.contested = content.contested_size() > 0;
    const auto own = content.own_reason();
    node.decided =
        own == format::ClaimContent::DECIDED || own == format::ClaimContent::DECIDED_APART;
    node.by_content = (own == format::ClaimContent::DECIDED ||
                       own == format::ClaimContent::SHARED) &&
                      (content.identifiers_size() > 0 || node.contested || content.has_details());
    AddNumbers(content, node);
    node.person = IsOfPerson(content);
    KB_RETURN_IF_ERROR(AddFound(id, row, node));
    for (const IndexValue& value : values) {
      KB_RETURN_IF_ERROR(AddValue(value, content, node));
    }
    node.secret = content.details().secret() && !node.bsn_citizen.empty();
    node.dead_from_us = DeadFrom(content);
    if (row.logins() > 0) KB_RETURN_IF_ERROR(VisitLogins(id, content, node));
    KB_RETURN_IF_ERROR(VisitContent(content, node, read.row));
    if (node.decided) KB_RETURN_IF_ERROR(VisitDecisions(content.own()));
    visited_[id] = {std::move(node), std::move(row)};
    return VisitEdges(id, std::move(read));
  }

  static void AddNumbers(const format::ClaimContent& content, ClaimNode& node) {
    const auto add = [&](const v1::Identifier& identifier) {
      if (!IsSingle(identifier.type())) return;
      std::string value = identifier.value();
      if (identifier.type() == v1::IDENTIFIER_TYPE_VESTIGING) {
        // It says its KVK number too.
        node.numbers.insert({kNumberKvk, identifier.parent()});
        value = identifier.parent() + "/" + value;
      }
      node.numbers.insert({static_cast<int>(identifier.type()), value});
    };
    for (const auto& identifier : content.identifiers()) add(identifier);
    for (const auto& identifier : content.contested()) add(identifier);
  }

  absl::Status AddValue(const IndexValue& value, const format::ClaimContent& content,
                        ClaimNode& node) {
    if (!value.joins) return absl::OkStatus();
    const auto type = static_cast<uint8_t>(value.index[0]);
    if (type == kIndexLogin) {
      KB_ASSIGN_OR_RETURN(const bool joins, MeetIndex(value.index, kLoginClaimsMax));
      if (joins) node.login_values.push_back(value.permanent);
      return absl::OkStatus();
    }
    node.number_values.push_back(value.permanent);
    if (type == v1::IDENTIFIER_TYPE_BSN) {
      for (const auto& identifier : content.identifiers()) {
        if (identifier.type() == v1::IDENTIFIER_TYPE_BSN) {
          node.bsn_citizen = std::string(View(CitizenIdOfBsn(keys_, identifier.value())));
        }
      }
    }
    if (type == v1::IDENTIFIER_TYPE_BSN) KB_RETURN_IF_ERROR(MeetFound(value.index));
    return MeetIndex(value.index, kAny).status();
  }

  // The number that the registry found for it is its number, and joins it to
  // those who have it verified.
  absl::Status AddFound(const std::string& id, const format::ClaimRow& row, ClaimNode& node) {
    KB_ASSIGN_OR_RETURN(const std::string bsn, FoundFor(id, row));
    if (bsn.empty()) return absl::OkStatus();
    const IndexValue value = JoiningValueOf(keys_, bsn);
    node.numbers.insert({kNumberBsn, bsn});
    node.person = true;
    node.found_value = value.permanent;
    KB_RETURN_IF_ERROR(MeetFound(value.index));
    return MeetIndex(value.index, kAny).status();
  }

  // The claims for which a BSN was found. Once, as for a value.
  absl::Status MeetFound(const std::string& bsn_index) {
    if (!found_.insert(bsn_index).second) return absl::OkStatus();
    KB_ASSIGN_OR_RETURN(const auto claims, ClaimsFoundAt(reader_, bsn_index));
    for (const std::string& claim : claims) Meet(claim);
    return absl::OkStatus();
  }

  // Log-ins beside the claim. Of what is beside it only they join.
  absl::Status VisitLogins(const std::string& id, const format::ClaimContent& content,
                           ClaimNode& node) {
    const char login = static_cast<char>(kIndexLogin);
    const std::string prefix = ClaimKey(id, kClaimExtra, absl::string_view(&login, 1));
    std::vector<IndexValue> extras;
    absl::Status inner;
    KB_RETURN_IF_ERROR(reader_.Scan(
        Family::kClaim, prefix, prefix, [&](absl::string_view, absl::string_view value) {
          format::ClaimCount count;
          inner = Decode(value, "claim", count);
          if (inner.ok()) extras.push_back(FromExtra(count.extra()));
          return inner.ok();
        }));
    KB_RETURN_IF_ERROR(inner);
    for (const IndexValue& extra : extras) KB_RETURN_IF_ERROR(AddValue(extra, content, node));
    return absl::OkStatus();
  }

  // Which claims of the component are parties of one contact. One that is a
  // party of very many contacts is asked about the component's claims only.
  absl::Status AddCoParties(const std::string& claim, const std::map<std::string, size_t>& index,
                            PartitionInput& input) {
    if (index.size() == 1) return absl::OkStatus();
    const size_t low = index.at(claim);
    const std::string prefix = ClaimKey(claim, kClaimCoParty);
    size_t looked = 0;
    bool all = true;
    std::set<size_t> found;
    KB_RETURN_IF_ERROR(reader_.Scan(
        Family::kClaim, prefix, prefix, [&](absl::string_view key, absl::string_view) {
          const auto high = index.find(std::string(key.substr(17)));
          if (high != index.end()) found.insert(high->second);
          all = ++looked <= index.size();
          return all;
        }));
    if (!all) {
      for (const auto& [other, high] : index) {
        KB_ASSIGN_OR_RETURN(const auto row,
                            reader_.Get(Family::kClaim, ClaimKey(claim, kClaimCoParty, other)));
        if (row) found.insert(high);
      }
    }
    for (const size_t high : found) {
      if (low < high) input.co_parties.insert({low, high});
    }
    return absl::OkStatus();
  }

  absl::Status VisitContent(const format::ClaimContent& content, const ClaimNode& node,
                            const std::optional<format::ComparedRow>& compared) {
    if (!node.by_content) return absl::OkStatus();
    if (node.decided) Meet(content.content_id());  // The shared claim's id is its content's.
    if (node.id == content.content_id() && compared && compared->own() == 0) {
      return absl::OkStatus();
    }
    return VisitOwn(content.content_id());
  }

  // Contents that it may be joined to, or that stand in the way of it.
  absl::Status VisitEdges(const std::string& id, KnownContent read) {
    const std::string name = read.stated->content_id();
    const auto [at, is_new] = contents_.try_emplace(name);
    if (!is_new) {
      at->second.shared = true;
      return absl::OkStatus();
    }
    if (id != name) {
      KB_ASSIGN_OR_RETURN(read.row, ReadRow<format::ComparedRow>(reader_, Family::kClaim,
                                                                 ClaimKey(name, kClaimCompared)));
    }
    if (!read.row) read.row.emplace();
    at->second.read = std::move(read);
    for (const Edge& edge : EdgesIn(*at->second.read.row)) {
      const bool joins = HangTogether(model_, edge.score.bits, edge.score.typed_number);
      if (!joins && !suggestions_) continue;
      if (name < edge.other) pairs_.push_back({name, edge.other, edge.score});
      if (joins) Meet(edge.other);
    }
    return absl::OkStatus();
  }

  // When the claims were last seen, where somebody died.
  absl::Status AddLatest() {
    const bool any = std::any_of(visited_.begin(), visited_.end(), [](const auto& visited) {
      return visited.second.node.dead_from_us.has_value();
    });
    for (auto& [id, visited] : visited_) {
      if (!any) break;
      ClaimNode& node = visited.node;
      // Of a claim's rows in the timeline the first is the latest.
      KB_RETURN_IF_ERROR(reader_.Scan(Family::kTimeline, id, id,
                                      [&node](absl::string_view key, absl::string_view) {
                                        node.latest_us = PlaceOf(key).happened_us;
                                        return false;
                                      }));
    }
    return absl::OkStatus();
  }

  // Persons are made where there is somebody to compare them with.
  void AddPersons(PartitionInput& input) {
    for (auto& [name, content] : contents_) {
      if (pairs_.empty() && !content.shared) continue;
      KnownContent& read = content.read;
      input.persons[name] =
          read.person ? *std::move(read.person) : PersonWith(keys_, *read.stated, *read.row);
    }
    input.pairs = std::move(pairs_);
  }

  absl::Status VisitDecisions(const format::PartyId& party) {
    KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ContactRow>(reader_, Family::kContact,
                                                                    party.contact_id()));
    if (!row) return absl::OkStatus();
    for (const auto& decided : row->decided()) {
      if (decided.party_key() != party.party_key()) continue;
      for (const std::string& id : decided.decisions()) KB_RETURN_IF_ERROR(VisitDecision(id));
    }
    return absl::OkStatus();
  }

  absl::Status VisitDecision(const std::string& id) {
    if (decisions_.contains(id)) return absl::OkStatus();
    KB_ASSIGN_OR_RETURN(const auto row,
                        ReadRow<format::DecisionRow>(reader_, Family::kDecision, id));
    if (!row) return absl::DataLossError("decision: a party names one that is not there");
    DecisionNode& decision = decisions_[id];
    decision.id = id;
    decision.unlink = row->unlink();
    decision.decided_us = row->decided_us();
    for (const auto& party : row->parties_a()) decision.a.insert(HashOf(party));
    for (const auto& party : row->parties_b()) decision.b.insert(HashOf(party));
    decision.shared_values.insert(row->shared_values().begin(), row->shared_values().end());
    // What was unlinked does not hang together because of it.
    if (row->unlink()) return absl::OkStatus();
    for (const auto* side : {&row->parties_a(), &row->parties_b()}) {
      for (const auto& party : *side) {
        KB_ASSIGN_OR_RETURN(const auto contact, ReadRow<format::ContactRow>(
                                                    reader_, Family::kContact, party.contact_id()));
        if (!contact) continue;
        const std::string claim = ClaimOfParty(*contact, party.party_key());
        if (!claim.empty()) Meet(claim);
      }
    }
    return absl::OkStatus();
  }

  std::string HashOf(const format::PartyId& party) const {
    return std::string(View(PartyHash(keys_, party.contact_id(), party.party_key())));
  }

  const Keys& keys_;
  const Model& model_;
  const Reader& reader_;
  const NewClaims& bare_;
  const bool suggestions_;
  CandidateChange* const compared_;
  struct Visited {
    ClaimNode node;
    format::ClaimRow row;
  };
  struct Content {
    KnownContent read;
    bool shared = false;  // By several claims.
  };
  std::map<std::string, Content> contents_;
  std::vector<ContentPair> pairs_;
  std::set<std::string> met_;
  std::deque<std::string> waiting_;
  std::set<std::string> found_;         // BSNs, by index, of which it was looked up who was found.
  std::map<std::string, bool> shared_;  // Values that were looked up, and whether they join.
  std::map<std::string, Visited> visited_;
  std::map<std::string, DecisionNode> decisions_;
};

}  // namespace

absl::StatusOr<Component> ReadComponent(const Keys& keys, const Model& model,
                                        const Reader& reader, const std::set<std::string>& seeds,
                                        const NewClaims& bare, bool suggestions,
                                        CandidateChange* compared) {
  return ComponentReader(keys, model, reader, bare, suggestions, compared).Read(seeds);
}

absl::StatusOr<std::vector<std::string>> ClaimsAt(const Reader& reader, absl::string_view index,
                                                  size_t max) {
  std::vector<std::string> claims;
  KB_RETURN_IF_ERROR(reader.Scan(Family::kIdentifier, index, index,
                                 [&](absl::string_view key, absl::string_view value) {
                                   if (MarkJoins(value)) claims.emplace_back(key.substr(17));
                                   return claims.size() < max;
                                 }));
  return claims;
}

absl::StatusOr<format::ClaimContent> OpenContent(absl::string_view claim_id,
                                                 const format::ClaimRow& row) {
  std::string scratch;
  KB_ASSIGN_OR_RETURN(const absl::string_view plain,
                      Unseal({claim_id, "claim", claim_id}, row.content(), scratch));
  format::ClaimContent content;
  if (!ParseBytes(plain, content)) return absl::DataLossError("claim: content not readable");
  return content;
}

std::pair<std::string, std::string> PartyAt(const Keys& keys, const v1::PartyRef& ref) {
  return {ref.has_contact_id() ? IdFromHex(ref.contact_id())
                               : std::string(View(EventOrContactId(keys, ref.source(), ref.id()))),
          ref.party_key().empty() ? "customer" : ref.party_key()};
}

std::string ClaimOfParty(const format::ContactRow& row, absl::string_view party_key) {
  for (const auto& standing : row.standings()) {
    if (standing.party_key() == party_key) return standing.claim_id();
  }
  return "";
}

}  // namespace klantbeeld::store
