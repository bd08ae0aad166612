#include "store/identity/candidates.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/identity/claims.h"
#include "store/identity/compare.h"
#include "store/identity/identity.h"
#include "store/record.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

// Names that no more than these share find each other whatever the birth dates
// are. Written wrong, they are a slip that is worth finding; of more, hardly
// anybody of them is one person with another.
constexpr uint64_t kFew = 8;

// Has any claim this content?
absl::StatusOr<bool> Stands(const Reader& reader, absl::string_view content) {
  KB_ASSIGN_OR_RETURN(const auto shared,
                      reader.Get(Family::kClaim, ClaimKey(content, kClaimRecord)));
  if (shared) return true;
  KB_ASSIGN_OR_RETURN(const auto claims, OwnClaimsWith(reader, content));
  return !claims.empty();
}

// Nearly always of the claim that parties share, whose row is then the only
// one read.
absl::StatusOr<std::optional<format::ClaimContent>> ReadContent(const Reader& reader,
                                                                absl::string_view content) {
  std::string claim(content);
  KB_ASSIGN_OR_RETURN(auto row, ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                          ClaimKey(claim, kClaimRecord)));
  if (!row) {
    KB_ASSIGN_OR_RETURN(const auto own, OwnClaimsWith(reader, content));
    if (own.empty()) return std::optional<format::ClaimContent>();
    claim = own.front();
    KB_ASSIGN_OR_RETURN(row, ReadRow<format::ClaimRow>(reader, Family::kClaim,
                                                       ClaimKey(claim, kClaimRecord)));
    if (!row) return absl::DataLossError("claim: one of its own content is not there");
  }
  KB_ASSIGN_OR_RETURN(auto opened, OpenContent(claim, *row));
  return std::optional<format::ClaimContent>(std::move(opened));
}

absl::StatusOr<std::optional<format::ComparedRow>> ReadCompared(const Reader& reader,
                                                                absl::string_view content) {
  return ReadRow<format::ComparedRow>(reader, Family::kClaim, ClaimKey(content, kClaimCompared));
}

bool IsGeneric(const format::ComparedRow& row, absl::string_view index) {
  return std::find(row.generic().begin(), row.generic().end(), index) != row.generic().end();
}

// In order, so that the row does not tell which was noted first.
void NoteGeneric(const std::string& index, bool generic, format::ComparedRow& row) {
  std::set<std::string> keys(row.generic().begin(), row.generic().end());
  keys.erase(index);
  if (generic) keys.insert(index);
  row.mutable_generic()->Assign(keys.begin(), keys.end());
}

std::string IndexOf(const Keys& keys, const BlockKey& key) {
  const char tag = static_cast<char>(kIndexCandidate);
  return absl::StrCat(absl::string_view(&tag, 1),
                      View(keys.IndexOf(absl::StrCat("candidate ", key.rule), key.value)));
}

template <typename Edges>
auto PlaceOfEdge(Edges& edges, const std::string& other) {
  return std::lower_bound(edges.begin(), edges.end(), other,
                          [](const format::CandidateEdge& edge, const std::string& wanted) {
                            return edge.content() < wanted;
                          });
}

Score ScoreOf(const format::CandidateEdge& edge) {
  Score score;
  score.bits = edge.centibits();
  score.typed_number = edge.typed_number();
  score.compared = edge.compared();
  return score;
}

}  // namespace

std::string OwnByContent(absl::string_view content) {
  const char tag = static_cast<char>(kIndexOwnByContent);
  return absl::StrCat(absl::string_view(&tag, 1), content);
}

std::vector<CandidateKey> CandidateKeys(const Keys& keys, const Person& person) {
  std::vector<CandidateKey> made;
  for (const BlockKey& key : BlockKeysOf(person)) made.push_back({key.rule, IndexOf(keys, key)});
  return made;
}

absl::StatusOr<std::vector<std::string>> OwnClaimsWith(const Reader& reader,
                                                       absl::string_view content) {
  std::vector<std::string> claims;
  const std::string own = OwnByContent(content);
  KB_ASSIGN_OR_RETURN(const auto counted, reader.Get(Family::kIdentifier, own));
  if (!counted) return claims;
  KB_RETURN_IF_ERROR(reader.Scan(Family::kIdentifier, own, own,
                                 [&](absl::string_view key, absl::string_view) {
                                   if (key.size() > own.size()) {
                                     claims.emplace_back(key.substr(own.size()));
                                   }
                                   return true;
                                 }));
  return claims;
}

