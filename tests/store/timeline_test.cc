#include "store/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>

#include "absl/strings/match.h"
#include "store/error.h"
#include "store/rows.h"
#include "tests/store/events.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::ElementsAre;

class TimelineTest : public testing::Test {
 protected:
  void Record(const std::vector<v1::ContactEvent>& events) { store_.RecordAll(events); }
  v1::ListTimelineRequest Request(int size = 0, const std::string& filter = "{}") {
    v1::ListTimelineRequest request;
    request.set_citizen_id(citizen_);
    request.set_page_size(size);
    *request.mutable_filter() = FromJson<v1::TimelineFilter>(filter);
    return request;
  }
  v1::ListTimelineResponse Page(const v1::ListTimelineRequest& request) {
    const auto page = store_->ListTimeline(request);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->Parse() : v1::ListTimelineResponse();
  }
  // Ids of all pages; `between` runs after each.
  std::vector<std::string> All(v1::ListTimelineRequest request,
                               const std::function<void()>& between = nullptr) {
    std::vector<std::string> ids;
    for (;;) {
      const auto page = Page(request);
      if (request.page_size() > 0) {
        EXPECT_LE(page.entries_size(), request.page_size());
      }
      for (const auto& entry : page.entries()) ids.push_back(entry.contact().ref().id());
      if (page.next_page_token().empty()) return ids;
      request.set_page_token(page.next_page_token());
      if (between) between();
    }
  }
  std::vector<std::string> Filtered(const std::string& filter) { return All(Request(0, filter)); }

  TempDir temp_;
  TestStore store_{temp_ / "data"};
  std::string citizen_;
};

// Rows of format versions 1 and 2 had whole BSNs, and no roles.
TEST_F(TimelineTest, RowOfVersion2IsMaskedAndGetsItsRoles) {
  format::TimelineRowOfVersion2 before;
  auto& party = *before.mutable_contact()->mutable_data()->add_parties();
  party.set_key("customer");
  party.set_role(v1::PARTY_ROLE_CUSTOMER);
  *party.add_identifiers() = Bsn(kBsnA);
  before.add_party_keys("customer");
  const std::string contact(16, 'c');
  const std::string key = TimelineKey(std::string(16, 'k'), 1, contact);
  const std::string value =
      "\x02" + Seal({contact, "timeline", key}, before.SerializeAsString());
  const auto row = OpenTimelineRow(key, value);
  ASSERT_TRUE(row.ok()) << row.status();
  EXPECT_THAT(row->party_keys(), testing::ElementsAre("customer"));
  EXPECT_THAT(row->roles(), testing::ElementsAre(v1::PARTY_ROLE_CUSTOMER));
  const auto& shown = row->contact().data().parties(0).identifiers(0);
  EXPECT_FALSE(shown.has_value());
  EXPECT_EQ(shown.masked(), absl::StrCat("******", kBsnA + 6));
  EXPECT_FALSE(OpenTimelineRow(key, "\x04x").ok());
}

// In rows of format version 2 only the claims said how sure they are.
TEST_F(TimelineTest, CitizenRowWithoutAssurancesIsReadFromItsClaims) {
  Record({Visit("e", 1, {Bsn(kBsnA)}), Visit("f", 2, {Bsn(kBsnA), Phone("+31612345678")})});
  citizen_ = store_.CitizenOf("website", "e");
  const std::string want = Page(Request()).SerializeAsString();
  store_.Close();
  {
    const auto db = Db::Open(store_.dir() + "/rows", {}, false);
    ASSERT_TRUE(db.ok()) << db.status();
    auto row = ReadRow<format::CitizenRow>(**db, Family::kCitizen, IdFromHex(citizen_));
    ASSERT_TRUE(row.ok() && *row);
    EXPECT_EQ((*row)->assurances_size(), 2);
    (*row)->clear_assurances();
    Batch batch(db->get());
    batch.Put(Family::kCitizen, IdFromHex(citizen_), Encode(**row));
    ASSERT_TRUE((*db)->Write(batch).ok());
  }
  store_.Open();
  EXPECT_EQ(Page(Request()).SerializeAsString(), want);
}

// No whole BSN lies in a timeline.
TEST_F(TimelineTest, RowsHoldTheMaskedBsn) {
  Record({Visit("e", 1, {Bsn(kBsnA)})});
  store_.Close();
  const auto db = Db::Open(store_.dir() + "/rows", {}, false);
  ASSERT_TRUE(db.ok()) << db.status();
  int rows = 0;
  ASSERT_TRUE((*db)->Scan(Family::kTimeline, "", "",
                          [&](absl::string_view, absl::string_view value) {
                            ++rows;
                            EXPECT_FALSE(absl::StrContains(value, kBsnA));
                            return true;
                          })
                  .ok());
  EXPECT_EQ(rows, 1);
}

