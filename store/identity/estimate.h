// How often the fields of two records of one person agree, and of two persons,
// where nobody says which pairs are which. Expectation maximisation, after
// Fellegi and Sunter. Pure.
#ifndef KLANTBEELD_STORE_IDENTITY_ESTIMATE_H_
#define KLANTBEELD_STORE_IDENTITY_ESTIMATE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace klantbeeld::store {

// Pairs that agree alike.
struct AlikePairs {
  std::vector<uint8_t> levels;  // By field: how it agrees, counted from 1; 0: not known of both.
  double pairs = 0;
  double guess = 0;             // What share of them is of one person, for all that is known before.
};

struct Estimate {
  // By field and level: its share of the pairs of one person (m), and of two
  // persons (u), of which the field is known.
  std::vector<std::vector<double>> m, u;
  std::vector<double> matches, others;  // By field: such pairs, of which it is known.
  double matches_in_all = 0;
  double others_in_all = 0;
  std::vector<double> belief;           // By AlikePairs: what share of them is of one person.
};

// `levels` is how many each field has; those with none are passed over. Depends
// on nothing else than what is put in, and its order. At least one pair.
Estimate EstimateShares(const std::vector<size_t>& levels, const std::vector<AlikePairs>& pairs);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_ESTIMATE_H_
