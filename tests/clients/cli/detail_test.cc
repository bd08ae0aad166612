#include "clients/cli/detail.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>

namespace klantbeeld::cli {
namespace {

TEST(DetailText, IsInTheLanguageWithItsNumbers) {
  EXPECT_EQ(DetailText(Lang::kDutch, "301 characters, at most 200"), "301 tekens, hoogstens 200");
  EXPECT_EQ(DetailText(Lang::kDutch, "must be 0..59"), "moet van 0 tot en met 59 zijn");
  EXPECT_EQ(DetailText(Lang::kDutch, "must be 1 to 40 of a-z, 0-9, '-' and '_'"),
            "moet 1 tot en met 40 tekens zijn uit a-z, 0-9, '-' en '_'");
  EXPECT_EQ(DetailText(Lang::kEnglish, "is required"), "is required");
  EXPECT_EQ(DetailText(Lang::kDutch, "of a newer server: 1 2 3 4 5"), "of a newer server: 1 2 3 4 5");
}

// What the service says of fields, out of its sources.
TEST(DetailText, KnowsWhatTheServiceSays) {
  int seen = 0;
  for (const char* name : {"event_rules", "party_rules"}) {
    std::ifstream file(std::string(KLANTBEELD_SOURCES "/service/") + name + ".cc");
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const std::regex fault(R"re((?:Invalid|Required|Ahead)\([^;"]*"[^"]*",\s*"([^"\\]+)"\))re");
    for (std::sregex_iterator at(text.begin(), text.end(), fault), end; at != end; ++at, ++seen)
      EXPECT_NE(DetailText(Lang::kDutch, (*at)[1]), (*at)[1]);
  }
  EXPECT_GE(seen, 20);
}

}  // namespace
}  // namespace klantbeeld::cli
