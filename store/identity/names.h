// How the names of two people agree: slips of the pen, short forms, initials,
// partners' names, and first name and surname in each other's place. Pure.
#ifndef KLANTBEELD_STORE_IDENTITY_NAMES_H_
#define KLANTBEELD_STORE_IDENTITY_NAMES_H_

#include <cstdint>

#include "store/identity/evidence.h"
#include "store/identity/model.h"
#include "store/identity/person.h"

namespace klantbeeld::store {

// What two first names are to each other, however much they say.
enum class NameTie : uint8_t {
  kUnclear,  // One is not known or an initial; a slip of the pen; they share a word.
  kOne,      // The same, or forms of one.
  kAlike,    // As slips could make them, or as a sister's is: Sierra and Serena.
  kTwo,      // Both in use, and not for the same, however they are written: Johannes and Johanna.
};

struct Names {
  Evidence surname;
  Evidence first;
  NameTie tie = NameTie::kUnclear;  // Of the first names.
  Centibits bits() const { return surname.bits + first.bits; }
};

// Symmetric.
Names CompareNames(const Model& model, const Person& a, const Person& b);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_NAMES_H_
