#include "store/identity/surroundings.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "store/identity/candidates.h"
#include "store/identity/identity.h"
#include "store/identity/owner.h"
#include "store/identity/search.h"
#include "store/rows.h"
#include "store/timeline.h"

namespace klantbeeld::store {
namespace {

// Contents that are read for further ones: what hangs together with them is read too.
constexpr size_t kFurtherRead = 32;

// Whether something that somebody stated was compared, and not only what it counts for.
bool SaysSomething(const std::vector<FieldScore>& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const FieldScore& one) {
    return one.agreement != v1::AGREEMENT_UNSPECIFIED;
  });
}

}  // namespace

absl::StatusOr<v1::PartyRef> PartyOfClaim(const Reader& reader, absl::string_view claim,
                                          absl::string_view but) {
  v1::PartyRef party;
  absl::Status inner;
  KB_RETURN_IF_ERROR(reader.Scan(
      Family::kTimeline, claim, claim, [&](absl::string_view key, absl::string_view value) {
        if (PlaceOf(key).contact == but) return true;
        const auto row = OpenTimelineRow(key, value);
        inner = row.status();
        if (row.ok()) {
          party.set_contact_id(ToHex(PlaceOf(key).contact));
          party.set_party_key(row->party_keys(0));
        }
        return false;
      }));
  KB_RETURN_IF_ERROR(inner);
  return party;
}

absl::StatusOr<format::ClaimContent> ContentOfClaim(const Reader& reader,
                                                    const std::string& claim) {
  KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                                ClaimKey(claim, kClaimRecord)));
  if (!row) return absl::DataLossError("citizen: a claim is not there");
  return OpenContent(claim, *row);
}

double ToEvidence(const std::vector<FieldScore>& fields,
                  google::protobuf::RepeatedPtrField<v1::FieldEvidence>& evidence) {
  Centibits sum = 0;
  for (const FieldScore& field : fields) {
    v1::FieldEvidence& one = *evidence.Add();
    one.set_field(field.field);
    one.set_agreement(field.agreement);
    one.set_bits(field.bits / kCentibitsPerBit);
    sum += field.bits;
  }
  return sum / kCentibitsPerBit;
}

absl::Status Surroundings::Read(const std::set<std::string>& claims, bool further) {
  std::set<std::string> seeds = claims;
  std::set<std::string> contents;
  for (const std::string& claim : claims) {
    KB_ASSIGN_OR_RETURN(const auto content, ContentOfClaim(reader_, claim));
    KB_ASSIGN_OR_RETURN(const auto edges, EdgesOf(reader_, content.content_id()));
    for (const Edge& edge : edges) seeds.insert(edge.other);
    KB_RETURN_IF_ERROR(FindOwners(content, seeds));
    if (further && SaysWho(content)) contents.insert(content.content_id());
  }
  KB_RETURN_IF_ERROR(FindFurther(contents, seeds));
  KB_ASSIGN_OR_RETURN(Component component,
                      ReadComponent(keys_, model_, reader_, seeds, {}, true));
  input_ = std::move(component.input);
  ids_ = std::move(component.ids);
  KB_RETURN_IF_ERROR(AddOwned());
  KB_RETURN_IF_ERROR(AddFurther());
  input_.obstacles = true;
  result_ = Partition(input_);
  for (size_t part = 0; part < result_.citizens.size(); ++part) {
    for (const size_t claim : result_.citizens[part].claims) part_of_[claim] = part;
  }
  return absl::OkStatus();
}

