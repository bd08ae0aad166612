#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "store/error.h"
#include "store/feed.h"
#include "tests/store/events.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::ElementsAre;
using testing::UnorderedElementsAre;

// Follows one timeline as a client does: what stands, by contact id.
class WatchTest : public testing::Test {
 protected:
  void Start(const std::string& citizen, const std::string& filter = "{}") {
    request_.set_citizen_id(citizen);
    *request_.mutable_filter() = FromJson<v1::TimelineFilter>(filter);
    const auto first = store_->WatchFirst(request_);
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_TRUE(first->first_page());
    citizen_ = first->citizen_id();
    Take(*first);
  }
  v1::WatchTimelineResponse Step() {
    const auto step = store_->WatchNext(request_, citizen_, position_);
    EXPECT_TRUE(step.ok()) << step.status();
    if (!step.ok()) return {};
    if (step->first_page()) shown_.clear();
    EXPECT_EQ(step->position(), store_->head());
    if (!step->citizen_id().empty()) citizen_ = step->citizen_id();
    Take(*step);
    return *step;
  }
  void Take(const v1::WatchTimelineResponse& step) {
    position_ = step.position();
    for (const auto& entry : step.entries()) shown_[entry.contact().id()] = entry;
    for (const auto& id : step.removed_contact_ids()) shown_.erase(id);
  }
  std::set<std::string> Shown() const {
    std::set<std::string> ids;
    for (const auto& [id, entry] : shown_) ids.insert(entry.contact().ref().id());
    return ids;
  }
  // What the watcher holds is what the timeline says.
  void ExpectUpToDate() {
    v1::ListTimelineRequest list;
    list.set_citizen_id(citizen_);
    *list.mutable_filter() = request_.filter();
    list.set_minimum_assurance(request_.minimum_assurance());
    list.set_page_size(100);
    const auto read = store_->ListTimeline(list);
    ASSERT_TRUE(read.ok()) << read.status();
    const v1::ListTimelineResponse page = read->Parse();
    EXPECT_EQ(static_cast<size_t>(page.entries_size()), shown_.size());
    for (const auto& entry : page.entries()) {
      EXPECT_EQ(shown_[entry.contact().id()].SerializeAsString(), entry.SerializeAsString());
    }
  }

  TempDir temp_;
  TestStore store_{temp_ / "data"};
  v1::WatchTimelineRequest request_;
  std::string citizen_;
  uint64_t position_ = 0;
  std::map<std::string, v1::TimelineEntry> shown_;
};

// A change lists a thousand contacts: what a watcher shows must not be among
// those that it leaves out.
TEST_F(WatchTest, BeginsAnewWhenMoreWentThanAChangeLists) {
  std::vector<v1::ContactEvent> events = {Visit("known", 1, {Bsn(kBsnA)})};
  for (int i = 0; i < 1010; ++i) {
    events.push_back(Visit(absl::StrCat("e", i), 2 + i, {Phone("+31612345678")}));
  }
  store_.RecordAll(events);
  ASSERT_TRUE(store_.Link(LinkOf("l", 1, RefOf("website", "known"), RefOf("website", "e1"))).ok());
  Start(store_.CitizenOf("website", "known"));
  EXPECT_EQ(shown_.size(), 20u);
  ASSERT_TRUE(store_.Unlink(UnlinkOf("u", 2, {RefOf("website", "known")})).ok());
  EXPECT_TRUE(Step().first_page());
  EXPECT_THAT(Shown(), ElementsAre("known"));
  ExpectUpToDate();
  ASSERT_TRUE(store_.Record(Visit("next", 5000, {Bsn(kBsnA)})).ok());
  EXPECT_FALSE(Step().first_page());
  EXPECT_THAT(Shown(), ElementsAre("known", "next"));
}

