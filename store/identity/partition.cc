#include "store/identity/partition.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "store/identity/clusters.h"
#include "store/identity/decisions.h"
#include "store/identity/undo.h"
#include "store/identity/veto.h"

namespace klantbeeld::store {
namespace {

class Partitioner {
 public:
  explicit Partitioner(const PartitionInput& input,
                       const std::vector<std::vector<size_t>>& alike = {})
      : input_(input), decisions_(input), barriers_(input), root_(input.claims.size()),
        linked_(input.claims.size(), false), confirmed_(input.claims.size(), false),
        issues_(input.claims.size()) {
    std::iota(root_.begin(), root_.end(), size_t{0});
    for (const Clusters& claims : alike) Join(claims);
  }

  PartitionResult Run() {
    const bool small = input_.claims.size() <= kComponentClaimsMax;
    JoinByValues(JoinClass::kNumber);
    established_ = root_;
    if (small) {
      JoinByValues(JoinClass::kLogin);
      established_ = root_;
      for (const size_t decision : decisions_.order()) {
        if (!input_.decisions[decision].unlink) JoinByLink(input_.decisions[decision]);
      }
      if (AnyFound()) JoinByValues(JoinClass::kFound);
      JoinByScores();
      JoinByValues(JoinClass::kContent);
    }
    return {Name(small), ApartPairs()};
  }

 private:
  // The unlinks because of which this claim's value joins it to nobody but
  // those whom the same unlinks took out.
  Taken Suspended(size_t claim, JoinClass join, const std::string& value) const {
    Taken suspended;
    for (const size_t unlink : decisions_.taken(claim)) {
      const Decisions::Side& side = decisions_.sides().at(unlink);
      const bool shared =
          input_.decisions[unlink].shared_values.contains(value) ||
          std::any_of(side.kept.begin(), side.kept.end(), [&](size_t kept) {
            const auto& values = ValuesOf(kept, join);
            return std::find(values.begin(), values.end(), value) != values.end();
          });
      if (shared) suspended.insert(unlink);
    }
    return suspended;
  }

  // --- Joining.

  std::vector<std::string> ValuesOf(size_t claim, JoinClass join) const {
    const ClaimNode& node = input_.claims[claim];
    if (join == JoinClass::kNumber) return node.number_values;
    if (join == JoinClass::kLogin) return node.login_values;
    if (join == JoinClass::kContent) return {node.content};
    return node.found_value.empty() ? node.number_values : std::vector{node.found_value};
  }

  bool TakesPart(size_t claim, JoinClass join) const {
    if (join != JoinClass::kContent) return true;
    // A party that a link holds does not fall back to what merely looks alike.
    return input_.claims[claim].by_content && !linked_[claim];
  }

  void JoinByValues(JoinClass join) {
    std::map<std::pair<std::string, Taken>, std::set<size_t>> groups;
    std::map<std::string, std::vector<size_t>> spoilt;
    if (join == JoinClass::kLogin) spoilt = LoginsOfTwo(input_);
    for (const auto& [login, claims] : spoilt) Raise(claims, v1::CITIZEN_ISSUE_SESSION_TWO_NUMBERS);
    for (size_t claim = 0; claim < input_.claims.size(); ++claim) {
      if (!TakesPart(claim, join)) continue;
      for (const std::string& value : ValuesOf(claim, join)) {
        if (spoilt.contains(value)) continue;
        groups[{value, Suspended(claim, join, value)}].insert(claim);
      }
    }
    // First each value's own group, then the groups that hang together: a
    // value that two people share joins nobody, and spoils no other value.
    std::vector<Clusters> joinable;
    for (auto& [key, claims] : groups) {
      if (join == JoinClass::kFound) LeaveOutBarred(claims);
      for (Clusters& part : Reduced(RootsOf(claims))) {
        if (part.size() > 1 && Joinable(part, join, nullptr)) joinable.push_back(std::move(part));
      }
    }
    for (const Clusters& component : Connected(joinable)) {
      for (const Clusters& part : Reduced(component)) {
        if (part.size() < 2 || !Joinable(part, join, nullptr)) continue;
        if (join == JoinClass::kFound) Confirm(part);
        Join(part);
      }
    }
  }

  bool AnyFound() const {
    return std::any_of(input_.claims.begin(), input_.claims.end(),
                       [](const ClaimNode& node) { return !node.found_value.empty(); });
  }

