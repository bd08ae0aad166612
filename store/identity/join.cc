#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "store/identity/compare.h"
#include "store/identity/score.h"

namespace klantbeeld::store {
namespace {

constexpr size_t kSampleMax = 6;  // Members of a cluster by which the whole is judged.

// A cluster never changes: a join makes a new one of two.
struct Cluster {
  std::vector<size_t> members;  // Ascending.
  std::vector<size_t> pairs;    // With members of others, best first.
};

// In rising order of what speaks against one person.
enum class Fit : uint8_t { kFits, kDisagrees, kContradicts, kForbidden };

// Whether the bits of a pair say all there is: who may be twins, or was born
// another day, is compared again, since an edge does not keep that.
bool SaysAll(const Person& a, const Person& b) {
  switch (CompareDates(a.birth, b.birth)) {
    case DateAgreement::kSame:
      return a.first_names.empty() || b.first_names.empty() || a.first_names[0] == b.first_names[0];
    case DateAgreement::kDifferent:
      return false;
    default:
      return true;
  }
}

class Joiner {
 public:
  Joiner(const Model& model, const std::vector<const Person*>& persons, std::vector<ScoredPair> pairs,
         absl::FunctionRef<size_t(size_t)> cluster_of,
         absl::FunctionRef<MayJoin(size_t, size_t)> may_join,
         absl::FunctionRef<void(size_t, size_t)> join)
      : model_(model), persons_(persons), pairs_(std::move(pairs)), named_(cluster_of),
        may_join_(may_join), join_(join), of_(persons.size()) {
    std::sort(pairs_.begin(), pairs_.end(), [](const ScoredPair& a, const ScoredPair& b) {
      return std::make_tuple(!a.score.typed_number, -a.score.bits, a.low, a.high) <
             std::make_tuple(!b.score.typed_number, -b.score.bits, b.low, b.high);
    });
    std::map<size_t, size_t> by_name;
    for (size_t claim = 0; claim < persons.size(); ++claim) {
      const auto [at, added] = by_name.try_emplace(named_(claim), clusters_.size());
      if (added) clusters_.emplace_back();
      of_[claim] = at->second;
      clusters_[at->second].members.push_back(claim);
    }
    for (size_t pair = 0; pair < pairs_.size(); ++pair) {
      const auto& [low, high, score, suspended] = pairs_[pair];
      if (SaysAll(*persons_[low], *persons_[high])) scores_[{low, high}] = score;
      if (of_[low] == of_[high]) continue;
      clusters_[of_[low]].pairs.push_back(pair);
      clusters_[of_[high]].pairs.push_back(pair);
    }
  }

  void Run() {
    for (const ScoredPair& pair : pairs_) {
      const size_t a = of_[pair.low], b = of_[pair.high];
      if (a == b || SaysTooLittle(pair)) continue;
      if (ObstacleOf(pair) == v1::OBSTACLE_UNSPECIFIED) Join(a, b);
    }
  }

  std::vector<LeftApart> Apart() {
    std::vector<LeftApart> apart;
    for (const ScoredPair& pair : pairs_) {
      if (of_[pair.low] == of_[pair.high] || pair.score.bits < model_.suggest) continue;
      const v1::Obstacle obstacle = ObstacleOf(pair);
      const bool enough = !SaysTooLittle(pair) && obstacle != v1::OBSTACLE_UNSPECIFIED;
      apart.push_back({pair, enough ? obstacle : v1::OBSTACLE_TOO_LITTLE,
                       enough ? v1::OBSTACLE_UNSPECIFIED : obstacle});
    }
    return apart;
  }

 private:
  bool SaysTooLittle(const ScoredPair& pair) const {
    return pair.score.bits < model_.link && !pair.score.typed_number;
  }

  // What is in the way of joining the clusters of a pair, besides what it says.
  v1::Obstacle ObstacleOf(const ScoredPair& pair) {
    const size_t a = of_[pair.low], b = of_[pair.high];
    if (pair.score.veto || pair.suspended || FitOf(a, b) != Fit::kFits) {
      return v1::OBSTACLE_DISAGREES;
    }
    const bool rivalled = Rivalled(a, b, pair.score.bits) || Rivalled(b, a, pair.score.bits);
    return rivalled ? v1::OBSTACLE_ANOTHER_FITS : v1::OBSTACLE_UNSPECIFIED;
  }

  // Whether `a` fits a third cluster nearly as well that `b` cannot be one with.
  bool Rivalled(size_t a, size_t b, Centibits bits) {
    for (const size_t index : clusters_[a].pairs) {
      const ScoredPair& pair = pairs_[index];
      if (pair.score.bits < std::max(bits, model_.link) - model_.margin) {
        if (pair.score.typed_number) continue;
        break;
      }
      const size_t other = of_[pair.low] == a ? of_[pair.high] : of_[pair.low];
      if (other == a || other == b || pair.score.veto) continue;
      // Who was said not to be it has not ceased to look like it: nobody is
      // joined because he is the one who is left.
      const bool may_be = pair.suspended || FitOf(a, other) != Fit::kForbidden;
      if (may_be && FitOf(b, other) >= Fit::kContradicts) return true;
    }
    return false;
  }

