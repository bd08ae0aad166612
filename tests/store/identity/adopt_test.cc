// Over random histories: a store that adopts a model ends as one that began
// with it, whatever is recorded meanwhile, and however it is replayed. A
// failure prints its seed; KLANTBEELD_SEED runs that one, KLANTBEELD_SEEDS how
// many.
#include "store/identity/adopt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "store/identity/identity.h"
#include "store/open.h"
#include "store/rows.h"
#include "tests/store/events.h"
#include "tests/store/history.h"
#include "tests/store/identity/models.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::HasSubstr;

// A history into which a model, or one after the other, is adopted.
class Adopting {
 public:
  Adopting(const Keys& keys, Batch& batch, uint32_t seed)
      : keys_(keys), batch_(batch), random_(seed) {}

  // Appends the facts, with adoptions and slices between them. Returns the last
  // model's file.
  std::string Run(const std::vector<LooseFact>& facts) {
    const std::vector<std::string> models = OtherModels();
    std::string last = models[Roll(3)];
    std::map<size_t, std::string> adoptions{{Roll(facts.size() + 1), last}};
    if (Roll(3) == 0) {
      const size_t then = adoptions.begin()->first + Roll(facts.size() + 1 - adoptions.begin()->first);
      last = models[Roll(3)];
      if (then > adoptions.begin()->first) adoptions[then] = last;
      last = adoptions.rbegin()->second;
    }
    for (size_t next = 0; next <= facts.size(); ++next) {
      if (adoptions.contains(next)) Adopt(adoptions.at(next));
      while (!Now().settled() && Roll(3) == 0) Slice();
      if (next < facts.size()) Take(facts[next]);
    }
    while (!Now().settled()) Slice();
    return last;
  }

  ModelInEffect Now() {
    auto in_effect = models_.At(batch_);
    EXPECT_TRUE(in_effect.ok()) << in_effect.status();
    return *in_effect;
  }
  const format::Head& head() const { return head_; }
  int slices() const { return slices_; }
  std::function<void()> after_each;

 private:
  size_t Roll(size_t sides) { return random_() % sides; }

  void Adopt(const std::string& file) {
    auto fact = PrepareAdoption(file, "");
    ASSERT_TRUE(fact.ok()) << fact.status();
    if (fact->version != Now().model->version) Take(FactOf(*fact));
  }
  void Slice() {
    ++slices_;
    Take(SliceOf(Now(), 1 + Roll(4)));
  }
  void Take(const LooseFact& fact) {
    const absl::Status status = Append(keys_, batch_, head_, fact);
    ASSERT_TRUE(status.ok()) << status;
    if (after_each) after_each();
  }

  const Keys& keys_;
  Batch& batch_;
  std::mt19937 random_;
  ModelReader models_;
  format::Head head_;
  int slices_ = 0;
};

// The store that began with this model.
std::string DumpOfBegunWith(const Keys& keys, const std::string& file,
                            const std::vector<LooseFact>& facts) {
  const NoRows none;
  Batch batch(&none);
  format::ModelRow row;
  row.set_version(ParseModel(file)->version);
  row.set_file(file);
  BeginWith(batch, row);
  format::Head head;
  for (const LooseFact& fact : facts) {
    const absl::Status status = Append(keys, batch, head, fact);
    EXPECT_TRUE(status.ok()) << status;
  }
  return DumpOf(batch);
}

constexpr int kSteps = 24;

TEST(Adopt, EndsAsAStoreThatBeganWithTheModel) {
  const Keys keys = TestKeys();
  int slices = 0, told_apart_otherwise = 0;
  for (const uint32_t seed : Seeds(300)) {
    const History history = MakeHistory(keys, seed, kSteps);
    const NoRows none;
    Batch batch(&none);
    Adopting adopting(keys, batch, seed);
    const std::string last = adopting.Run(history.facts);
    slices += adopting.slices();
    const std::string want = DumpOfBegunWith(keys, last, history.facts);
    ASSERT_EQ(DumpOf(batch), want) << "seed " << seed;
    const auto before = ApplyAll(keys, none, history.facts);
    ASSERT_TRUE(before.ok()) << before.status();
    told_apart_otherwise += DumpOf(**before) != want;
  }
  if (std::getenv("KLANTBEELD_SEED") != nullptr) return;
  EXPECT_GT(slices, static_cast<int>(3 * Seeds(300).size()));
  EXPECT_GT(told_apart_otherwise, static_cast<int>(Seeds(300).size() / 3));
}

