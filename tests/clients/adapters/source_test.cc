// Also tests: clients/adapters/rows.cc clients/adapters/csv/header.cc
#include "clients/adapters/source.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "clients/adapters/csv/header.h"

namespace klantbeeld::adapters {
namespace {

class SourceTest : public testing::Test {
 protected:
  SourceTest() {
    std::string name = std::filesystem::temp_directory_path() / "kb-source-XXXXXX";
    dir_ = mkdtemp(name.data());
    path_ = dir_ + "/file";
  }
  ~SourceTest() override { std::filesystem::remove_all(dir_); }

  void Write(const std::string& bytes) { std::ofstream(path_, std::ios::binary) << bytes; }
  std::string Text(const std::string& encoding = "") {
    auto source = Source::Open(path_, encoding);
    if (!source.ok()) return std::string(source.status().message());
    std::string text;
    for (absl::string_view block;;) {
      const auto got = (*source)->Next(block);
      if (!got.ok()) return std::string(got.status().message());
      if (*got == Source::Got::kEnd) return text;
      if (*got == Source::Got::kBlock) text.append(block.data(), block.size());
    }
  }
  static std::string Gzipped(const std::string& text) {
    const std::string path = std::filesystem::temp_directory_path() / "kb-gzip";
    gzFile file = gzopen(path.c_str(), "wb");
    gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
    gzclose(file);
    std::ifstream in(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    std::filesystem::remove(path);
    return bytes;
  }
  static std::string Zstded(const std::string& text) {
    std::string bytes(ZSTD_compressBound(text.size()), '\0');
    bytes.resize(ZSTD_compress(bytes.data(), bytes.size(), text.data(), text.size(), 3));
    return bytes;
  }
  // Each row as "LINE:cell|cell", or "LINE:too long".
  std::vector<std::string> Rows(const std::string& bytes, char separator = ',') {
    Write(bytes);
    CsvRows rows(*Source::Open(path_, ""), separator);
    std::vector<std::string> texts;
    for (CsvRow row;;) {
      const auto got = rows.Next(row);
      if (!got.ok() || *got == CsvRows::Got::kEnd) return texts;
      std::string text = std::to_string(row.line) + ":";
      for (const std::string& cell : row.cells) text += cell + "|";
      texts.push_back(*got == CsvRows::Got::kTooLong ? std::to_string(row.line) + ":too long"
                                                     : text);
    }
  }

  std::string dir_, path_;
};

using Texts = std::vector<std::string>;

TEST_F(SourceTest, CharacterSetsBecomeUtf8) {
  Write("een\ncafé\n");
  EXPECT_EQ(Text(), "een\ncafé\n");
  Write(
      "\xEF\xBB\xBF"
      "café");
  EXPECT_EQ(Text(), "café");
  Write("caf\xE9 \x80");
  EXPECT_EQ(Text("windows-1252"), "café €");
  const std::string wide("c\0a\0f\0\xE9\0", 8);
  Write("\xFF\xFE" + wide);
  EXPECT_EQ(Text(), "café");
  Write(wide);
  EXPECT_EQ(Text("UTF-16LE"), "café");
  Write(std::string("\xFE\xFF\0c\0a\0f\0\xE9", 10));
  EXPECT_EQ(Text(), "café");
  EXPECT_EQ(Text("klingon"), "no character set is named klingon");
}

TEST_F(SourceTest, PackedFilesAreUnpacked) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919) + ";";
  const std::string gzip = Gzipped(text), zstd = Zstded(text);
  Write(gzip);
  EXPECT_TRUE(Text() == text);
  Write(gzip + gzip);
  EXPECT_TRUE(Text() == text + text);
  Write(zstd);
  EXPECT_TRUE(Text() == text);
  Write(gzip.substr(0, gzip.size() / 2));
  EXPECT_EQ(Text(), "gzip: the file is damaged or cut off");
  Write(zstd.substr(0, zstd.size() / 2));
  EXPECT_EQ(Text(), "zstd: the file is damaged or cut off");
}

TEST_F(SourceTest, AbsentFileAndFolderAreSaid) {
  EXPECT_EQ(Text(), "No such file or directory");
  std::filesystem::create_directory(path_);
  EXPECT_EQ(Text(), "Is a directory");
}

TEST_F(SourceTest, RowsAreAsRfc4180HasThem) {
  EXPECT_EQ(Rows("a,b\r\n\r\n\"1,5\",\"zei \"\"ja\"\"\"\r\n"),
            (Texts{"1:a|b|", "3:1,5|zei \"ja\"|"}));
  EXPECT_EQ(Rows("a,\"twee\nregels\"\nc,d"), (Texts{"1:a|twee\nregels|", "3:c|d|"}));
  EXPECT_EQ(Rows("a;b\n", ';'), (Texts{"1:a|b|"}));
  EXPECT_EQ(Rows("a,\n"), (Texts{"1:a||"}));
  EXPECT_EQ(Rows(""), Texts());
}

TEST_F(SourceTest, SeparatorIsThatOfTheHeader) {
  for (const char separator : {',', ';', '\t', '|'}) {
    Write("id" + std::string(1, separator) + "naam\n");
    const auto file = OpenCsvFile(path_, "", 0);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_EQ(file->separator, separator);
    EXPECT_EQ(file->header, (Texts{"id", "naam"}));
  }
  Write("");
  EXPECT_EQ(OpenCsvFile(path_, "", 0).status().message(), "no header line");
}

// However long a line is, it is passed over and the next one is read.
TEST_F(SourceTest, EndlessRowIsPassedOver) {
  const std::string endless(3 * CsvRows::kRowBytesMax, 'x');
  EXPECT_EQ(Rows("a\n" + endless + "\nb\n"), (Texts{"1:a|", "2:too long", "3:b|"}));
  EXPECT_EQ(Rows("a\n\"" + endless), (Texts{"1:a|", "2:too long"}));
}

TEST_F(SourceTest, CellsAreWrittenAsTheyAreRead) {
  const Texts cells = {"plain", "a,b", "say \"yes\"", "two\nlines", " space ", ""};
  Write(CsvLine(cells, ','));
  CsvRows rows(*Source::Open(path_, ""), ',');
  CsvRow row;
  ASSERT_EQ(*rows.Next(row), CsvRows::Got::kRow);
  EXPECT_EQ(row.cells, cells);
}

}  // namespace
}  // namespace klantbeeld::adapters
