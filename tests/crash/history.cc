#include "tests/crash/history.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace klantbeeld::crash {
namespace {

constexpr int kCitizens = 300;
constexpr int kPhones = 200;
constexpr size_t kRecentMax = 40;
constexpr size_t kSentMax = 200;
constexpr int64_t kStart = 1'740'000'000;
constexpr const char* kSources[] = {"exchange", "queue", "website"};
constexpr v1::Channel kChannels[] = {v1::CHANNEL_PHONE, v1::CHANNEL_COUNTER, v1::CHANNEL_WEB};

void Add(v1::Party& party, v1::IdentifierType type, const std::string& value,
         v1::VerifiedBy verified) {
  v1::Identifier& identifier = *party.add_identifiers();
  identifier.set_type(type);
  identifier.set_value(value);
  identifier.set_verified(verified);
}

}  // namespace

std::string TestBsn(int number) {
  // Weights 9 to 2, and -1 for the last digit. Where no last digit fits, the
  // next number takes its place.
  for (int body = 99'900'000 + number;; body += 50'000) {
    int sum = 0, rest = body;
    for (int weight = 2; weight <= 9; ++weight, rest /= 10) sum += weight * (rest % 10);
    if (sum % 11 < 10) return absl::StrFormat("%08d%d", body % 100'000'000, sum % 11);
  }
}

History::History(uint64_t seed, int worker, int workers)
    : random_(seed * 1000 + static_cast<uint64_t>(worker)), worker_(worker), workers_(workers) {}

v1::ContactEvent History::Begin(const std::string& source, const std::string& contact_source,
                                const std::string& contact_id) {
  v1::ContactEvent event;
  event.set_source(source);
  event.set_event_id(absl::StrCat("w", worker_, "-", number_++));
  event.mutable_contact()->set_source(contact_source);
  event.mutable_contact()->set_id(contact_id.empty() ? event.event_id() : contact_id);
  // Few moments: some revisions are equal.
  event.mutable_revised_at()->set_seconds(kStart + 60 * (number_ / 2 + Roll(20)));
  return event;
}

void History::AddPerson(v1::ContactEvent& event) {
  v1::Party& party = *event.mutable_data()->add_parties();
  party.set_key("customer");
  party.set_role(v1::PARTY_ROLE_CUSTOMER);
  const int citizen = Roll(kCitizens);
  if (Chance(60)) {
    Add(party, v1::IDENTIFIER_TYPE_BSN, TestBsn(citizen), v1::VERIFIED_BY_DIGID);
  }
  if (Chance(20)) {
    Add(party, v1::IDENTIFIER_TYPE_SESSION, absl::StrCat("session-", citizen, "-", Roll(5)),
        v1::VERIFIED_BY_DIGID);
  }
  if (party.identifiers_size() == 0 || Chance(50)) {
    Add(party, v1::IDENTIFIER_TYPE_PHONE,
        absl::StrFormat("+316%08d", 10'000'000 + citizen % kPhones), v1::VERIFIED_BY_CALLER_LINE);
  }
}

v1::ContactEvent History::NewContact() {
  ++kinds_["contact"];
  const int kind = Roll(3);
  v1::ContactEvent event = Begin(kSources[kind], kSources[kind], "");
  v1::ContactData& data = *event.mutable_data();
  data.set_channel(kChannels[kind]);
  data.mutable_occurred_at()->set_seconds(kStart + 30 * Roll(2'000));
  if (Chance(40)) data.set_subject(absl::StrCat("Onderwerp ", Roll(50)));
  AddPerson(event);
  recent_.push_back({event.source(), event.event_id(), {event.event_id()}});
  if (recent_.size() > kRecentMax) recent_.pop_front();
  return event;
}

v1::ContactEvent History::Revision() {
  Recent& contact = AnyRecent();
  const bool own = Chance(60);
  v1::ContactEvent event = Begin(own ? contact.source : "desk", contact.source, contact.id);
  if (own) contact.events.push_back(event.event_id());
  v1::ContactData& data = *event.mutable_data();
  data.set_note(
      absl::StrCat("Aantekening ", number_, std::string(static_cast<size_t>(Roll(300)), '.')));
  if (own && Chance(50)) {
    ++kinds_["identity moved"];
    AddPerson(event);
  } else {
    ++kinds_["revision"];
    if (Chance(20)) data.mutable_occurred_at()->set_seconds(kStart + 30 * Roll(2'000));
  }
  return event;
}

// About a contact of another worker, which may not have come yet.
v1::ContactEvent History::OfAnother() {
  ++kinds_["of another"];
  const int other = Roll(workers_);
  const int64_t number = Roll(static_cast<int>(number_ + 10));
  v1::ContactEvent event =
      Begin("survey", kSources[Roll(3)], absl::StrCat("w", other, "-", number));
  event.mutable_data()->set_outcome(absl::StrCat("Uitkomst ", Roll(9)));
  return event;
}

v1::ContactEvent History::Retraction() {
  Recent& contact = AnyRecent();
  v1::ContactEvent event = Begin(contact.source, contact.source, contact.id);
  if (Chance(20)) {
    ++kinds_["contact retracted"];
    event.mutable_retraction()->set_contact(true);
  } else {
    ++kinds_["event retracted"];
    event.mutable_retraction()->set_event_id(
        contact.events[static_cast<size_t>(Roll(static_cast<int>(contact.events.size())))]);
  }
  return event;
}

v1::ContactEvent History::NextEvent() {
  const int kind = Roll(100);
  if (kind >= 88 && !sent_.empty()) {
    ++kinds_["sent again"];
    return sent_[static_cast<size_t>(Roll(static_cast<int>(sent_.size())))];
  }
  v1::ContactEvent event = recent_.empty() || kind < 45 ? NewContact()
                           : kind < 73                  ? Revision()
                           : kind < 80                  ? OfAnother()
                                                        : Retraction();
  sent_.push_back(event);
  if (sent_.size() > kSentMax) sent_.pop_front();
  return event;
}

v1::Decision History::NextDecisionBody() {
  v1::Decision decision;
  decision.set_source("desk");
  decision.set_decision_id(absl::StrCat("w", worker_, "-d", number_++));
  decision.set_author("test");
  decision.set_reason(absl::StrCat("reden ", Roll(1'000'000)));
  return decision;
}

v1::PartyRef History::AnyParty() {
  const Recent& contact = AnyRecent();
  v1::PartyRef party;
  party.set_source(contact.source);
  party.set_id(contact.id);
  party.set_party_key("customer");
  return party;
}

std::optional<Call> History::NextDecision() {
  if (recent_.size() < 2) return std::nullopt;
  if (Chance(60)) {
    ++kinds_["link"];
    v1::LinkRequest link;
    *link.mutable_decision() = NextDecisionBody();
    *link.add_parties_a() = AnyParty();
    *link.add_parties_b() = AnyParty();
    return link;
  }
  ++kinds_["unlink"];
  v1::UnlinkRequest unlink;
  *unlink.mutable_decision() = NextDecisionBody();
  *unlink.add_parties() = AnyParty();
  return unlink;
}

}  // namespace klantbeeld::crash
