#include "clients/cli/party.h"

#include <gtest/gtest.h>

namespace klantbeeld::cli {
namespace {

TEST(ParseParty, SourceIdAndParty) {
  const auto party = ParseParty("desk/2025/7#subject");
  ASSERT_TRUE(party);
  EXPECT_EQ(party->source(), "desk");
  EXPECT_EQ(party->id(), "2025/7");
  EXPECT_EQ(party->party_key(), "subject");
  EXPECT_FALSE(ParseParty("desk/7")->has_party_key());
  for (const char* wrong : {"", "desk", "/7", "desk/", "desk/7#", "desk/#a"})
    EXPECT_FALSE(ParseParty(wrong)) << wrong;
}

TEST(IsCitizenId, ThirtyTwoHexadecimalDigits) {
  EXPECT_TRUE(IsCitizenId("0123456789abcdef0123456789ABCDEF"));
  EXPECT_FALSE(IsCitizenId("0123456789abcdef0123456789abcde"));
  EXPECT_FALSE(IsCitizenId("0123456789abcdef0123456789abcdeg"));
}

}  // namespace
}  // namespace klantbeeld::cli