TEST_F(TimelineTest, PagesRepeatAndSkipNothingWhileEventsArriveAbove) {
  std::vector<v1::ContactEvent> events;
  std::vector<std::string> want;
  for (int i = 0; i < 25; ++i) {
    events.push_back(Visit(absl::StrCat("e", i), i / 2, {Bsn(kBsnA)}));  // Two at each moment.
    want.push_back(absl::StrCat("e", i));
  }
  Record(events);
  citizen_ = store_.CitizenOf("website", "e0");
  for (const int size : {1, 3, 7, 100}) {
    int more = 0;
    auto got = All(Request(size), [&] {
      Record({Visit(absl::StrCat("new", size, "-", more), 1000 + more, {Bsn(kBsnA)})});
      ++more;
    });
    got.erase(std::remove_if(got.begin(), got.end(), [](const auto& id) { return id[0] == 'n'; }),
              got.end());
    const std::set<std::string> once(got.begin(), got.end());
    EXPECT_EQ(once.size(), got.size()) << "page size " << size;
    EXPECT_EQ(once, std::set<std::string>(want.begin(), want.end())) << "page size " << size;
  }
}

TEST_F(TimelineTest, IsNewestFirstAlsoBeforeTheEpoch) {
  v1::ContactEvent old = Visit("old", 0, {Bsn(kBsnA)});
  old.mutable_data()->mutable_occurred_at()->set_seconds(-1'000'000'000);
  v1::ContactEvent older = Visit("older", 0, {Bsn(kBsnA)});
  older.mutable_data()->mutable_occurred_at()->set_seconds(-1'000'000'001);
  Record({older, Visit("b", 5, {Bsn(kBsnA)}), old, Visit("c", 7, {Bsn(kBsnA)})});
  citizen_ = store_.CitizenOf("website", "b");
  EXPECT_THAT(All(Request(2)), ElementsAre("c", "b", "old", "older"));
}

TEST_F(TimelineTest, PageSizeDefaultsAndLimits) {
  std::vector<v1::ContactEvent> events;
  for (int i = 0; i < 130; ++i) events.push_back(Visit(absl::StrCat("e", i), i, {Bsn(kBsnA)}));
  Record(events);
  citizen_ = store_.CitizenOf("website", "e0");
  EXPECT_EQ(Page(Request()).entries_size(), kPageDefault);
  EXPECT_EQ(Page(Request(1)).entries_size(), 1);
  EXPECT_EQ(Page(Request(kPageMax)).entries_size(), kPageMax);
  EXPECT_EQ(All(Request(kPageMax)).size(), 130u);
  EXPECT_EQ(Page(Request()).position(), 130u);
}

// Most clients take no reply above 4 MiB.
TEST_F(TimelineTest, PageOfLongTextsEndsEarlyAndSkipsNothing) {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += "\xF0\x9F\x93\x9E";
  std::vector<v1::ContactEvent> events;
  for (int i = 0; i < kPageMax; ++i) {
    events.push_back(Visit(absl::StrCat("v", i), i, {Bsn(kBsnA)}));
    v1::ContactData& data = *events.back().mutable_data();
    data.set_question(text);
    data.set_answer(text);
    data.set_note(text + text);
  }
  Record(events);
  citizen_ = store_.CitizenOf("website", "v0");
  const auto page = Page(Request(kPageMax));
  EXPECT_LT(page.entries_size(), kPageMax);
  EXPECT_LT(page.ByteSizeLong(), size_t{4} << 20);
  EXPECT_EQ(All(Request(kPageMax)).size(), size_t{kPageMax});
}

TEST_F(TimelineTest, LastFullPageHasNoToken) {
  Record({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Bsn(kBsnA)})});
  citizen_ = store_.CitizenOf("website", "a");
  EXPECT_TRUE(Page(Request(2)).next_page_token().empty());
  EXPECT_FALSE(Page(Request(1)).next_page_token().empty());
}

