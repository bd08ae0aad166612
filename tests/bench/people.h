// What telling people apart is measured with: contact events of households,
// who log in, come to the counter, and call without a number.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "klantbeeld/v1/contact.pb.h"

namespace klantbeeld::bench {

// The same seed gives the same people and events; no id comes twice.
class PeopleMaker {
 public:
  PeopleMaker(uint32_t seed, int people);

  // Everybody logs in and comes to the counter, and every other person calls:
  // five claims for two people.
  std::vector<v1::ContactEvent> First();
  // `count` events: 32 of 100 log in and 32 come to the counter, all of them
  // again, and 36 are the first call of somebody, which is compared with what
  // is known.
  std::vector<v1::ContactEvent> Next(int count);

 private:
  struct Person {
    std::string bsn, first_name, surname, phone, postcode;
    int year = 0, month = 0, day = 0, house_number = 0;
  };

  uint32_t Below(size_t bound) { return static_cast<uint32_t>(random_() % bound); }
  v1::ContactEvent Begin(v1::Channel channel, const char* source);
  v1::ContactEvent LogIn(const Person& person);
  v1::ContactEvent AtCounter(const Person& person);
  v1::ContactEvent Call(const Person& person);

  std::mt19937 random_;
  std::vector<Person> people_;
  size_t next_caller_ = 1;  // Odd ones have not called yet.
  uint64_t number_ = 0;
};

}  // namespace klantbeeld::bench
