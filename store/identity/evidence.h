// What a field of two claims says for their being one person.
#ifndef KLANTBEELD_STORE_IDENTITY_EVIDENCE_H_
#define KLANTBEELD_STORE_IDENTITY_EVIDENCE_H_

#include <cstdint>

#include "klantbeeld/v1/identity_service.pb.h"

namespace klantbeeld::store {

// Hundredths of a bit.
using Centibits = int32_t;
inline constexpr double kCentibitsPerBit = 100;

// Nothing where one side does not know it.
struct Evidence {
  static Evidence Same(Centibits bits) { return {bits, v1::AGREEMENT_SAME}; }
  static Evidence Close(Centibits bits) { return {bits, v1::AGREEMENT_CLOSE}; }
  static Evidence Partly(Centibits bits) { return {bits, v1::AGREEMENT_PARTLY}; }
  static Evidence Different(Centibits bits) { return {bits, v1::AGREEMENT_DIFFERENT}; }
  static Evidence Contradicts(Centibits bits) { return {bits, v1::AGREEMENT_CONTRADICTS}; }

  Centibits bits = 0;
  v1::Agreement agreement = v1::AGREEMENT_UNSPECIFIED;

  bool known() const { return agreement != v1::AGREEMENT_UNSPECIFIED; }
  bool agrees() const {
    return agreement == v1::AGREEMENT_SAME || agreement == v1::AGREEMENT_CLOSE;
  }
  bool same() const { return agreement == v1::AGREEMENT_SAME; }
};

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_EVIDENCE_H_
