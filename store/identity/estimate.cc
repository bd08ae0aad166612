#include "store/identity/estimate.h"

#include <algorithm>
#include <cmath>

namespace klantbeeld::store {
namespace {

constexpr int kRoundsMax = 500;
constexpr double kSettled = 1e-7;  // No belief changes by more.
// A level that was never seen is not impossible.
constexpr double kUnseen = 0.1;

// Shares by what is believed of each kind of pair.
void Maximise(const std::vector<size_t>& levels, const std::vector<AlikePairs>& pairs,
              Estimate& estimate) {
  const size_t fields = levels.size();
  estimate.m.assign(fields, {});
  estimate.u.assign(fields, {});
  estimate.matches.assign(fields, 0);
  estimate.others.assign(fields, 0);
  estimate.matches_in_all = estimate.others_in_all = 0;
  for (size_t field = 0; field < fields; ++field) {
    estimate.m[field].assign(levels[field], kUnseen);
    estimate.u[field].assign(levels[field], kUnseen);
  }
  for (size_t i = 0; i < pairs.size(); ++i) {
    const double matches = pairs[i].pairs * estimate.belief[i];
    const double others = pairs[i].pairs - matches;
    estimate.matches_in_all += matches;
    estimate.others_in_all += others;
    for (size_t field = 0; field < fields; ++field) {
      const size_t level = pairs[i].levels[field];
      if (levels[field] == 0 || level == 0) continue;
      estimate.m[field][level - 1] += matches;
      estimate.u[field][level - 1] += others;
      estimate.matches[field] += matches;
      estimate.others[field] += others;
    }
  }
  for (size_t field = 0; field < fields; ++field) {
    const double unseen = kUnseen * static_cast<double>(levels[field]);
    for (double& share : estimate.m[field]) share /= estimate.matches[field] + unseen;
    for (double& share : estimate.u[field]) share /= estimate.others[field] + unseen;
  }
}

// The largest change of what is believed, by the shares.
double Expect(const std::vector<size_t>& levels, const std::vector<AlikePairs>& pairs,
              Estimate& estimate) {
  const double prior = std::log(estimate.matches_in_all / estimate.others_in_all);
  double change = 0;
  for (size_t i = 0; i < pairs.size(); ++i) {
    double odds = prior;
    for (size_t field = 0; field < levels.size(); ++field) {
      const size_t level = pairs[i].levels[field];
      if (levels[field] == 0 || level == 0) continue;
      odds += std::log(estimate.m[field][level - 1] / estimate.u[field][level - 1]);
    }
    const double belief = 1 / (1 + std::exp(-odds));
    change = std::max(change, std::abs(belief - estimate.belief[i]));
    estimate.belief[i] = belief;
  }
  return change;
}

}  // namespace

Estimate EstimateShares(const std::vector<size_t>& levels, const std::vector<AlikePairs>& pairs) {
  Estimate estimate;
  for (const AlikePairs& one : pairs) estimate.belief.push_back(one.guess);
  Maximise(levels, pairs, estimate);
  for (int round = 0; round < kRoundsMax; ++round) {
    // All of one kind: there is nothing to tell apart.
    if (estimate.matches_in_all <= 0 || estimate.others_in_all <= 0) break;
    const double change = Expect(levels, pairs, estimate);
    Maximise(levels, pairs, estimate);
    if (change < kSettled) break;
  }
  return estimate;
}

}  // namespace klantbeeld::store
