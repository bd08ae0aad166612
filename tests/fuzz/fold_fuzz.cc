// A contact, made of bytes: up to eight events of three sources at few moments,
// with few values, fields that are taken back, and events that are. Held against
// a plain model that asks of each field by itself who spoke of it last; and
// another order gives the same.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "store/contact.h"
#include "store/identity/normalise.h"
#include "store/keys.h"
#include "store/prepare.h"
#include "tests/fuzz/bytes.h"

namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using klantbeeld::Bytes;
using klantbeeld::Require;
namespace v1 = klantbeeld::v1;
namespace store = klantbeeld::store;

constexpr int kEventsMax = 8;
constexpr char kOwnSource[] = "b";

struct Event {
  store::format::EventBody body;
  bool retracted = false;
};

// What is said, from bytes.

google::protobuf::Timestamp Moment(int second) {
  google::protobuf::Timestamp time;
  time.set_seconds(1'740'000'000 + second);
  return time;
}

void SayOfParty(Bytes& bytes, v1::Party& party) {
  const std::string few(1, static_cast<char>('a' + bytes.Below(3)));
  v1::PersonalDetails& details = *party.mutable_details();
  switch (bytes.Below(11)) {
    case 0: party.set_role(v1::PARTY_ROLE_SUBJECT); break;
    case 1: party.set_initiator(bytes.Below(2) == 1); break;
    case 2: details.set_surname(absl::StrCat("Jans", few)); break;
    case 3: details.set_first_names(absl::StrCat("Noor ", few)); break;
    case 4: details.mutable_address()->set_street(absl::StrCat("Dam", few)); break;
    case 5: details.mutable_address()->set_house_number(1 + bytes.Below(2)); break;
    case 6: details.mutable_address()->add_lines(few); break;
    case 7: details.mutable_birth_date()->set_year(1990 + bytes.Below(2)); break;
    case 8: details.mutable_birth_date()->set_month(1 + bytes.Below(2)); break;
    case 9: details.set_initials(few); break;
    default: details.set_partner_surname(absl::StrCat("Bakk", few)); break;
  }
}

void Identify(Bytes& bytes, v1::Party& party) {
  constexpr v1::IdentifierType kTypes[] = {v1::IDENTIFIER_TYPE_BSN, v1::IDENTIFIER_TYPE_KVK,
                                           v1::IDENTIFIER_TYPE_PHONE, v1::IDENTIFIER_TYPE_EMAIL};
  constexpr const char* kValues[][2] = {{"999990019", "999990020"},
                                        {"12345678", "87654321"},
                                        {"+31612345678", "+31687654321"},
                                        {"a@example.org", "b@example.org"}};
  constexpr v1::VerifiedBy kVerified[] = {v1::VERIFIED_BY_UNSPECIFIED, v1::VERIFIED_BY_DIGID,
                                          v1::VERIFIED_BY_EIDAS, v1::VERIFIED_BY_TYPED};
  const int type = bytes.Below(4);
  const std::string value = kValues[type][bytes.Below(2)];
  for (const v1::Identifier& said : party.identifiers()) {
    // At the door, too, one event says one number, and nothing twice.
    if (said.type() == kTypes[type] && (type < 2 || said.value() == value)) return;
  }
  v1::Identifier& identifier = *party.add_identifiers();
  identifier.set_type(kTypes[type]);
  identifier.set_value(value);
  const v1::VerifiedBy verified = kVerified[bytes.Below(4)];
  if (verified != v1::VERIFIED_BY_UNSPECIFIED) identifier.set_verified(verified);
}

void Say(Bytes& bytes, v1::ContactData& data) {
  const std::string few(1, static_cast<char>('a' + bytes.Below(3)));
  switch (bytes.Below(12)) {
    case 0: data.set_note(few); break;
    case 1: data.set_channel(bytes.Below(2) == 0 ? v1::CHANNEL_PHONE : v1::CHANNEL_WEB); break;
    case 2: *data.mutable_occurred_at() = Moment(bytes.Below(4)); break;
    case 3: *data.mutable_ended_at() = Moment(bytes.Below(4)); break;
    case 4: *data.mutable_planned_at() = Moment(bytes.Below(4)); break;
    case 5: data.mutable_product()->set_name(few); break;
    case 6: data.mutable_product()->set_code(few); break;
    case 7: data.add_tags(few); break;
    case 8: data.mutable_web()->set_site(few); break;
    case 9: data.mutable_call()->set_transfers(bytes.Below(2)); break;
    case 10: data.mutable_call()->set_call_id(few); break;
    default: data.add_agents()->set_name(few); break;
  }
}

// Of fields that the same event does not set: that is refused at the door.
void TakeBack(Bytes& bytes, const Message& given, const std::vector<std::string>& paths,
              google::protobuf::FieldMask& mask) {
  const std::string& path = paths[static_cast<size_t>(bytes.Below(static_cast<int>(paths.size())))];
  const Message* message = &given;
  std::string rest = path;
  for (;;) {
    const size_t dot = rest.find('.');
    const FieldDescriptor* field =
        message->GetDescriptor()->FindFieldByName(rest.substr(0, dot));
    const auto& reflection = *message->GetReflection();
    if (field->is_repeated() ? reflection.FieldSize(*message, field) > 0
                             : reflection.HasField(*message, field)) {
      if (dot == std::string::npos) return;
      message = &reflection.GetMessage(*message, field);
      rest = rest.substr(dot + 1);
      continue;
    }
    break;
  }
  mask.add_paths(path);
}

Event Read(Bytes& bytes, int number) {
  static const store::Keys keys(std::string(32, 'k'), std::string(32, 'i'));
  static const std::vector<std::string> fields = {
      "note", "channel", "occurred_at", "product", "product.name", "tags", "web", "call.call_id"};
  static const std::vector<std::string> of_party = {
      "role", "identifiers", "details", "details.surname", "details.address.street",
      "details.birth_date", "details.first_names"};
  v1::ContactEvent event;
  event.set_source(std::string(1, static_cast<char>('a' + bytes.Below(3))));
  event.set_event_id(absl::StrCat("e", number));
  event.mutable_contact()->set_source(kOwnSource);
  event.mutable_contact()->set_id("c");
  *event.mutable_revised_at() = Moment(bytes.Below(3));
  v1::ContactData& data = *event.mutable_data();
  for (int i = bytes.Below(5); i > 0; --i) Say(bytes, data);
  for (int i = bytes.Below(3); i > 0; --i) TakeBack(bytes, data, fields, *event.mutable_cleared());
  std::set<std::string> keys_said;
  for (int i = bytes.Below(4); i > 0; --i) {
    // Mostly the same one; of all events together there may be more than eight.
    const std::string key = absl::StrCat("p", std::max(0, bytes.Below(16) - 5));
    if (!keys_said.insert(key).second) continue;
    v1::Party& party = *data.add_parties();
    party.set_key(key);
    for (int j = bytes.Below(4); j > 0; --j) SayOfParty(bytes, party);
    for (int j = bytes.Below(4); j > 0; --j) Identify(bytes, party);
    for (int j = bytes.Below(3); j > 0; --j) {
      TakeBack(bytes, party, of_party, *party.mutable_cleared());
    }
  }
  auto prepared = store::PrepareEvent(keys, event);
  Require(prepared.ok());
  return {std::move(prepared->body), bytes.Below(6) == 5};
}

// The model.

std::string TextOf(const Message& message, const FieldDescriptor* field) {
  const auto print = [&](int at) {
    std::string text;
    google::protobuf::TextFormat::PrintFieldValueToString(message, field, at, &text);
    return text;
  };
  if (!field->is_repeated()) return print(-1);
  std::string all;
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    absl::StrAppend(&all, "[", print(i), "]");
  }
  return all;
}