// Who is listed where, and compared by which model.
void ExpectWhole(const Reader& reader, uint32_t seed, uint64_t position) {
  std::map<std::string, std::set<std::string>> listed, stands;
  std::map<std::string, std::set<uint64_t>> adopted;
  ASSERT_TRUE(reader.Scan(Family::kCitizen, "", "", [&](auto key, auto value) {
    const auto row = DecodeAs<format::CitizenRow>(value, "citizen");
    if (row->claims_size() > 0) {
      listed[std::string(key)] = {row->claims().begin(), row->claims().end()};
    }
    return true;
  }).ok());
  ASSERT_TRUE(reader.Scan(Family::kClaim, "", "", [&](auto key, auto value) {
    if (key[16] != kClaimRecord) return true;
    const auto row = DecodeAs<format::ClaimRow>(value, "claim");
    stands[row->citizen_id()].insert(std::string(key.substr(0, 16)));
    const auto content = OpenContent(key.substr(0, 16), *row);
    const auto compared = ReadRow<format::ComparedRow>(
        reader, Family::kClaim, ClaimKey(content->content_id(), kClaimCompared));
    if (*compared) adopted[row->citizen_id()].insert((*compared)->adopted());
    return true;
  }).ok());
  ASSERT_EQ(listed, stands) << "seed " << seed << ", position " << position;
  for (const auto& [citizen, models] : adopted) {
    ASSERT_EQ(models.size(), 1u) << "seed " << seed << ", position " << position << ": "
                                 << ToHex(citizen) << " is told apart by two models";
  }
}

