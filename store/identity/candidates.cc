#include "store/identity/candidates.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/identity/claims.h"
#include "store/identity/identity.h"
#include "store/record.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

// Ids that stand in the posting's own row.
constexpr size_t kInline = 64;
constexpr size_t kIdBytes = 16;

// The contents that share a value, smallest ids first. What does not fit into
// the row stands in rows of its own, which are only counted while a value says
// nothing anyway.
class PostingRow {
 public:
  PostingRow(Batch& batch, const std::string& index) : batch_(batch), index_(index) {}

  // From the row's value, if there is a row.
  absl::Status Load(const std::optional<std::string>& value) {
    if (!value) return absl::OkStatus();
    format::Posting row;
    KB_RETURN_IF_ERROR(Decode(*value, NameOf(Family::kIdentifier), row));
    more_ = row.more();
    for (size_t at = 0; at < row.contents().size(); at += kIdBytes) {
      inline_.push_back(row.contents().substr(at, kIdBytes));
    }
    return absl::OkStatus();
  }

  uint64_t count() const { return inline_.size() + more_; }
  // All of them, while they all stand in the row.
  std::vector<std::string>& contents() { return inline_; }

  void Add(const std::string& content) {
    inline_.insert(std::lower_bound(inline_.begin(), inline_.end(), content), content);
    if (inline_.size() <= kInline) return;
    batch_.Put(Family::kIdentifier, index_ + inline_.back(), IndexMark(false));
    inline_.pop_back();
    ++more_;
  }

  absl::Status Remove(const std::string& content) {
    const auto at = std::lower_bound(inline_.begin(), inline_.end(), content);
    if (at == inline_.end() || *at != content) {
      batch_.Delete(Family::kIdentifier, index_ + content);
      --more_;
      return absl::OkStatus();
    }
    inline_.erase(at);
    if (more_ == 0) return absl::OkStatus();
    std::string first;
    KB_RETURN_IF_ERROR(batch_.Scan(Family::kIdentifier, index_, index_ + std::string(1, '\0'),
                                   [&](absl::string_view key, absl::string_view) {
                                     if (key.size() == index_.size()) return true;
                                     first = std::string(key.substr(index_.size()));
                                     return false;
                                   }));
    if (first.empty()) return absl::DataLossError("identifier: a posting counts more than it has");
    batch_.Delete(Family::kIdentifier, index_ + first);
    inline_.push_back(std::move(first));
    --more_;
    return absl::OkStatus();
  }

  void Save() {
    if (count() == 0) {
      batch_.Delete(Family::kIdentifier, index_);
      return;
    }
    format::Posting row;
    for (const std::string& content : inline_) row.mutable_contents()->append(content);
    row.set_more(more_);
    batch_.Put(Family::kIdentifier, index_, Encode(row));
  }

 private:
  Batch& batch_;
  const std::string& index_;
  std::vector<std::string> inline_;
  uint64_t more_ = 0;
};

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

std::string CandidateKey(const Keys& keys, const BlockKey& key) {
  const char tag = static_cast<char>(kIndexCandidate);
  return absl::StrCat(absl::string_view(&tag, 1),
                      View(keys.IndexOf(absl::StrCat("candidate ", key.rule), key.value)));
}

}  // namespace

std::string OwnByContent(absl::string_view content) {
  const char tag = static_cast<char>(kIndexOwnByContent);
  return absl::StrCat(absl::string_view(&tag, 1), content);
}