absl::StatusOr<Surroundings::Listed> Surroundings::Suggestions(
    const std::set<std::string>& claims) {
  Best best, further;
  for (const ApartPair& pair : result_.apart) {
    for (const auto& [mine, other] : {std::pair(pair.low, pair.high), {pair.high, pair.low}}) {
      if (!claims.contains(ids_[mine])) continue;
      const auto found = further_.find(ContentsOf(pair));
      if (found == further_.end()) {
        Offer({pair, other, pair.score.bits}, best);
      } else {
        Offer({pair, other, found->second}, further);
      }
    }
  }
  for (const auto& [part, one] : best) further.erase(part);
  Listed listed;
  // One more than are listed: how far it is behind is told too.
  KB_ASSIGN_OR_RETURN(listed.suggestions, List(best, kSuggestionsMax + 1));
  for (v1::Suggestion& one : listed.suggestions) {
    if (listed.suggestions.size() < 2) break;
    const bool first = &one == &listed.suggestions[0];
    one.set_margin(one.bits() - listed.suggestions[first ? 1 : 0].bits());
  }
  if (listed.suggestions.size() > kSuggestionsMax) listed.suggestions.resize(kSuggestionsMax);
  KB_ASSIGN_OR_RETURN(listed.further, List(further, kFoundMax));
  return listed;
}

Surroundings::Contents Surroundings::ContentsOf(const ApartPair& pair) const {
  return std::minmax(input_.claims[pair.low].content, input_.claims[pair.high].content);
}

void Surroundings::Offer(const Offered& one, Best& best) const {
  const auto [at, is_new] = best.try_emplace(part_of_.at(one.other), one);
  if (!is_new && one.rank > at->second.rank) at->second = one;
}

absl::StatusOr<std::vector<v1::Suggestion>> Surroundings::List(const Best& best, size_t most) {
  std::vector<std::pair<Centibits, v1::Suggestion>> ranked;
  for (const auto& [part, found] : best) {
    v1::Suggestion suggestion;
    suggestion.set_citizen_id(ToHex(result_.citizens[part].id));
    suggestion.set_obstacle(found.pair.obstacle);
    suggestion.set_second_obstacle(found.pair.second_obstacle);
    KB_ASSIGN_OR_RETURN(const double bits, Weigh(found.pair.low, found.pair.high,
                                                 *suggestion.mutable_evidence()));
    suggestion.set_bits(bits);
    KB_ASSIGN_OR_RETURN(*suggestion.mutable_party(), PartyOfClaim(reader_, ids_[found.other]));
    ranked.push_back({found.rank, std::move(suggestion)});
  }
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  if (ranked.size() > most) ranked.resize(most);
  std::vector<v1::Suggestion> list;
  for (auto& [rank, suggestion] : ranked) list.push_back(std::move(suggestion));
  return list;
}

// Contents that say enough with those of the citizen if all that a household
// shares counts, and are no suggestions: the best of them.
absl::Status Surroundings::FindFurther(const std::set<std::string>& mine,
                                       std::set<std::string>& seeds) {
  std::vector<std::pair<Centibits, Contents>> found;
  for (const std::string& content : mine) {
    KB_ASSIGN_OR_RETURN(Person asked, ReadPerson(keys_, reader_, content));
    KB_ASSIGN_OR_RETURN(Alike alike, FindAlike(keys_, model_, reader_, asked));
    KB_ASSIGN_OR_RETURN(const auto edges, EdgesOf(reader_, content));
    for (const Edge& edge : edges) alike.contents.erase(edge.other);
    for (const std::string& other : alike.contents) {
      if (mine.contains(other)) continue;
      KB_ASSIGN_OR_RETURN(const Person person, ReadPerson(keys_, reader_, other));
      std::vector<FieldScore> fields;
      if (Compare(model_, asked, person, &fields).veto) continue;
      Centibits whole = 0;
      for (const FieldScore& one : fields) {
        const bool cap = one.field == v1::EVIDENCE_FIELD_HOUSEHOLD ||
                         one.field == v1::EVIDENCE_FIELD_SUGGESTION_ONLY;
        if (!cap) whole += one.bits;
      }
      if (whole >= model_.suggest) found.push_back({-whole, std::minmax(content, other)});
    }
  }
  std::sort(found.begin(), found.end());
  if (found.size() > kFurtherRead) found.resize(kFurtherRead);
  for (const auto& [less, contents] : found) {
    further_[contents] = -less;
    const std::string& other = mine.contains(contents.first) ? contents.second : contents.first;
    KB_ASSIGN_OR_RETURN(const auto claims, ClaimsWith(reader_, other));
    seeds.insert(claims.begin(), claims.end());
  }
  return absl::OkStatus();
}

