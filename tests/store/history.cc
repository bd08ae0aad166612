#include "tests/store/history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "store/check.h"
#include "store/contact.h"
#include "store/identity/decide.h"
#include "store/identity/found.h"
#include "store/identity/normalise.h"
#include "store/identity/registry.h"
#include "store/journal.h"
#include "store/prepare.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

constexpr const char* kBsns[] = {"999990019", "999990020", "999990032"};
constexpr const char* kPhones[] = {"+31612345678", "+31201234567"};
constexpr const char* kSources[] = {"desk", "exchange", "website"};
// Twins, a slip of the pen, an initial, a namesake with another birth date.
struct Stated {
  const char* first_names;
  const char* initials;
  const char* surname;
  int day;  // In April 1984; 0: not stated.
  int house_number;
};
constexpr Stated kPeople[] = {{"Noor", "", "Verhulsdonck", 12, 5},
                              {"Bram", "", "Verhulsdonck", 12, 5},
                              {"Noor", "", "Verhulsdonk", 12, 5},
                              {"", "N", "Verhulsdonck", 12, 0},
                              {"Noor", "", "Verhulsdonck", 21, 5},
                              {"Noor", "", "Verhulsdonck", 0, 5}};
constexpr int kDay = 24 * 60;  // Minutes.
constexpr const char* kParties[] = {"customer", "representative", "subject"};

class Maker {
 public:
  Maker(const Keys& keys, uint32_t seed) : keys_(keys), random_(seed), batch_(&none_) {}

  History Run(int steps) {
    for (int step = 0; step < steps; ++step) Step(step);
    return std::move(history_);
  }

 private:
  int Roll(int sides) { return static_cast<int>(random_() % static_cast<uint32_t>(sides)); }
  bool Chance(int percent) { return Roll(100) < percent; }

  void Step(int step) {
    const int kind = Roll(100);
    if (kind < 61 || contacts_.empty()) return Take(RandomEvent(step), "event");
    if (kind < 69) return Take(RandomRetraction(step), "retraction");
    if (kind < 73) return Take(ContactRetraction(step), "contact retraction");
    if (kind < 85) return Link(step);
    if (kind < 92) return Unlink(step);
    if (kind < 97) return Ask(step);
    Seek(step);
  }

