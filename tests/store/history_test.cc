// Also tests: store/apply.cc store/identity/component.cc store/identity/identity.cc
// Promises that hold for every history, tried on many. A failure prints its
// seed; KLANTBEELD_SEED runs that one, KLANTBEELD_SEEDS how many.
#include "tests/store/history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "store/identity/found.h"
#include "store/identity/identity.h"
#include "store/rows.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

constexpr int kSteps = 18;

// The first line that differs, with both versions.
std::string FirstDifference(const std::string& a, const std::string& b) {
  std::vector<std::string> left = absl::StrSplit(a, '\n'), right = absl::StrSplit(b, '\n');
  for (size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const std::string l = i < left.size() ? left[i] : "(end)";
    const std::string r = i < right.size() ? right[i] : "(end)";
    if (l != r) return absl::StrCat(l, "\n", r);
  }
  return "";
}

TEST(History, AnyOrderGivesTheSameStore) {
  const Keys keys = TestKeys();
  const NoRows none;
  std::map<std::string, int> kinds;
  for (const uint32_t seed : Seeds(1000)) {
    const History history = MakeHistory(keys, seed, kSteps);
    for (const auto& [kind, count] : history.kinds) kinds[kind] += count;
    const auto first = ApplyAll(keys, none, history.facts);
    ASSERT_TRUE(first.ok()) << "seed " << seed << ": " << first.status();
    const std::string want = DumpOf(**first);
    std::mt19937 random(seed);
    std::vector<LooseFact> facts = history.facts;
    for (int order = 0; order < 3; ++order) {
      std::shuffle(facts.begin(), facts.end(), random);
      const auto again = ApplyAll(keys, none, facts);
      ASSERT_TRUE(again.ok()) << "seed " << seed << ": " << again.status();
      const std::string got = DumpOf(**again);
      ASSERT_EQ(got, want) << "seed " << seed << ", order " << order << "\n"
                           << FirstDifference(want, got);
    }
  }
  for (const auto& [kind, count] : kinds) {
    std::cout << kind << ": " << count << "\n";
    EXPECT_FALSE(absl::StartsWith(kind, "unexpected")) << kind;
  }
  if (std::getenv("KLANTBEELD_SEED") == nullptr) {
    // In a thousand histories; each step, and each thing that comes of one.
    const std::map<std::string, int> least = {
        {"event", 10000},          {"retraction", 1000},      {"contact retraction", 500},
        {"link", 1000},            {"unlink", 300},           {"registry", 250},
        {"registry, deceased", 150}, {"registry, secret", 20}, {"search, found", 200}, {"search", 40},
        {"-> a value that is nobody's", 150},
        {"-> KIND_MERGED", 800},   {"-> KIND_SPLIT", 500},    {"-> KIND_MOVED", 80},
        {"-> KIND_RENAMED", 700},  {"-> KIND_ISSUE_RAISED", 500}};
    for (const auto& [kind, count] : least) {
      EXPECT_GE(kinds[kind] * 1000, count * static_cast<int>(Seeds(1000).size()))
          << kind << " is too rare to have been tried";
    }
  }
}

TEST(History, NoCitizenEverHoldsTwoBsns) {
  const Keys keys = TestKeys();
  const NoRows none;
  int searched = 0;
  for (const uint32_t seed : Seeds(1000)) {
    const History history = MakeHistory(keys, seed, kSteps);
    Batch batch(&none);
    format::Head head;
    for (const LooseFact& fact : history.facts) {
      ASSERT_TRUE(Append(keys, batch, head, fact).ok()) << "seed " << seed;
      std::map<std::string, std::set<std::string>> bsns;
      ASSERT_TRUE(batch.Scan(Family::kClaim, "", "", [&](auto key, auto value) {
        if (key[16] != kClaimRecord) return true;
        const auto row = DecodeAs<format::ClaimRow>(value, "claim");
        const auto content = OpenContent(key.substr(0, 16), *row);
        const auto found = FoundFor(key.substr(0, 16), *row);
        if (!found->empty()) {
          bsns[row->citizen_id()].insert(*found);
          ++searched;
        }
        EXPECT_FALSE(row->citizen_id().empty()) << "seed " << seed;
        for (const auto& identifier : content->identifiers()) {
          if (identifier.type() != v1::IDENTIFIER_TYPE_BSN) continue;
          bsns[row->citizen_id()].insert(identifier.value());
        }
        return true;
      }).ok());
      for (const auto& [citizen, values] : bsns) {
        ASSERT_LE(values.size(), 1u) << "seed " << seed << ", position " << head.position();
      }
    }
  }
  EXPECT_GT(searched * 1000, 500 * static_cast<int>(Seeds(1000).size()));
}

TEST(History, AnyBatchingGivesTheSameRows) {
  const Keys keys = TestKeys();
  const NoRows none;
  const auto rows = [](const Batch& batch) {
    std::string all;
    for (size_t family = 0; family < kFamilies; ++family) {
      EXPECT_TRUE(batch.Scan(static_cast<Family>(family), "", "", [&](auto key, auto value) {
        absl::StrAppend(&all, family, " ", ToHex(key), " ", ToHex(value), "\n");
        return true;
      }).ok());
    }
    return all;
  };
  for (const uint32_t seed : Seeds(300)) {
    const History history = MakeHistory(keys, seed, kSteps);
    const auto together = ApplyAll(keys, none, history.facts);
    ASSERT_TRUE(together.ok());
    Batch store(&none);
    format::Head head;
    std::mt19937 random(seed);
    for (size_t next = 0; next < history.facts.size();) {
      Batch group(&store);
      for (auto size = 1 + random() % 5; size > 0 && next < history.facts.size(); --size) {
        ASSERT_TRUE(Append(keys, group, head, history.facts[next++]).ok());
      }
      group.MoveInto(store);
    }
    ASSERT_EQ(rows(store), rows(**together)) << "seed " << seed;
  }
}

TEST(History, RebuildOnDiskGivesWhatStood) {
  const Keys keys = TestKeys();
  for (const uint32_t seed : Seeds(1000)) {
    if (seed % 100 != 1 && std::getenv("KLANTBEELD_SEED") == nullptr) continue;
    const TempDir temp;
    TestStore store(temp / "data");
    store.Close();
    {
      // Random groups, straight into the rows of a store.
      const auto db = Db::Open(temp / "data/rows", {}, false);
      ASSERT_TRUE(db.ok()) << db.status();
      const History history = MakeHistory(keys, seed, 60);
      format::Head head;
      std::mt19937 random(seed);
      for (size_t next = 0; next < history.facts.size();) {
        Batch group(db->get());
        for (auto size = 1 + random() % 9; size > 0 && next < history.facts.size(); --size) {
          ASSERT_TRUE(Append(keys, group, head, history.facts[next++]).ok());
        }
        ASSERT_TRUE((*db)->Write(group).ok());
      }
    }
    store.Open();
    store.ExpectConsistent();
    const std::string before = store.Dump();
    store.Close();
    const auto rebuilt = Rebuild(store.dir(), keys, nullptr);
    ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
    store.Open();
    EXPECT_EQ(store.Dump(), before) << "seed " << seed;
    store.ExpectConsistent();
  }
}

}  // namespace
}  // namespace klantbeeld::store
