// Over random histories: what a forecast says is what happens, and it changes
// nothing.
#include "store/identity/forecast.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "store/identity/identity.h"
#include "store/journal.h"
#include "store/record.h"
#include "store/rows.h"
#include "tests/store/history.h"
#include "tests/store/identity/models.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

// Who stands where, and which pairs of contents may be one.
struct Standing {
  std::map<std::string, std::string> citizens;  // By claim.
  std::set<std::string> suggested;
};

Standing StandingIn(const Reader& reader) {
  Standing standing;
  std::map<std::string, std::set<std::string>> with;  // Citizens, by content.
  EXPECT_TRUE(reader.Scan(Family::kClaim, "", "", [&](auto key, auto value) {
    if (key[16] != kClaimRecord) return true;
    const auto row = DecodeAs<format::ClaimRow>(value, "claim");
    const std::string claim(key.substr(0, 16));
    standing.citizens[claim] = row->citizen_id();
    with[OpenContent(claim, *row)->content_id()].insert(row->citizen_id());
    return true;
  }).ok());
  EXPECT_TRUE(reader.Scan(Family::kClaim, "", "", [&](auto key, auto value) {
    if (key[16] != kClaimCompared) return true;
    const std::string one(key.substr(0, 16));
    for (const Edge& edge : EdgesIn(*DecodeAs<format::ComparedRow>(value, "claim"))) {
      std::set<std::string> citizens = with[one];
      citizens.insert(with[edge.other].begin(), with[edge.other].end());
      if (citizens.size() > 1) {
        standing.suggested.insert(std::min(one, edge.other) + std::max(one, edge.other));
      }
    }
    return true;
  }).ok());
  return standing;
}

// How many citizens of `from` are several in `to`.
size_t BecomeSeveral(const Standing& from, const Standing& to) {
  std::map<std::string, std::set<std::string>> citizens;
  for (const auto& [claim, citizen] : from.citizens) citizens[citizen].insert(to.citizens.at(claim));
  return static_cast<size_t>(std::count_if(citizens.begin(), citizens.end(), [](const auto& one) {
    return one.second.size() > 1;
  }));
}

size_t OnlyIn(const Standing& here, const Standing& there) {
  return static_cast<size_t>(std::count_if(
      here.suggested.begin(), here.suggested.end(),
      [&](const std::string& pair) { return !there.suggested.contains(pair); }));
}

void Adopt(const Keys& keys, Batch& batch, const AdoptionFact& fact) {
  auto head = ReadHead(batch);
  ASSERT_TRUE(head.ok()) << head.status();
  ASSERT_TRUE(Append(keys, batch, *head, FactOf(fact)).ok());
  ModelReader models;
  while (!models.At(batch)->settled()) {
    ASSERT_TRUE(Append(keys, batch, *head, SliceOf(*models.At(batch), 7)).ok());
  }
}

TEST(Forecast, SaysWhatHappensAndChangesNothing) {
  const Keys keys = TestKeys();
  size_t merged = 0, split = 0, gained = 0, lost = 0, other_levels = 0;
  for (uint32_t seed = 1; seed <= 40; ++seed) {
    const History history = MakeHistory(keys, seed, 40);
    const NoRows none;
    const auto store = ApplyAll(keys, none, history.facts);
    ASSERT_TRUE(store.ok()) << store.status();
    const std::string before = DumpOf(**store);
    const Standing stood = StandingIn(**store);
    for (const std::string& file : OtherModels()) {
      const auto adoption = PrepareAdoption(file, "");
      ASSERT_TRUE(adoption.ok()) << adoption.status();
      const auto forecast = ForecastModel(keys, **store, *adoption, nullptr);
      ASSERT_TRUE(forecast.ok()) << forecast.status();
      ASSERT_EQ(DumpOf(**store), before);
      Batch adopted(store->get());
      Adopt(keys, adopted, *adoption);
      const Standing stands = StandingIn(adopted);
      ASSERT_EQ(forecast->split, BecomeSeveral(stood, stands)) << seed;
      ASSERT_EQ(forecast->merged, BecomeSeveral(stands, stood)) << seed;
      ASSERT_EQ(forecast->suggested_before, stood.suggested.size()) << seed;
      ASSERT_EQ(forecast->suggestions_gained, OnlyIn(stands, stood)) << seed;
      ASSERT_EQ(forecast->suggestions_lost, OnlyIn(stood, stands)) << seed;
      const bool moves = forecast->split + forecast->merged > 0;
      EXPECT_TRUE(moves || forecast->contacts_moved == 0) << seed;
      const auto back = PrepareAdoption(std::string(ShippedModelFile()), "");
      auto again = ForecastModel(keys, adopted, *back, nullptr);
      ASSERT_TRUE(again.ok()) << again.status();
      EXPECT_EQ(again->citizens_after, forecast->citizens_before) << seed;
      EXPECT_EQ(again->citizens_before, forecast->citizens_after) << seed;
      EXPECT_EQ(again->merged, forecast->split) << seed;
      EXPECT_EQ(again->split, forecast->merged) << seed;
      EXPECT_EQ(again->contacts_moved, forecast->contacts_moved) << seed;
      EXPECT_EQ(again->suggestions_lost, forecast->suggestions_gained) << seed;
      EXPECT_EQ(again->suggestions_gained, forecast->suggestions_lost) << seed;
      for (const auto& [levels, contacts] : forecast->levels) {
        EXPECT_EQ((again->levels[{levels.second, levels.first}]), contacts) << seed;
        other_levels += contacts;
      }
      merged += forecast->merged;
      split += forecast->split;
      gained += forecast->suggestions_gained;
      lost += forecast->suggestions_lost;
    }
  }
  EXPECT_GT(merged, 10u);
  EXPECT_GT(split, 20u);
  EXPECT_GT(gained, 20u);
  EXPECT_GT(lost, 20u);
  EXPECT_GT(other_levels, 10u);
}

TEST(Forecast, WaitsUntilTheModelBeforeIsSettled) {
  const Keys keys = TestKeys();
  const NoRows none;
  const auto store = ApplyAll(keys, none, MakeHistory(keys, 7, 20).facts);
  ASSERT_TRUE(store.ok());
  ModelReader models;
  auto in_effect = models.At(**store);
  ApplyAdoption(**store, 1000, *PrepareAdoption(OtherModels()[0], ""), *in_effect);
  const auto forecast =
      ForecastModel(keys, **store, *PrepareAdoption(OtherModels()[1], ""), nullptr);
  EXPECT_EQ(forecast.status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace klantbeeld::store