  void Confirm(const Clusters& part) {
    for (const size_t claim : ClaimsIn(part)) {
      if (!input_.claims[claim].found_value.empty()) confirmed_[claim] = true;
    }
  }

  void LeaveOutBarred(std::set<size_t>& claims) {
    claims = WithoutBarred(
        input_, claims,
        [&](const std::set<size_t>& with) {
          return Joinable(RootsOf(with), JoinClass::kFound, nullptr);
        },
        [&](size_t claim) { return root_[claim]; });
  }

  void JoinByLink(const DecisionNode& link) {
    std::set<size_t> claims;
    for (const auto* side : {&link.a, &link.b}) {
      for (const std::string& party : *side) {
        if (const auto claim = decisions_.ClaimOf(party)) claims.insert(*claim);
      }
    }
    for (const Clusters& part : Reduced(RootsOf(claims))) {
      if (part.empty() || (part.size() > 1 && !Joinable(part, JoinClass::kLink, &link))) continue;
      if (part.size() > 1) Join(part);
      MarkLinked(link, root_[part.front()]);
    }
  }

  // Claims of one content that nothing tells apart are compared once.
  struct Unit {
    std::string content;
    Taken taken;
    std::vector<size_t> claims;  // Ascending; all in one cluster.
  };

  std::vector<Unit> Units() const {
    std::map<std::tuple<std::string, size_t, Taken>, Unit> by_key;
    for (size_t claim = 0; claim < root_.size(); ++claim) {
      const std::string& content = input_.claims[claim].content;
      if (!input_.persons.contains(content)) continue;
      Unit& unit = by_key[{content, root_[claim], decisions_.taken(claim)}];
      unit.content = content;
      unit.taken = decisions_.taken(claim);
      unit.claims.push_back(claim);
    }
    std::vector<Unit> units;
    for (auto& [key, unit] : by_key) units.push_back(std::move(unit));
    // Their order decides between equals: it must not depend on who else hangs
    // together with them, so not on roots.
    std::sort(units.begin(), units.end(), [](const Unit& a, const Unit& b) {
      return std::tie(a.content, a.claims) < std::tie(b.content, b.claims);
    });
    return units;
  }

  // What an unlink took out is not joined by what it states to somebody who may
  // as well be of the side that was kept, unless the same unlink took out both.
  bool Disputed(const Unit& unit, const Unit& other) const {
    return std::any_of(unit.taken.begin(), unit.taken.end(), [&](size_t unlink) {
      if (other.taken.contains(unlink)) return false;
      const std::set<size_t>& kept = decisions_.sides().at(unlink).kept;
      return std::any_of(kept.begin(), kept.end(), [&](size_t claim) {
        const std::string& content = input_.claims[claim].content;
        return content == other.content || compared_.contains(std::minmax(content, other.content));
      });
    });
  }

  std::vector<ScoredPair> PairsOf(const std::vector<Unit>& units) {
    for (const ContentPair& pair : input_.pairs) {
      if (HangTogether(*input_.model, pair.score.bits, pair.score.typed_number)) {
        compared_.insert({pair.low, pair.high});
      }
    }
    std::map<std::string, std::vector<size_t>> with;  // By content.
    for (size_t unit = 0; unit < units.size(); ++unit) with[units[unit].content].push_back(unit);
    std::vector<ScoredPair> pairs;
    const auto add = [&](size_t a, size_t b, const Score& score) {
      const auto [low, high] = std::minmax(a, b);
      const bool disputed = Disputed(units[low], units[high]) || Disputed(units[high], units[low]);
      pairs.push_back({low, high, score, disputed});
    };
    for (const ContentPair& pair : input_.pairs) {
      for (const size_t a : with[pair.low]) {
        for (const size_t b : with[pair.high]) add(a, b, pair.score);
      }
    }
    for (const auto& [content, same] : with) {
      if (same.size() < 2) continue;
      const Person& person = input_.persons.at(content);
      const Score score = Compare(*input_.model, person, person);
      if (score.veto || !HangTogether(*input_.model, score.bits, score.typed_number)) continue;
      for (size_t i = 0; i < same.size(); ++i) {
        for (size_t j = i + 1; j < same.size(); ++j) add(same[i], same[j], score);
      }
    }
    return pairs;
  }

