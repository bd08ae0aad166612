// How the names of two people agree: slips of the pen, short forms, initials,
// partners' names, and first name and surname in each other's place. Pure.
#ifndef KLANTBEELD_STORE_IDENTITY_NAMES_H_
#define KLANTBEELD_STORE_IDENTITY_NAMES_H_

#include "store/identity/evidence.h"
#include "store/identity/model.h"
#include "store/identity/person.h"

namespace klantbeeld::store {

struct Names {
  Evidence surname;
  Evidence first;
  bool one = false;  // The first names are the same, or forms of one.
  bool two = false;  // They are two, however alike they are written: Johannes and Johanna.
  Centibits bits() const { return surname.bits + first.bits; }
};

// Symmetric.
Names CompareNames(const Model& model, const Person& a, const Person& b);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_NAMES_H_
