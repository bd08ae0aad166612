#include "store/identity/compare.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <utility>

namespace klantbeeld::store {
namespace {

constexpr size_t kLettersMax = 64;  // A bit each.

// Digits that differ between two dates as yyyymmdd.
int DigitsApart(const Person::Date& a, const Person::Date& b) {
  int apart = 0;
  const auto count = [&](int x, int y, int digits) {
    for (int i = 0; i < digits; ++i, x /= 10, y /= 10) apart += x % 10 != y % 10;
  };
  count(a.year, b.year, 4);
  count(a.month, b.month, 2);
  count(a.day, b.day, 2);
  return apart;
}

DateAgreement ByDigits(int apart) {
  if (apart == 1) return DateAgreement::kClose;
  return apart == 2 ? DateAgreement::kFar : DateAgreement::kDifferent;
}

// Letters written for the same sound. Silent vowels are left out.
char SoundOfLetter(char c) {
  switch (c) {
    case 'b': case 'p': return 'p';
    case 'c': case 'k': case 'q': case 'g': case 'x': return 'k';
    case 'd': case 't': return 't';
    case 'f': case 'v': case 'w': return 'f';
    case 's': case 'z': return 's';
    case 'm': case 'n': return 'n';
    case 'l': case 'r': return c;
    default: return 0;
  }
}

}  // namespace

int JaroWinkler(absl::string_view a, absl::string_view b) {
  a = a.substr(0, kLettersMax);
  b = b.substr(0, kLettersMax);
  if (a == b) return a.empty() ? 0 : 1000;
  if (a.empty() || b.empty()) return 0;
  // Letters are matched from the left, greedily: which text is first matters.
  if (a.size() > b.size() || (a.size() == b.size() && a > b)) std::swap(a, b);
  const int la = static_cast<int>(a.size());
  const int lb = static_cast<int>(b.size());
  const int window = std::max(0, std::max(la, lb) / 2 - 1);
  uint64_t in_a = 0, in_b = 0;
  int matches = 0;
  for (int i = 0; i < la; ++i) {
    const int end = std::min(lb - 1, i + window);
    for (int j = std::max(0, i - window); j <= end; ++j) {
      if ((in_b >> j & 1) != 0 || a[static_cast<size_t>(i)] != b[static_cast<size_t>(j)]) continue;
      in_a |= uint64_t{1} << i;
      in_b |= uint64_t{1} << j;
      ++matches;
      break;
    }
  }
  if (matches == 0) return 0;
  int moved = 0;
  for (int i = 0, j = 0; i < la; ++i) {
    if ((in_a >> i & 1) == 0) continue;
    while ((in_b >> j & 1) == 0) ++j;
    moved += a[static_cast<size_t>(i)] != b[static_cast<size_t>(j)];
    ++j;
  }
  int prefix = 0;
  while (prefix < std::min({la, lb, 4}) &&
         a[static_cast<size_t>(prefix)] == b[static_cast<size_t>(prefix)]) {
    ++prefix;
  }
  // The sum of three fractions over their common denominator, and a tenth of
  // what is missing for each letter at the beginning: rounded once.
  const int64_t m = matches, denominator = int64_t{30} * la * lb * m;
  const int64_t jaro = 10 * (m * m * lb + m * m * la + (m - moved / 2) * la * lb);
  const int64_t alike = jaro + prefix * (denominator - jaro) / 10;
  return static_cast<int>((1000 * alike + denominator / 2) / denominator);
}

int Edits(absl::string_view a, absl::string_view b, int max) {
  a = a.substr(0, kLettersMax);
  b = b.substr(0, kLettersMax);
  const size_t la = a.size(), lb = b.size();
  if (std::abs(static_cast<int>(la) - static_cast<int>(lb)) > max) return max + 1;
  std::array<std::array<uint8_t, kLettersMax + 1>, 3> rows;
  auto *before = &rows[0], *last = &rows[1], *row = &rows[2];
  for (size_t j = 0; j <= lb; ++j) (*last)[j] = static_cast<uint8_t>(j);
  for (size_t i = 1; i <= la; ++i) {
    (*row)[0] = static_cast<uint8_t>(i);
    int least = (*row)[0];
    for (size_t j = 1; j <= lb; ++j) {
      int edits = std::min({(*last)[j] + 1, (*row)[j - 1] + 1,
                            (*last)[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        edits = std::min(edits, (*before)[j - 2] + 1);
      }
      (*row)[j] = static_cast<uint8_t>(edits);
      least = std::min(least, edits);
    }
    if (least > max) return max + 1;
    auto* oldest = before;
    before = last;
    last = row;
    row = oldest;
  }
  return std::min<int>((*last)[lb], max + 1);
}

DateAgreement CompareDates(const Person::Date& a, const Person::Date& b) {
  if (a.year == 0 || b.year == 0) return DateAgreement::kUnknown;
  if (a.month == 0 || b.month == 0) {
    return a.year == b.year ? DateAgreement::kSameYear
                            : ByDigits(DigitsApart({.year = a.year}, {.year = b.year}) + 1);
  }
  if (a.day == 0 || b.day == 0) {
    if (a.year == b.year && a.month == b.month) return DateAgreement::kSameYearMonth;
    return ByDigits(DigitsApart({a.year, a.month, 0}, {b.year, b.month, 0}) + 1);
  }
  if (a == b) return DateAgreement::kSame;
  if (a.year == b.year && a.month == b.day && a.day == b.month) return DateAgreement::kClose;
  const DateAgreement agreement = ByDigits(DigitsApart(a, b));
  // Two people of one household are seldom born in one year, or on one birthday.
  const bool part = a.year == b.year || (a.month == b.month && a.day == b.day);
  return agreement == DateAgreement::kDifferent && part ? DateAgreement::kFar : agreement;
}

std::string SoundOf(absl::string_view folded_name) {
  std::string sound;
  for (size_t i = 0; i < folded_name.size(); ++i) {
    char c = SoundOfLetter(folded_name[i]);
    // "Ph" is an f; "h" and the vowels have no place but at the beginning.
    if (folded_name[i] == 'p' && i + 1 < folded_name.size() && folded_name[i + 1] == 'h') c = 'f';
    if (c == 0 && i == 0) c = folded_name[i];
    if (c != 0 && (sound.empty() || sound.back() != c)) sound.push_back(c);
  }
  return sound;
}

}  // namespace klantbeeld::store