using Leaves = std::map<std::string, std::string>;

// Each field that is folded by itself, by its path.
void AddLeaves(const Message& message, const std::string& prefix, Leaves& leaves) {
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    const std::string& name = field->name();
    if (name == "parties" || name == "key" || name == "identifiers" || name == "cleared") continue;
    if (!field->is_repeated() && field->message_type() != nullptr &&
        field->message_type()->file()->package() != "google.protobuf" && name != "birth_date") {
      AddLeaves(message.GetReflection()->GetMessage(message, field), absl::StrCat(prefix, name, "."),
                leaves);
    } else {
      leaves[absl::StrCat(prefix, name)] = TextOf(message, field);
    }
  }
}

// What one event says; of a party the paths begin with its key and a slash.
struct Saying {
  std::pair<int64_t, std::pair<std::string, std::string>> order;
  std::string source;
  Leaves set;
  std::set<std::string> cleared;
  std::map<std::string, std::vector<v1::Identifier>> identifiers;  // By party.

  // Nothing: it does not speak of the field. Empty: it takes it back.
  std::optional<std::string> Of(const std::string& leaf) const {
    if (const auto at = set.find(leaf); at != set.end()) return at->second;
    for (const std::string& path : cleared) {
      if (leaf == path || leaf.starts_with(absl::StrCat(path, "."))) return "";
    }
    const auto says = [&](const std::string& kind) {
      const auto at = set.lower_bound(kind);
      return at != set.end() && at->first.starts_with(kind);
    };
    // A contact has one channel's details.
    if (leaf.starts_with("web.") && says("call.")) return "";
    if (leaf.starts_with("call.") && says("web.")) return "";
    return std::nullopt;
  }
};

