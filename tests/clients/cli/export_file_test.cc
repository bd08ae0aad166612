#include "clients/cli/export_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace klantbeeld::cli {
namespace {

using Opened = ExportFile::Opened;

class ExportFileTest : public ::testing::Test {
 protected:
  ExportFileTest() { std::filesystem::remove(path_); }
  ~ExportFileTest() override { std::filesystem::remove(path_); }
  std::string Text() const {
    std::ifstream in(path_);
    return std::string((std::istreambuf_iterator<char>(in)), {});
  }
  const std::string path_ =
      ::testing::TempDir() + "/export_file_test_" + std::to_string(getpid()) + ".csv";
};

TEST_F(ExportFileTest, WhatWasWrittenAfterTheNotedPlaceIsCutOff) {
  {
    ExportFile file;
    ASSERT_EQ(file.Open(path_, std::nullopt), Opened::kNew);
    EXPECT_TRUE(file.Write("een\n") && file.Flush());
    EXPECT_EQ(file.bytes(), 4u);
    EXPECT_TRUE(file.Write("half of a line that is longer than the next"));
  }
  ExportFile file;
  ASSERT_EQ(file.Open(path_, 4), Opened::kGoesOn);
  EXPECT_TRUE(file.Write("twee\n") && file.Flush());
  EXPECT_EQ(file.bytes(), 9u);
  EXPECT_EQ(Text(), "een\ntwee\n");
}

TEST_F(ExportFileTest, NothingIsOverwritten) {
  std::ofstream(path_) << "of another";
  EXPECT_EQ(ExportFile().Open(path_, std::nullopt), Opened::kExists);
  EXPECT_EQ(ExportFile().Open(path_, 100), Opened::kTooShort);
  EXPECT_EQ(ExportFile().Open(path_ + "/beneath", std::nullopt), Opened::kFailed);
  EXPECT_EQ(Text(), "of another");
}

TEST_F(ExportFileTest, IsForItsOwnerOnly) {
  ExportFile file;
  ASSERT_EQ(file.Open(path_, std::nullopt), Opened::kNew);
  EXPECT_EQ(std::filesystem::status(path_).permissions() & std::filesystem::perms::all,
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST(ExportPlace, LineIsReadAsItWasWritten) {
  const ExportPlace place{"2 1 \"x\"", "token", "end", 3, 1ull << 60, 5, true};
  const auto read = PlaceFromLine(ToLine(place));
  ASSERT_TRUE(read);
  EXPECT_EQ(ToLine(*read), ToLine(place));
  EXPECT_EQ(read->end, 1ull << 60);
  EXPECT_TRUE(read->finished);
}

TEST(ExportPlace, OtherLinesAreRefused) {
  for (const char* line : {"", "{}", "[]", "7", "AAAA", R"({"query":1})",
                           R"({"query":"","token":"","endToken":"","begin":-1,"end":0,"bytes":0})"})
    EXPECT_FALSE(PlaceFromLine(line)) << line;
}

}  // namespace
}  // namespace klantbeeld::cli
