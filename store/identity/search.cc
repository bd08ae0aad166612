#include "store/identity/search.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "store/error.h"
#include "store/identity/candidates.h"
#include "store/identity/identity.h"
#include "store/identity/normalise.h"
#include "store/identity/person.h"
#include "store/identity/score.h"
#include "store/identity/surroundings.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

// Whoever is this far behind the best is none that is looked for: a factor 256.
constexpr Centibits kBehindMax = 800;
// A shorter surname is like too many others.
constexpr size_t kSlipLettersMin = 3;

// As the events of contacts are prepared.
absl::StatusOr<Person> PersonStated(const v1::StatedPerson& stated) {
  format::ClaimContent content;
  *content.mutable_details() = stated.details();
  *content.mutable_names() = FoldNames(stated.details());
  for (int i = 0; i < stated.identifiers_size(); ++i) {
    v1::Identifier& identifier = *content.add_identifiers();
    identifier = stated.identifiers(i);
    const absl::Status status = NormaliseIdentifier(identifier);
    if (!status.ok()) return WithFieldPrefix(status, absl::StrCat("stated.identifiers[", i, "]."));
  }
  return PersonOf(content);
}

struct Compared {
  Score score;
  std::vector<FieldScore> fields;

  v1::Agreement On(v1::EvidenceField field) const {
    for (const FieldScore& one : fields) {
      if (one.field == field) return one.agreement;
    }
    return v1::AGREEMENT_UNSPECIFIED;
  }
  // What the fields come to, the population with them or not. Not held below a
  // threshold for want of a name, as a score is: nobody is joined by this.
  Centibits Sum(bool population) const {
    Centibits sum = 0;
    for (const FieldScore& one : fields) {
      if (population || one.field != v1::EVIDENCE_FIELD_POPULATION) sum += one.bits;
    }
    return sum;
  }
  bool AllSame() const {
    return !fields.empty() && std::all_of(fields.begin(), fields.end(), [](const auto& one) {
      return one.agreement == v1::AGREEMENT_SAME || one.agreement == v1::AGREEMENT_UNSPECIFIED;
    });
  }
};

// May this be who was meant?
bool Fits(const Person& asked, const Compared& compared) {
  if (compared.score.veto || compared.Sum(false) <= 0) return false;
  if (compared.On(v1::EVIDENCE_FIELD_BIRTH_DATE) == v1::AGREEMENT_DIFFERENT) return false;
  const v1::Agreement surname = compared.On(v1::EVIDENCE_FIELD_SURNAME);
  const v1::Agreement first = compared.On(v1::EVIDENCE_FIELD_FIRST_NAMES);
  const bool first_agrees = first == v1::AGREEMENT_SAME || first == v1::AGREEMENT_CLOSE;
  if (surname == v1::AGREEMENT_DIFFERENT && !first_agrees) return false;
  const bool short_name = std::all_of(asked.surnames.begin(), asked.surnames.end(),
                                      [](const auto& one) { return one.size() < kSlipLettersMin; });
  return !short_name || surname == v1::AGREEMENT_SAME || surname == v1::AGREEMENT_UNSPECIFIED;
}

class Finder {
 public:
  Finder(const Keys& keys, const Model& model, const Reader& reader, Person& asked)
      : keys_(keys), model_(model), reader_(reader), asked_(asked) {}

  absl::StatusOr<Alike> Run() {
    const std::vector<BlockKey> rules = BlockKeysOf(asked_);
    const std::vector<CandidateKey> places = CandidateKeys(keys_, asked_);
    for (size_t i = 0; i < rules.size(); ++i) {
      KB_ASSIGN_OR_RETURN(const bool common, Read(places[i].index));
      if (common) Disregard(rules[i], asked_);
    }
    KB_RETURN_IF_ERROR(FindBySlipsInDate());
    KB_RETURN_IF_ERROR(FindByNamesSwapped());
    // Who knows the birth date and misspells the surname needs no initial for
    // it: all letters are tried, so that whoever was born that day is compared.
    if (asked_.surnames.empty() || asked_.birth.day == 0 || !asked_.initials.empty()) {
      return std::move(alike_);
    }
    Person born;
    born.birth = asked_.birth;
    for (char initial = 'a'; initial <= 'z'; ++initial) {
      born.initials = std::string(1, initial);
      KB_RETURN_IF_ERROR(ReadAll(born));
    }
    return std::move(alike_);
  }

