#include "store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/error.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

std::string WebVisit(const std::string& id, const std::string& bsn, const std::string& at) {
  return absl::StrCat(
      R"({"source":"website","eventId":")", id,
      R"(","data":{"channel":"CHANNEL_WEB","occurredAt":")", at,
      R"(","subject":"Paspoort","parties":[{"identifiers":[{"type":"IDENTIFIER_TYPE_BSN","value":")",
      bsn, R"(","verified":"VERIFIED_BY_DIGID"}]}]}})");
}

std::string Call(const std::string& id, const std::string& phone, const std::string& at) {
  return absl::StrCat(
      R"({"source":"exchange","eventId":")", id,
      R"(","data":{"channel":"CHANNEL_PHONE","occurredAt":")", at,
      R"(","parties":[{"identifiers":[{"type":"IDENTIFIER_TYPE_PHONE","value":")", phone,
      R"(","verified":"VERIFIED_BY_CALLER_LINE"}]}]}})");
}

constexpr char kBsn[] = "999990019";
constexpr char kOtherBsn[] = "999990020";

class StoreTest : public testing::Test {
 protected:
  TempDir temp_;
  TestStore store_{temp_ / "data"};

  v1::ListTimelineResponse Timeline(const std::string& citizen) {
    v1::ListTimelineRequest request;
    request.set_citizen_id(citizen);
    const auto page = store_->ListTimeline(request);
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->Parse() : v1::ListTimelineResponse();
  }
};

TEST_F(StoreTest, EventsOfOneBsnStandInOneTimelineNewestFirst) {
  ASSERT_TRUE(store_.Record(WebVisit("a", kBsn, "2025-03-03T10:00:00Z")).ok());
  ASSERT_TRUE(store_.Record(WebVisit("b", kBsn, "2025-03-05T10:00:00Z")).ok());
  ASSERT_TRUE(store_.Record(WebVisit("c", kBsn, "2025-03-04T10:00:00Z")).ok());
  const auto page = Timeline(store_.CitizenOf("website", "a"));
  ASSERT_EQ(page.entries_size(), 3);
  EXPECT_EQ(page.entries(0).contact().ref().id(), "b");
  EXPECT_EQ(page.entries(1).contact().ref().id(), "c");
  EXPECT_EQ(page.entries(2).contact().ref().id(), "a");
  store_.ExpectConsistent();
}

TEST_F(StoreTest, SameEventAgainAnswersTheFirstPosition) {
  const auto first = store_.Record(Call("c", "0612345678", "2025-03-03T10:00:00Z"));
  ASSERT_TRUE(first.ok());
  const auto again = store_.Record(Call("c", "0612345678", "2025-03-03T10:00:00Z"));
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->position(), first->position());
  EXPECT_TRUE(again->duplicate());
  const auto other = store_.Record(Call("c", "0612345678", "2025-03-03T11:00:00Z"));
  EXPECT_EQ(ReasonOf(other.status()), v1::ERROR_REASON_CONTENT_DIFFERS);
  EXPECT_EQ(store_->head(), 1u);
}

TEST_F(StoreTest, NoteOnACallFoldsIntoIt) {
  ASSERT_TRUE(store_.Record(
      R"({"source":"desk","eventId":"n","contact":{"source":"exchange","id":"c"},
          "revisedAt":"2025-03-03T10:09:00Z","data":{"note":"Belt terug","subject":"Paspoort"}})").ok());
  ASSERT_TRUE(store_.Record(Call("c", "0612345678", "2025-03-03T10:00:00Z")).ok());
  v1::GetContactRequest request;
  request.mutable_ref()->set_source("exchange");
  request.mutable_ref()->set_id("c");
  request.set_with_events(true);
  const auto got = store_->GetContact(request);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->contact().data().note(), "Belt terug");
  EXPECT_EQ(got->contact().data().channel(), v1::CHANNEL_PHONE);
  EXPECT_FALSE(got->contact().incomplete());
  EXPECT_EQ(got->contact().events_size(), 2);
  request.set_at_position(1);
  const auto before = store_->GetContact(request);
  ASSERT_TRUE(before.ok());
  EXPECT_TRUE(before->contact().incomplete());
  EXPECT_FALSE(before->contact().data().has_channel());
  store_.ExpectConsistent();
}

TEST_F(StoreTest, LinkJoinsTwoCitizensAndUnlinkPartsThem) {
  ASSERT_TRUE(store_.Record(WebVisit("w", kBsn, "2025-03-03T10:00:00Z")).ok());
  ASSERT_TRUE(store_.Record(Call("c", "0612345678", "2025-03-03T11:00:00Z")).ok());
  const std::string person = store_.CitizenOf("website", "w");
  const std::string number = store_.CitizenOf("exchange", "c");
  ASSERT_NE(person, number);
  const auto linked = store_.Link(FromJson<v1::LinkRequest>(absl::StrCat(
      R"({"decision":{"source":"desk","decisionId":"d1","reason":"zelfde persoon"},"citizenA":")",
      person, R"(","citizenB":")", number, R"("})")));
  ASSERT_TRUE(linked.ok()) << linked.status();
  ASSERT_EQ(linked->changes_size(), 1);
  EXPECT_EQ(linked->changes(0).kind(), v1::CitizenChange::KIND_MERGED);
  EXPECT_EQ(Timeline(person).entries_size(), 2);
  EXPECT_EQ(Timeline(number).entries_size(), 2);  // The former id leads there.
  store_.now += absl::Seconds(1);
  const auto parted = store_.Unlink(FromJson<v1::UnlinkRequest>(
      R"({"decision":{"source":"desk","decisionId":"d2","reason":"toch niet"},
          "parties":[{"source":"exchange","id":"c"}]})"));
  ASSERT_TRUE(parted.ok()) << parted.status();
  EXPECT_EQ(parted->changes(0).kind(), v1::CitizenChange::KIND_SPLIT);
  EXPECT_EQ(store_.CitizenOf("website", "w"), person);
  EXPECT_EQ(store_.CitizenOf("exchange", "c"), number);
  EXPECT_EQ(Timeline(person).entries_size(), 1);
  store_.ExpectConsistent();
}

TEST_F(StoreTest, LinkOfTwoBsnsIsRefusedAndNothingIsWritten) {
  ASSERT_TRUE(store_.Record(WebVisit("w", kBsn, "2025-03-03T10:00:00Z")).ok());
  ASSERT_TRUE(store_.Record(WebVisit("x", kOtherBsn, "2025-03-03T11:00:00Z")).ok());
  const auto linked = store_.Link(FromJson<v1::LinkRequest>(
      R"({"decision":{"source":"desk","decisionId":"d1","reason":"?"},
          "partiesA":[{"source":"website","id":"w"}],"partiesB":[{"source":"website","id":"x"}]})"));
  EXPECT_EQ(ReasonOf(linked.status()), v1::ERROR_REASON_LINK_FORBIDDEN);
  EXPECT_EQ(store_->head(), 2u);
  EXPECT_NE(store_.CitizenOf("website", "w"), store_.CitizenOf("website", "x"));
  store_.ExpectConsistent();
}

TEST_F(StoreTest, ReopenedStoreStandsAsItStood) {
  ASSERT_TRUE(store_.Record(WebVisit("w", kBsn, "2025-03-03T10:00:00Z")).ok());
  const std::string before = store_.Dump();
  EXPECT_THAT(before, testing::HasSubstr("citizen "));
  EXPECT_EQ(store_.Dump(), before);
  EXPECT_EQ(store_->head(), 1u);
}

}  // namespace
}  // namespace klantbeeld::store