absl::StatusOr<std::vector<std::string>> ClaimsWith(const Reader& reader,
                                                    absl::string_view content) {
  KB_ASSIGN_OR_RETURN(const auto shared,
                      reader.Get(Family::kClaim, ClaimKey(content, kClaimRecord)));
  KB_ASSIGN_OR_RETURN(auto claims, OwnClaimsWith(reader, content));
  if (shared) claims.emplace(claims.begin(), content);
  return claims;
}

std::vector<Edge> EdgesIn(const format::ComparedRow& row) {
  std::vector<Edge> edges;
  edges.reserve(static_cast<size_t>(row.edges_size()));
  for (const auto& edge : row.edges()) edges.push_back({edge.content(), ScoreOf(edge)});
  return edges;
}

absl::StatusOr<std::vector<Edge>> EdgesOf(const Reader& reader, absl::string_view content) {
  KB_ASSIGN_OR_RETURN(const auto row, ReadCompared(reader, content));
  return row ? EdgesIn(*row) : std::vector<Edge>();
}

Person PersonWith(const Keys& keys, const format::ClaimContent& content,
                  const format::ComparedRow& row) {
  Person person = PersonOf(content);
  if (row.generic().empty()) return person;
  for (const BlockKey& key : BlockKeysOf(person)) {
    // A keyed hash is dear, and of a common name nothing is disregarded.
    if (MayDisregard(key.rule) && IsGeneric(row, IndexOf(keys, key))) Disregard(key, person);
  }
  return person;
}

absl::StatusOr<Person> ReadPerson(const Keys& keys, const Reader& reader,
                                  absl::string_view content) {
  KB_ASSIGN_OR_RETURN(const auto read, ReadContent(reader, content));
  if (!read) return Person();
  KB_ASSIGN_OR_RETURN(const auto compared, ReadCompared(reader, content));
  return PersonWith(keys, *read, compared ? *compared : format::ComparedRow());
}

void CandidateChange::Touch(const format::ClaimContent& content) {
  touched_[content.content_id()] = content;
  if (content.own_reason() != format::ClaimContent::SHARED) own_.insert(content.content_id());
}

std::optional<KnownContent> CandidateChange::Take(const std::string& content) {
  const auto at = known_.find(content);
  if (at == known_.end()) return std::nullopt;
  return std::move(at->second);
}

absl::StatusOr<std::set<std::string>> CandidateChange::Finish() {
  if (model_.candidates_max == 0) return std::set<std::string>();
  KB_RETURN_IF_ERROR(FindWhatCameAndWent());
  KB_RETURN_IF_ERROR(CountOwn());
  KB_RETURN_IF_ERROR(UpdatePostings());
  for (const auto& [content, came] : came_) PairUp(content);
  std::vector<std::string> contents;
  for (const auto& [pair, says] : found_) {
    contents.insert(contents.end(), {pair.first, pair.second});
  }
  KB_RETURN_IF_ERROR(KnowAll(contents));
  for (const auto& [pair, says] : found_) KB_RETURN_IF_ERROR(Evaluate(pair, says));
  for (const Pair& pair : doubtful_) {
    if (found_.contains(pair)) continue;
    KB_ASSIGN_OR_RETURN(const Says says, SharedValuesSay(pair));
    KB_RETURN_IF_ERROR(Evaluate(pair, says));
  }
  WriteKnown();
  return std::exchange(changed_, {});
}

void CandidateChange::WriteKnown() {
  for (auto& [content, known] : known_) {
    if (!std::exchange(known.dirty, false)) continue;
    const std::string key = ClaimKey(content, kClaimCompared);
    if (known.row) {
      batch_.Put(Family::kClaim, key, Encode(*known.row));
    } else {
      batch_.Delete(Family::kClaim, key);
    }
  }
}