  // Whom evidence joins to nobody stands in the way of others all the same. What took place
  // after the death of somebody who it may be joins only what did too, not what came before.
  void SuspendBarred(const std::vector<Unit>& units, std::vector<ScoredPair>& pairs) {
    if (!barriers_.any()) return;
    const auto root_of = [&](size_t unit) { return root_[units[unit].claims[0]]; };
    std::set<size_t> late;
    for (const ScoredPair& pair : pairs) {
      if (root_of(pair.low) == root_of(pair.high) ||
          !HangTogether(*input_.model, pair.score.bits, pair.score.typed_number)) {
        continue;
      }
      const Clusters both = RootsOf({units[pair.low].claims[0], units[pair.high].claims[0]});
      if (!MayBeOne(both, JoinClass::kScore, nullptr)) continue;
      for (const auto& [one, other] : {std::pair(pair.low, pair.high), {pair.high, pair.low}}) {
        if (barriers_.DiedBefore(ClaimsIn({root_of(one)}), units[other].claims)) late.insert(other);
      }
    }
    for (ScoredPair& pair : pairs) {
      pair.suspended = pair.suspended || late.contains(pair.low) != late.contains(pair.high) ||
                       BarrierOf(root_of(pair.low), root_of(pair.high)) != Barrier::kNone;
    }
  }

  void JoinByScores() {
    if (input_.persons.empty()) return;
    const std::vector<Unit> units = Units();
    if (units.size() > kScoredMax) {
      for (const Unit& unit : units) Raise(unit.claims, v1::CITIZEN_ISSUE_COMPONENT_TOO_LARGE);
      return;
    }
    std::vector<const Person*> persons;
    for (const Unit& unit : units) persons.push_back(&input_.persons.at(unit.content));
    std::vector<ScoredPair> pairs = PairsOf(units);
    SuspendBarred(units, pairs);
    const auto apart = JoinByScore(
        *input_.model, persons, pairs, [&](size_t unit) { return root_[units[unit].claims[0]]; },
        [&](size_t x, size_t y) {
          if (!MayBeOne({std::min(x, y), std::max(x, y)}, JoinClass::kScore, nullptr)) {
            return MayJoin::kNever;
          }
          return BarrierOf(x, y) == Barrier::kNone ? MayJoin::kYes : MayJoin::kNotByItself;
        },
        [&](size_t x, size_t y) { Join({x, y}); }, input_.obstacles);
    for (const LeftApart& left : apart) {
      apart_.push_back({units[left.pair.low].claims[0], units[left.pair.high].claims[0],
                        left.pair.score, left.obstacle, left.second_obstacle});
    }
    for (const ScoredPair& pair : pairs) {
      const Unit& low = units[pair.low];
      const Unit& high = units[pair.high];
      if (!pair.score.typed_number || root_[low.claims[0]] != root_[high.claims[0]]) continue;
      for (const size_t claim : low.claims) confirmed_[claim] = true;
      for (const size_t claim : high.claims) confirmed_[claim] = true;
    }
  }

  // Not what must not be one, and not what other claims made one after all.
  std::vector<ApartPair> ApartPairs() {
    std::vector<ApartPair> pairs;
    for (ApartPair& pair : apart_) {
      const auto [low, high] = std::minmax(root_[pair.low], root_[pair.high]);
      if (low == high || !MayBeOne({low, high}, JoinClass::kScore, nullptr)) continue;
      if (HoldBothSides(ClaimsIn({low, high}), decisions_.resting())) continue;
      const Barrier barrier = BarrierOf(low, high);
      if (barrier == Barrier::kSecret) continue;
      if (barrier == Barrier::kDeceased) {
        pair.obstacle = v1::OBSTACLE_DECEASED;
        pair.second_obstacle = v1::OBSTACLE_UNSPECIFIED;
      }
      pairs.push_back(pair);
    }
    return pairs;
  }

  // The link is in force in this cluster if both its sides are there, whoever
  // joined them.
  void MarkLinked(const DecisionNode& link, size_t cluster) {
    std::vector<size_t> held;
    const auto gather = [&](const std::set<std::string>& side) {
      const size_t before = held.size();
      for (const std::string& party : side) {
        const auto claim = decisions_.ClaimOf(party);
        if (claim && root_[*claim] == cluster) held.push_back(*claim);
      }
      return held.size() > before;
    };
    const bool a = gather(link.a), b = gather(link.b);
    if (!a || !b) return;
    for (const size_t claim : held) linked_[claim] = true;
  }

