// Who is who, made of bytes: up to ten claims with numbers, log-ins and contents
// of few values, decisions between their parties, and parties of one contact.
// Held against a plain model: citizens lie within what hangs together at all;
// what may never be joined is not; and another order gives the same.
#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "store/identity/partition.h"
#include "tests/fuzz/bytes.h"
#include "tests/store/scenario.h"

namespace {

using klantbeeld::Bytes;
using klantbeeld::Require;
using klantbeeld::store::CitizenPart;
using klantbeeld::store::ClaimNode;
using klantbeeld::store::DecisionNode;
using klantbeeld::store::Partition;
using klantbeeld::store::PartitionInput;
using klantbeeld::store::Scenario;

constexpr int kClaimsMax = 10;

Scenario Read(Bytes bytes) {
  Scenario scenario;
  const int claims = 2 + bytes.Below(kClaimsMax - 1);
  const auto name = [&] { return std::string(1, static_cast<char>('a' + bytes.Below(claims))); };
  for (int i = 0; i < claims; ++i) {
    std::string claim(1, static_cast<char>('a' + i));
    for (int said = bytes.Below(4); said > 0; --said) {
      const std::string few = std::to_string(1 + bytes.Below(3));
      switch (bytes.Below(9)) {
        case 0: claim += "!bsn" + few; break;
        case 1: claim += "?bsn" + few; break;
        case 2: claim += "@s" + few; break;
        case 3: claim += "=x" + few; break;
        case 4: claim += "!kvk" + few; break;
        case 5: claim += "*"; break;
        case 6: claim += "%"; break;
        case 7: claim += "!rsin" + few; break;
        default: claim += "#bsn1,bsn2"; break;
      }
    }
    scenario.claims += claim + " ";
  }
  for (int i = bytes.Below(5); i > 0; --i) {
    const std::string a = name(), b = name();
    if (a == b) continue;
    scenario.decisions +=
        a + (bytes.Below(2) == 0 ? "+" : "-") + b + "@" + std::to_string(i) + " ";
  }
  for (int i = bytes.Below(3); i > 0; --i) {
    const std::string a = name(), b = name();
    if (a != b) scenario.co_parties += a + b + " ";
  }
  return scenario;
}

// Everything that could join two claims joins them.
std::vector<size_t> HangTogether(const PartitionInput& input) {
  std::vector<size_t> of(input.claims.size());
  std::iota(of.begin(), of.end(), 0);
  const auto shares = [](const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return std::any_of(a.begin(), a.end(), [&](const std::string& value) {
      return std::find(b.begin(), b.end(), value) != b.end();
    });
  };
  const auto linked = [&](const ClaimNode& a, const ClaimNode& b) {
    return std::any_of(input.decisions.begin(), input.decisions.end(), [&](const DecisionNode& d) {
      const auto in = [](const std::set<std::string>& side, const ClaimNode& claim) {
        return side.contains(claim.least_party);
      };
      return !d.unlink && (in(d.a, a) || in(d.b, a)) && (in(d.a, b) || in(d.b, b));
    });
  };
  for (size_t i = 0; i < of.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const ClaimNode &a = input.claims[i], &b = input.claims[j];
      if (!shares(a.number_values, b.number_values) && !shares(a.login_values, b.login_values) &&
          a.content != b.content && !linked(a, b)) {
        continue;
      }
      std::replace(of.begin(), of.end(), of[i], of[j]);
    }
  }
  return of;
}

void CheckCitizen(const PartitionInput& input, const CitizenPart& part,
                  const std::vector<size_t>& together) {
  std::set<std::string> bsns;
  bool person = false, organisation = false, contested = false;
  for (const size_t claim : part.claims) {
    const ClaimNode& node = input.claims[claim];
    Require(together[claim] == together[part.claims[0]]);
    contested = contested || node.contested;
    for (const auto& [kind, value] : node.numbers) {
      if (kind == klantbeeld::store::kNumberBsn && !node.contested) bsns.insert(value);
      person = person || kind == klantbeeld::store::kNumberBsn;
      organisation = organisation || kind == klantbeeld::store::kNumberKvk ||
                     kind == klantbeeld::store::kNumberRsin;
    }
  }
  // What says exactly the same may be one again, whatever nonsense it is.
  const ClaimNode& first = input.claims[part.claims[0]];
  const bool alike = std::all_of(part.claims.begin(), part.claims.end(), [&](size_t claim) {
    return input.claims[claim].content == first.content &&
           input.claims[claim].numbers == first.numbers;
  });
  if (!alike) Require(!(person && organisation));
  // One claim may say two of itself; two claims are not joined that differ.
  if (!contested && part.claims.size() > 1) {
    bool one_says_two = false;
    for (const size_t claim : part.claims) {
      int own = 0;
      for (const auto& number : input.claims[claim].numbers) {
        own += number.first == klantbeeld::store::kNumberBsn;
      }
      one_says_two = one_says_two || own > 1;
    }
    Require(one_says_two || bsns.size() <= 1);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Scenario scenario = Read(Bytes(data, size));
  const PartitionInput input = InputOf(scenario);
  const auto citizens = Partition(input).citizens;
  const auto together = HangTogether(input);
  size_t claims = 0;
  for (const CitizenPart& part : citizens) {
    CheckCitizen(input, part, together);
    claims += part.claims.size();
  }
  Require(claims == input.claims.size());  // Each in one.
  const std::string text = TextOf(input, citizens);
  for (unsigned seed = 1; seed <= 3; ++seed) {
    std::mt19937 random(seed);
    const PartitionInput shuffled = InputOf(scenario, &random);
    Require(TextOf(shuffled, Partition(shuffled).citizens) == text);
  }
  return 0;
}
