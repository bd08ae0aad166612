// A party's claim as it is compared with others: the fields that say who
// somebody is, and the values by which likely matches are found. Pure.
#ifndef KLANTBEELD_STORE_IDENTITY_PERSON_H_
#define KLANTBEELD_STORE_IDENTITY_PERSON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "store/format.pb.h"

namespace klantbeeld::store {

// A value that claims are found by as candidates for each other, and how:
// an identifier's type as numbered in the contract, or a rule below.
struct BlockKey {
  uint8_t rule = 0;
  std::string value;
  friend bool operator==(const BlockKey&, const BlockKey&) = default;
};

// Fields in normal form; empty or 0: not known. Views into the content that it
// was made of, which must outlive it, are not kept.
struct Person {
  struct Date {
    int16_t year = 0;
    int8_t month = 0;
    int8_t day = 0;
  };
  std::vector<std::string> surnames;     // Own and partner's, folded, without prefix.
  std::vector<std::string> first_names;  // Folded, a word each.
  std::string initials;                  // Folded letters; of first names where none are stated.
  Date birth;
  std::string birth_place;               // Folded.
  int sex = 0;                           // v1::Sex.
  std::string postcode;
  int32_t house_number = 0;
  std::string house_suffix;              // Letter and addition, folded.
  std::string street;                    // Folded.
  std::string city;                      // Folded.
  std::vector<std::string> phones;
  std::vector<std::string> emails;
  std::vector<std::string> devices;      // Cookies.
  std::vector<std::string> numbers;      // BSN, verified or not, customer numbers, other registers', by kind.
  bool organisation = false;
};

// What is compared of a claim.
Person PersonOf(const format::ClaimContent& content);

// The values by which it is a candidate for others, each once, in an order
// that depends on the content alone.
std::vector<BlockKey> BlockKeysOf(const Person& person);

// Too many share this value: it says nothing of this person.
void Disregard(const BlockKey& key, Person& person);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_PERSON_H_