// A log-in is established while it is alone, and confirmed while a person says
// that it is also somebody else. It stays with its citizen all the time.
TEST_F(WatchTest, ContactWhoseLevelCrossesTheMinimumGoesAndComesBack) {
  store_.RecordAll({Visit("login", 1, {Session("s")})});
  const std::string citizen = store_.CitizenOf("website", "login");
  std::string call;  // One that does not give the two its name.
  for (int i = 0; call.empty(); ++i) {
    const std::string id = absl::StrCat("call", i);
    store_.RecordAll({Visit(id, 2 + i, {Phone(absl::StrCat("+3161234567", i))})});
    if (store_.CitizenOf("website", id) > citizen) call = id;
  }
  request_.set_minimum_assurance(v1::ASSURANCE_ESTABLISHED);
  Start(citizen);
  EXPECT_THAT(Shown(), ElementsAre("login"));
  ASSERT_TRUE(store_.Link(LinkOf("l", 1, RefOf("website", "login"), RefOf("website", call))).ok());
  ASSERT_EQ(store_.CitizenOf("website", call), citizen);
  EXPECT_THAT(Step().removed_contact_ids(), testing::SizeIs(2)) << "the call was never shown";
  EXPECT_THAT(Shown(), ElementsAre());
  ExpectUpToDate();
  ASSERT_TRUE(store_.Unlink(UnlinkOf("u", 2, {RefOf("website", call)})).ok());
  EXPECT_EQ(Step().entries_size(), 1);
  EXPECT_THAT(Shown(), ElementsAre("login"));
  ExpectUpToDate();
}

TEST_F(WatchTest, ShowsWhatChangesALevelWithoutAMinimumToo) {
  store_.RecordAll({Visit("login", 1, {Session("s")}), Visit("call", 2, {Phone("+31612345678")})});
  Start(store_.CitizenOf("website", "login"));
  ASSERT_TRUE(store_.Link(LinkOf("l", 1, RefOf("website", "login"), RefOf("website", "call"))).ok());
  Step();
  EXPECT_THAT(Shown(), UnorderedElementsAre("call", "login"));
  ExpectUpToDate();
}

TEST_F(WatchTest, ShowsWhatIsNewAndWhatChanged) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)})});
  Start(store_.CitizenOf("website", "a"));
  EXPECT_THAT(Shown(), ElementsAre("a"));
  v1::ContactEvent note = About("desk", "n", "website", "a", 9);
  note.mutable_data()->set_note("belt terug");
  store_.RecordAll({Visit("b", 2, {Bsn(kBsnA)}), note, Visit("x", 3, {Bsn(kBsnB)})});
  EXPECT_EQ(Step().entries_size(), 2);
  EXPECT_THAT(Shown(), ElementsAre("a", "b"));
  ExpectUpToDate();
}

TEST_F(WatchTest, StepWithNothingForThisCitizenOnlyMovesOn) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)})});
  Start(store_.CitizenOf("website", "a"));
  store_.RecordAll({Visit("x", 3, {Bsn(kBsnB)})});
  const auto step = Step();
  EXPECT_EQ(step.entries_size() + step.removed_contact_ids_size() + step.changes_size(), 0);
  EXPECT_EQ(step.position(), 2u);
}

TEST_F(WatchTest, RetractionRemoves) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Bsn(kBsnA)})});
  Start(store_.CitizenOf("website", "a"));
  store_.RecordAll({RetractContact("website", "r", "b")});
  EXPECT_EQ(Step().removed_contact_ids_size(), 1);
  EXPECT_THAT(Shown(), ElementsAre("a"));
  ExpectUpToDate();
}

TEST_F(WatchTest, LeavingTheFilterRemovesAndEnteringShows) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Bsn(kBsnA)})});
  Start(store_.CitizenOf("website", "a"), R"({"channels":["CHANNEL_WEB"]})");
  const auto change = [](const std::string& id, int minute, v1::Channel channel) {
    v1::ContactEvent event = About("website", id, "website", "a", minute);
    event.mutable_data()->set_channel(channel);
    return event;
  };
  store_.RecordAll({change("a2", 5, v1::CHANNEL_CHAT)});
  Step();
  EXPECT_THAT(Shown(), ElementsAre("b"));
  store_.RecordAll({change("a3", 6, v1::CHANNEL_WEB)});
  Step();
  EXPECT_THAT(Shown(), ElementsAre("a", "b"));
  ExpectUpToDate();
}

