#include "tests/bench/events.h"

#include <array>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace klantbeeld::bench {
namespace {

constexpr int kPastSeconds = 18 * 30 * 86400;

constexpr std::array<const char*, 8> kProducts = {
    "Paspoort aanvragen",  "Parkeervergunning bewoners", "Verhuizing doorgeven", "Bijstand",
    "Omgevingsvergunning", "Afvalcontainer melden",      "Rijbewijs verlengen",  "Kwijtschelding"};
constexpr std::array<const char*, 4> kDepartments = {"Burgerzaken", "Werk en inkomen",
                                                     "Belastingen", "Stadswerken"};
constexpr std::array<const char*, 6> kNotes = {
    "Vraagt naar de stand van de aanvraag; is uitgelegd dat het besluit deze week volgt.",
    "Afspraak verzet naar volgende week, bevestiging gaat per e-mail.",
    "Document ontbrak. Gewezen op de lijst van stukken die nodig zijn bij deze aanvraag.",
    "Doorverbonden met de vakafdeling na uitleg over de termijn van behandeling.",
    "Heeft de brief niet begrepen; inhoud samen doorgenomen en betaling in termijnen besproken.",
    "Melding over de openbare ruimte opgenomen en nummer van de melding gegeven."};

// Nine digits of which the eleven test holds, beginning with a 9.
std::string BsnFrom(int eight) {
  const std::string digits = absl::StrFormat("%08d", eight);
  int sum = 0;
  for (int i = 0; i < 8; ++i) sum += (9 - i) * (digits[static_cast<size_t>(i)] - '0');
  const int last = sum % 11;
  return last > 9 ? "" : absl::StrCat(digits, last);
}

void AddIdentifier(v1::Party& party, v1::IdentifierType type, const std::string& value,
                   v1::VerifiedBy verified) {
  v1::Identifier& identifier = *party.add_identifiers();
  identifier.set_type(type);
  identifier.set_value(value);
  identifier.set_verified(verified);
}

}  // namespace

EventMaker::EventMaker(uint32_t seed, std::string name, int citizens)
    : random_(seed), name_(std::move(name)), bsns_(Bsns(citizens)) {}

std::vector<std::string> EventMaker::Bsns(int count) {
  std::vector<std::string> bsns;
  for (int eight = 90'000'000; bsns.size() < static_cast<size_t>(count); eight += 7) {
    if (std::string bsn = BsnFrom(eight); !bsn.empty()) bsns.push_back(std::move(bsn));
  }
  return bsns;
}

v1::ContactEvent EventMaker::Next() { return Next(Below(static_cast<int>(bsns_.size()))); }

v1::ContactEvent EventMaker::Next(int citizen) {
  static const int64_t now = std::time(nullptr);
  v1::ContactEvent event;
  event.set_event_id(absl::StrFormat("%s-%010d", name_, number_++));
  v1::ContactData& data = *event.mutable_data();
  const int64_t began = now - 86400 - Below(kPastSeconds);
  data.mutable_occurred_at()->set_seconds(began);
  data.mutable_ended_at()->set_seconds(began + 60 + Below(900));
  data.set_state(v1::CONTACT_STATE_ENDED);
  data.set_direction(v1::DIRECTION_INBOUND);
  const char* product = kProducts[static_cast<size_t>(Below(kProducts.size()))];
  data.mutable_product()->set_name(product);
  data.set_subject(absl::StrCat("Vraag over ", product));
  data.set_note(kNotes[static_cast<size_t>(Below(kNotes.size()))]);
  data.set_department(kDepartments[static_cast<size_t>(Below(kDepartments.size()))]);
  v1::Party& party = *data.add_parties();
  party.set_role(v1::PARTY_ROLE_CUSTOMER);
  switch (number_ % 3) {
    case 0:
      event.set_source("website");
      data.set_channel(v1::CHANNEL_WEB);
      AddIdentifier(party, v1::IDENTIFIER_TYPE_BSN, bsn(citizen), v1::VERIFIED_BY_DIGID);
      break;
    case 1:
      event.set_source("telefooncentrale");
      data.set_channel(v1::CHANNEL_PHONE);
      // The caller logged in from the telephone menu.
      AddIdentifier(party, v1::IDENTIFIER_TYPE_BSN, bsn(citizen), v1::VERIFIED_BY_DIGID);
      AddIdentifier(party, v1::IDENTIFIER_TYPE_PHONE,
                    absl::StrFormat("06%08d", 10'000'000 + citizen), v1::VERIFIED_BY_CALLER_LINE);
      break;
    default:
      event.set_source("balie");
      data.set_channel(v1::CHANNEL_COUNTER);
      data.set_location("Stadhuis");
      AddIdentifier(party, v1::IDENTIFIER_TYPE_BSN, bsn(citizen), v1::VERIFIED_BY_ID_DOCUMENT);
  }
  return event;
}

std::vector<v1::ContactEvent> EventMaker::Take(int count) {
  std::vector<v1::ContactEvent> events;
  events.reserve(static_cast<size_t>(count));
  for (int i = 0; i < count; ++i) events.push_back(Next());
  return events;
}

}  // namespace klantbeeld::bench
