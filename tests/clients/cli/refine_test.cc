#include "clients/cli/refine.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

namespace klantbeeld::cli {
namespace {

v1::Citizen Citizen(const std::string& json) {
  v1::Citizen citizen;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, &citizen).ok()) << json;
  return citizen;
}

Key KeyOf(const std::string& term, const std::string& born = "") {
  return std::get<Key>(Detect(term, {"", born, ""}));
}

constexpr char kNoor[] = R"({"details":[{"details":{"birthDate":{"year":1984,"month":4,"day":12},
  "address":{"postcode":"9945 nj","houseNumber":22}}}],"identifiers":[
  {"identifier":{"type":"IDENTIFIER_TYPE_BSN","masked":"******019"}},
  {"identifier":{"type":"IDENTIFIER_TYPE_PHONE","value":"+31611666787"}}]})";

TEST(MayHold, WhatIsKnownDecides) {
  const v1::Citizen noor = Citizen(kNoor);
  EXPECT_TRUE(MayHold(noor, KeyOf("9945NJ 22")));
  EXPECT_FALSE(MayHold(noor, KeyOf("9945NJ 23")));
  EXPECT_TRUE(MayHold(noor, KeyOf("Essen 12-04-1984")));
  EXPECT_FALSE(MayHold(noor, KeyOf("Essen 13-04-1984")));
  EXPECT_TRUE(MayHold(noor, KeyOf("0611666787")));
  EXPECT_FALSE(MayHold(noor, KeyOf("0611666788")));
  EXPECT_TRUE(MayHold(noor, KeyOf("999990019")));
  EXPECT_FALSE(MayHold(noor, KeyOf("0611666787", "13-04-1984")));
}

TEST(MayHold, WhatIsNotKnownIsNotHeldAgainstAnybody) {
  const v1::Citizen nobody = Citizen("{}");
  for (const char* term : {"9945NJ 22", "Essen 12-04-1984", "0611666787", "999990019"})
    EXPECT_TRUE(MayHold(nobody, KeyOf(term))) << term;
  const v1::Citizen year = Citizen(R"({"details":[{"details":{"birthDate":{"year":1984}}}]})");
  EXPECT_TRUE(MayHold(year, KeyOf("0611666787", "12-04-1984")));
  EXPECT_FALSE(MayHold(year, KeyOf("0611666787", "12-04-1985")));
}

TEST(NextKey, IsWhatTellsMostApart) {
  Citizens citizens;
  *citizens.Add() = Citizen(kNoor);
  *citizens.Add() = Citizen(kNoor);
  EXPECT_EQ(NextKey(citizens), Label::next_number) << "alike in all that is known";
  citizens[1].mutable_details(0)->mutable_details()->mutable_birth_date()->set_day(13);
  EXPECT_EQ(NextKey(citizens), Label::next_born);
  citizens[1] = citizens[0];
  citizens[1].mutable_details(0)->mutable_details()->mutable_address()->set_house_number(24);
  EXPECT_EQ(NextKey(citizens), Label::next_address);
}

TEST(NextKey, IsNotTheOneThatWasGiven) {
  EXPECT_EQ(NextKey(Label::kind_name), Label::next_address);
  EXPECT_EQ(NextKey(Label::kind_address), Label::next_name);
  EXPECT_EQ(NextKey(Label::kind_phone), Label::next_name_or_address);
}

}  // namespace
}  // namespace klantbeeld::cli
