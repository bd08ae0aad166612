#include "clients/cli/json.h"

#include <gtest/gtest.h>

#include "klantbeeld/v1/citizen_service.pb.h"
#include "klantbeeld/v1/feed_service.pb.h"

namespace klantbeeld::cli {
namespace {

TEST(Json, UnknownFieldsAndBrokenTextAreRefused) {
  v1::ContactEvent event;
  EXPECT_FALSE(FromJson(R"({"source":"a","eventId":"1"})", event));
  EXPECT_EQ(event.event_id(), "1");
  const auto unknown = FromJson(R"({"source":"a","colour":"red"})", event);
  ASSERT_TRUE(unknown);
  EXPECT_NE(unknown->find("colour"), std::string::npos);
  EXPECT_TRUE(FromJson("{", event));
  EXPECT_TRUE(FromJson("{\"source\":\"\xff\"}", event));
  EXPECT_TRUE(FromJson(R"({"data":{"channel":"CHANNEL_PIGEON"}})", event));
}

TEST(EventsFromLines, EveryLineIsExactlyOneEvent) {
  const std::string a = R"({"eventId":"a"})", b = R"({"eventId":"b"})";
  v1::RecordContactEventsRequest events;
  ASSERT_TRUE(EventsFromLines({a, " " + b + " "}, events));
  ASSERT_EQ(events.events_size(), 2);
  EXPECT_EQ(events.events(1).event_id(), "b");
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{a, "null"},
                                                {a + "," + b},
                                                {a + ",{}," + b},
                                                {a, a + ",{}," + b},
                                                {a + ",{", "}"},
                                                {"{\"eventId\":\"a\"", "}"},
                                                {"{\"events\":[]}"},
                                                {a, ""},
                                                {"{}]},{"}}) {
    v1::RecordContactEventsRequest none;
    EXPECT_FALSE(EventsFromLines(wrong, none)) << wrong.front();
    EXPECT_EQ(none.events_size(), 0);
  }
}

TEST(Json, ReferenceToHalfACharacterGivesNoBrokenText) {
  v1::ContactEvent event;
  const auto wrong = FromJson(R"({"source":"\ud800"})", event);
  EXPECT_TRUE(wrong || event.SerializeAsString().find("\xed\xa0") == std::string::npos);
}

TEST(MaskBsn, NoWholeBsnIsLeftAnywhere) {
  v1::FeedEvent event;
  for (auto* data :
       {event.mutable_event()->mutable_data(), event.mutable_contact()->mutable_data()})
    for (const auto type : {v1::IDENTIFIER_TYPE_BSN, v1::IDENTIFIER_TYPE_PHONE}) {
      auto* identifier = data->add_parties()->add_identifiers();
      identifier->set_type(type);
      identifier->set_value(type == v1::IDENTIFIER_TYPE_BSN ? "999990019" : "+31612345678");
    }
  MaskBsn(event);
  const std::string json = Json(event, false);
  EXPECT_EQ(json.find("999990019"), std::string::npos);
  EXPECT_NE(json.find("******019"), std::string::npos);
  EXPECT_NE(json.find("+31612345678"), std::string::npos);
  EXPECT_EQ(json.back(), '\n');
}

TEST(EnumNumber, NamesWithoutPrefix) {
  const auto* states = v1::ContactState_descriptor();
  EXPECT_EQ(EnumNumber(states, "CONTACT_STATE_", "in-progress"), v1::CONTACT_STATE_IN_PROGRESS);
  EXPECT_FALSE(EnumNumber(states, "CONTACT_STATE_", "unspecified"));
  EXPECT_FALSE(EnumNumber(states, "CONTACT_STATE_", "shoe"));
  // What only the service says is no word of an option.
  const auto* means = v1::VerifiedBy_descriptor();
  EXPECT_EQ(EnumNumber(means, "VERIFIED_BY_", "digid"), v1::VERIFIED_BY_DIGID);
  EXPECT_FALSE(EnumNumber(means, "VERIFIED_BY_", "registry"));
  EXPECT_EQ(EnumNames(means, "VERIFIED_BY_").find("registry"), std::string::npos);
  EXPECT_EQ(EnumNames(v1::FactKind_descriptor(), "FACT_KIND_"), 
            "contact-event, link, unlink, registry, adopt-model, rederive");
}

}  // namespace
}  // namespace klantbeeld::cli