  bool InPart(const Clusters& part, size_t claim) const {
    return std::binary_search(part.begin(), part.end(), root_[claim]);
  }

  Clusters RootsOf(const std::set<size_t>& claims) const {
    std::set<size_t> roots;
    for (const size_t claim : claims) roots.insert(root_[claim]);
    return {roots.begin(), roots.end()};
  }

  // Without the sides that unlinks took out, oldest unlink first. What was
  // taken out is a part of its own.
  std::vector<Clusters> Reduced(const Clusters& clusters) const {
    std::vector<Clusters> parts;
    Clusters rest = clusters;
    for (const size_t decision : decisions_.order()) {
      const auto at = decisions_.sides().find(decision);
      if (at == decisions_.sides().end()) continue;
      Clusters out, kept;
      bool has_kept = false;
      for (const size_t cluster : rest) {
        has_kept = has_kept || Holds(cluster, at->second.kept);
        (Holds(cluster, at->second.taken) ? out : kept).push_back(cluster);
      }
      if (!has_kept || out.empty()) continue;
      rest = std::move(kept);
      parts.push_back(std::move(out));
    }
    parts.insert(parts.begin(), std::move(rest));
    return parts;
  }

  bool Holds(size_t cluster, const std::set<size_t>& claims) const {
    return std::any_of(claims.begin(), claims.end(),
                       [&](size_t claim) { return root_[claim] == cluster; });
  }

  std::vector<size_t> ClaimsIn(const Clusters& clusters) const {
    std::vector<size_t> claims;
    for (size_t claim = 0; claim < root_.size(); ++claim) {
      if (InPart(clusters, claim)) claims.push_back(claim);
    }
    return claims;
  }

  Barrier BarrierOf(size_t a, size_t b) const {
    if (!barriers_.any() || a == b) return Barrier::kNone;
    return barriers_.Between(ClaimsIn({std::min(a, b), std::max(a, b)}),
                             [&](size_t claim) { return root_[claim]; });
  }

  bool Joinable(const Clusters& clusters, JoinClass join, const DecisionNode* link) {
    if (!MayBeOne(clusters, join, link)) return false;
    const auto root_of = [&](size_t claim) { return root_[claim]; };
    return join < JoinClass::kFound || !barriers_.any() ||
           barriers_.Between(ClaimsIn(clusters), root_of) == Barrier::kNone;
  }

  // By what stands above evidence.
  bool MayBeOne(const Clusters& clusters, JoinClass join, const DecisionNode* link) {
    const std::vector<size_t> claims = ClaimsIn(clusters);
    if (HoldTwoNumbers(input_, claims)) {
      const auto issue = join == JoinClass::kLink ? v1::CITIZEN_ISSUE_LINK_TWO_NUMBERS
                                                  : v1::CITIZEN_ISSUE_SESSION_TWO_NUMBERS;
      if (join < JoinClass::kFound) Raise(claims, issue);
      return false;
    }
    const auto root_of = [&](size_t claim) { return root_[claim]; };
    if (HoldCoParties(input_, claims, join, link, root_of)) {
      if (join == JoinClass::kLink) Raise(claims, v1::CITIZEN_ISSUE_PARTIES_OF_ONE_CONTACT);
      return false;
    }
    return !HoldBothSides(claims, decisions_.sides());
  }

  void Raise(const std::vector<size_t>& claims, v1::CitizenIssue issue) {
    for (const size_t claim : claims) issues_[claim].insert(issue);
  }

  void Join(const Clusters& clusters) {
    std::set<size_t> roots;
    for (const size_t cluster : clusters) roots.insert(root_[cluster]);
    const size_t least = *roots.begin();
    for (size_t& root : root_) {
      if (roots.contains(root)) root = least;
    }
  }

  // --- Naming.

  bool HoldsBsnUndisputed(size_t claim) const {
    const ClaimNode& node = input_.claims[claim];
    if (node.bsn_citizen.empty()) return false;
    return std::all_of(node.number_values.begin(), node.number_values.end(),
                       [&](const std::string& value) {
                         return Suspended(claim, JoinClass::kNumber, value).empty();
                       });
  }

