#include "tests/bench/people.h"

#include <array>
#include <ctime>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/bench/events.h"
#include "tests/bench/process.h"

namespace klantbeeld::bench {
namespace {

constexpr int kPastSeconds = 18 * 30 * 86400;
constexpr std::array<const char*, 40> kFirstNames = {
    "Anna",   "Bram",   "Cornelia", "Daan",   "Elisabeth", "Fatima", "Gerrit", "Hanna",
    "Ibrahim", "Johanna", "Karel",  "Lotte",  "Mohamed",   "Noor",   "Olga",   "Pieter",
    "Quinten", "Ruben", "Sanne",    "Thijs",  "Ursula",    "Vera",   "Willem", "Xander",
    "Yusuf",  "Zoe",    "Adriana",  "Bas",    "Cato",      "Dirk",   "Emma",   "Floris",
    "Greta",  "Hugo",   "Iris",     "Jurre",  "Kim",       "Liam",   "Mees",   "Nina"};
constexpr std::array<const char*, 24> kBeginnings = {
    "Bak", "Dek", "Groen", "Hout", "Jans", "Kors", "Lam", "Mei", "Nieuw", "Oost", "Prins", "Rood",
    "Smit", "Tim", "Veld", "Water", "Zand", "Berg", "Dijk", "Eik", "Graaf", "Linde", "Molen", "Vis"};
constexpr std::array<const char*, 24> kEndings = {
    "ker", "stra", "ma", "sen", "huis", "veen", "man", "donk", "horst", "beek", "ink", "kamp",
    "laar", "meer", "rade", "schot", "stein", "tuin", "voort", "wijk", "hof", "brink", "loo", "zicht"};

void AddIdentifier(v1::Party& party, v1::IdentifierType type, const std::string& value,
                   v1::VerifiedBy verified) {
  v1::Identifier& identifier = *party.add_identifiers();
  identifier.set_type(type);
  identifier.set_value(value);
  identifier.set_verified(verified);
}

}  // namespace

PeopleMaker::PeopleMaker(uint32_t seed, int people) : random_(seed) {
  const EventMaker numbers(0, "", people);
  std::string surname, postcode, phone;
  int house_number = 0, left = 0;  // Of the household.
  for (int i = 0; i < people; ++i) {
    if (left == 0) {
      left = 1 + static_cast<int>(Below(4));
      surname = absl::StrCat(kBeginnings[Below(24)], kEndings[Below(24)], kEndings[Below(24)]);
      postcode = absl::StrFormat("%d%c%c", 1000 + Below(600), 'A' + Below(26), 'A' + Below(26));
      house_number = 1 + static_cast<int>(Below(200));
      phone = absl::StrFormat("020%07d", 2'000'000 + Below(5'000'000));
    }
    --left;
    Person& person = people_.emplace_back();
    person.bsn = numbers.bsn(i);
    person.first_name = kFirstNames[Below(kFirstNames.size())];
    person.surname = surname;
    person.postcode = postcode;
    person.house_number = house_number;
    person.phone = Below(2) == 0 ? phone : absl::StrFormat("06%08d", 10'000'000 + i);
    person.year = 1930 + static_cast<int>(Below(90));
    person.month = 1 + static_cast<int>(Below(12));
    person.day = 1 + static_cast<int>(Below(28));
  }
}

v1::ContactEvent PeopleMaker::Begin(v1::Channel channel, const char* source) {
  static const int64_t now = std::time(nullptr);
  v1::ContactEvent event;
  event.set_event_id(absl::StrFormat("people-%010d", number_++));
  event.set_source(source);
  v1::ContactData& data = *event.mutable_data();
  data.set_channel(channel);
  const int64_t began = now - 86400 - Below(kPastSeconds);
  data.mutable_occurred_at()->set_seconds(began);
  data.mutable_ended_at()->set_seconds(began + 60 + Below(900));
  data.set_state(v1::CONTACT_STATE_ENDED);
  data.set_direction(v1::DIRECTION_INBOUND);
  data.set_subject("Vraag over een aanvraag");
  data.set_note("Vraagt naar de stand van de aanvraag; is uitgelegd dat het besluit deze week volgt.");
  data.add_parties()->set_role(v1::PARTY_ROLE_CUSTOMER);
  return event;
}

v1::ContactEvent PeopleMaker::LogIn(const Person& person) {
  v1::ContactEvent event = Begin(v1::CHANNEL_WEB, "website");
  AddIdentifier(*event.mutable_data()->mutable_parties(0), v1::IDENTIFIER_TYPE_BSN, person.bsn,
                v1::VERIFIED_BY_DIGID);
  return event;
}

v1::ContactEvent PeopleMaker::AtCounter(const Person& person) {
  v1::ContactEvent event = Begin(v1::CHANNEL_COUNTER, "balie");
  v1::Party& party = *event.mutable_data()->mutable_parties(0);
  AddIdentifier(party, v1::IDENTIFIER_TYPE_BSN, person.bsn, v1::VERIFIED_BY_ID_DOCUMENT);
  v1::PersonalDetails& details = *party.mutable_details();
  details.set_first_names(person.first_name);
  details.set_surname(person.surname);
  details.mutable_birth_date()->set_year(person.year);
  details.mutable_birth_date()->set_month(person.month);
  details.mutable_birth_date()->set_day(person.day);
  return event;
}

v1::ContactEvent PeopleMaker::Call(const Person& person) {
  v1::ContactEvent event = Begin(v1::CHANNEL_PHONE, "telefooncentrale");
  v1::Party& party = *event.mutable_data()->mutable_parties(0);
  AddIdentifier(party, v1::IDENTIFIER_TYPE_PHONE, person.phone, v1::VERIFIED_BY_CALLER_LINE);
  v1::PersonalDetails& details = *party.mutable_details();
  details.set_first_names(person.first_name);
  details.set_surname(person.surname);
  details.mutable_birth_date()->set_year(person.year);
  details.mutable_birth_date()->set_month(person.month);
  details.mutable_birth_date()->set_day(person.day);
  details.mutable_address()->set_postcode(person.postcode);
  details.mutable_address()->set_house_number(person.house_number);
  return event;
}

std::vector<v1::ContactEvent> PeopleMaker::First() {
  std::vector<v1::ContactEvent> events;
  for (size_t i = 0; i < people_.size(); ++i) {
    events.push_back(LogIn(people_[i]));
    events.push_back(AtCounter(people_[i]));
    if (i % 2 == 0) events.push_back(Call(people_[i]));
  }
  return events;
}

std::vector<v1::ContactEvent> PeopleMaker::Next(int count) {
  std::vector<v1::ContactEvent> events;
  for (int i = 0; i < count; ++i) {
    const uint32_t kind = Below(100);
    if (kind < 36) {
      if (next_caller_ >= people_.size()) next_caller_ = 1;
      events.push_back(Call(people_[next_caller_]));
      next_caller_ += 2;
    } else {
      const Person& person = people_[Below(people_.size())];
      events.push_back(kind < 68 ? LogIn(person) : AtCounter(person));
    }
  }
  return events;
}

}  // namespace klantbeeld::bench
