#include "clients/cli/text.h"

#include <gtest/gtest.h>

namespace klantbeeld::cli {
namespace {

TEST(Clean, NothingThatSteersATerminalIsLeft) {
  EXPECT_EQ(Clean("a\033[31mb\tc\nd\x7f"), "a [31mb c d ");
  EXPECT_EQ(Clean("a\u009b31mb"), "a 31mb");               // CSI in one character.
  EXPECT_EQ(Clean("a\u202eb\u2066c\u200b"), "abc");        // Turns the reading order around.
  EXPECT_EQ(Clean(std::string("a\xff\xfe") + "b"), "ab");  // Not UTF-8.
  EXPECT_EQ(Clean("Zoë Şahin 日本"), "Zoë Şahin 日本");
}

TEST(Width, IsWhatShows) {
  EXPECT_EQ(Width("Zoë"), 3);
  EXPECT_EQ(Width("Zoe\u0308"), 3);  // A letter and a mark over it.
  EXPECT_EQ(Width("日本"), 4);
  EXPECT_EQ(Width("☎ Telefoon"), 10);
  EXPECT_EQ(Width(""), 0);
}

TEST(Cut, NeverWiderThanAsked) {
  EXPECT_EQ(Cut("Paspoort", 8), "Paspoort");
  EXPECT_EQ(Cut("Paspoort", 5), "Pasp…");
  EXPECT_EQ(Cut("日本語", 4), "日…");
  EXPECT_EQ(Cut("Paspoort", 1), "…");
  EXPECT_EQ(Cut("Paspoort", 0), "");
}

TEST(Flow, BreaksBetweenPartsOnly) {
  EXPECT_EQ(Flow({"Noor van Essen", "geboren 12-04-1984"}, ", ", 80),
            "Noor van Essen, geboren 12-04-1984\n");
  EXPECT_EQ(Flow({"Noor", "12-04-1984", "BSN"}, ", ", 16), "Noor, 12-04-1984\nBSN\n");
  EXPECT_EQ(Flow({"Noor van Essen"}, ", ", 8), "Noor va…\n");
  EXPECT_EQ(Flow({"a", "b"}, "  ", 0), "a  b\n");
}

TEST(Table, ColumnsLineUpAndFit) {
  Table table({"Naam", "Notitie"});
  table.Add({"Zoë", "kort"});
  table.Add({"日本", "een heel lange notitie die niet past\nen meer"});
  EXPECT_EQ(table.Render(20),
            "Naam  Notitie\n"
            "Zoë   kort\n"
            "日本  een heel lang…\n");
  EXPECT_NE(table.Render(0).find("die niet past en meer"), std::string::npos);
}

TEST(Table, WidestColumnGivesAndWholeOnesDoNot) {
  Table table({"Klant", "Naam", "Notitie"}, 1);
  table.Add({"86ee568d56534a6d", "Noor", "een heel lange notitie"});
  EXPECT_EQ(table.Render(36),
            "Klant             Naam  Notitie\n"
            "86ee568d56534a6d  Noor  een heel la…\n");
}

TEST(Table, AllColumnsGiveWhenTheLastIsNotEnough) {
  Table table({"aaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbb"});
  EXPECT_EQ(Width(table.Render(20)), 20);
}

}  // namespace
}  // namespace klantbeeld::cli
