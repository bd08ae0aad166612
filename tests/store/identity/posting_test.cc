#include "store/identity/posting.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "store/identity/compare.h"
#include "store/record.h"
#include "tests/store/history.h"
#include "tests/store/testing.h"

namespace klantbeeld::store {
namespace {

const Keys kKeys = TestKeys();
constexpr size_t kMax = 5;

std::string Content(int number) {
  return std::string(View(kKeys.IdOf("test", absl::StrCat(number))));
}
std::string Mark(int number) {
  return BirthMark(kKeys, {.year = static_cast<int16_t>(1950 + number), .month = 4, .day = 12});
}

class PostingTest : public testing::Test {
 protected:
  Posting Read(Batch& batch) {
    auto posting = Posting::Read(batch, index_, kMax, *batch.Get(Family::kIdentifier, index_));
    EXPECT_TRUE(posting.ok()) << posting.status();
    return *std::move(posting);
  }
  std::map<std::string, std::string> Rows(const Batch& batch) {
    std::map<std::string, std::string> rows;
    EXPECT_TRUE(batch.Scan(Family::kIdentifier, index_, index_, [&](auto key, auto value) {
      rows.emplace(key, value);
      return true;
    }).ok());
    return rows;
  }

  const std::string index_ = std::string(17, 'x');
  const NoRows none_;
};

// Whatever came and went, by how many a time: the rows are those of who is left.
TEST_F(PostingTest, RowsAreAFunctionOfWhoHoldsTheValue) {
  std::mt19937 random(11);
  Batch batch(&none_);
  std::set<int> held;
  int became_generic = 0, became_open = 0;
  for (int step = 0; step < 400; ++step) {
    Posting posting = Read(batch);
    const bool before = posting.generic();
    const bool grow = step / 20 % 2 == 0;
    for (size_t changes = 1 + random() % 4; changes > 0; --changes) {
      const int number = static_cast<int>(random() % 12);
      const bool holds = held.contains(number);
      if (holds == grow && random() % 4 != 0) continue;
      if (holds) {
        posting.Remove(Content(number));
        held.erase(number);
      } else {
        posting.Add({Content(number), Mark(number)});
        held.insert(number);
      }
    }
    ASSERT_TRUE(posting.Save().ok());
    ASSERT_EQ(posting.count(), held.size());
    ASSERT_EQ(*CountAt(batch, index_), held.size());
    became_generic += !before && posting.generic();
    became_open += before && !posting.generic();

    Batch anew(&none_);
    Posting once = Read(anew);
    for (const int number : held) once.Add({Content(number), Mark(number)});
    ASSERT_TRUE(once.Save().ok());
    ASSERT_EQ(Rows(batch), Rows(anew)) << "step " << step;
    ASSERT_EQ(ContentsAt(batch, index_, 100)->size(), held.size());
    ASSERT_EQ(Rows(batch).size(), held.empty() ? 0 : held.size() > kMax ? held.size() + 1 : 1);
  }
  EXPECT_GT(became_generic, 5);
  EXPECT_GT(became_open, 5);
}

TEST_F(PostingTest, HoldersAreInOrderWithTheirMarks) {
  Batch batch(&none_);
  Posting posting = Read(batch);
  for (int number = 0; number < 4; ++number) posting.Add({Content(number), Mark(number)});
  ASSERT_TRUE(posting.Save().ok());
  const Posting read = Read(batch);
  const Holders& holders = read.holders();
  ASSERT_EQ(holders.size(), 4u);
  std::map<std::string, std::string> marks;
  for (size_t i = 0; i < holders.size(); ++i) {
    EXPECT_TRUE(i == 0 || holders[i - 1].content < holders[i].content);
    marks.emplace(holders[i].content, holders[i].birth);
  }
  for (int number = 0; number < 4; ++number) EXPECT_EQ(marks.at(Content(number)), Mark(number));
}

TEST_F(PostingTest, DamagedRowIsNotServed) {
  Batch batch(&none_);
  format::Posting row;
  row.set_holders(std::string(18, 'h'));
  const auto read = Posting::Read(batch, index_, kMax, Encode(row));
  EXPECT_EQ(read.status().code(), absl::StatusCode::kDataLoss);
  row.Clear();
  row.set_crowd(kMax + 1);  // Of whom there is no row.
  batch.Put(Family::kIdentifier, index_, Encode(row));
  Posting posting = Read(batch);
  posting.Remove(Content(1));
  EXPECT_EQ(posting.Save().code(), absl::StatusCode::kDataLoss);
}

// A mark may leave somebody to be read in vain, never keep apart who is to be
// compared.
TEST(BirthMarkTest, KeepsApartOnlyWhoWasBornAnotherDay) {
  std::mt19937 random(12);
  const auto any = [&] {
    Person::Date date{.year = static_cast<int16_t>(1930 + random() % 90),
                      .month = static_cast<int8_t>(1 + random() % 12),
                      .day = static_cast<int8_t>(1 + random() % 28)};
    if (random() % 20 == 0) date.day = 0;
    if (random() % 20 == 0) date.month = date.day = 0;
    return date;
  };
  int apart = 0, different = 0, alike = 0;  // By the marks, and by the dates.
  for (int i = 0; i < 20'000; ++i) {
    const Person::Date a = any();
    Person::Date b = any();
    if (i % 2 == 0) {  // A slip or two.
      b = a;
      for (size_t slips = 1 + random() % 2; slips > 0; --slips) {
        const size_t part = random() % 4;
        if (part == 3) std::swap(b.month, b.day);
        if (part == 0) b.year = static_cast<int16_t>(b.year + (random() % 2 == 0 ? 1 : 10));
        if (part == 1) b.month = static_cast<int8_t>(b.month == 0 ? 0 : 1 + b.month % 12);
        if (part == 2) b.day = static_cast<int8_t>(b.day == 0 ? 0 : 1 + b.day % 28);
      }
    }
    const bool kept_apart = MarksApart(BirthMark(kKeys, a), BirthMark(kKeys, b));
    const bool are_different = !MayBeOneBirth(a, b);
    ASSERT_TRUE(are_different || !kept_apart) << a.year << ", " << b.year;
    apart += kept_apart;
    different += are_different;
    alike += !are_different;
  }
  EXPECT_GT(alike, 5'000);
  EXPECT_GT(apart, different * 9 / 10) << "of " << different;
}

}  // namespace
}  // namespace klantbeeld::store
