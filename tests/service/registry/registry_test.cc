#include "service/registry/registry.h"

#include <gtest/gtest.h>

#include <set>

namespace klantbeeld::registry {
namespace {

TEST(Failure, IsKnownAgainByNameAndCode) {
  std::set<absl::string_view> names;
  for (size_t i = 0; i < kFailures; ++i) {
    const auto failure = static_cast<Failure>(i);
    EXPECT_EQ(FailureOf(Failed(failure, "x")), failure);
    names.insert(NameOf(failure));
  }
  EXPECT_EQ(names.size(), kFailures);
  EXPECT_EQ(NameOf(Failure::kTooManyResults), "tooManyResults");
  EXPECT_EQ(Failed(Failure::kTooManyResults, "x").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Failed(Failure::kTimeOut, "x").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Failed(Failure::kOutage, "x").code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(Failed(Failure::kDenied, "x").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(Failed(Failure::kRefused, "x").code(), absl::StatusCode::kInvalidArgument);
}

TEST(Failure, OfAForeignErrorIsAnOutageWithoutWait) {
  EXPECT_EQ(FailureOf(absl::InternalError("x")), Failure::kOutage);
  EXPECT_EQ(WaitOf(absl::InternalError("x")), absl::ZeroDuration());
  EXPECT_EQ(WaitOf(Failed(Failure::kTooManyRequests, "x", absl::Seconds(7))), absl::Seconds(7));
}

TEST(CheckBsns, TwentyThatPassTheElevenTestAreTaken) {
  EXPECT_TRUE(CheckBsns(std::vector<std::string>(20, "999990019")).ok());
  EXPECT_EQ(FailureOf(CheckBsns(std::vector<std::string>(21, "999990019"))), Failure::kRefused);
  EXPECT_EQ(FailureOf(CheckBsns({})), Failure::kRefused);
  const absl::Status wrong = CheckBsns({"999990018"});
  EXPECT_EQ(FailureOf(wrong), Failure::kRefused);
  EXPECT_EQ(wrong.message().find("999990018"), absl::string_view::npos);
}

struct Row {
  std::string name;
  Query query;
  std::string want;  // Of the message; empty: it is taken.
};
class CheckQueryTest : public testing::TestWithParam<Row> {};

TEST_P(CheckQueryTest, NamesTheFieldThatNoBrpTakes) {
  const absl::Status status = CheckQuery(GetParam().query);
  EXPECT_EQ(status.ok(), GetParam().want.empty()) << status;
  EXPECT_NE(status.message().find(GetParam().want), absl::string_view::npos) << status;
}

INSTANTIATE_TEST_SUITE_P(
    Rows, CheckQueryTest,
    testing::ValuesIn(std::vector<Row>{
        {"Name", NameAndBirth{"Berg", "van den", "S*", {}}, ""},
        {"NoSurname", NameAndBirth{"", "", "", {}}, "surname: is required"},
        {"WideSurname", NameAndBirth{"Ber*", "", "", {}}, "surname: takes no asterisk"},
        {"LongSurname", NameAndBirth{std::string(201, 'a'), "", "", {}}, "surname: at most 200"},
        {"OnlyAsterisk", NameAndBirth{"Berg", "", "*", {}}, "first_names: is required"},
        {"InnerAsterisk", NameAndBirth{"Berg", "", "a*b", {}}, "first_names: takes no asterisk"},
        {"Address", PostcodeAndNumber{"3077 AW", 31, "a", "bis"}, ""},
        {"NoPostcode", PostcodeAndNumber{"", 31, "", ""}, "postcode: must be"},
        {"NoNumber", PostcodeAndNumber{"3077AW", 0, "", ""}, "house_number: must be"},
        {"LongAddition", PostcodeAndNumber{"3077AW", 1, "", "links"}, "addition: at most 4"},
    }),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace klantbeeld::registry
