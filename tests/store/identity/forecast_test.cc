// Over random histories: what a forecast says is what happens, and it changes
// nothing.
#include "store/identity/forecast.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "store/journal.h"
#include "tests/store/history.h"
#include "tests/store/identity/models.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using Citizens = std::map<std::string, std::set<std::string>>;

// How many citizens of `from` hold parties that stand in several of `to`. A
// citizen of the registry's claims only has no party.
size_t BecomeSeveral(const std::map<PartyOfContact, std::string>& from,
                     const std::map<PartyOfContact, std::string>& to) {
  Citizens citizens;
  for (const auto& [party, citizen] : from) citizens[citizen].insert(to.at(party));
  size_t count = 0;
  for (const auto& [citizen, others] : citizens) count += others.size() > 1;
  return count;
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
  for (uint32_t seed = 1; seed <= 60; ++seed) {
    const History history = MakeHistory(keys, seed, 40);
    const NoRows none;
    const auto store = ApplyAll(keys, none, history.facts);
    ASSERT_TRUE(store.ok()) << store.status();
    const std::string before = DumpOf(**store);
    const auto partition = PartitionOf(**store);
    for (const std::string& file : OtherModels()) {
      const auto adoption = PrepareAdoption(file, "");
      ASSERT_TRUE(adoption.ok()) << adoption.status();
      const auto forecast = ForecastModel(keys, **store, *adoption, nullptr);
      ASSERT_TRUE(forecast.ok()) << forecast.status();
      ASSERT_EQ(DumpOf(**store), before);
      Batch adopted(store->get());
      Adopt(keys, adopted, *adoption);
      const auto then = PartitionOf(adopted);
      // The registry's claims count for citizens too.
      EXPECT_GE(forecast->split, BecomeSeveral(partition, then)) << seed;
      EXPECT_GE(forecast->merged, BecomeSeveral(then, partition)) << seed;
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
  EXPECT_GT(merged, 20u);
  EXPECT_GT(split, 20u);
  EXPECT_GT(gained, 20u);
  EXPECT_GT(lost, 20u);
  EXPECT_GT(other_levels, 20u);
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
