#include "store/sealer.h"

#include <gtest/gtest.h>

#include <random>

namespace klantbeeld::store {
namespace {

constexpr SealedPlace kPlace{"contact", "body", "row"};

std::string Noise(size_t size) {
  std::mt19937 random(7);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

TEST(Sealer, OpensWhatItSealed) {
  for (const size_t size : {0u, 1u, 100u, 1023u, 1024u, 1025u, 100'000u}) {
    for (const std::string& plain : {std::string(size, 'a'), Noise(size)}) {
      const std::string sealed = Seal(kPlace, plain);
      std::string scratch;
      const auto opened = Unseal(kPlace, sealed, scratch);
      ASSERT_TRUE(opened.ok()) << size << ": " << opened.status();
      EXPECT_EQ(*opened, plain);
      EXPECT_EQ(Seal(kPlace, plain), sealed) << "not deterministic at " << size;
      EXPECT_LE(sealed.size(), plain.size() + 1);
    }
  }
}

TEST(Sealer, LongTextTakesLessRoom) {
  EXPECT_LT(Seal(kPlace, std::string(100'000, 'a')).size(), 1000u);
}

TEST(Sealer, DamageIsNoticed) {
  const std::string sealed = Seal(kPlace, std::string(5000, 'a'));
  std::string newer = sealed, cut = sealed.substr(0, sealed.size() / 2), header = sealed;
  newer[0] = 9;
  header[1] = static_cast<char>(header[1] ^ 0xff);
  for (const std::string& bad : {std::string(), newer, cut, header}) {
    std::string scratch;
    EXPECT_EQ(Unseal(kPlace, bad, scratch).status().code(), absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace klantbeeld::store