TEST_F(WatchTest, CorrectedPartyTakesTheContactAway) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Bsn(kBsnA)})});
  Start(store_.CitizenOf("website", "a"));
  v1::ContactEvent other = About("website", "b2", "website", "b", 5);
  *other.mutable_data()->add_parties() = PartyOf("customer", {Bsn(kBsnB)});
  store_.RecordAll({other});
  Step();
  EXPECT_THAT(Shown(), ElementsAre("a"));
  ExpectUpToDate();
}

TEST_F(WatchTest, LinkBringsEntriesAndUnlinkTakesThem) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Phone("+31612345678")}),
                    Visit("c", 3, {Phone("+31612345678")})});
  Start(store_.CitizenOf("website", "a"));
  const v1::PartyRef number = RefOf("website", "b");
  ASSERT_TRUE(store_.Link(LinkOf("l", 5, RefOf("website", "a"), number)).ok());
  auto step = Step();
  ASSERT_EQ(step.changes_size(), 1);
  EXPECT_EQ(step.changes(0).kind(), v1::CitizenChange::KIND_MERGED);
  EXPECT_THAT(Shown(), ElementsAre("a", "b", "c"));
  ExpectUpToDate();
  ASSERT_TRUE(store_.Unlink(UnlinkOf("u", 6, {number, RefOf("website", "c")})).ok());
  step = Step();
  EXPECT_EQ(step.changes(0).kind(), v1::CitizenChange::KIND_SPLIT);
  EXPECT_THAT(Shown(), ElementsAre("a"));
  ExpectUpToDate();
}

// The watcher of the number learns under which id it goes on.
TEST_F(WatchTest, FollowsTheCitizenToItsNewId) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Phone("+31612345678")})});
  Start(store_.CitizenOf("website", "b"));
  ASSERT_TRUE(store_.Link(LinkOf("l", 5, RefOf("website", "a"), RefOf("website", "b"))).ok());
  // In one step with what comes after under the new id.
  store_.RecordAll({Visit("d", 4, {Bsn(kBsnA)})});
  EXPECT_EQ(Step().citizen_id(), store_.CitizenOf("website", "a"));
  EXPECT_THAT(Shown(), ElementsAre("a", "b", "d"));
  store_.RecordAll({Visit("e", 5, {Bsn(kBsnA)})});
  Step();
  EXPECT_THAT(Shown(), ElementsAre("a", "b", "d", "e"));
  ExpectUpToDate();
}

TEST_F(WatchTest, BsnIsMasked) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)})});
  Start(store_.CitizenOf("website", "a"));
  store_.RecordAll({Visit("b", 2, {Bsn(kBsnA)})});
  EXPECT_THAT(Step().SerializeAsString(), testing::Not(testing::HasSubstr(kBsnA)));
}

TEST_F(WatchTest, StepLooksAtABoundedNumberOfFacts) {
  store_.RecordAll({Visit("a", 1, {Bsn(kBsnA)})});
  Start(store_.CitizenOf("website", "a"));
  std::vector<v1::ContactEvent> events;
  for (uint64_t i = 0; i < kWatchLooksMax + 5; ++i) {
    events.push_back(EventOf("s", absl::StrCat("x", i), 1));
  }
  store_.RecordAll(events);
  store_.RecordAll({Visit("b", 2, {Bsn(kBsnA)})});
  auto step = store_->WatchNext(request_, citizen_, position_);
  ASSERT_TRUE(step.ok());
  EXPECT_EQ(step->position(), 1 + kWatchLooksMax);
  EXPECT_EQ(step->entries_size(), 0);
  step = store_->WatchNext(request_, citizen_, step->position());
  EXPECT_EQ(step->position(), store_->head());
  EXPECT_EQ(step->entries_size(), 1);
}

TEST_F(WatchTest, UnknownCitizenIsSaid) {
  request_.set_citizen_id(std::string(32, '0'));
  EXPECT_EQ(ReasonOf(store_->WatchFirst(request_).status()), v1::ERROR_REASON_CITIZEN_NOT_FOUND);
}

}  // namespace
}  // namespace klantbeeld::store