  // What numbers and log-ins alone put together, as part of a citizen.
  struct Core {
    bool numbered = false;  // Holds a verified number.
    bool linked = false;    // By a person, or confirmed by a rule.
    bool whole = true;      // There is no other in its citizen.
  };

  std::map<size_t, Core> Cores() const {
    std::map<size_t, Core> cores;
    std::map<size_t, std::set<size_t>> of_citizen;
    for (size_t claim = 0; claim < root_.size(); ++claim) {
      Core& core = cores[established_[claim]];
      core.numbered = core.numbered || !input_.claims[claim].number_values.empty();
      core.linked = core.linked || linked_[claim] || confirmed_[claim];
      of_citizen[root_[claim]].insert(established_[claim]);
    }
    for (const auto& [root, inside] : of_citizen) {
      for (const size_t core : inside) cores[core].whole = inside.size() == 1;
    }
    return cores;
  }

  // A log-in says who it was in its session, and not to whom a person linked it.
  v1::Assurance AssuranceOf(size_t claim, const Core& core) const {
    const bool logged_in = !input_.claims[claim].login_values.empty();
    if (core.numbered || (core.whole && logged_in)) return v1::ASSURANCE_ESTABLISHED;
    return core.linked ? v1::ASSURANCE_CONFIRMED : v1::ASSURANCE_PROBABLE;
  }

  std::vector<CitizenPart> Name(bool small) {
    const std::map<size_t, Core> cores = Cores();
    std::map<size_t, CitizenPart> parts;
    std::map<std::string, std::set<size_t>> holders;  // Clusters that hold a BSN undisputed.
    for (size_t claim = 0; claim < root_.size(); ++claim) {
      CitizenPart& part = parts[root_[claim]];
      part.claims.push_back(claim);
      part.assurances.push_back(AssuranceOf(claim, cores.at(established_[claim])));
      part.issues.insert(issues_[claim].begin(), issues_[claim].end());
      if (input_.claims[claim].contested) part.issues.insert(v1::CITIZEN_ISSUE_NUMBER_CONTESTED);
      if (!small) part.issues.insert(v1::CITIZEN_ISSUE_COMPONENT_TOO_LARGE);
      if (HoldsBsnUndisputed(claim)) {
        holders[input_.claims[claim].bsn_citizen].insert(root_[claim]);
      }
    }
    for (auto& [root, part] : parts) {
      if (barriers_.SeenAfterDeath(part.claims, [&](size_t one) { return established_[one]; })) {
        part.issues.insert(v1::CITIZEN_ISSUE_CONTACT_AFTER_DEATH);
      }
      for (const size_t claim : part.claims) {
        const std::string& party = input_.claims[claim].least_party;
        if (party.empty()) continue;  // The registry's own.
        if (part.id.empty() || party < part.id) part.id = party;
      }
    }
    for (const auto& [bsn_citizen, clusters] : holders) {
      if (clusters.size() != 1) continue;
      CitizenPart& part = parts[*clusters.begin()];
      part.id = bsn_citizen;
      part.named_by_number = true;
    }
    std::vector<CitizenPart> named;
    for (auto& [root, part] : parts) named.push_back(std::move(part));
    std::sort(named.begin(), named.end(),
              [](const CitizenPart& a, const CitizenPart& b) { return a.id < b.id; });
    return named;
  }

  const PartitionInput& input_;
  const Decisions decisions_;
  const Barriers barriers_;
  std::vector<size_t> root_;                        // Cluster of each claim.
  std::vector<size_t> established_;                 // The same before links and content.
  std::vector<bool> linked_;                        // Held by a link.
  std::vector<bool> confirmed_;                     // By a typed number that agrees, or one found.
  std::vector<ApartPair> apart_;
  std::set<std::pair<std::string, std::string>> compared_;  // Contents of pairs.
  std::vector<std::set<v1::CitizenIssue>> issues_;
};

}  // namespace

PartitionResult Partition(const PartitionInput& input) {
  for (std::set<std::string> awake;;) {
    const std::optional<Undone> undone = TakeBack(input, awake);
    if (!undone) return Partitioner(input).Run();
    PartitionResult result = Partitioner(undone->input, undone->alike).Run();
    const std::set<std::string> woken = Woken(*undone, result);
    if (woken.empty()) return result;
    awake.insert(woken.begin(), woken.end());
  }
}

}  // namespace klantbeeld::store
