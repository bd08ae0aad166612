#include "store/splice.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "klantbeeld/v1/citizen.pb.h"
#include "klantbeeld/v1/citizen_service.pb.h"
#include "klantbeeld/v1/feed_service.pb.h"

namespace klantbeeld::store {
namespace {

TEST(Splice, IsWhatProtobufWouldHaveWritten) {
  for (const size_t length : {0u, 1u, 127u, 128u, 20'000u}) {
    v1::FeedEvent event;
    event.set_contact_id(std::string(length, 'x'));
    v1::FollowResponse frame;
    *frame.add_events() = event;
    frame.set_position(uint64_t{1} << 63);
    std::string bytes;
    AppendField(bytes, v1::FollowResponse::kEventsFieldNumber, event.SerializeAsString());
    AppendNumber(bytes, v1::FollowResponse::kPositionFieldNumber, frame.position());
    EXPECT_EQ(bytes, frame.SerializeAsString());
    std::string head;
    AppendFieldHead(head, v1::FollowResponse::kEventsFieldNumber, event.ByteSizeLong());
    EXPECT_EQ(head.size() + event.ByteSizeLong(), FieldBytes(event.ByteSizeLong()));
    EXPECT_EQ((Encoded<v1::FollowResponse>{bytes}.Parse().SerializeAsString()), bytes);
  }
}

TEST(Splice, TakesFieldsOffAsTheyLie) {
  v1::TimelineEntry entry;
  entry.mutable_contact()->set_id("c");
  entry.add_roles(v1::PARTY_ROLE_CUSTOMER);
  entry.set_assurance(static_cast<v1::Assurance>(1));
  const std::string bytes = entry.SerializeAsString();
  absl::string_view rest = bytes;
  Field field;
  std::string whole;
  for (const int number : {v1::TimelineEntry::kContactFieldNumber,
                           v1::TimelineEntry::kRolesFieldNumber,
                           v1::TimelineEntry::kAssuranceFieldNumber}) {
    ASSERT_TRUE(TakeField(rest, field));
    EXPECT_EQ(field.number, number);
    if (number == v1::TimelineEntry::kContactFieldNumber) {
      EXPECT_EQ(field.content, entry.contact().SerializeAsString());
    }
    absl::StrAppend(&whole, field.whole);
  }
  EXPECT_EQ(whole, bytes);
  EXPECT_FALSE(TakeField(rest, field));
}

TEST(Splice, CutOffFieldIsNone) {
  v1::TimelineEntry entry;
  entry.mutable_contact()->set_id("some id");
  const std::string bytes = entry.SerializeAsString();
  for (size_t size = 0; size < bytes.size(); ++size) {
    absl::string_view rest = absl::string_view(bytes).substr(0, size);
    Field field;
    EXPECT_FALSE(TakeField(rest, field)) << size;
  }
}

}  // namespace
}  // namespace klantbeeld::store
