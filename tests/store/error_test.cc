#include "store/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>

#include "google/rpc/error_details.pb.h"

namespace klantbeeld::store {
namespace {

// From the contract's text: the code that stands in a reason's comment.
std::map<std::string, std::string> CodesInTheContract() {
  std::ifstream file("proto/klantbeeld/v1/error_reason.proto");
  std::map<std::string, std::string> codes;
  std::string line, comment;
  const std::regex reason(R"(\s*(ERROR_REASON_\w+) = \d+.*)"),
      code(R"(\b([A-Z]+(?:_[A-Z]+)*)[.;])");
  while (std::getline(file, line)) {
    std::smatch match;
    if (std::regex_match(line, match, reason)) {
      std::smatch found;
      codes[match[1]] = std::regex_search(comment, found, code) ? found[1].str() : "";
      comment.clear();
    } else {
      comment += line + "\n";
    }
  }
  return codes;
}

std::string NameOf(absl::StatusCode code) { return absl::StatusCodeToString(code); }

TEST(Reasons, HaveTheCodeThatTheContractNames) {
  const auto codes = CodesInTheContract();
  ASSERT_EQ(codes.size(), static_cast<size_t>(v1::ErrorReason_descriptor()->value_count()));
  for (const auto& [name, code] : codes) {
    v1::ErrorReason reason;
    ASSERT_TRUE(v1::ErrorReason_Parse(name, &reason)) << name;
    if (reason == v1::ERROR_REASON_UNSPECIFIED) continue;
    EXPECT_EQ(NameOf(CodeOf(reason)), code) << name;
  }
}

template <typename Detail>
Detail DetailOf(const absl::Status& status) {
  Detail detail;
  const google::rpc::Status rpc = ToRpcStatus(status);
  for (const auto& any : rpc.details()) {
    if (any.UnpackTo(&detail)) return detail;
  }
  ADD_FAILURE() << "no " << Detail::descriptor()->full_name();
  return detail;
}

TEST(Error, CarriesReasonFieldFigureAndRetry) {
  const absl::Status status =
      Error(v1::ERROR_REASON_OVERLOADED, "too much",
            {.field = "a.b", .name = "head", .value = "7", .retry = absl::Milliseconds(1500)});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ToRpcStatus(status).code(), 8);
  EXPECT_EQ(ToRpcStatus(status).message(), "too much");
  const auto info = DetailOf<google::rpc::ErrorInfo>(status);
  EXPECT_EQ(info.reason(), "OVERLOADED");
  EXPECT_EQ(info.domain(), "klantbeeld");
  EXPECT_EQ(info.metadata().at("head"), "7");
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status).field_violations(0).field(), "a.b");
  const auto retry = DetailOf<google::rpc::RetryInfo>(status);
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
  EXPECT_EQ(retry.retry_delay().nanos(), 500'000'000);
}

TEST(Error, CarriesNothingThatWasNotSaid) {
  EXPECT_EQ(ToRpcStatus(Error(v1::ERROR_REASON_CONTACT_FULL, "full")).details_size(), 1);
}

TEST(Error, ReasonReadsBack) {
  const auto* reasons = v1::ErrorReason_descriptor();
  for (int i = 1; i < reasons->value_count(); ++i) {
    const auto reason = static_cast<v1::ErrorReason>(reasons->value(i)->number());
    EXPECT_EQ(ReasonOf(Error(reason, "x")), reason);
  }
  EXPECT_EQ(ReasonOf(absl::InternalError("x")), v1::ERROR_REASON_UNSPECIFIED);
  EXPECT_EQ(ReasonOf(absl::OkStatus()), v1::ERROR_REASON_UNSPECIFIED);
}

TEST(Error, PrefixGoesBeforeTheFieldAndLeavesTheRest) {
  const absl::Status status =
      WithFieldPrefix(Error(v1::ERROR_REASON_BSN_INVALID, "bad", {.field = "value"}), "a[3].");
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status).field_violations(0).field(), "a[3].value");
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_BSN_INVALID);
  EXPECT_EQ(status.message(), "bad");
  EXPECT_TRUE(WithFieldPrefix(absl::OkStatus(), "a.").ok());
  EXPECT_EQ(WithFieldPrefix(absl::InternalError("x"), "a.").message(), "x");
}

TEST(Error, FieldIsNamedAsTheCallerKnowsIt) {
  const absl::Status status = WithField(
      Error(v1::ERROR_REASON_CITIZEN_NOT_FOUND, "none", {.field = "citizen_id"}), "citizen_b");
  EXPECT_EQ(DetailOf<google::rpc::BadRequest>(status).field_violations(0).field(), "citizen_b");
  EXPECT_EQ(ReasonOf(status), v1::ERROR_REASON_CITIZEN_NOT_FOUND);
}

}  // namespace
}  // namespace klantbeeld::store
