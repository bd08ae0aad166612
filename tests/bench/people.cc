#include "tests/bench/people.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/bench/events.h"
#include "tests/bench/process.h"

namespace klantbeeld::bench {
namespace {

constexpr char kCompared[] = "anew";
constexpr int kPrime = 7919;

// Every one of `begins` with every one of `middles` and `ends`.
template <size_t A, size_t B, size_t C>
std::vector<std::string> Names(const std::array<const char*, A>& begins,
                               const std::array<const char*, B>& middles,
                               const std::array<const char*, C>& ends) {
  std::vector<std::string> names;
  for (const char* middle : middles) {
    for (const char* begin : begins) {
      for (const char* end : ends) names.push_back(absl::StrCat(begin, middle, end));
    }
  }
  return names;
}

std::vector<std::string> Surnames() {
  return Names(std::array{"Aal", "Bor", "Dek", "Elf", "Gron", "Hoek", "Kra", "Lin", "Mol", "Nij",
                          "Oos", "Pol", "Rij", "Sche", "Ter", "Vel", "Wes", "Zand"},
               std::array{"", "ste", "ke", "den", "ver", "lo", "mer", "ren", "gel", "wij", "tin",
                          "bra"},
               std::array{"man", "stra", "ma", "sen", "huis", "berg", "dijk", "veld", "kamp",
                          "horst", "broek", "laar", "hoven", "mans", "daal", "gaard"});
}

std::vector<std::string> FirstNames() {
  return Names(std::array{"An", "Bas", "Cor", "Daan", "Els", "Fem", "Ger", "Han", "Ire", "Jor",
                          "Kar", "Lot", "Mar", "Nien", "Oli", "Pie", "Roe", "San", "Tim", "Wil"},
               std::array{""}, std::array{"a", "ien", "ke", "lies", "o", "tje", "win", "drik",
                                          "bert", "neke", "sel", "jan"});
}

// The smaller the number, the more have it; of 1,000 people the commonest of
// 3,456 surnames has about five.
int Skewed(std::mt19937& random, size_t names) {
  const double at = static_cast<double>(random()) / 4294967296.0;
  return static_cast<int>(std::pow(at, 1.6) * static_cast<double>(names));
}

void Identify(v1::Party& party, v1::IdentifierType type, const std::string& value,
              v1::VerifiedBy verified) {
  v1::Identifier& identifier = *party.add_identifiers();
  identifier.set_type(type);
  identifier.set_value(value);
  if (verified != v1::VERIFIED_BY_UNSPECIFIED) identifier.set_verified(verified);
}

}  // namespace

Town::Town(int people)
    : bsns_(EventMaker::Bsns(people)), surnames_(Surnames()), first_names_(FirstNames()) {
  if (people < 3 || people % kPrime == 0) Die("--people: 3 or more, and no multiple of 7919");
  people_.resize(static_cast<size_t>(people));
  int household = 0, left = 0;
  uint16_t surname = 0;
  int year = 0;
  for (Person& person : people_) {
    const bool first = left == 0;
    if (first) {
      constexpr std::array<int, 10> kSizes = {1, 1, 1, 1, 2, 2, 2, 3, 4, 5};
      left = kSizes[static_cast<size_t>(Below(kSizes.size()))];
      ++household;
    }
    if (first || Below(4) == 0) surname = static_cast<uint16_t>(Skewed(random_, surnames_.size()));
    if (first) year = 1935 + Below(65);
    --left;
    person.household = household;
    person.surname = surname;
    person.first_name = static_cast<uint16_t>(Skewed(random_, first_names_.size()));
    const int later = first ? 0 : (Below(2) == 0 ? Below(8) - 4 : 24 + Below(12));
    person.born_year = static_cast<int16_t>(std::min(year + later, 2024));
    person.born_month = static_cast<int8_t>(1 + Below(12));
    person.born_day = static_cast<int8_t>(1 + Below(28));
  }
}

v1::ContactEvent Town::Fill(int i) { return State(i / 3, i % 3); }

std::vector<v1::ContactEvent> Town::Take(int count) {
  std::vector<v1::ContactEvent> events;
  events.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) {
    if (i % 25 >= 9) {
      events.push_back(State(Below(people()), Below(3)));
      continue;
    }
    events.push_back(NextAnew());
  }
  return events;
}

std::vector<v1::ContactEvent> Town::TakeAnew(int count) {
  std::vector<v1::ContactEvent> events;
  for (int i = 0; i < count; ++i) events.push_back(NextAnew());
  return events;
}

std::vector<v1::ContactEvent> Town::TakeVerified(int count) {
  std::vector<v1::ContactEvent> events;
  for (int i = 0; i < count; ++i) events.push_back(State(Below(people()), Below(2)));
  return events;
}