std::vector<std::string> CandidateKeys(const Keys& keys, const Person& person) {
  std::vector<std::string> made;
  for (const BlockKey& key : BlockKeysOf(person)) made.push_back(CandidateKey(keys, key));
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

absl::StatusOr<std::vector<std::string>> ContentsAt(const Reader& reader,
                                                    absl::string_view index, size_t max) {
  std::vector<std::string> contents;
  absl::Status inner;
  KB_RETURN_IF_ERROR(reader.Scan(
      Family::kIdentifier, index, index, [&](absl::string_view key, absl::string_view value) {
        if (key.size() > index.size()) {
          contents.emplace_back(key.substr(index.size()));
        } else {
          format::Posting row;
          inner = Decode(value, "identifier", row);
          for (size_t at = 0; inner.ok() && at < row.contents().size(); at += kIdBytes) {
            contents.push_back(row.contents().substr(at, kIdBytes));
          }
        }
        return inner.ok() && contents.size() < max;
      }));
  KB_RETURN_IF_ERROR(inner);
  if (contents.size() > max) contents.resize(max);
  return contents;
}

absl::StatusOr<std::vector<Edge>> EdgesOf(const Reader& reader, absl::string_view content) {
  std::vector<Edge> edges;
  absl::Status inner;
  const std::string prefix = ClaimKey(content, kClaimEdge);
  KB_RETURN_IF_ERROR(reader.Scan(
      Family::kClaim, prefix, prefix, [&](absl::string_view key, absl::string_view value) {
        format::EdgeRow row;
        inner = Decode(value, "claim", row);
        if (!inner.ok()) return false;
        Edge& edge = edges.emplace_back();
        edge.other = std::string(key.substr(prefix.size()));
        edge.score.bits = row.centibits();
        edge.score.typed_number = row.typed_number();
        edge.score.compared = row.compared();
        return true;
      }));
  KB_RETURN_IF_ERROR(inner);
  return edges;
}

Person PersonWith(const Keys& keys, const format::ClaimContent& content,
                  const format::ComparedRow& row) {
  Person person = PersonOf(content);
  if (row.generic().empty()) return person;
  for (const BlockKey& key : BlockKeysOf(person)) {
    // A keyed hash is dear, and of a common name nothing is disregarded.
    if (MayDisregard(key) && IsGeneric(row, CandidateKey(keys, key))) Disregard(key, person);
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

absl::StatusOr<std::set<std::string>> CandidateChange::Finish() {
  if (model_.candidates_max == 0) return std::set<std::string>();
  KB_RETURN_IF_ERROR(FindWhatCameAndWent());
  KB_RETURN_IF_ERROR(UpdatePostings());
  for (const auto& [content, index] : came_) PairUp(content);
  std::vector<std::string> contents;
  for (const auto& [low, high] : found_) contents.insert(contents.end(), {low, high});
  KB_RETURN_IF_ERROR(KnowAll(contents));
  for (const Pair& pair : found_) KB_RETURN_IF_ERROR(Evaluate(pair));
  for (const Pair& pair : doubtful_) {
    if (found_.contains(pair)) continue;
    KB_ASSIGN_OR_RETURN(const bool share, ShareOpenKey(pair));
    KB_RETURN_IF_ERROR(share ? Evaluate(pair) : SetEdge(pair, nullptr));
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
    Person person = PersonOf(stated);
    std::vector<std::string> keys = CandidateKeys(keys_, person);
    if (keys.empty()) continue;
    for (const std::string& index : keys) {
      (stands ? shared_[index].came : shared_[index].went).insert(content);
    }
    Known& known = known_[content];
    known.dirty = true;
    if (stands) {
      known.stated = stated;
      known.row.emplace().set_adopted(adopted_);
      came_[content] = std::move(keys);
    } else {
      known.stated.reset();
      known.row.reset();  // Another that went may have counted an edge of it.
      KB_RETURN_IF_ERROR(DropEdges(content));
    }
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
      format::ClaimRow row;
      KB_RETURN_IF_ERROR(Decode(*record, NameOf(Family::kClaim), row));
      KB_ASSIGN_OR_RETURN(known.stated, OpenContent(unknown[i], row));
    } else {
      KB_ASSIGN_OR_RETURN(known.stated, ReadContent(batch_, unknown[i]));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<CandidateChange::Known*> CandidateChange::Know(const std::string& content) {
  KB_RETURN_IF_ERROR(KnowAll({content}));
  return &known_[content];
}

absl::Status CandidateChange::DropEdges(const std::string& content) {
  KB_ASSIGN_OR_RETURN(const auto edges, EdgesOf(batch_, content));
  for (const Edge& edge : edges) {
    KB_RETURN_IF_ERROR(SetEdge(std::minmax(content, edge.other), nullptr));
  }
  return absl::OkStatus();
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
  PostingRow posting(batch_, index);
  KB_RETURN_IF_ERROR(posting.Load(value));
  const bool before = posting.count() > model_.candidates_max;
  for (const std::string& content : shared.went) KB_RETURN_IF_ERROR(posting.Remove(content));
  for (const std::string& content : shared.came) posting.Add(content);
  shared.generic = posting.count() > model_.candidates_max;
  posting.Save();
  if (!shared.generic) shared.contents = std::move(posting.contents());
  if (before != shared.generic) return Cross(index, shared.generic);
  if (!shared.generic) return absl::OkStatus();
  for (const std::string& content : shared.came) NoteGeneric(index, true, *known_[content].row);
  return absl::OkStatus();
}

// A value says nothing any more, or again: whoever shares it is compared anew.
// Only a few more than the cap can, since each fact brings or takes few.
absl::Status CandidateChange::Cross(const std::string& index, bool generic) {
  KB_ASSIGN_OR_RETURN(const auto holders,
                      ContentsAt(batch_, index, model_.candidates_max + touched_.size() + 1));
  KB_RETURN_IF_ERROR(KnowAll(holders));
  for (const std::string& content : holders) {
    Known& known = known_[content];
    if (!known.row) return absl::DataLossError("claim: a candidate is not compared");
    NoteGeneric(index, generic, *known.row);
    known.dirty = true;
  }
  for (size_t low = 0; low < holders.size(); ++low) {
    for (size_t high = low + 1; high < holders.size(); ++high) {
      doubtful_.insert(std::minmax(holders[low], holders[high]));
    }
  }
  return absl::OkStatus();
}

void CandidateChange::PairUp(const std::string& content) {
  for (const std::string& index : came_.at(content)) {
    for (const std::string& other : shared_.at(index).contents) {
      if (other != content) found_.insert(std::minmax(content, other));
    }
  }
}

absl::StatusOr<const Person*> CandidateChange::PersonAt(const std::string& content) {
  KB_ASSIGN_OR_RETURN(Known* known, Know(content));
  if (!known->person) {
    known->person = known->stated
                        ? PersonWith(keys_, *known->stated, known->row.value_or(format::ComparedRow()))
                        : Person();
  }
  return &*known->person;
}

absl::StatusOr<const std::set<std::string>*> CandidateChange::OpenKeys(
    const std::string& content) {
  KB_ASSIGN_OR_RETURN(Known* known, Know(content));
  if (known->open) return &*known->open;
  known->open.emplace();
  if (!known->stated || !known->row) return &*known->open;
  for (std::string& key : CandidateKeys(keys_, PersonOf(*known->stated))) {
    if (!IsGeneric(*known->row, key)) known->open->insert(std::move(key));
  }
  return &*known->open;
}

absl::StatusOr<bool> CandidateChange::ShareOpenKey(const Pair& pair) {
  KB_ASSIGN_OR_RETURN(const auto* low, OpenKeys(pair.first));
  KB_ASSIGN_OR_RETURN(const auto* high, OpenKeys(pair.second));
  return std::any_of(low->begin(), low->end(),
                     [&](const std::string& key) { return high->contains(key); });
}

absl::StatusOr<Anew> CandidateChange::CompareAnew(const std::string& content,
                                                  std::set<std::string>& changed) {
  KB_ASSIGN_OR_RETURN(Known* known, Know(content));
  if (!known->row) return Anew::kNever;
  if (known->row->adopted() == adopted_) return Anew::kAlready;
  known->row->set_adopted(adopted_);
  known->dirty = true;
  KB_ASSIGN_OR_RETURN(const auto* open, OpenKeys(content));
  std::set<std::string> others;
  for (const std::string& index : *open) {
    KB_ASSIGN_OR_RETURN(const auto with, ContentsAt(batch_, index, model_.candidates_max));
    others.insert(with.begin(), with.end());
  }
  others.erase(content);
  KB_RETURN_IF_ERROR(KnowAll({others.begin(), others.end()}));
  for (const std::string& other : others) {
    const auto& compared = known_[other].row;
    // It was, with this one.
    if (compared && compared->adopted() == adopted_) continue;
    KB_RETURN_IF_ERROR(Evaluate(std::minmax(content, other)));
  }
  WriteKnown();
  changed.merge(std::exchange(changed_, {}));
  return Anew::kNow;
}

absl::Status CandidateChange::Evaluate(const Pair& pair) {
  KB_ASSIGN_OR_RETURN(const Person* low, PersonAt(pair.first));
  KB_ASSIGN_OR_RETURN(const Person* high, PersonAt(pair.second));
  const Score score = Compare(model_, *low, *high);
  const bool stands = !score.veto && (score.typed_number || score.bits >= model_.suggest);
  return SetEdge(pair, stands ? &score : nullptr);
}

// What came with this fact has no edge yet, and is compared with another once.
bool CandidateChange::MayHaveEdge(const std::string& content) const {
  if (came_.contains(content)) return false;
  const auto known = known_.find(content);
  return known == known_.end() || !known->second.row || known->second.row->edges() > 0;
}

absl::Status CandidateChange::SetEdge(const Pair& pair, const Score* score) {
  const std::string key = ClaimKey(pair.first, kClaimEdge, pair.second);
  std::optional<format::EdgeRow> before;
  if (MayHaveEdge(pair.first) && MayHaveEdge(pair.second)) {
    KB_ASSIGN_OR_RETURN(before, ReadRow<format::EdgeRow>(batch_, Family::kClaim, key));
  }
  if (!before && score == nullptr) return absl::OkStatus();
  bool joined = before && HangTogether(model_, before->centibits(), before->typed_number());
  const std::string back = ClaimKey(pair.second, kClaimEdge, pair.first);
  if (score == nullptr) {
    batch_.Delete(Family::kClaim, key);
    batch_.Delete(Family::kClaim, back);
  } else {
    format::EdgeRow row;
    row.set_centibits(score->bits);
    row.set_typed_number(score->typed_number);
    row.set_compared(score->compared);
    batch_.Put(Family::kClaim, key, Encode(row));
    batch_.Put(Family::kClaim, back, Encode(row));
    joined = joined || HangTogether(model_, score->bits, score->typed_number);
  }
  KB_RETURN_IF_ERROR(CountEdge(pair, (score != nullptr ? 1 : 0) - (before ? 1 : 0)));
  if (joined) changed_.insert({pair.first, pair.second});
  return absl::OkStatus();
}

absl::Status CandidateChange::CountEdge(const Pair& pair, int by) {
  if (by == 0) return absl::OkStatus();
  for (const std::string* content : {&pair.first, &pair.second}) {
    KB_ASSIGN_OR_RETURN(Known* known, Know(*content));
    if (!known->row) continue;  // It went.
    known->row->set_edges(known->row->edges() + static_cast<uint64_t>(by));
    known->dirty = true;
  }
  return absl::OkStatus();
}

}  // namespace klantbeeld::store