absl::Status CandidateChange::FindWhatCameAndWent() {
  for (const auto& [content, stated] : touched_) {
    KB_ASSIGN_OR_RETURN(auto compared, ReadCompared(batch_, content));
    KB_ASSIGN_OR_RETURN(const bool stands, Stands(batch_, content));
    if (stands == compared.has_value()) continue;
    const Person person = PersonOf(stated);
    std::vector<CandidateKey> keys = CandidateKeys(keys_, person);
    if (keys.empty()) continue;
    std::string birth = stands ? BirthMark(keys_, person.birth) : "";
    for (const CandidateKey& key : keys) {
      Shared& shared = shared_[key.index];
      shared.rule = key.rule;
      if (stands) {
        shared.came[content] = birth;
      } else {
        shared.went.insert(content);
      }
    }
    Known& known = known_[content];
    known.dirty = true;
    if (stands) {
      known.stated = stated;
      known.row.emplace().set_adopted(adopted_);
      came_[content] = {std::move(birth), std::move(keys)};
    } else {
      known.stated.reset();
      known.row.reset();
      for (const Edge& edge : EdgesIn(*compared)) {
        KB_RETURN_IF_ERROR(SetEdge(std::minmax(content, edge.other), nullptr));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CandidateChange::CountOwn() {
  for (const std::string& content : own_) {
    KB_ASSIGN_OR_RETURN(Known* known, Know(content));
    if (!known->row) continue;
    KB_ASSIGN_OR_RETURN(const auto count, ReadRow<format::ClaimCount>(batch_, Family::kIdentifier,
                                                                      OwnByContent(content)));
    const uint64_t own = count ? count->count() : 0;
    known->dirty = known->dirty || own != known->row->own();
    known->row->set_own(own);
  }
  return absl::OkStatus();
}

absl::Status CandidateChange::KnowAll(const std::vector<std::string>& contents) {
  std::vector<std::string> unknown, keys;
  for (const std::string& content : contents) {
    if (!known_.try_emplace(content).second) continue;
    unknown.push_back(content);
    keys.push_back(ClaimKey(content, kClaimRecord));
    keys.push_back(ClaimKey(content, kClaimCompared));
  }
  if (unknown.empty()) return absl::OkStatus();
  KB_ASSIGN_OR_RETURN(const auto rows, batch_.GetMany(Family::kClaim, keys));
  for (size_t i = 0; i < unknown.size(); ++i) {
    Known& known = known_[unknown[i]];
    if (const auto& compared = rows[2 * i + 1]) {
      KB_RETURN_IF_ERROR(Decode(*compared, NameOf(Family::kClaim), known.row.emplace()));
    }
    if (const auto& record = rows[2 * i]) {
      format::ClaimRow& row = known.claim.emplace();
      KB_RETURN_IF_ERROR(Decode(*record, NameOf(Family::kClaim), row));
      KB_ASSIGN_OR_RETURN(known.stated, OpenContent(unknown[i], row));
    } else {
      KB_ASSIGN_OR_RETURN(known.stated, ReadContent(batch_, unknown[i]));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<CandidateChange::Known*> CandidateChange::Know(const std::string& content) {
  if (const auto at = known_.find(content); at != known_.end()) return &at->second;
  KB_RETURN_IF_ERROR(KnowAll({content}));
  return &known_[content];
}

absl::Status CandidateChange::UpdatePostings() {
  std::vector<std::string> keys;
  for (const auto& [index, shared] : shared_) keys.push_back(index);
  KB_ASSIGN_OR_RETURN(const auto rows, batch_.GetMany(Family::kIdentifier, keys));
  auto row = rows.begin();
  for (auto& [index, shared] : shared_) KB_RETURN_IF_ERROR(UpdatePosting(index, *row++, shared));
  return absl::OkStatus();
}

absl::Status CandidateChange::UpdatePosting(const std::string& index,
                                            const std::optional<std::string>& value,
                                            Shared& shared) {
  KB_ASSIGN_OR_RETURN(Posting posting, Posting::Read(batch_, index, model_.candidates_max, value));
  const Says before = SaysOf(shared.rule, posting.count());
  for (const std::string& content : shared.went) posting.Remove(content);
  for (const auto& [content, birth] : shared.came) posting.Add({content, birth});
  KB_RETURN_IF_ERROR(posting.Save());
  shared.says = SaysOf(shared.rule, posting.count());
  if (before != shared.says) {
    KB_RETURN_IF_ERROR(Cross(index, shared.rule, before, shared.says, posting.holders()));
  } else if (shared.says == Says::kNothing && MayDisregard(shared.rule)) {
    for (const auto& [content, birth] : shared.came) NoteGeneric(index, true, *known_[content].row);
  }
  if (shared.says != Says::kNothing) shared.holders = posting.holders();
  return absl::OkStatus();
}

CandidateChange::Says CandidateChange::SaysOf(uint8_t rule, uint64_t count) const {
  if (count > model_.candidates_max) return Says::kNothing;
  return GoesWithBirth(rule) && count > kFew ? Says::kIfBornAlike : Says::kEnough;
}

// A value says more than before, or less: whoever shares it is compared anew.
// Only a few more than the cap can, since each fact brings or takes few.
absl::Status CandidateChange::Cross(const std::string& index, uint8_t rule, Says before,
                                    Says after, const Holders& holders) {
  if (MayDisregard(rule)) {
    std::vector<std::string> contents;
    for (size_t i = 0; i < holders.size(); ++i) contents.emplace_back(holders[i].content);
    KB_RETURN_IF_ERROR(KnowAll(contents));
    for (const std::string& content : contents) {
      Known& known = known_[content];
      if (!known.row) return absl::DataLossError("claim: a candidate is not compared");
      NoteGeneric(index, after == Says::kNothing, *known.row);
      known.dirty = true;
    }
  }
  if (after < before) return DoubtEdgesAmong(holders);
  const bool born_alike_only = after != Says::kEnough;
  for (size_t low = 0; low < holders.size(); ++low) {
    for (size_t high = low + 1; high < holders.size(); ++high) {
      if (born_alike_only && MarksApart(holders[low].birth, holders[high].birth)) continue;
      doubtful_.emplace(holders[low].content, holders[high].content);
    }
  }
  return absl::OkStatus();
}

// Where less is said, only an edge that stands can go, and few have one.
absl::Status CandidateChange::DoubtEdgesAmong(const Holders& holders) {
  std::vector<std::string> keys;
  for (size_t i = 0; i < holders.size(); ++i) {
    keys.push_back(ClaimKey(holders[i].content, kClaimCompared));
  }
  KB_ASSIGN_OR_RETURN(const auto rows, batch_.GetMany(Family::kClaim, keys));
  for (size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;  // It came with this fact, and has no edge yet.
    format::ComparedRow row;
    KB_RETURN_IF_ERROR(Decode(*rows[i], NameOf(Family::kClaim), row));
    for (const auto& edge : row.edges()) {
      if (holders[i].content < edge.content() && holders.Has(edge.content())) {
        doubtful_.emplace(holders[i].content, edge.content());
      }
    }
  }
  return absl::OkStatus();
}

void CandidateChange::PairUp(const std::string& content) {
  const Came& came = came_.at(content);
  for (const CandidateKey& key : came.keys) {
    const Shared& shared = shared_.at(key.index);
    for (size_t i = 0; i < shared.holders.size(); ++i) {
      const Holder other = shared.holders[i];
      if (other.content == content) continue;
      if (shared.says == Says::kIfBornAlike && MarksApart(came.birth, other.birth)) continue;
      Says& says = found_[std::minmax(content, std::string(other.content))];
      says = std::max(says, shared.says);
    }
  }
}

absl::StatusOr<const Person*> CandidateChange::PersonAt(const std::string& content) {
  KB_ASSIGN_OR_RETURN(Known* known, Know(content));
  if (!known->person) {
    known->person = known->stated ? PersonWith(keys_, *known->stated,
                                               known->row ? *known->row
                                                          : format::ComparedRow::default_instance())
                                  : Person();
  }
  return &*known->person;
}

absl::StatusOr<CandidateChange::Says> CandidateChange::SaysOf(const std::string& index,
                                                              uint8_t rule) {
  if (const auto shared = shared_.find(index); shared != shared_.end()) {
    return shared->second.says;
  }
  const auto [at, is_new] = asked_.try_emplace(index);
  if (is_new) {
    KB_ASSIGN_OR_RETURN(const uint64_t count, CountAt(batch_, index));
    at->second = SaysOf(rule, count);
  }
  return at->second;
}

// Hashes are dear: only those of values that both have are made.
absl::StatusOr<CandidateChange::Says> CandidateChange::SharedValuesSay(const Pair& pair) {
  KB_ASSIGN_OR_RETURN(const Person* low, PersonAt(pair.first));
  KB_ASSIGN_OR_RETURN(const Person* high, PersonAt(pair.second));
  const std::vector<BlockKey> others = BlockKeysOf(*high);
  Says most = Says::kNothing;
  for (const BlockKey& key : BlockKeysOf(*low)) {
    if (most == Says::kEnough) break;
    if (std::find(others.begin(), others.end(), key) == others.end()) continue;
    KB_ASSIGN_OR_RETURN(const Says says, SaysOf(IndexOf(keys_, key), key.rule));
    most = std::max(most, says);
  }
  return most;
}

absl::StatusOr<Anew> CandidateChange::CompareAnew(const std::string& content,
                                                  std::set<std::string>& changed) {
  KB_ASSIGN_OR_RETURN(Known* known, Know(content));
  if (!known->row) return Anew::kNever;
  if (known->row->adopted() == adopted_) return Anew::kAlready;
  known->row->set_adopted(adopted_);
  known->dirty = true;
  KB_ASSIGN_OR_RETURN(const Person* person, PersonAt(content));
  std::map<std::string, Says> others;
  for (const auto& [rule, index] : CandidateKeys(keys_, *person)) {
    KB_ASSIGN_OR_RETURN(const Says says, SaysOf(index, rule));
    if (says == Says::kNothing) continue;
    KB_ASSIGN_OR_RETURN(const auto with, ContentsAt(batch_, index, model_.candidates_max));
    for (const std::string& other : with) {
      if (other == content) continue;
      Says& most = others[other];
      most = std::max(most, says);
    }
  }
  std::vector<std::string> contents;
  for (const auto& [other, says] : others) contents.push_back(other);
  KB_RETURN_IF_ERROR(KnowAll(contents));
  for (const auto& [other, says] : others) {
    const auto& compared = known_[other].row;
    // It was, with this one.
    if (compared && compared->adopted() == adopted_) continue;
    KB_RETURN_IF_ERROR(Evaluate(std::minmax(content, other), says));
  }
  WriteKnown();
  changed.merge(std::exchange(changed_, {}));
  return Anew::kNow;
}

absl::Status CandidateChange::Evaluate(const Pair& pair, Says says) {
  if (says == Says::kNothing) return SetEdge(pair, nullptr);
  KB_ASSIGN_OR_RETURN(const Person* low, PersonAt(pair.first));
  KB_ASSIGN_OR_RETURN(const Person* high, PersonAt(pair.second));
  if (says == Says::kIfBornAlike && !MayBeOneBirth(low->birth, high->birth)) {
    return SetEdge(pair, nullptr);
  }
  const Score score = Compare(model_, *low, *high);
  const bool stands = !score.veto && (score.typed_number || score.bits >= model_.suggest);
  return SetEdge(pair, stands ? &score : nullptr);
}

absl::Status CandidateChange::SetEdge(const Pair& pair, const Score* score) {
  const auto may_join = [&](const Score& one) {
    return HangTogether(model_, one.bits, one.typed_number);
  };
  bool joined = false;
  for (const auto& [content, other] : {pair, Pair(pair.second, pair.first)}) {
    KB_ASSIGN_OR_RETURN(Known* known, Know(content));
    if (!known->row) continue;  // It went.
    auto& edges = *known->row->mutable_edges();
    auto at = PlaceOfEdge(edges, other);
    const bool stood = at != edges.end() && at->content() == other;
    if (!stood && score == nullptr) continue;
    known->dirty = true;
    joined = joined || (stood && may_join(ScoreOf(*at))) || (score != nullptr && may_join(*score));
    if (score == nullptr) {
      edges.erase(at);
      continue;
    }
    if (!stood) {
      const auto place = at - edges.begin();
      edges.Add()->set_content(other);
      std::rotate(edges.begin() + place, edges.end() - 1, edges.end());
      at = edges.begin() + place;
    }
    at->set_centibits(score->bits);
    at->set_typed_number(score->typed_number);
    at->set_compared(score->compared);
  }
  if (joined) changed_.insert({pair.first, pair.second});
  return absl::OkStatus();
}

}  // namespace klantbeeld::store
