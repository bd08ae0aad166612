#include "clients/adapters/records.h"

#include <gtest/gtest.h>

#include "tests/clients/adapters/made.h"

namespace klantbeeld::adapters {
namespace {

using Texts = std::vector<std::string>;

// Each record as "LINE:text", or "LINE:too long"; and how it ended.
Texts Cut(const std::string& bytes, size_t bytes_max = Records::kBytesMax) {
  const testing::TempDir dir;
  Records records(*Source::Open(dir.Put("f", bytes), ""), bytes_max);
  Texts texts;
  for (Record record;;) {
    const auto got = records.Next(record);
    if (!got.ok()) texts.emplace_back(got.status().message());
    if (!got.ok() || *got == Records::Got::kEnd) return texts;
    texts.push_back(absl::StrCat(record.line, ":", record.too_long ? "too long" : record.text));
  }
}

TEST(Records, AreLines) {
  EXPECT_EQ(Cut("a\r\n\n  b \nc"), (Texts{"1:a", "3:b", "4:c"}));
  EXPECT_EQ(Cut(""), Texts());
  EXPECT_EQ(Cut("\n\n"), Texts());
}

TEST(Records, AreTheElementsOfAnArray) {
  EXPECT_EQ(Cut("\n[{\"a\":\"]}\\\"\"},\n {\"b\":[1,\n[2]]}\n,{}]"),
            (Texts{"2:{\"a\":\"]}\\\"\"}", "3:{\"b\":[1, [2]]}", "5:{}"}));
  EXPECT_EQ(Cut("[]"), Texts());
  EXPECT_EQ(Cut("[{\"a\":1}"), (Texts{"1:{\"a\":1}", "the JSON array has no end"}));
}

TEST(Records, TooLongOnesArePassedOver) {
  const std::string endless(300'000, 'x');
  EXPECT_EQ(Cut("a\n" + endless + "\nb\n", 1000), (Texts{"1:a", "2:too long", "3:b"}));
  EXPECT_EQ(Cut("[{\"a\":\"" + endless + "\"},{\"b\":1}]", 1000),
            (Texts{"1:too long", "1:{\"b\":1}"}));
  EXPECT_EQ(Cut(endless, 1000), (Texts{"1:too long"}));
}

}  // namespace
}  // namespace klantbeeld::adapters
