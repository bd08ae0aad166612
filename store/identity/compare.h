// How alike two values are. Pure, symmetric, and whole numbers only.
#ifndef KLANTBEELD_STORE_IDENTITY_COMPARE_H_
#define KLANTBEELD_STORE_IDENTITY_COMPARE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "store/identity/person.h"

namespace klantbeeld::store {

// Jaro-Winkler similarity in thousandths: 1000 is equal, 0 nothing in common.
// Of texts above 64 bytes only the first 64 count.
int JaroWinkler(absl::string_view a, absl::string_view b);

// Letters put in, left out or changed, and neighbours that changed places, to
// come from one to the other (restricted Damerau-Levenshtein); `max` + 1 if it
// takes more than `max`.
int Edits(absl::string_view a, absl::string_view b, int max);

// How far two birth dates agree.
enum class DateAgreement {
  kUnknown,       // One is not known.
  kSame,
  kSameYearMonth, // As far as both are known: to the month,
  kSameYear,      // to the year.
  kClose,         // One digit, or day and month changed places.
  kFar,           // Two digits, or the year alone is the same, or the birthday alone.
  kDifferent,
};
DateAgreement CompareDates(const Person::Date& a, const Person::Date& b);

// Names that sound alike have the same; letters only. For finding, not for
// comparing.
std::string SoundOf(absl::string_view folded_name);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_COMPARE_H_
