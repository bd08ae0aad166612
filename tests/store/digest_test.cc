#include "store/digest.h"

#include <gtest/gtest.h>

#include <fstream>

#include "store/error.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

// The examples of FIPS 180-2, and a file of more than one chunk.
TEST(DigestTest, IsSha256OfWhatTheFileHolds) {
  const TempDir temp;
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {std::string(3'000'000, 'a'), ""}};
  for (const auto& [bytes, digest] : rows) {
    const std::string file = temp / absl::StrCat("of-", bytes.size());
    std::ofstream(file) << bytes;
    const auto found = DigestOf(file);
    ASSERT_TRUE(found.ok()) << found.status();
    if (!digest.empty()) {
      EXPECT_EQ(*found, digest);
    }
    const auto copied = CopyWithDigest(file, file + ".copy");
    ASSERT_TRUE(copied.ok()) << copied.status();
    EXPECT_EQ(*copied, *found);
    EXPECT_EQ(*DigestOf(file + ".copy"), *found);
    EXPECT_EQ(std::filesystem::file_size(file + ".copy"), bytes.size());
  }
}

TEST(DigestTest, WhatCannotBeReadOrWrittenIsNamed) {
  const TempDir temp;
  std::ofstream(temp / "file") << "abc";
  EXPECT_NE(DigestOf(temp / "none").status().message().find("none"), absl::string_view::npos);
  const absl::Status there = CopyWithDigest(temp / "file", temp / "file").status();
  EXPECT_NE(there.message().find("exists"), absl::string_view::npos) << there;
  EXPECT_EQ(*DigestOf(temp / "file"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace klantbeeld::store
