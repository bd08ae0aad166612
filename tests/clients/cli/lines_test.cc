#include "clients/cli/lines.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "absl/strings/str_cat.h"

namespace klantbeeld::cli {
namespace {

using Got = LineReader::Got;

struct Pipe {
  Pipe() { EXPECT_EQ(pipe(ends), 0); }
  ~Pipe() {
    close(ends[0]);
    Close();
  }
  void Write(const std::string& text) const {
    for (size_t at = 0; at < text.size();) {
      const ssize_t bytes = write(ends[1], text.data() + at, text.size() - at);
      ASSERT_GT(bytes, 0);
      at += static_cast<size_t>(bytes);
    }
  }
  void Close() {
    if (ends[1] >= 0) close(ends[1]);
    ends[1] = -1;
  }
  int ends[2];
};

TEST(ReplaceWithLine, IsWholeOrNotAtAll) {
  const std::string path = ::testing::TempDir() + "/replace_with_line_" + std::to_string(getpid());
  EXPECT_TRUE(ReplaceWithLine(path, "een"));
  EXPECT_TRUE(ReplaceWithLine(path, "twee"));
  std::ifstream file(path);
  std::string line, more;
  EXPECT_TRUE(std::getline(file, line) && !std::getline(file, more));
  EXPECT_EQ(line, "twee");
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
  EXPECT_FALSE(ReplaceWithLine(path + "/beneath", "drie"));
  std::filesystem::remove(path);
}

TEST(LineReader, LinesEndInAnyWay) {
  Pipe pipe;
  pipe.Write("een\ntwee\r\n\nvier");
  pipe.Close();
  LineReader reader(pipe.ends[0]);
  std::string line;
  for (const char* want : {"een", "twee", "", "vier"}) {
    ASSERT_EQ(reader.Next(line), Got::kLine);
    EXPECT_EQ(line, want);
  }
  EXPECT_EQ(reader.Next(line), Got::kEnd);
}

TEST(LineReader, QuietInputIsIdleAndHalfALineWaits) {
  Pipe pipe;
  pipe.Write("ee");
  LineReader reader(pipe.ends[0]);
  std::string line;
  EXPECT_EQ(reader.Next(line), Got::kIdle);
  pipe.Write("n\n");
  ASSERT_EQ(reader.Next(line), Got::kLine);
  EXPECT_EQ(line, "een");
}

TEST(LineReader, LineTooLongIsSkippedAlone) {
  Pipe pipe;
  std::thread writer([&] {
    pipe.Write(absl::StrCat(std::string(3 * LineReader::kLineBytesMax, 'x'), "\nkort\n"));
    pipe.Close();
  });
  LineReader reader(pipe.ends[0]);
  std::string line;
  EXPECT_EQ(reader.Next(line), Got::kTooLong);
  EXPECT_EQ(reader.Next(line), Got::kLine);
  EXPECT_EQ(line, "kort");
  EXPECT_EQ(reader.Next(line), Got::kEnd);
  writer.join();
}

}  // namespace
}  // namespace klantbeeld::cli
