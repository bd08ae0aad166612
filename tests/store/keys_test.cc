#include "store/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <set>
#include <sstream>
#include <thread>

#include "store/record.h"
#include "store/store.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

using testing::HasSubstr;

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void WriteAll(const std::string& path, const std::string& text, mode_t mode = 0600) {
  std::ofstream(path, std::ios::trunc) << text;
  ASSERT_EQ(::chmod(path.c_str(), mode), 0);
}

class KeyFile : public testing::Test {
 protected:
  void ExpectRefused(const std::string& why) {
    const auto loaded = Keys::Load(path_);
    EXPECT_EQ(loaded.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(loaded.status().message()), HasSubstr(why));
    EXPECT_THAT(std::string(loaded.status().message()), HasSubstr(path_));
  }

  TempDir temp_;
  const std::string path_ = temp_ / "keys";
};

TEST_F(KeyFile, IsMadeForItsOwnerOnlyAndLoads) {
  ASSERT_TRUE(Keys::Make(path_).ok());
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  const auto loaded = Keys::Load(path_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->Name(), Keys::Load(path_)->Name());
}

TEST_F(KeyFile, IsNeverOverwritten) {
  ASSERT_TRUE(Keys::Make(path_).ok());
  const std::string before = ReadAll(path_);
  EXPECT_EQ(Keys::Make(path_).code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(ReadAll(path_), before);
}

TEST_F(KeyFile, AbsentIsSaid) { ExpectRefused("init"); }

TEST_F(KeyFile, ReadableByOthersIsRefused) {
  ASSERT_TRUE(Keys::Make(path_).ok());
  for (const mode_t mode : {0640u, 0604u, 0660u}) {
    ASSERT_EQ(::chmod(path_.c_str(), mode), 0);
    ExpectRefused("chmod 600");
  }
}

TEST_F(KeyFile, OfAnotherShapeIsRefused) {
  ASSERT_TRUE(Keys::Make(path_).ok());
  const std::string good = ReadAll(path_);
  for (const std::string& bad :
       {std::string(), std::string("klantbeeld keys 2\n") + good.substr(18),
        good.substr(0, good.size() / 2), std::string("klantbeeld keys 1\n")}) {
    WriteAll(path_, bad);
    ExpectRefused("not a Klantbeeld key file");
  }
}

// Whatever digit stood there: taken for a digit, it would now and then be that
// very one, and the damage would pass.
TEST_F(KeyFile, WithWhatIsNoDigitIsRefused) {
  ASSERT_TRUE(Keys::Make(path_).ok());
  const std::string good = ReadAll(path_);
  for (const absl::string_view key : {"id ", "index "}) {
    for (const char other : {'!', ' ', 'q', 'g', '/', ':', '`', '@', '\xff'}) {
      std::string bad = good;
      bad[good.find(std::string(key)) + key.size() + 63] = other;
      WriteAll(path_, bad);
      ExpectRefused("not a Klantbeeld key file");
    }
  }
}

TEST(Ids, DependOnKeyDomainAndContent) {
  const Keys keys = TestKeys(), others = TestKeys('x');
  const std::set<Id> different = {keys.IdOf("a", "bc"),    keys.IdOf("ab", "c"),
                                  keys.IdOf("a", "b"),     others.IdOf("a", "bc"),
                                  keys.IndexOf("a", "bc"), others.IndexOf("a", "bc")};
  EXPECT_EQ(different.size(), 6u);
  EXPECT_EQ(keys.IdOf("a", "bc"), TestKeys().IdOf("a", "bc"));
}

// Each thread keeps prepared keys; more keys than it keeps must not mix.
TEST(Ids, AreTheSameOnEveryThreadAndWithManyKeys) {
  std::vector<Id> want;
  for (char seed = 'a'; seed < 'k'; ++seed) want.push_back(TestKeys(seed).IdOf("d", "c"));
  std::vector<std::thread> threads;
  std::vector<int> wrong(3, 0);
  for (int& count : wrong) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        for (char seed = 'a'; seed < 'k'; ++seed) {
          const size_t at = static_cast<size_t>(seed - 'a');
          if (TestKeys(seed).IdOf("d", "c") != want[at]) ++count;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_THAT(wrong, testing::Each(0));
}

// Ids are for ever: worked out by another program, as docs/format.md says.
TEST(Ids, AreTheWrittenFunction) {
  const Keys keys(std::string(32, 'i'), std::string(32, 'x'));
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(ToHex(View(keys.IdOf("contact", absl::string_view("web\0v1", 6)))),
              "c4921a834deef68a67337bc284d492ef");
    EXPECT_EQ(ToHex(View(keys.IdOf("event", ""))), "5425aa999602ad771a8b2c1677eb89c0");
  }
}

TEST(Ids, ReadBackFromHexadecimal) {
  const Id id = TestKeys().IdOf("a", "b");
  const std::string bytes(id.data(), id.size());
  EXPECT_EQ(IdFromHex(ToHex(bytes)), bytes);
  for (const char* bad :
       {"", "00", "g0000000000000000000000000000000", "A0000000000000000000000000000000",
        "000000000000000000000000000000000"}) {
    EXPECT_EQ(IdFromHex(bad), "") << bad;
  }
}

TEST(Ids, NameOfKeysTellsThemApart) {
  const Keys one(std::string(32, 'a'), std::string(32, 'b'));
  const Keys rotated(std::string(32, 'a'), std::string(32, 'c'));
  EXPECT_NE(one.Name(), rotated.Name());
  EXPECT_THAT(one.Name(), testing::Not(HasSubstr("aaaa")));
}

TEST(StoreKeys, OtherKeysAreRefusedByName) {
  const TempDir temp;
  TestStore store(temp / "data");
  store.Close();
  Store::Options options;
  options.data_dir = temp / "data";
  const Keys other = TestKeys('x');
  const auto opened = Store::Open(options, other, [] { return absl::UnixEpoch(); });
  EXPECT_EQ(opened.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr(store.keys().Name()));
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr(other.Name()));
  EXPECT_FALSE(Check(temp / "data", other, nullptr).ok());
  store.Open();
}

}  // namespace
}  // namespace klantbeeld::store
