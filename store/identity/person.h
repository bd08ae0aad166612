// A party's claim as it is compared with others: the fields that say who
// somebody is, and the values by which likely matches are found. Pure.
#ifndef KLANTBEELD_STORE_IDENTITY_PERSON_H_
#define KLANTBEELD_STORE_IDENTITY_PERSON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "klantbeeld/v1/identity_service.pb.h"
#include "store/format.pb.h"

namespace klantbeeld::store {

// A value that claims are found by as candidates for each other, and how:
// an identifier's type as numbered in the contract, or a rule of person.cc.
struct BlockKey {
  uint8_t rule = 0;
  std::string value;
  friend bool operator==(const BlockKey&, const BlockKey&) = default;
};

// Fields in normal form; empty or 0: not known. Holds copies of what it was
// made of.
struct Person {
  struct Date {
    int16_t year = 0;
    int8_t month = 0;
    int8_t day = 0;
    friend bool operator==(const Date&, const Date&) = default;
  };
  // A number of which a person has one in its register: BSN, pseudonym,
  // another register's; or a customer number, of which he may have several.
  struct Number {
    v1::IdentifierType type = v1::IDENTIFIER_TYPE_UNSPECIFIED;
    bool verified = false;
    std::string of;                      // The register, of another register's.
    std::string value;
    friend bool operator==(const Number&, const Number&) = default;
  };
  std::vector<std::string> surnames;     // Own and partner's, folded, without prefix; parts of both.
  std::vector<std::string> first_names;  // Folded, a word each.
  std::string names_as_surname;          // First names folded as if a surname stood in their place.
  std::string initials;                  // Folded letters; of first names where none are stated.
  Date birth;
  std::string birth_place;               // Folded.
  int sex = 0;                           // v1::Sex; 0 also for "other".
  std::string postcode;                  // Without spaces, upper case.
  int32_t house_number = 0;
  std::string house_suffix;              // Letter and addition, lower case.
  std::string street;                    // Folded.
  std::string city;                      // Folded.
  std::vector<std::string> phones;       // These four ascending, each once.
  std::vector<std::string> emails;
  std::vector<std::string> devices;      // Cookies.
  std::vector<Number> numbers;
  // Of the last four, those that too many share: to have one in common says
  // nothing. They still are what this person has, or a value that others come
  // to share would change how the person compares with somebody who has not.
  std::vector<std::string> generic;
  bool organisation = false;             // Compared with nobody by what it states.
};

// What is compared of a claim.
Person PersonOf(const format::ClaimContent& content);

// The values by which it is a candidate for others, each once, in an order
// that depends on the person alone.
std::vector<BlockKey> BlockKeysOf(const Person& person);

// The fields that a rule goes by: of those whom it finds they agree of themselves.
std::vector<v1::EvidenceField> FieldsOf(uint8_t rule);

// The town and quarter of a postcode: the digits of a Dutch one, the first part
// of others.
absl::string_view AreaOf(absl::string_view postcode);

// Too many share this value: where it is an identifier it says nothing of this
// person. What is made of names, dates and places stays as it is, since each
// of these is worth something still.
void Disregard(const BlockKey& key, Person& person);
bool MayDisregard(uint8_t rule);

// A name alone: of one that very many have, whoever it finds is a candidate only
// where the birth dates are no more than slips apart, as far as they are known.
bool GoesWithBirth(uint8_t rule);

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_STORE_IDENTITY_PERSON_H_
