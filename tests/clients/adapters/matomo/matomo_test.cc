// Also tests: clients/adapters/web.cc
#include "clients/adapters/matomo/matomo.h"

#include <gmock/gmock.h>

#include "clients/adapters/web.h"
#include "tests/clients/adapters/made.h"

namespace klantbeeld::adapters {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Matomo, VisitsOfOneArray) {
  const testing::TempDir dir;
  const auto items =
      testing::Made("matomo", "matomo/made_visits.json",
                    testing::Amsterdam(dir.Put("m.toml",
                                               "[subjects]\n\"/paspoort\" = \"Paspoort\"\n"
                                               "[attributes]\ndimension1 = \"klanttype\"\n")));
  ASSERT_EQ(items.size(), 5u);
  EXPECT_THAT(items[0], HasSubstr("\"source\":\"matomo-1\""));
  EXPECT_THAT(items[0], HasSubstr("\"subject\":\"Paspoort\""));
  EXPECT_THAT(items[0], HasSubstr("\"searches\":[\"kosten paspoort\"]"));
  EXPECT_THAT(items[0], HasSubstr("{\"name\":\"klanttype\",\"value\":\"bewoner\"}"));
  // Given again it is the same event; gone on, a later one of the same contact.
  EXPECT_EQ(items[1].substr(items[1].find('{')), items[0].substr(items[0].find('{')));
  EXPECT_THAT(items[2], HasSubstr("81@1741028831.000004"));
  EXPECT_THAT(items[2], HasSubstr("\"contact\":{\"source\":\"matomo-1\",\"id\":\"81\"}"));
  EXPECT_THAT(items[3], HasSubstr("\"loggedIn\":true"));
  EXPECT_THAT(items[4], HasSubstr("rejected serverTimestamp"));
}

TEST(Matomo, NothingOfAPersonsDeviceOrPlaceIsTakenIn) {
  for (const std::string& item : testing::ItemsOf(
           "matomo", "tests/clients/adapters/matomo/made_visits.json", testing::Amsterdam())) {
    for (const char* word :
         {"192.0.2.7", "00aa", "52.37", "Amsterdam", "Merk", "zoek.example", "Jansen", "390x844"}) {
      EXPECT_THAT(item, Not(HasSubstr(word)));
    }
  }
}

TEST(Web, PathsHaveNoHostAndNoQuery) {
  EXPECT_EQ(PathOf("https://gemeente.example/a/b?bsn=1#c"), "/a/b");
  EXPECT_EQ(PathOf("https://gemeente.example?x=/y"), "/");
  EXPECT_EQ(PathOf("/a#b"), "/a");
  EXPECT_EQ(PathOf(""), "/");
}

TEST(Web, WhatIsTooLongIsCutBetweenCharacters) {
  v1::WebVisit visit;
  for (int i = 0; i < 60; ++i) visit.add_page_views()->set_path(absl::StrCat("/", i));
  std::string title;
  for (int i = 0; i < 300; ++i) absl::StrAppend(&title, "é");
  visit.mutable_page_views(0)->set_title(title);
  for (int i = 0; i < 30; ++i) *visit.add_searches() = std::string(1, 'x');
  CutToLimits(visit);
  EXPECT_EQ(visit.page_views_size(), 50);
  EXPECT_EQ(visit.page_views(24).path(), "/24");
  EXPECT_EQ(visit.page_views(25).path(), "/35");
  EXPECT_EQ(visit.page_views(0).title(), title.substr(0, 400));
  EXPECT_EQ(visit.searches_size(), 20);
}

}  // namespace
}  // namespace klantbeeld::adapters