TEST(Adopt, EveryCitizenIsToldApartByOneModelAtEveryMoment) {
  const Keys keys = TestKeys();
  for (const uint32_t seed : Seeds(100)) {
    const History history = MakeHistory(keys, seed, kSteps);
    const NoRows none;
    Batch batch(&none);
    Adopting adopting(keys, batch, seed);
    adopting.after_each = [&] { ExpectWhole(batch, seed, adopting.head().position()); };
    adopting.Run(history.facts);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(Adopt, CheckAndRebuildComeToTheSame) {
  const Keys keys = TestKeys();
  for (const uint32_t seed : {1u, 2u, 3u, 4u}) {
    const TempDir temp;
    TestStore store(temp / "data");
    store.Close();
    {
      const auto db = Db::Open(temp / "data/rows", {}, false);
      ASSERT_TRUE(db.ok()) << db.status();
      Batch all(db->get());
      Adopting(keys, all, seed).Run(MakeHistory(keys, seed, 60).facts);
      ASSERT_TRUE((*db)->Write(all).ok());
    }
    store.Open();
    const std::string version = (*store->model()).model->version;
    EXPECT_NE(version, ShippedModel().version);
    store.ExpectConsistent();
    const std::string before = store.Dump();
    store.Close();
    const auto rebuilt = Rebuild(store.dir(), keys, nullptr);
    ASSERT_TRUE(rebuilt.ok()) << rebuilt.status();
    store.Open();
    EXPECT_EQ(store.Dump(), before) << "seed " << seed;
    EXPECT_EQ((*store->model()).model->version, version);
    store.ExpectConsistent();
  }
}

// As one that an older program made, whose model was another.
TEST(Adopt, ARebuildBeginsWithTheModelThatTheStoreBeganWith) {
  const Keys keys = TestKeys();
  const TempDir temp;
  TestStore store(temp / "data");
  store.Close();
  format::ModelRow first;
  first.set_version(ParseModel(OddModel())->version);
  first.set_file(OddModel());
  {
    const auto db = Db::Open(temp / "data/rows", {}, false);
    ASSERT_TRUE(db.ok()) << db.status();
    Batch all(db->get());
    BeginWith(all, first);
    Adopting(keys, all, 5).Run(MakeHistory(keys, 5, 60).facts);
    ASSERT_TRUE((*db)->Write(all).ok());
  }
  ASSERT_TRUE(Rebuild(store.dir(), keys, nullptr).ok());
  {
    const auto rows = OpenRows(store.dir(), {}, keys);
    ASSERT_TRUE(rows.ok()) << rows.status();
    EXPECT_EQ(FirstModel(*rows->db)->version(), first.version());
  }
  store.Open();
  store.ExpectConsistent();
}

class AdoptTest : public testing::Test {
 protected:
  // Two forms of the same, as they would fill them in.
  void RecordBoth() {
    for (const char* id : {"a", "b"}) {
      v1::ContactEvent event = Visit(id, id[0] - 'a' + 1, {});
      auto& details = *event.mutable_data()->mutable_parties(0)->mutable_details();
      details.set_surname("Verhulsdonck");
      details.set_first_names("Noor");
      if (*id == 'a') details.mutable_address()->set_postcode("1234AB");
      details.mutable_birth_date()->set_year(1984);
      details.mutable_birth_date()->set_month(4);
      details.mutable_birth_date()->set_day(12);
      ASSERT_TRUE(store_.Record(event).ok());
    }
  }
  bool AreOne() { return store_.CitizenOf("website", "a") == store_.CitizenOf("website", "b"); }

  absl::StatusOr<uint64_t> Wait(absl::FunctionRef<absl::Status(Store::Done<uint64_t>)> submit) {
    auto promise = std::make_shared<std::promise<absl::StatusOr<uint64_t>>>();
    const absl::Status status = submit([promise](auto outcome) { promise->set_value(outcome); });
    if (!status.ok()) return status;
    return promise->get_future().get();
  }
  absl::StatusOr<uint64_t> Adopt(const std::string& file) {
    return Wait([&](auto done) { return store_->AdoptModel(file, "a test", std::move(done)); });
  }
  absl::StatusOr<uint64_t> Rederive() {
    return Wait([&](auto done) { return store_->Rederive(std::move(done)); });
  }
  v1::FollowResponse Feed() { return Response(*store_->ReadFeed({}, 0)); }

  TempDir temp_;
  TestStore store_{temp_ / "data"};
};

TEST_F(AdoptTest, SlicesGoOnAfterARestartAndTellTheFeedWhatTheyDid) {
  RecordBoth();
  for (int i = 0; i < static_cast<int>(kSliceFacts); ++i) {
    ASSERT_TRUE(store_.Record(Visit(absl::StrCat("other", i), i, {Bsn(kBsnA)})).ok());
  }
  ASSERT_TRUE(AreOne());
  const uint64_t position = kSliceFacts + 3;
  EXPECT_EQ(*Adopt(StrictModel()), position);
  EXPECT_EQ((*store_->model()).model->file.name(), "strict");
  EXPECT_TRUE(AreOne());  // Not looked at yet.
  store_.Close();
  store_.Open();
  EXPECT_FALSE((*store_->model()).settled());
  EXPECT_EQ(*Rederive(), 2u);
  EXPECT_FALSE(AreOne());
  store_.Close();
  store_.Open();
  EXPECT_EQ(*Rederive(), 0u);
  EXPECT_TRUE((*store_->model()).settled());
  EXPECT_EQ(store_->head(), position + 2);
  EXPECT_EQ(*Rederive(), 0u);
  EXPECT_EQ(store_->head(), position + 2) << "a slice of nothing is no fact";
  const v1::FollowResponse feed = Feed();
  const v1::FeedEvent& adopted = feed.events(static_cast<int>(position) - 1);
  EXPECT_EQ(adopted.kind(), v1::FACT_KIND_ADOPT_MODEL);
  EXPECT_EQ(adopted.model(), ParseModel(StrictModel())->version);
  EXPECT_EQ(adopted.changes_size(), 0);
  const v1::FeedEvent& slice = feed.events(static_cast<int>(position));
  EXPECT_EQ(slice.kind(), v1::FACT_KIND_REDERIVE);
  EXPECT_EQ(slice.model(), ParseModel(StrictModel())->version);
  ASSERT_EQ(slice.changes_size(), 1);
  EXPECT_EQ(slice.changes(0).kind(), v1::CitizenChange::KIND_SPLIT);
  EXPECT_EQ(slice.changes(0).contact_ids_size(), 1);
  store_.ExpectConsistent();
}

TEST_F(AdoptTest, WhoComesBackMeanwhileIsComparedAtOnce) {
  RecordBoth();
  ASSERT_TRUE(AreOne());
  ASSERT_TRUE(Adopt(StrictModel()).ok());
  ASSERT_TRUE(AreOne());
  v1::ContactEvent again = Visit("c", 3, {});
  auto& details = *again.mutable_data()->mutable_parties(0)->mutable_details();
  details.set_surname("Verhulsdonck");
  details.set_first_names("Noor");
  details.mutable_birth_date()->set_year(1984);
  details.mutable_birth_date()->set_month(4);
  details.mutable_birth_date()->set_day(12);
  ASSERT_TRUE(store_.Record(again).ok());
  EXPECT_FALSE(AreOne());
  EXPECT_EQ(store_.CitizenOf("website", "c"), store_.CitizenOf("website", "b"));
}

TEST_F(AdoptTest, TheModelInEffectIsNotAdoptedAgain) {
  EXPECT_EQ(*Adopt(std::string(ShippedModelFile())), 0u);
  EXPECT_EQ(store_->head(), 0u);
  EXPECT_EQ(*Adopt(OddModel()), 1u);
  EXPECT_EQ(*Adopt(OddModel()), 1u);
  EXPECT_EQ(*Adopt(std::string(ShippedModelFile())), 2u);
}

TEST_F(AdoptTest, EmptyStoreTakesAnotherCapAndComparesByIt) {
  format::ModelFile file = PlainModel("nobody-compared");
  file.set_candidates_max(0);
  const auto adopted = Adopt(ModelFileOf(file));
  ASSERT_TRUE(adopted.ok()) << adopted.status();
  RecordBoth();
  EXPECT_FALSE(AreOne());
  store_.ExpectConsistent();
}

TEST_F(AdoptTest, WhatIsNoModelForThisStoreIsRefusedAndNothingWritten) {
  RecordBoth();
  const uint64_t before = store_->head();
  format::ModelFile file = PlainModel("capped");
  file.set_candidates_max(32);
  const auto capped = Adopt(ModelFileOf(file));
  EXPECT_EQ(capped.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(capped.status().message()), HasSubstr("candidatesMax must be 64"));
  EXPECT_THAT(std::string(Adopt("{}").status().message()), HasSubstr("name must be"));
  EXPECT_EQ(store_->head(), before);
}

TEST_F(AdoptTest, ASliceOfAnAdoptionThatAnotherFollowedDoesNothing) {
  const Keys keys = TestKeys();
  const NoRows none;
  Batch batch(&none);
  format::Head head;
  ModelReader models;
  ASSERT_TRUE(Append(keys, batch, head, FactOf(*PrepareAdoption(StrictModel(), ""))).ok());
  const LooseFact stale = SliceOf(*models.At(batch), 1);
  ASSERT_TRUE(Append(keys, batch, head, FactOf(*PrepareAdoption(OddModel(), ""))).ok());
  ASSERT_TRUE(Append(keys, batch, head, stale).ok());
  EXPECT_EQ((*models.At(batch)).through, 0u);
  EXPECT_FALSE((*models.At(batch)).settled());
}

}  // namespace
}  // namespace klantbeeld::store
