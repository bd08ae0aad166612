#include "service/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "klantbeeld/v1/citizen_service.pb.h"
#include "klantbeeld/v1/feed_service.pb.h"
#include "tests/service/events.h"

namespace klantbeeld::service {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Validate, CharactersAreCodePointsNotBytes) {
  EXPECT_EQ(Characters("caf\xC3\xA9"), 4u);
  EXPECT_EQ(Characters("\xF0\x9F\x93\x9E"), 1u);
}

TEST(Validate, UnknownFieldIsIgnoredInWhatIsRead) {
  v1::ListTimelineRequest request;
  request.set_citizen_id("x");
  request.GetReflection()->MutableUnknownFields(&request)->AddVarint(900, 1);
  EXPECT_FALSE(Validate(request, UnknownFields::kIgnore));
  const auto fault = Validate(request, UnknownFields::kRefuse);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->reason, v1::ERROR_REASON_FIELD_UNKNOWN);
}

TEST(Validate, UnknownFieldInsideATimeIsRefused) {
  v1::ContactEvent event = Call();
  auto* time = event.mutable_data()->mutable_occurred_at();
  time->GetReflection()->MutableUnknownFields(time)->AddVarint(9, 1);
  const auto fault = Validate(event, UnknownFields::kRefuse);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->path, "data.occurred_at.9");
}

TEST(Validate, NanosecondsOutOfRangeAreNoTime) {
  v1::ContactEvent event = Call();
  event.mutable_data()->mutable_occurred_at()->set_nanos(1'000'000'000);
  EXPECT_EQ(Validate(event, UnknownFields::kRefuse)->reason, v1::ERROR_REASON_TIME_INVALID);
}

TEST(Validate, DurationOfTwoSignsIsNoDuration) {
  v1::ContactEvent event = Call();
  event.mutable_data()->mutable_waited()->set_seconds(5);
  event.mutable_data()->mutable_waited()->set_nanos(-1);
  EXPECT_EQ(Validate(event, UnknownFields::kRefuse)->reason, v1::ERROR_REASON_TIME_INVALID);
}

TEST(Validate, UnspecifiedIsRefusedInAFilter) {
  v1::FeedFilter filter;
  filter.add_kinds(v1::FACT_KIND_LINK);
  filter.add_kinds(v1::FACT_KIND_UNSPECIFIED);
  const auto fault = Validate(filter, UnknownFields::kIgnore);
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->path, "kinds[1]");
  EXPECT_EQ(fault->reason, v1::ERROR_REASON_FIELD_INVALID);
}

TEST(Validate, FaultNeverRepeatsTheText) {
  v1::ContactEvent event = Call();
  event.mutable_data()->set_note(std::string(10'001, 'x'));
  EXPECT_EQ(Validate(event, UnknownFields::kRefuse)->what, "10001 characters, at most 10000");
}

// A BSN is a number, and slips into fields of numbers.
TEST(Validate, FaultNeverRepeatsTheNumber) {
  v1::ContactEvent number = Call(), word = Call(), length = Call();
  number.mutable_data()->add_parties()->mutable_details()->mutable_address()->set_house_number(
      999990019);
  word.mutable_data()->set_channel(static_cast<v1::Channel>(999990019));
  length.mutable_data()->mutable_waited()->set_seconds(999990019);
  for (const auto& event : {number, word, length})
    EXPECT_THAT(Validate(event, UnknownFields::kRefuse)->what, Not(HasSubstr("999990019")));
}

}  // namespace
}  // namespace klantbeeld::service
