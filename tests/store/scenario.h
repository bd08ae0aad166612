// Claims and decisions in a few letters, for tables of the identity rules.
//
// Claims, by spaces: a name and what it says. "a!bsn1" has the verified BSN 1,
// "a?bsn1" the same unverified, "a~bsn1" the same found in the registry, "a@s"
// the session s, "a=x" the content x, "a*" is a party's own claim that may fall
// back to its content, "a%" one that may not. Numbers are bsn, rsin, kvk and vest; "a#bsn1,bsn2" are contested, and
// "a!/x" joins by x, which is no number by itself.
// Decisions, by spaces: "ab+c@3" links a and b with c at 3, "ab-c@3" unlinks
// a and b from c, "ab-c@3:bsn1" when they shared the value bsn1.
// Parties of one contact, by spaces: "ab cd".
#ifndef KLANTBEELD_TESTS_STORE_SCENARIO_H_
#define KLANTBEELD_TESTS_STORE_SCENARIO_H_

#include <algorithm>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "store/identity/partition.h"

namespace klantbeeld::store {

struct Scenario {
  std::string claims;
  std::string decisions = {};
  std::string co_parties = {};
};

inline std::vector<std::string> Pieces(const std::string& text, char between) {
  return absl::StrSplit(text, between, absl::SkipEmpty());
}

inline std::pair<int, std::string> NumberOf(const std::string& text) {
  const std::map<std::string, int> kinds = {
      {"bsn", kNumberBsn}, {"rsin", kNumberRsin}, {"kvk", kNumberKvk}, {"vest", kNumberVestiging}};
  const size_t digits = text.find_first_of("0123456789");
  return {kinds.at(text.substr(0, digits)), text.substr(digits)};
}

inline ClaimNode ClaimOf(const std::string& text) {
  ClaimNode node;
  node.id = node.least_party = text.substr(0, 1);
  node.content = absl::StrCat("content of ", node.id);
  for (size_t at = 1; at < text.size();) {
    const size_t end = std::min(text.find_first_of("!?@=*%#~", at + 1), text.size());
    const std::string value = text.substr(at + 1, end - at - 1);
    switch (text[at]) {
      case '!':
        if (value[0] != '/') node.numbers.insert(NumberOf(value));
        node.number_values.push_back(value);
        if (value.substr(0, 3) == "bsn") node.bsn_citizen = absl::StrCat("citizen of ", value);
        break;
      case '~':
        node.found_value = value;
        [[fallthrough]];
      case '?':
        node.numbers.insert(NumberOf(value));
        break;
      case '#':
        node.contested = true;
        for (const auto& one : Pieces(value, ',')) node.numbers.insert(NumberOf(one));
        break;
      case '@':
        node.login_values.push_back(value);
        break;
      case '=':
        node.content = value;
        break;
      case '%':
        node.by_content = false;
        [[fallthrough]];
      case '*':
        node.decided = true;
        break;
    }
    at = end;
  }
  return node;
}

inline DecisionNode DecisionFrom(const std::string& text) {
  DecisionNode decision;
  decision.id = text;
  const size_t kind = text.find_first_of("+-");
  const size_t at = text.find('@');
  decision.unlink = text[kind] == '-';
  for (const char party : text.substr(0, kind)) decision.a.insert(std::string(1, party));
  for (const char party : text.substr(kind + 1, at - kind - 1)) {
    decision.b.insert(std::string(1, party));
  }
  decision.decided_us = std::atoi(text.c_str() + at + 1);
  if (const size_t shared = text.find(':'); shared != std::string::npos) {
    for (const auto& value : Pieces(text.substr(shared + 1), ',')) {
      decision.shared_values.insert(value);
    }
  }
  return decision;
}

inline std::vector<std::string> Words(const std::string& text) { return Pieces(text, ' '); }

// The input with claims and decisions in the order of `random`; null: as said.
inline PartitionInput InputOf(const Scenario& scenario, std::mt19937* random = nullptr) {
  std::vector<std::string> claims = Words(scenario.claims);
  std::vector<std::string> decisions = Words(scenario.decisions);
  if (random != nullptr) {
    std::shuffle(claims.begin(), claims.end(), *random);
    std::shuffle(decisions.begin(), decisions.end(), *random);
  }
  PartitionInput input;
  for (const auto& claim : claims) input.claims.push_back(ClaimOf(claim));
  for (const auto& decision : decisions) input.decisions.push_back(DecisionFrom(decision));
  for (const auto& pair : Words(scenario.co_parties)) {
    const auto index = [&](char name) {
      return static_cast<size_t>(std::find_if(input.claims.begin(), input.claims.end(),
                                              [&](const auto& c) { return c.id[0] == name; }) -
                                 input.claims.begin());
    };
    input.co_parties.insert(std::minmax(index(pair[0]), index(pair[1])));
  }
  return input;
}

// Who is with whom: "ab c". A citizen that is named otherwise than by its least
// party has its name behind it: "ab=citizen of bsn1".
inline std::string TextOf(const PartitionInput& input, const std::vector<CitizenPart>& parts) {
  std::vector<std::string> words;
  for (const CitizenPart& part : parts) {
    std::string names;
    for (const size_t claim : part.claims) names += input.claims[claim].id;
    std::sort(names.begin(), names.end());
    if (part.id != names.substr(0, 1)) absl::StrAppend(&names, "=", part.id);
    words.push_back(std::move(names));
  }
  std::sort(words.begin(), words.end());
  return absl::StrJoin(words, " ");
}

// The issues of the citizen that holds this claim.
inline std::set<v1::CitizenIssue> IssuesOf(const PartitionInput& input,
                                           const std::vector<CitizenPart>& parts, char claim) {
  for (const CitizenPart& part : parts) {
    for (const size_t one : part.claims) {
      if (input.claims[one].id[0] == claim) return part.issues;
    }
  }
  return {};
}

}  // namespace klantbeeld::store

#endif  // KLANTBEELD_TESTS_STORE_SCENARIO_H_
