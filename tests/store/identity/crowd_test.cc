// Also tests: store/identity/candidates.cc store/identity/posting.cc
// A telephone number that ten thousand people state.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/store/events.h"
#include "tests/store/identity/facts.h"
#include "tests/store/identity/people.h"

namespace klantbeeld::store {
namespace {

constexpr int kPeople = 10'000;

// Counts the rows that are read through it.
class Counting : public Reader {
 public:
  explicit Counting(const Reader& under) : under_(under) {}
  absl::StatusOr<std::optional<std::string>> Get(Family family,
                                                 absl::string_view key) const override {
    ++rows_;
    return under_.Get(family, key);
  }
  absl::Status Scan(Family family, absl::string_view prefix, absl::string_view from,
                    Row row) const override {
    return under_.Scan(family, prefix, from, [&](absl::string_view key, absl::string_view value) {
      ++rows_;
      return row(key, value);
    });
  }
  int rows() const { return rows_; }

 private:
  const Reader& under_;
  mutable int rows_ = 0;
};

// Somebody who says no more of himself than one of ten thousand names.
v1::ContactEvent Caller(int number) {
  Stated stated;
  stated.first_names = absl::StrCat("Voornaam", number);
  stated.surname = absl::StrCat(number * 7919 % 99991, "straten", number);
  stated.identifiers = {Phone("0612345678")};
  v1::Party party = PartyOf("customer", stated.identifiers);
  *party.mutable_details() = DetailsOf(stated);
  return EventOf("exchange", absl::StrCat("c", number), number, {party}, v1::CHANNEL_PHONE);
}

class CrowdTest : public FactsTest {
 protected:
  CrowdTest() : FactsTest("exchange") {}
  // Rows read, and bytes written, to take `event`; it is not taken.
  std::pair<int, size_t> CostOf(const v1::ContactEvent& event) {
    const Counting counting(batch_);
    Batch batch(&counting);
    format::Head head = head_;
    const auto prepared = PrepareEvent(keys_, event);
    EXPECT_TRUE(Append(keys_, batch, head, FactOf(*prepared)).ok());
    return {counting.rows(), batch.bytes()};
  }
  size_t Citizens() {
    std::set<std::string> citizens;
    for (const auto& [party, citizen] : PartitionOf(batch_)) citizens.insert(citizen);
    return citizens.size();
  }
};

TEST_F(CrowdTest, JoinsNobodyAndCostsOneMoreNoMore) {
  int taken = 0;
  const auto take = [&](int until) {
    while (taken < until) Take(Caller(taken++));
  };
  take(1'000);
  const auto [rows, bytes] = CostOf(Caller(kPeople));
  take(kPeople);
  const auto [rows_then, bytes_then] = CostOf(Caller(kPeople));
  EXPECT_LE(rows_then, rows);
  EXPECT_LE(bytes_then, bytes + 8);  // Numbers are longer.
  EXPECT_EQ(Citizens(), static_cast<size_t>(kPeople));
}

TEST_F(CrowdTest, OneWhoGoesCostsNoMoreEither) {
  const v1::ContactEvent gone = RetractContact("exchange", "r", "c500");
  for (int i = 0; i < 1'000; ++i) Take(Caller(i));
  const auto [rows, bytes] = CostOf(gone);
  for (int i = 1'000; i < kPeople; ++i) Take(Caller(i));
  const auto [rows_then, bytes_then] = CostOf(gone);
  EXPECT_LE(rows_then, rows);
  EXPECT_LE(bytes_then, bytes + 8);
}

}  // namespace
}  // namespace klantbeeld::store