std::vector<Saying> SayingsOf(const std::vector<Event>& events) {
  std::vector<Saying> sayings;
  for (const Event& one : events) {
    if (one.retracted) continue;
    const v1::ContactEvent& event = one.body.event();
    Saying saying;
    saying.order = {event.revised_at().seconds(), {event.source(), event.event_id()}};
    saying.source = event.source();
    AddLeaves(event.data(), "", saying.set);
    saying.cleared.insert(event.cleared().paths().begin(), event.cleared().paths().end());
    for (const v1::Party& party : event.data().parties()) {
      const std::string prefix = absl::StrCat(party.key(), "/");
      AddLeaves(party, prefix, saying.set);
      for (const std::string& path : party.cleared().paths()) saying.cleared.insert(absl::StrCat(prefix, path));
      saying.identifiers[party.key()] = {party.identifiers().begin(), party.identifiers().end()};
    }
    sayings.push_back(std::move(saying));
  }
  std::sort(sayings.begin(), sayings.end(),
            [](const Saying& a, const Saying& b) { return a.order > b.order; });
  return sayings;  // The last first.
}

std::string Stands(const std::vector<Saying>& sayings, const std::string& leaf) {
  for (const Saying& saying : sayings) {
    if (const auto value = saying.Of(leaf)) return *value;
  }
  return "";
}

Leaves AllThatStands(const std::vector<Saying>& sayings) {
  Leaves stands;
  for (const Saying& saying : sayings) {
    for (const auto& [leaf, value] : saying.set) {
      if (const std::string last = Stands(sayings, leaf); !last.empty()) stands[leaf] = last;
    }
  }
  return stands;
}

// Whether two events of one moment say different values; and whether they speak
// of one field at all differently, be it that one takes it back.
std::pair<bool, bool> DiffersAtOnce(const std::vector<Saying>& sayings) {
  bool says = false, speaks = false;
  for (const Saying& a : sayings) {
    for (const Saying& b : sayings) {
      if (a.order.first != b.order.first) continue;
      for (const auto& [leaf, value] : a.set) {
        const auto other = b.Of(leaf);
        speaks = speaks || (other && *other != value);
        says = says || (b.set.contains(leaf) && *other != value);
      }
    }
  }
  return {says, speaks};
}

