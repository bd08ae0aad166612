// What the benchmark records: contact events of citizens with a verified BSN.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "klantbeeld/v1/contact.pb.h"

namespace klantbeeld::bench {

// The same seed gives the same events; no id comes twice out of one maker.
// Web, telephone and counter in turn, 240 to 400 bytes each.
class EventMaker {
 public:
  EventMaker(uint32_t seed, std::string name, int citizens);

  v1::ContactEvent Next();             // Of a random citizen.
  v1::ContactEvent Next(int citizen);  // Of this one.
  std::vector<v1::ContactEvent> Take(int count);
  // Made-up numbers that pass the eleven test, beginning with a 9.
  static std::vector<std::string> Bsns(int count);
  const std::string& bsn(int citizen) const { return bsns_[static_cast<size_t>(citizen)]; }

 private:
  int Below(int bound) { return static_cast<int>(random_() % static_cast<uint32_t>(bound)); }

  std::mt19937 random_;
  const std::string name_;
  std::vector<std::string> bsns_;
  uint64_t number_ = 0;
};

}  // namespace klantbeeld::bench