 private:
  // As if the birth date had a slip: day and month in each other's place, another
  // month, another figure in the year. A slip in the day needs nothing of its own.
  absl::Status FindBySlipsInDate() {
    if (asked_.birth.day == 0) return absl::OkStatus();
    Person swapped = asked_;
    std::swap(swapped.birth.day, swapped.birth.month);
    if (swapped.birth.month <= 12) KB_RETURN_IF_ERROR(ReadAll(swapped));
    Person sounds;  // So that nothing but this is read by.
    sounds.surnames = asked_.surnames;
    sounds.birth = {.year = asked_.birth.year};
    for (int8_t month = 1; month <= 12; ++month) {
      sounds.birth.month = month;
      if (month != asked_.birth.month) KB_RETURN_IF_ERROR(ReadAll(sounds));
    }
    sounds.birth.month = asked_.birth.month;
    for (const int place : {1, 10}) {
      const int figure = asked_.birth.year / place % 10;
      for (int other = 0; other < 10; ++other) {
        sounds.birth.year = static_cast<int16_t>(asked_.birth.year + (other - figure) * place);
        if (other != figure) KB_RETURN_IF_ERROR(ReadAll(sounds));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ReadAll(const Person& person) {
    for (const CandidateKey& place : CandidateKeys(keys_, person)) {
      KB_RETURN_IF_ERROR(Read(place.index).status());
    }
    return absl::OkStatus();
  }

  // True: too many share this value. Once.
  absl::StatusOr<bool> Read(const std::string& place) {
    if (!read_.insert(place).second) return false;
    KB_ASSIGN_OR_RETURN(const auto contents,
                        ContentsAt(reader_, place, model_.candidates_max + 1));
    if (contents.size() > model_.candidates_max) {
      alike_.too_common = true;
      return true;
    }
    alike_.contents.insert(contents.begin(), contents.end());
    return false;
  }

  // As if surname and first name stood in each other's place.
  absl::Status FindByNamesSwapped() {
    if (asked_.surnames.empty() || asked_.first_names.empty()) return absl::OkStatus();
    Person swapped = asked_;
    swapped.surnames = {asked_.names_as_surname};
    swapped.first_names = {asked_.surnames[0]};
    swapped.names_as_surname = asked_.surnames[0];
    swapped.initials = asked_.surnames[0].substr(0, 1);
    return ReadAll(swapped);
  }

  const Keys& keys_;
  const Model& model_;
  const Reader& reader_;
  Person& asked_;
  std::set<std::string> read_;
  Alike alike_;
};

class Searcher {
 public:
  Searcher(const Keys& keys, const Model& model, const Reader& reader, Person asked)
      : keys_(keys), model_(model), reader_(reader), asked_(std::move(asked)) {}

  absl::Status FindCandidates() {
    KB_ASSIGN_OR_RETURN(alike_, FindAlike(keys_, model_, reader_, asked_));
    return absl::OkStatus();
  }

  absl::Status CompareCandidates() {
    for (const std::string& content : alike_.contents) {
      KB_ASSIGN_OR_RETURN(const Compared compared, CompareWith(content));
      if (!Fits(asked_, compared)) continue;
      KB_ASSIGN_OR_RETURN(const auto claims, ClaimsWith(reader_, content));
      for (const std::string& claim : claims) {
        KB_ASSIGN_OR_RETURN(const auto row,
                            ReadRow<format::ClaimRow>(reader_, Family::kClaim,
                                                      ClaimKey(claim, kClaimRecord)));
        if (row) Offer(row->citizen_id(), compared);
      }
    }
    return absl::OkStatus();
  }

  // These are in the answer in any case.
  absl::Status Keep(const std::map<std::string, std::string>& known) {
    for (const auto& [citizen, claim] : known) {
      kept_.insert(citizen);
      KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ClaimRow>(reader_, Family::kClaim,
                                                                    ClaimKey(claim, kClaimRecord)));
      if (!row) return absl::DataLossError("identifier: a claim is not there");
      KB_ASSIGN_OR_RETURN(const auto content, OpenContent(claim, *row));
      KB_ASSIGN_OR_RETURN(const Compared compared, CompareWith(content.content_id()));
      Offer(citizen, compared);
    }
    return absl::OkStatus();
  }

  SearchResult Result() const {
    std::vector<std::pair<std::string, const Compared*>> ranked;
    Centibits best = std::numeric_limits<Centibits>::min();
    for (const auto& [citizen, compared] : best_) {
      ranked.push_back({citizen, &compared});
      best = std::max(best, compared.Sum(true));
    }
    ranked.erase(std::remove_if(ranked.begin(), ranked.end(),
                                [&](const auto& one) {
                                  return !kept_.contains(one.first) && !one.second->AllSame() &&
                                         one.second->Sum(true) < best - kBehindMax;
                                }),
                 ranked.end());
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
      return std::pair(a.second->AllSame(), a.second->Sum(true)) >
             std::pair(b.second->AllSame(), b.second->Sum(true));
    });
    SearchResult result;
    result.too_common = alike_.too_common;
    result.more = ranked.size() > kFoundMax;
    if (result.more) ranked.resize(kFoundMax);
    for (const auto& [citizen, compared] : ranked) {
      Hit& hit = result.hits.emplace_back();
      hit.citizen = citizen;
      hit.match.set_exact(compared->AllSame());
      hit.match.set_bits(ToEvidence(compared->fields, *hit.match.mutable_evidence()));
    }
    return result;
  }