// As they compare, yet too little to hang together, so that nothing else
// comes out otherwise; and told however little it is.
absl::Status Surroundings::AddFurther() {
  if (further_.empty()) return absl::OkStatus();
  telling_all_ = model_;
  telling_all_->suggest = std::numeric_limits<int32_t>::min();
  input_.model = &*telling_all_;
  for (const auto& [contents, whole] : further_) {
    KB_ASSIGN_OR_RETURN(const Person* one, PersonOf(contents.first));
    KB_ASSIGN_OR_RETURN(const Person* other, PersonOf(contents.second));
    Score score = Compare(model_, *one, *other);
    score.typed_number = false;
    score.bits = std::min(score.bits, model_.link - model_.margin - 1);
    input_.pairs.push_back({contents.first, contents.second, score});
  }
  return absl::OkStatus();
}

// Who was seen with the devices of what says nothing of itself.
absl::Status Surroundings::FindOwners(const format::ClaimContent& content,
                                      std::set<std::string>& seeds) {
  if (SaysWho(content)) return absl::OkStatus();
  for (const v1::Identifier& one : content.identifiers()) {
    if (one.type() != v1::IDENTIFIER_TYPE_COOKIE) continue;
    KB_ASSIGN_OR_RETURN(const std::string owner,
                        SoleOwner(keys_, reader_, one, model_.candidates_max));
    if (owner.empty()) continue;
    seeds.insert(owner);
    owned_.push_back({content.content_id(), owner, one.value()});
  }
  return absl::OkStatus();
}

// Compared as if it were known how they compare: enough to be suggested, and
// too little to hang together, so that nothing else comes out otherwise.
absl::Status Surroundings::AddOwned() {
  for (Owned& one : owned_) {
    const auto at = std::find(ids_.begin(), ids_.end(), one.owner);
    if (at == ids_.end()) return absl::DataLossError("claim: not among what hangs together");
    one.owner = input_.claims[static_cast<size_t>(at - ids_.begin())].content;
    for (const std::string& content : {one.content, one.owner}) {
      KB_RETURN_IF_ERROR(PersonOf(content).status());
    }
    const auto sides = std::minmax(one.content, one.owner);
    const bool known = std::any_of(input_.pairs.begin(), input_.pairs.end(), [&](const auto& pair) {
      return pair.low == sides.first && pair.high == sides.second;
    });
    if (!known) input_.pairs.push_back({sides.first, sides.second, {.bits = model_.suggest}});
  }
  return absl::OkStatus();
}

// Read once; a pointer into a map stays good.
absl::StatusOr<const Person*> Surroundings::PersonOf(const std::string& content) {
  if (!input_.persons.contains(content)) {
    KB_ASSIGN_OR_RETURN(input_.persons[content], ReadPerson(keys_, reader_, content));
  }
  return &input_.persons.at(content);
}

// With the devices that it is the only one to have been seen with.
absl::StatusOr<Person> Surroundings::PersonAt(size_t claim, size_t other) {
  const std::string& content = input_.claims[claim].content;
  KB_ASSIGN_OR_RETURN(const Person* known, PersonOf(content));
  Person person = *known;
  for (const Owned& one : owned_) {
    if (one.owner != content) continue;
    if (one.content == input_.claims[other].content) person.devices.push_back(one.device);
  }
  std::sort(person.devices.begin(), person.devices.end());
  return person;
}

// Nothing of two who state nothing that is compared.
absl::StatusOr<double> Surroundings::Weigh(size_t a, size_t b,
                             google::protobuf::RepeatedPtrField<v1::FieldEvidence>& evidence) {
  KB_ASSIGN_OR_RETURN(const Person one, PersonAt(a, b));
  KB_ASSIGN_OR_RETURN(const Person other, PersonAt(b, a));
  std::vector<FieldScore> fields;
  const Score score = Compare(model_, one, other, &fields);
  if (!SaysSomething(fields)) return 0;
  ToEvidence(fields, evidence);
  return score.bits / kCentibitsPerBit;
}

}  // namespace klantbeeld::store
