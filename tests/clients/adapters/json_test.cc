#include "clients/adapters/json.h"

#include <gtest/gtest.h>

namespace klantbeeld::adapters {
namespace {

TEST(Json, MembersAreReadWhateverTheirType) {
  JsonReader reader;
  const auto object = reader.Read(R"({"a":"1","b":2,"c":true,"d":null,"e":[1],"f":{"g":1.5}})");
  ASSERT_TRUE(object.has_value());
  EXPECT_EQ(JsonText(*object, "a"), "1");
  EXPECT_EQ(JsonText(*object, "b"), "2");
  EXPECT_EQ(JsonText(*object, "c"), "true");
  EXPECT_EQ(JsonText(*object, "d"), "");
  EXPECT_EQ(JsonText(*object, "e"), "");
  EXPECT_EQ(JsonText(*object, "absent"), "");
  EXPECT_EQ(JsonNumber(*object, "a"), 1);
  EXPECT_EQ(JsonNumber(*object, "c"), std::nullopt);
  EXPECT_TRUE(JsonList(*object, "e").has_value());
  EXPECT_FALSE(JsonList(*object, "f").has_value());
  EXPECT_EQ(JsonText(*JsonSub(*object, "f"), "g"), "1.5");
}

TEST(Json, WhatIsNoObjectIsRefused) {
  JsonReader reader;
  for (const char* text : {"", "[1]", "1", "{", "{}{}", "{\"a\":\"\xFF\"}", "{\"a\":01}"}) {
    EXPECT_FALSE(reader.Read(text).has_value()) << text;
  }
  EXPECT_TRUE(reader.Read("{}").has_value());
}

TEST(Json, DepthIsBounded) {
  const auto nested = [](size_t depth) {
    return "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  JsonReader reader;
  EXPECT_TRUE(reader.Read(nested(20)).has_value());
  EXPECT_FALSE(reader.Read(nested(JsonReader::kDepthMax)).has_value());
  EXPECT_FALSE(reader.Read(nested(500'000)).has_value());
  EXPECT_TRUE(reader.Read("{}").has_value()) << "and goes on after it";
}

TEST(Json, QuotedTextIsReadAsItWas) {
  const std::string text =
      "a\"b\\c\n\x01"
      "é";
  JsonReader reader;
  const auto object = reader.Read("{\"t\":" + JsonQuoted(text) + "}");
  ASSERT_TRUE(object.has_value());
  EXPECT_EQ(JsonText(*object, "t"), text);
}

}  // namespace
}  // namespace klantbeeld::adapters