 private:
  absl::StatusOr<Compared> CompareWith(const std::string& content) const {
    KB_ASSIGN_OR_RETURN(const Person person, ReadPerson(keys_, reader_, content));
    Compared compared;
    compared.score = Compare(model_, asked_, person, &compared.fields);
    return compared;
  }

  void Offer(const std::string& citizen, const Compared& compared) {
    const auto [at, is_new] = best_.try_emplace(citizen, compared);
    if (!is_new && std::pair(compared.AllSame(), compared.Sum(true)) >
                       std::pair(at->second.AllSame(), at->second.Sum(true))) {
      at->second = compared;
    }
  }

  const Keys& keys_;
  const Model& model_;
  const Reader& reader_;
  Person asked_;
  Alike alike_;
  std::map<std::string, Compared> best_;  // By citizen.
  std::set<std::string> kept_;
};

}  // namespace

absl::StatusOr<Alike> FindAlike(const Keys& keys, const Model& model, const Reader& reader,
                                Person& person) {
  return Finder(keys, model, reader, person).Run();
}

absl::StatusOr<SearchResult> Search(const Keys& keys, const Model& model, const Reader& reader,
                                    const v1::StatedPerson& stated,
                                    const std::map<std::string, std::string>& known) {
  KB_ASSIGN_OR_RETURN(Person asked, PersonStated(stated));
  Searcher searcher(keys, model, reader, std::move(asked));
  KB_RETURN_IF_ERROR(searcher.FindCandidates());
  KB_RETURN_IF_ERROR(searcher.CompareCandidates());
  KB_RETURN_IF_ERROR(searcher.Keep(known));
  return searcher.Result();
}

}  // namespace klantbeeld::store