struct Numbers {
  std::set<std::string> stand, contested;
};

std::string TextOf(const v1::Identifier& identifier) {
  return absl::StrCat(static_cast<int>(identifier.type()), " ", identifier.value(), " ",
                      static_cast<int>(identifier.verified()));
}

bool BetterVerified(const v1::Identifier& a, const v1::Identifier& b) {
  const int rank_a = store::VerificationRank(a.verified());
  const int rank_b = store::VerificationRank(b.verified());
  return rank_a != rank_b ? rank_a > rank_b : a.verified() < b.verified();
}

Numbers NumbersOf(const std::vector<Saying>& sayings, const std::string& party) {
  // Of each source what it said last: of a number by kind, of the rest its list.
  std::map<std::string, std::map<int, std::vector<v1::Identifier>>> by_source;
  std::set<std::string> silent;  // It took back what it said before.
  for (const Saying& saying : sayings) {
    const auto given = saying.identifiers.find(party);
    if (given == saying.identifiers.end() || silent.contains(saying.source)) continue;
    std::map<int, std::vector<v1::Identifier>> kinds;
    for (const v1::Identifier& identifier : given->second) {
      kinds[store::IsSingle(identifier.type()) ? identifier.type() : 0].push_back(identifier);
    }
    by_source[saying.source].merge(kinds);  // What stands is later.
    if (saying.cleared.contains(absl::StrCat(party, "/identifiers"))) silent.insert(saying.source);
  }
  std::map<int, std::map<std::string, v1::Identifier>> values;  // By kind, the best of each.
  for (const auto& [source, kinds] : by_source) {
    for (const auto& [kind, identifiers] : kinds) {
      for (const v1::Identifier& identifier : identifiers) {
        const std::string value =
            absl::StrCat(static_cast<int>(identifier.type()), identifier.value());
        const auto [at, is_new] = values[kind].try_emplace(value, identifier);
        if (!is_new && BetterVerified(identifier, at->second)) at->second = identifier;
      }
    }
  }
  Numbers numbers;
  for (const auto& [kind, identifiers] : values) {
    int best = 0;
    for (const auto& [value, identifier] : identifiers) {
      best = std::max(best, store::VerificationRank(identifier.verified()));
    }
    std::set<std::string> texts;
    for (const auto& [value, identifier] : identifiers) {
      if (kind == 0 || store::VerificationRank(identifier.verified()) == best) {
        texts.insert(TextOf(identifier));
      }
    }
    (kind == 0 || texts.size() == 1 ? numbers.stand : numbers.contested).merge(texts);
  }
  return numbers;
}

std::set<std::string> TextsOf(const std::vector<v1::Identifier>& identifiers) {
  std::set<std::string> texts;
  for (const v1::Identifier& identifier : identifiers) texts.insert(TextOf(identifier));
  Require(texts.size() == identifiers.size());
  return texts;
}

