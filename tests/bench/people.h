// A town of made-up people in households, and what they say of themselves when
// they get in touch: the load under which people have to be told apart.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "klantbeeld/v1/contact.pb.h"

namespace klantbeeld::bench {

// The same number of people gives the same town and events. Surnames and first
// names are common and rare as in a town; one in five shares a surname with a
// neighbour in the same house, most are alone, a pair or a family.
class Town {
 public:
  explicit Town(int people);

  int people() const { return static_cast<int>(people_.size()); }
  // Three statements of each person, one event each: with a verified BSN and
  // everything known at the counter, BSN and e-mail on the web, and name, birth
  // date and telephone by phone. `Fill(i)` is of person i / 3.
  int fills() const { return people() * 3; }
  v1::ContactEvent Fill(int i);
  // Another made the fills: their ids are taken.
  void PassFills() { number_ += static_cast<uint64_t>(fills()); }

  // `count` events: of every 25, 9 state something new without a number (an
  // address, initials for a first name, a slip in the surname), each of somebody
  // else; the others are statements known from filling. No person states
  // something new twice, so people() bounds how many can be taken.
  std::vector<v1::ContactEvent> Take(int count);
  // `count` of those that state something new, and of those that state a verified
  // number known from filling.
  std::vector<v1::ContactEvent> TakeAnew(int count);
  std::vector<v1::ContactEvent> TakeVerified(int count);
  // `count` of those that state something new, and one telephone number all.
  std::vector<v1::ContactEvent> TakeSharing(int count);
  // Whether this event of Take states something new without a number.
  static bool IsCompared(const v1::ContactEvent& event);

 private:
  struct Person {
    int household = 0;
    uint16_t surname = 0, first_name = 0;
    int16_t born_year = 0;
    int8_t born_month = 0, born_day = 0;
  };

  v1::ContactEvent Event(const char* source, v1::Channel channel);
  std::string Bsn(int person) const { return bsns_[static_cast<size_t>(person)]; }
  void Name(int person, v1::PersonalDetails& details) const;
  void Live(int person, v1::PersonalDetails& details) const;
  v1::ContactEvent State(int person, int kind);
  v1::ContactEvent StateAnew(int person, int kind);
  v1::ContactEvent NextAnew();
  int Below(int bound) { return static_cast<int>(random_() % static_cast<uint32_t>(bound)); }

  std::mt19937 random_{7};
  std::vector<Person> people_;
  std::vector<std::string> bsns_;
  std::vector<std::string> surnames_, first_names_;
  uint64_t number_ = 0;
  int anew_ = 0;
};

}  // namespace klantbeeld::bench