std::vector<v1::ContactEvent> Town::TakeSharing(int count) {
  std::vector<v1::ContactEvent> events = TakeAnew(count);
  for (v1::ContactEvent& event : events) {
    Identify(*event.mutable_data()->mutable_parties(0), v1::IDENTIFIER_TYPE_PHONE, "0612345678",
             v1::VERIFIED_BY_UNSPECIFIED);
  }
  return events;
}

bool Town::IsCompared(const v1::ContactEvent& event) {
  return absl::StartsWith(event.event_id(), kCompared);
}

v1::ContactEvent Town::Event(const char* source, v1::Channel channel) {
  v1::ContactEvent event;
  event.set_source(source);
  event.set_event_id(absl::StrFormat("known-%010d", number_++));
  v1::ContactData& data = *event.mutable_data();
  data.mutable_occurred_at()->set_seconds(1'760'000'000 + static_cast<int64_t>(number_ % 9'000'000));
  data.set_channel(channel);
  data.set_state(v1::CONTACT_STATE_ENDED);
  data.set_direction(v1::DIRECTION_INBOUND);
  data.set_subject("Vraag over een vergunning");
  data.add_parties()->set_role(v1::PARTY_ROLE_CUSTOMER);
  return event;
}

void Town::Name(int person, v1::PersonalDetails& details) const {
  const Person& one = people_[static_cast<size_t>(person)];
  details.set_first_names(first_names_[one.first_name]);
  details.set_surname(surnames_[one.surname]);
  details.mutable_birth_date()->set_year(one.born_year);
  details.mutable_birth_date()->set_month(one.born_month);
  details.mutable_birth_date()->set_day(one.born_day);
}

void Town::Live(int person, v1::PersonalDetails& details) const {
  const int household = people_[static_cast<size_t>(person)].household;
  const int street = household / 40;
  details.mutable_address()->set_postcode(absl::StrFormat(
      "%04d%c%c", 1000 + street % 8999, 'A' + street / 8999 % 26, 'A' + street % 26));
  details.mutable_address()->set_house_number(1 + household % 40);
}

v1::ContactEvent Town::State(int person, int kind) {
  if (kind == 0) {
    v1::ContactEvent event = Event("balie", v1::CHANNEL_COUNTER);
    v1::Party& party = *event.mutable_data()->mutable_parties(0);
    Identify(party, v1::IDENTIFIER_TYPE_BSN, Bsn(person), v1::VERIFIED_BY_ID_DOCUMENT);
    Name(person, *party.mutable_details());
    Live(person, *party.mutable_details());
    return event;
  }
  if (kind == 1) {
    v1::ContactEvent event = Event("website", v1::CHANNEL_WEB);
    v1::Party& party = *event.mutable_data()->mutable_parties(0);
    Identify(party, v1::IDENTIFIER_TYPE_BSN, Bsn(person), v1::VERIFIED_BY_DIGID);
    Identify(party, v1::IDENTIFIER_TYPE_EMAIL, absl::StrCat("p", person, "@voorbeeld.example"),
             v1::VERIFIED_BY_UNSPECIFIED);
    return event;
  }
  v1::ContactEvent event = Event("telefooncentrale", v1::CHANNEL_PHONE);
  v1::Party& party = *event.mutable_data()->mutable_parties(0);
  Identify(party, v1::IDENTIFIER_TYPE_PHONE, absl::StrFormat("06%08d", 10'000'000 + person),
           v1::VERIFIED_BY_UNSPECIFIED);
  Name(person, *party.mutable_details());
  return event;
}

v1::ContactEvent Town::NextAnew() {
  if (anew_ == people()) Die("more new statements than people: --people");
  // A prime: nobody twice, and no neighbours in turn, who would find each other's
  // rows in the cache.
  const int person = static_cast<int>(static_cast<int64_t>(anew_++) * kPrime % people());
  return StateAnew(person, anew_ % 3);
}

v1::ContactEvent Town::StateAnew(int person, int kind) {
  v1::ContactEvent event = Event("brievenbus", v1::CHANNEL_POST);
  event.set_event_id(absl::StrFormat("%s-%010d", kCompared, number_++));
  v1::PersonalDetails& details = *event.mutable_data()->mutable_parties(0)->mutable_details();
  Name(person, details);
  if (kind == 0) {  // By phone from another number: name and birth date alone.
    event.mutable_data()->set_channel(v1::CHANNEL_PHONE);
    return event;
  }
  Live(person, details);
  if (kind == 1) {
    details.set_initials(details.first_names().substr(0, 1));
    details.clear_first_names();
  } else {
    std::string& surname = *details.mutable_surname();
    std::swap(surname[surname.size() - 2], surname[surname.size() - 1]);
  }
  return event;
}

}  // namespace klantbeeld::bench