void CheckParties(const std::vector<Saying>& sayings, const store::FoldedContact& folded,
                  Leaves& shown, std::set<int>& flags) {
  std::set<std::string> keys;
  for (const Saying& saying : sayings) {
    for (const auto& [key, identifiers] : saying.identifiers) keys.insert(key);
  }
  if (keys.size() > 8) flags.insert(v1::CONTACT_FLAG_TOO_MANY_PARTIES);
  const v1::ContactData& data = folded.contact.data();
  Require(folded.parties.size() == std::min<size_t>(keys.size(), 8));
  Require(data.parties_size() == static_cast<int>(folded.parties.size()));
  auto key = keys.begin();
  for (int i = 0; i < data.parties_size(); ++i, ++key) {
    const store::FoldedParty& party = folded.parties[static_cast<size_t>(i)];
    Require(party.key == *key && data.parties(i).key() == *key);
    const Numbers numbers = NumbersOf(sayings, *key);
    Require(TextsOf(party.identifiers) == numbers.stand);
    Require(TextsOf(party.contested) == numbers.contested);
    if (!numbers.contested.empty()) flags.insert(v1::CONTACT_FLAG_IDENTIFIER_CONTESTED);
    Require(data.parties(i).identifiers_size() ==
            static_cast<int>(numbers.stand.size() + numbers.contested.size()));
    Require(party.details.SerializeAsString() == data.parties(i).details().SerializeAsString());
    // What names are compared by follows the names that stand.
    store::format::FoldedNames names = party.names;
    names.clear_party_key();
    Require(names.SerializeAsString() == store::FoldNames(party.details).SerializeAsString());
    v1::Party said = data.parties(i);
    if (Stands(sayings, absl::StrCat(*key, "/role")).empty()) {
      Require(said.role() == v1::PARTY_ROLE_CUSTOMER);
      said.clear_role();
    }
    AddLeaves(said, absl::StrCat(*key, "/"), shown);
  }
  for (; key != keys.end(); ++key) {  // Those beyond the eighth are not shown.
    for (const Saying& saying : sayings) {
      for (const auto& [leaf, value] : saying.set) {
        if (const std::string last = Stands(sayings, leaf);
            leaf.starts_with(absl::StrCat(*key, "/")) && !last.empty()) {
          shown[leaf] = last;
        }
      }
    }
  }
}

void CheckAgainstModel(const std::vector<Event>& events, const store::FoldedContact& folded) {
  const std::vector<Saying> sayings = SayingsOf(events);
  const v1::Contact& contact = folded.contact;
  Require(contact.retracted() == sayings.empty());
  if (sayings.empty()) return;

  Leaves shown;
  std::set<int> flags;
  AddLeaves(contact.data(), "", shown);
  CheckParties(sayings, folded, shown, flags);
  Require(shown == AllThatStands(sayings));

  const v1::ContactData& data = contact.data();
  int64_t happened = sayings.back().order.first;
  if (data.has_planned_at()) happened = data.planned_at().seconds();
  if (data.has_occurred_at()) happened = data.occurred_at().seconds();
  Require(contact.happened_at().seconds() == happened);
  Require(folded.happened_us == happened * 1'000'000);
  Require(contact.happened_at_revision() == !(data.has_planned_at() || data.has_occurred_at()));
  Require(contact.incomplete() ==
          (!data.has_channel() || std::none_of(sayings.begin(), sayings.end(), [](const Saying& s) {
             return s.source == kOwnSource;
           })));

  if (data.has_occurred_at() && data.has_ended_at() &&
      data.ended_at().seconds() < data.occurred_at().seconds()) {
    flags.insert(v1::CONTACT_FLAG_ENDS_BEFORE_START);
  }
  std::set<int> found(contact.flags().begin(), contact.flags().end());
  const auto [says, speaks] = DiffersAtOnce(sayings);
  const bool differs = found.erase(v1::CONTACT_FLAG_EQUAL_REVISION_DIFFERS) == 1;
  Require(differs ? speaks : !says);
  Require(found == flags);
}

std::string Folded(const std::vector<Event>& events, store::FoldedContact& folded) {
  std::vector<store::FoldEvent> said;
  for (const Event& event : events) said.push_back({&event.body, event.retracted});
  folded = store::Fold(said, false);
  std::string all = folded.contact.SerializeAsString();
  for (const store::FoldedParty& party : folded.parties) all += party.names.SerializeAsString();
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes bytes(data, size);
  std::vector<Event> events;
  for (int i = 1 + bytes.Below(kEventsMax); i > 0; --i) events.push_back(Read(bytes, i));
  store::FoldedContact folded;
  const std::string first = Folded(events, folded);
  CheckAgainstModel(events, folded);
  std::mt19937 random(1);
  for (int round = 0; round < 2; ++round) {
    std::shuffle(events.begin(), events.end(), random);
    store::FoldedContact again;
    Require(Folded(events, again) == first);
  }
  return 0;
}
