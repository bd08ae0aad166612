#include "clients/cli/csv_line.h"

#include <gtest/gtest.h>

namespace klantbeeld::cli {
namespace {

TEST(Defused, FormulasGetAnApostropheAndSoDoesAnApostrophe) {
  for (const char* cell : {"=1+1", "+31612345678", "-1", "@SUM(A1)", "\t=1", "\rx", "\nx", "  =1",
                           "\u00a0=1", "＝1", "＋1", "－1", "＠x", "'", "'=1"})
    EXPECT_EQ(Defused(cell), std::string("'") + cell) << cell;
  for (const char* cell : {"", "x", "1=1", "a'b", " x", "é", "\u00a0x", "0612345678"})
    EXPECT_EQ(Defused(cell), cell);
}

TEST(CsvLine, EveryCellIsInQuotesAndQuotesAreDoubled) {
  EXPECT_EQ(CsvLine({"a", "b \"c\"", "", "d,\ne"}), "\"a\",\"b \"\"c\"\"\",\"\",\"d,\ne\"\r\n");
}

}  // namespace
}  // namespace klantbeeld::cli