TEST_F(TimelineTest, FiltersHoldTogether) {
  const auto event = [](const std::string& id, int minute, const std::string& data) {
    v1::ContactEvent made = Visit(id, minute, {Bsn(kBsnA)});
    made.mutable_data()->MergeFrom(FromJson<v1::ContactData>(data));
    return made;
  };
  Record({event("web", 1, R"({"subject":"Paspoort verlengen"})"),
          event("call", 2, R"({"channel":"CHANNEL_PHONE","note":"over het PASPOORT",
                               "product":{"code":"PP","name":"Paspoort"}})"),
          event("wait", 3, R"({"channel":"CHANNEL_COUNTER","state":"CONTACT_STATE_WAITING"})"),
          event("done", 4, R"({"channel":"CHANNEL_PHONE","state":"CONTACT_STATE_ENDED",
                               "product":{"name":"Rijbewijs"}})")});
  citizen_ = store_.CitizenOf("website", "web");
  EXPECT_THAT(Filtered(R"({"channels":["CHANNEL_PHONE"]})"), ElementsAre("done", "call"));
  EXPECT_THAT(Filtered(R"({"channels":["CHANNEL_WEB","CHANNEL_COUNTER"]})"),
              ElementsAre("wait", "web"));
  EXPECT_THAT(Filtered(R"({"product":"pp"})"), ElementsAre("call"));
  EXPECT_THAT(Filtered(R"({"product":"rijbewijs"})"), ElementsAre("done"));
  EXPECT_THAT(Filtered(R"({"text":"paspoort"})"), ElementsAre("call", "web"));
  EXPECT_THAT(Filtered(R"({"states":["CONTACT_STATE_WAITING"]})"), ElementsAre("wait"));
  // A state that was not said is read as ended.
  EXPECT_THAT(Filtered(R"({"states":["CONTACT_STATE_ENDED"]})"),
              ElementsAre("done", "call", "web"));
  EXPECT_THAT(Filtered(R"({"channels":["CHANNEL_PHONE"],"text":"paspoort"})"), ElementsAre("call"));
  EXPECT_THAT(Filtered(R"({"channels":["CHANNEL_EMAIL"]})"), ElementsAre());
}

TEST_F(TimelineTest, PeriodHoldsItsBeginningAndNotItsEnd) {
  Record({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Bsn(kBsnA)}), Visit("c", 3, {Bsn(kBsnA)})});
  citizen_ = store_.CitizenOf("website", "a");
  auto request = Request(1);
  *request.mutable_filter()->mutable_since() = At(1);
  *request.mutable_filter()->mutable_until() = At(3);
  EXPECT_THAT(All(request), ElementsAre("b", "a"));
  request.mutable_filter()->mutable_since()->set_seconds(At(1).seconds() + 1);
  EXPECT_THAT(All(request), ElementsAre("b"));
}

TEST_F(TimelineTest, TokenServesItsOwnQueryOnly) {
  Record({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Bsn(kBsnA)}), Visit("c", 3, {Bsn(kBsnB)})});
  citizen_ = store_.CitizenOf("website", "a");
  const std::string token = Page(Request(1)).next_page_token();
  const auto refused = [&](v1::ListTimelineRequest request, const std::string& with) {
    request.set_page_token(with);
    return ReasonOf(store_->ListTimeline(request).status()) == v1::ERROR_REASON_PAGE_TOKEN_INVALID;
  };
  EXPECT_FALSE(refused(Request(1), token));
  EXPECT_FALSE(refused(Request(2), token));
  EXPECT_TRUE(refused(Request(1, R"({"text":"x"})"), token));
  auto other = Request(1);
  other.set_citizen_id(store_.CitizenOf("website", "c"));
  EXPECT_TRUE(refused(other, token));
  for (size_t i = 0; i + 1 < token.size(); ++i) {
    std::string tampered = token;
    tampered[i] = tampered[i] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(refused(Request(1), tampered)) << i;
  }
  EXPECT_TRUE(refused(Request(1), "x"));
  EXPECT_TRUE(refused(Request(1), token + "AAAA"));
}

// One contact by a verified number, one that a person linked to it.
TEST_F(TimelineTest, MinimumLeavesOutWhatBelongsThereLessSurely) {
  Record({Visit("known", 1, {Bsn(kBsnA)}), Visit("call", 2, {Phone("+31612345678")}),
          Visit("again", 3, {Bsn(kBsnA)})});
  ASSERT_TRUE(store_.Link(LinkOf("l", 1, RefOf("website", "known"), RefOf("website", "call"))).ok());
  citizen_ = store_.CitizenOf("website", "known");
  const auto at_least = [&](v1::Assurance minimum, int size = 0) {
    auto request = Request(size);
    request.set_minimum_assurance(minimum);
    return request;
  };
  EXPECT_THAT(All(Request()), ElementsAre("again", "call", "known"));
  EXPECT_THAT(All(at_least(v1::ASSURANCE_CONFIRMED)), ElementsAre("again", "call", "known"));
  EXPECT_THAT(All(at_least(v1::ASSURANCE_ESTABLISHED)), ElementsAre("again", "known"));
  EXPECT_THAT(All(at_least(v1::ASSURANCE_ESTABLISHED, 1)), ElementsAre("again", "known"));
  auto other = at_least(v1::ASSURANCE_CONFIRMED, 1);
  other.set_page_token(Page(at_least(v1::ASSURANCE_ESTABLISHED, 1)).next_page_token());
  EXPECT_EQ(ReasonOf(store_->ListTimeline(other).status()), v1::ERROR_REASON_PAGE_TOKEN_INVALID);
}