  static google::protobuf::Timestamp At(int minute) {
    google::protobuf::Timestamp time;
    time.set_seconds(1'740'000'000 + 60 * minute);
    return time;
  }

  v1::ContactEvent Base(int step) {
    v1::ContactEvent event;
    event.set_source(kSources[Roll(3)]);
    event.set_event_id(absl::StrCat("e", step));
    *event.mutable_revised_at() = At(Roll(6));  // Few moments: many are equal.
    return event;
  }

  void Belong(v1::ContactEvent& event) {
    event.mutable_contact()->set_source(kSources[Roll(3)]);
    event.mutable_contact()->set_id(absl::StrCat("c", Roll(6)));
  }

  v1::ContactEvent RandomEvent(int step) {
    v1::ContactEvent event = Base(step);
    if (Chance(80)) Belong(event);
    v1::ContactData& data = *event.mutable_data();
    if (Chance(80)) data.set_channel(static_cast<v1::Channel>(1 + Roll(3)));
    if (Chance(50)) *data.mutable_occurred_at() = At(Roll(4) * kDay + Roll(100));
    if (Chance(30)) data.set_subject(absl::StrCat("s", Roll(3)));
    if (Chance(10)) data.add_cases(absl::StrCat("z", Roll(2)));
    if (Chance(10)) event.mutable_cleared()->add_paths("note");
    const int parties = Roll(3);
    for (int i = 0; i < parties; ++i) AddParty(i == 0 ? kParties[Roll(2)] : kParties[2], data);
    return event;
  }

  void AddParty(const char* key, v1::ContactData& data) {
    v1::Party& party = *data.add_parties();
    party.set_key(key);
    if (Chance(45)) {
      Add(party, v1::IDENTIFIER_TYPE_BSN, kBsns[Roll(3)],
          Chance(70) ? v1::VERIFIED_BY_DIGID : v1::VERIFIED_BY_TYPED);
    }
    if (Chance(40)) {
      Add(party, v1::IDENTIFIER_TYPE_SESSION, absl::StrCat("session", Roll(3)),
          Chance(70) ? v1::VERIFIED_BY_DIGID : v1::VERIFIED_BY_UNSPECIFIED);
    }
    if (Chance(40)) {
      Add(party, v1::IDENTIFIER_TYPE_PHONE, kPhones[Roll(2)], v1::VERIFIED_BY_CALLER_LINE);
    }
    if (Chance(45)) State(kPeople[Roll(6)], *party.mutable_details());
    if (Chance(8)) {
      party.clear_identifiers();
      party.mutable_cleared()->add_paths("identifiers");
    }
  }

  static void State(const Stated& said, v1::PersonalDetails& details) {
    details.set_surname(said.surname);
    if (*said.first_names != '\0') details.set_first_names(said.first_names);
    if (*said.initials != '\0') details.set_initials(said.initials);
    if (said.day != 0) {
      details.mutable_birth_date()->set_year(1984);
      details.mutable_birth_date()->set_month(4);
      details.mutable_birth_date()->set_day(said.day);
    }
    if (said.house_number != 0) {
      details.mutable_address()->set_postcode("1234AB");
      details.mutable_address()->set_house_number(said.house_number);
    }
  }

  // The registry is asked about a number that contacts may or may not have.
  void Ask(int step) {
    RegistryAnswer answer;
    answer.bsn = kBsns[Roll(3)];
    answer.found = Chance(85);
    if (answer.found) State(kPeople[Roll(2)], answer.details);
    // Some died on one of the days that contacts are of; few are secret.
    answer.deceased = answer.found && Chance(40);
    if (answer.deceased) {
      answer.deceased_on.set_year(2025);
      if (Chance(90)) answer.deceased_on.set_month(2);
      if (answer.deceased_on.has_month()) answer.deceased_on.set_day(19 + Roll(4));
    }
    if (answer.found && Chance(10)) answer.details.set_secret(true);
    const char* const kind = answer.deceased ? "registry, deceased"
                             : answer.details.secret() ? "registry, secret"
                                                       : "registry";
    answer.asked_at = absl::FromUnixSeconds(1'740'000'000 + step / 4);
    Take(FactOf(PrepareRegistry(keys_, answer)), kind);
  }

  // The registry is searched for somebody who gives no number, and finds one or
  // none; it may say otherwise later.
  void Seek(int step) {
    format::ClaimContent content;
    constexpr int kWhole[] = {0, 1, 2, 4};
    State(kPeople[kWhole[Roll(4)]], *content.mutable_details());
    *content.mutable_names() = FoldNames(content.details());
    const auto sought = SoughtOf(keys_, content);
    if (!sought) return Count("unexpected: too little to seek");
    RegistryAnswer answer;
    answer.sought = sought->id;
    answer.found = Chance(80);
    if (answer.found) answer.bsn = kBsns[Roll(2)];
    answer.asked_at = absl::FromUnixSeconds(1'740'000'000 + step / 4);
    Take(FactOf(PrepareRegistry(keys_, answer)), answer.found ? "search, found" : "search");
  }

  static void Add(v1::Party& party, v1::IdentifierType type, const std::string& value,
                  v1::VerifiedBy verified) {
    v1::Identifier& identifier = *party.add_identifiers();
    identifier.set_type(type);
    identifier.set_value(value);
    identifier.set_verified(verified);
  }

  // Of an event that came, will come, or never comes; also of retractions.
  v1::ContactEvent RandomRetraction(int step) {
    v1::ContactEvent event = Base(step);
    event.mutable_retraction()->set_event_id(absl::StrCat("e", Roll(step + 4)));
    return event;
  }

  v1::ContactEvent ContactRetraction(int step) {
    v1::ContactEvent event = Base(step);
    Belong(event);
    event.set_source(event.contact().source());
    event.mutable_retraction()->set_contact(true);
    return event;
  }

  void Take(v1::ContactEvent event, const std::string& kind) {
    // The list of what is nobody's changes with time.
    NobodysLists nobodys;
    if (Chance(15)) nobodys.phones = {kPhones[1]};
    auto prepared = PrepareEvent(keys_, std::move(event), nobodys);
    if (!prepared.ok()) return Count(absl::StrCat("unexpected: ", prepared.status().ToString()));
    const v1::ContactEvent& said = prepared->body.event();
    if (!prepared->body.nobodys().empty()) Count("-> a value that is nobody's");
    if (!said.has_retraction()) {
      for (const auto& party : said.data().parties()) {
        contacts_.push_back({ToHex(View(prepared->contact_id)), party.key()});
      }
    }
    Take(FactOf(*prepared), kind);
  }

  void Take(LooseFact fact, const std::string& kind) {
    const absl::Status status = Append(keys_, batch_, head_, fact);
    if (!status.ok()) return Count(absl::StrCat("unexpected: ", status.ToString()));
    history_.facts.push_back(std::move(fact));
    Count(kind);
    const auto record = ReadFact(batch_, head_.position());
    if (!record.ok()) return Count(absl::StrCat("unexpected: ", record.status().ToString()));
    for (const auto& change : record->consequences.changes()) {
      Count(absl::StrCat("-> ", v1::CitizenChange::Kind_Name(change.kind())));
    }
  }

  void Count(const std::string& kind) { ++history_.kinds[kind]; }

  v1::Decision RandomDecision(int step) {
    v1::Decision decision;
    decision.set_source("desk");
    decision.set_decision_id(absl::StrCat("d", step));
    decision.set_reason("?");
    *decision.mutable_decided_at() = At(1000 + Roll(12));
    return decision;
  }

  v1::PartyRef RandomParty() {
    const auto& [contact, key] = contacts_[static_cast<size_t>(Roll(static_cast<int>(contacts_.size())))];
    v1::PartyRef ref;
    ref.set_contact_id(contact);
    ref.set_party_key(key);
    return ref;
  }

  // Also those that the door would refuse: apply takes any fact.
  void Link(int step) {
    v1::LinkRequest request;
    *request.mutable_decision() = RandomDecision(step);
    *request.add_parties_a() = RandomParty();
    *request.add_parties_b() = RandomParty();
    auto fact = ListLink(keys_, batch_, request);
    if (!fact.ok()) return Count("refused link");
    Take(FactOf(*fact), "link");
  }

  void Unlink(int step) {
    v1::UnlinkRequest request;
    *request.mutable_decision() = RandomDecision(step);
    *request.add_parties() = RandomParty();
    auto fact = ListUnlink(keys_, ShippedModel(), batch_, request);
    if (!fact.ok()) return Count("refused unlink");
    Take(FactOf(*fact), "unlink");
  }

  const Keys& keys_;
  std::mt19937 random_;
  NoRows none_;
  Batch batch_;
  format::Head head_;
  History history_;
  std::vector<std::pair<std::string, std::string>> contacts_;
};

}  // namespace

LooseFact FactOf(const PreparedEvent& event) {
  LooseFact fact;
  fact.header.set_kind(v1::FACT_KIND_CONTACT_EVENT);
  fact.header.set_event_id(std::string(View(event.event_id)));
  fact.header.set_subject_id(std::string(View(event.contact_id)));
  fact.header.set_content_hash(std::string(View(event.content_hash)));
  fact.body = event.sealed;
  return fact;
}

LooseFact FactOf(const DecisionFact& decision) {
  LooseFact fact;
  fact.header.set_kind(decision.unlink ? v1::FACT_KIND_UNLINK : v1::FACT_KIND_LINK);
  fact.header.set_subject_id(std::string(View(decision.id)));
  fact.header.set_content_hash(std::string(16, 'h'));
  fact.body = SealDecision(decision);
  return fact;
}

LooseFact FactOf(const RegistryFact& registry) {
  LooseFact fact;
  fact.header.set_kind(v1::FACT_KIND_REGISTRY);
  fact.header.set_subject_id(std::string(View(registry.subject)));
  fact.body = SealRegistry(registry);
  return fact;
}

std::vector<uint32_t> Seeds(uint32_t count) {
  if (const char* one = std::getenv("KLANTBEELD_SEED")) {
    return {static_cast<uint32_t>(std::atoi(one))};
  }
  if (const char* many = std::getenv("KLANTBEELD_SEEDS")) {
    count = static_cast<uint32_t>(std::atoi(many));
  }
  std::vector<uint32_t> seeds(count);
  for (uint32_t i = 0; i < count; ++i) seeds[i] = i + 1;
  return seeds;
}

History MakeHistory(const Keys& keys, uint32_t seed, int steps) {
  return Maker(keys, seed).Run(steps);
}

absl::Status Append(const Keys& keys, Batch& batch, format::Head& head, const LooseFact& fact) {
  static ModelReader models;
  auto in_effect = models.At(batch);
  if (!in_effect.ok()) return in_effect.status();
  auto applied = ApplyRecord(keys, *in_effect, batch, head.position() + 1, fact);
  if (!applied.ok()) return applied.status();
  const JournalRecord record = MakeRecord(head, static_cast<v1::FactKind>(fact.header.kind()),
                                          1'767'000'000'000'000, *std::move(applied), fact.body);
  batch.Put(Family::kJournal, BigEndian(head.position()), EncodeJournal(record));
  batch.Put(Family::kMeta, "head", Encode(head));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Batch>> ApplyAll(const Keys& keys, const NoRows& none,
                                                const std::vector<LooseFact>& facts) {
  auto batch = std::make_unique<Batch>(&none);
  format::Head head;
  for (const LooseFact& fact : facts) {
    const absl::Status status = Append(keys, *batch, head, fact);
    if (!status.ok()) return status;
  }
  return batch;
}

std::map<PartyOfContact, std::string> PartitionOf(const Reader& reader) {
  std::map<PartyOfContact, std::string> partition;
  const absl::Status read = reader.Scan(
      Family::kContact, "", "", [&](absl::string_view key, absl::string_view value) {
        const auto row = DecodeAs<format::ContactRow>(value, "contact");
        for (const auto& standing : row->standings()) {
          const auto claim = ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                       ClaimKey(standing.claim_id(), kClaimRecord));
          partition[{std::string(key), standing.party_key()}] = (*claim)->citizen_id();
        }
        return true;
      });
  EXPECT_TRUE(read.ok()) << read;
  return partition;
}

std::string DumpOf(const Reader& reader) {
  std::string text;
  const absl::Status status = DumpCanonical(
      reader, [&](absl::string_view line) { absl::StrAppend(&text, line, "\n"); });
  return status.ok() ? text : status.ToString();
}

}  // namespace klantbeeld::store
