#include "store/identity/estimate.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>

namespace klantbeeld::store {
namespace {

using Shares = std::vector<std::vector<double>>;

const std::vector<size_t> kLevels = {3, 2, 4, 2};
const Shares kM = {{0.8, 0.15, 0.05}, {0.95, 0.05}, {0.6, 0.2, 0.1, 0.1}, {0.9, 0.1}};
const Shares kU = {{0.05, 0.15, 0.8}, {0.02, 0.98}, {0.01, 0.04, 0.15, 0.8}, {0.5, 0.5}};

uint8_t Draw(std::mt19937& random, const std::vector<double>& shares) {
  double left = static_cast<double>(random()) / 4294967296.0;
  for (size_t level = 0; level + 1 < shares.size(); ++level) {
    if (left < shares[level]) return static_cast<uint8_t>(level + 1);
    left -= shares[level];
  }
  return static_cast<uint8_t>(shares.size());
}

// Pairs of which these shares hold; a fifth of each field is not known.
std::vector<AlikePairs> Planted(int pairs, int matches) {
  std::mt19937 random(7);
  std::map<std::array<uint8_t, 4>, double> alike;
  for (int i = 0; i < pairs; ++i) {
    std::array<uint8_t, 4> levels{};
    for (size_t field = 0; field < levels.size(); ++field) {
      const uint8_t level = Draw(random, (i < matches ? kM : kU)[field]);
      levels[field] = random() % 5 == 0 ? 0 : level;
    }
    ++alike[levels];
  }
  std::vector<AlikePairs> planted;
  // To begin with, no more is known than that agreeing speaks for it.
  for (const auto& [levels, count] : alike) {
    planted.push_back({{levels.begin(), levels.end()}, count, levels[0] == 1 ? 0.6 : 0.2});
  }
  return planted;
}

void ExpectNear(const Shares& found, const Shares& planted, double tolerance) {
  for (size_t field = 0; field < planted.size(); ++field) {
    for (size_t level = 0; level < planted[field].size(); ++level) {
      EXPECT_NEAR(found[field][level], planted[field][level], tolerance) << field << " " << level;
    }
  }
}

TEST(Estimate, FindsPlantedSharesWithinTwoHundredths) {
  const Estimate estimate = EstimateShares(kLevels, Planted(40'000, 12'000));
  ExpectNear(estimate.m, kM, 0.02);
  ExpectNear(estimate.u, kU, 0.02);
  EXPECT_NEAR(estimate.matches_in_all, 12'000, 400);
  EXPECT_NEAR(estimate.matches_in_all + estimate.others_in_all, 40'000, 0.01);
  EXPECT_NEAR(estimate.matches[1], 0.8 * estimate.matches_in_all, 200);
}

TEST(Estimate, AFieldWithoutLevelsIsPassedOver) {
  std::vector<size_t> levels = kLevels;
  levels[3] = 0;
  const Estimate estimate = EstimateShares(levels, Planted(40'000, 12'000));
  EXPECT_TRUE(estimate.m[3].empty());
  EXPECT_EQ(estimate.matches[3], 0);
  EXPECT_NEAR(estimate.m[0][0], kM[0][0], 0.02);
}

TEST(Estimate, WhereAllAreOfOneKindNothingIsMadeUp) {
  std::vector<AlikePairs> pairs = Planted(1'000, 0);
  for (AlikePairs& one : pairs) one.guess = 0;
  const Estimate estimate = EstimateShares(kLevels, pairs);
  EXPECT_EQ(estimate.matches_in_all, 0);
  for (const double belief : estimate.belief) EXPECT_EQ(belief, 0);
}

}  // namespace
}  // namespace klantbeeld::store