TEST_F(TimelineTest, MinimumThatNothingReachesGivesAnEmptyPage) {
  Record({Visit("call", 2, {Phone("+31612345678")})});
  citizen_ = store_.CitizenOf("website", "call");
  auto request = Request();
  request.set_minimum_assurance(v1::ASSURANCE_ESTABLISHED);
  EXPECT_THAT(All(request), ElementsAre());
}

// Two claims of one citizen, and one contact in which both are parties.
TEST_F(TimelineTest, SeveralClaimsAreMergedAndAContactShownOnce) {
  Record({Visit("a", 1, {Bsn(kBsnA), Phone("+31612345678")}),
          Visit("b", 3, {Bsn(kBsnA), Phone("+31201234567")}),
          EventOf("website", "both", 2,
                  {PartyOf("customer", {Bsn(kBsnA), Phone("+31612345678")}),
                   PartyOf("contact_person", {Bsn(kBsnA), Phone("+31201234567")})}),
          Visit("c", 4, {Bsn(kBsnA), Phone("+31612345678")})});
  citizen_ = store_.CitizenOf("website", "a");
  EXPECT_THAT(All(Request(1)), ElementsAre("c", "b", "both", "a"));
  const auto page = Page(Request());
  EXPECT_THAT(page.entries(2).roles(), testing::UnorderedElementsAre(
                                           v1::PARTY_ROLE_CUSTOMER, v1::PARTY_ROLE_CONTACT_PERSON));
  EXPECT_EQ(page.entries(2).assurance(), v1::ASSURANCE_ESTABLISHED);
  store_.ExpectConsistent();
}

TEST_F(TimelineTest, PageThatPassesFewRowsLooksAtABoundedNumber) {
  std::vector<v1::ContactEvent> events;
  const int count = kPageRowsMax + 10;
  for (int i = 0; i < count; ++i) {
    events.push_back(Visit(absl::StrCat("e", i), i, {Bsn(kBsnA)}));
  }
  events[0].mutable_data()->set_note("zeldzaam");
  Record(events);
  citizen_ = store_.CitizenOf("website", "e0");
  const auto first = Page(Request(5, R"({"text":"zeldzaam"})"));
  EXPECT_EQ(first.entries_size(), 0);
  EXPECT_FALSE(first.next_page_token().empty());
  EXPECT_THAT(Filtered(R"({"text":"zeldzaam"})"), ElementsAre("e0"));
}

TEST_F(TimelineTest, UnknownCitizenAndSplitOneAreSaid) {
  citizen_ = std::string(32, '0');
  EXPECT_EQ(ReasonOf(store_->ListTimeline(Request()).status()), v1::ERROR_REASON_CITIZEN_NOT_FOUND);
  citizen_ = "no id";
  EXPECT_EQ(ReasonOf(store_->ListTimeline(Request()).status()), v1::ERROR_REASON_CITIZEN_NOT_FOUND);
}

TEST_F(TimelineTest, EntryMovesWithItsTimeAndItsParty) {
  Record({Visit("a", 1, {Bsn(kBsnA)}), Visit("b", 2, {Bsn(kBsnA)})});
  citizen_ = store_.CitizenOf("website", "a");
  v1::ContactEvent later = About("website", "a2", "website", "a", 10);
  *later.mutable_data()->mutable_occurred_at() = At(5);
  Record({later});
  EXPECT_THAT(All(Request()), ElementsAre("a", "b"));
  v1::ContactEvent other = About("website", "a3", "website", "a", 11);
  *other.mutable_data()->add_parties() = PartyOf("customer", {Bsn(kBsnB)});
  Record({other});
  EXPECT_THAT(All(Request()), ElementsAre("b"));
  Record({RetractEvent("website", "r", "a3")});
  EXPECT_THAT(All(Request()), ElementsAre("a", "b"));
  Record({RetractContact("website", "r2", "a")});
  EXPECT_THAT(All(Request()), ElementsAre("b"));
  store_.ExpectConsistent();
}

TEST_F(TimelineTest, BsnIsMasked) {
  Record({Visit("a", 1, {Bsn(kBsnA)})});
  citizen_ = store_.CitizenOf("website", "a");
  const auto shown = Page(Request()).entries(0).contact().data().parties(0).identifiers(0);
  EXPECT_FALSE(shown.has_value());
  EXPECT_EQ(shown.masked(), "******019");
}

}  // namespace
}  // namespace klantbeeld::store