  void Join(size_t a, size_t b) {
    join_(named_(clusters_[a].members[0]), named_(clusters_[b].members[0]));
    Cluster joined;
    const auto& x = clusters_[a];
    const auto& y = clusters_[b];
    std::merge(x.members.begin(), x.members.end(), y.members.begin(), y.members.end(),
               std::back_inserter(joined.members));
    for (const size_t claim : joined.members) of_[claim] = clusters_.size();
    std::merge(x.pairs.begin(), x.pairs.end(), y.pairs.begin(), y.pairs.end(),
               std::back_inserter(joined.pairs));
    std::erase_if(joined.pairs, [&](size_t pair) {
      return of_[pairs_[pair].low] == of_[pairs_[pair].high];
    });
    clusters_[a] = {};
    clusters_[b] = {};
    clusters_.push_back(std::move(joined));
  }

  Fit FitOf(size_t a, size_t b) {
    const auto [at, added] = fits_.try_emplace(std::minmax(a, b), Fit::kFits);
    if (added) {
      const Fit fit = Judge(clusters_[a].members, clusters_[b].members);
      fits_[std::minmax(a, b)] = fit;
      return fit;
    }
    return at->second;
  }

  Fit Judge(const std::vector<size_t>& a, const std::vector<size_t>& b) {
    const MayJoin may_join = may_join_(named_(a[0]), named_(b[0]));
    if (may_join == MayJoin::kNever) return Fit::kForbidden;
    for (const size_t x : a) {
      for (const size_t y : b) {
        const Score& score = ScoreOf(x, y);
        if (score.veto || score.twins) return Fit::kForbidden;
      }
    }
    return may_join == MayJoin::kYes ? Weigh(a, b) : std::max(Fit::kDisagrees, Weigh(a, b));
  }

  // What they say on average, over the pairs that can be told apart at all,
  // and whether they were born on one day, by most of what is stated.
  Fit Weigh(const std::vector<size_t>& a, const std::vector<size_t>& b) {
    int64_t sum = 0, count = 0, dated = 0, born_apart = 0;
    const size_t rows = std::min(kSampleMax, a.size()), columns = std::min(kSampleMax, b.size());
    for (size_t i = 0; i < rows; ++i) {
      for (size_t j = 0; j < columns; ++j) {
        const size_t x = a[i * a.size() / rows], y = b[j * b.size() / columns];
        const Score& score = ScoreOf(x, y);
        if (!score.compared) continue;
        dated += persons_[x]->birth.year != 0 && persons_[y]->birth.year != 0;
        born_apart += score.born_apart;
        sum += score.bits;
        ++count;
      }
    }
    if (2 * born_apart > dated) return Fit::kContradicts;
    if (sum < count * model_.file.contradiction()) return Fit::kContradicts;
    return sum < count * model_.file.support() ? Fit::kDisagrees : Fit::kFits;
  }

  const Score& ScoreOf(size_t x, size_t y) {
    const auto [at, added] = scores_.try_emplace(std::minmax(x, y));
    if (added) at->second = Compare(model_, *persons_[x], *persons_[y]);
    return at->second;
  }

  const Model& model_;
  const std::vector<const Person*>& persons_;
  std::vector<ScoredPair> pairs_;                // Best first.
  absl::FunctionRef<size_t(size_t)> named_;
  absl::FunctionRef<MayJoin(size_t, size_t)> may_join_;
  absl::FunctionRef<void(size_t, size_t)> join_;
  std::vector<size_t> of_;                       // Cluster of each claim.
  std::vector<Cluster> clusters_;
  absl::flat_hash_map<std::pair<size_t, size_t>, Score> scores_;
  absl::flat_hash_map<std::pair<size_t, size_t>, Fit> fits_;
};

}  // namespace

std::vector<LeftApart> JoinByScore(const Model& model, const std::vector<const Person*>& persons,
                                   std::vector<ScoredPair> pairs,
                                   absl::FunctionRef<size_t(size_t)> cluster_of,
                                   absl::FunctionRef<MayJoin(size_t, size_t)> may_join,
                                   absl::FunctionRef<void(size_t, size_t)> join, bool obstacles) {
  Joiner joiner(model, persons, std::move(pairs), cluster_of, may_join, join);
  joiner.Run();
  return obstacles ? joiner.Apart() : std::vector<LeftApart>();
}

}  // namespace klantbeeld::store
