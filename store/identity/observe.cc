#include "store/identity/observe.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <unordered_map>
#include <utility>

#include "store/identity/candidates.h"
#include "store/identity/score.h"
#include "store/record.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

using File = format::ModelFile;

FieldMask MaskOf(uint8_t rule) {
  FieldMask mask = 0;
  for (const v1::EvidenceField evidence : FieldsOf(rule)) {
    for (size_t field = 0; field < kComparedFields; ++field) {
      if (ComparedFields()[field].evidence == evidence) mask |= static_cast<FieldMask>(1u << field);
    }
  }
  return mask;
}

// --- Which weight was used: found by comparing by a model of which every
// weight is kIds times what it is, and the weight's own number. What decides
// by the weights decides as it does by the model itself.

constexpr int kIds = 16;
constexpr int kFirstNamesFrom = 8;  // The numbers of FirstNameWeights come after those of NameWeights.

int IdOf(const WeightAt& at) {
  return at.weight + (at.message == File::kFirstNamesFieldNumber ? kFirstNamesFrom : 0);
}

Model MakeProbe(const Model& model) {
  Model probe = model;
  const auto& reflection = *probe.file.GetReflection();
  for (int i = 0; i < File::descriptor()->field_count(); ++i) {
    const auto* message = File::descriptor()->field(i);
    if (message->is_repeated()) continue;
    if (message->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    auto& weights = *reflection.MutableMessage(&probe.file, message);
    for (int j = 0; j < weights.GetDescriptor()->field_count(); ++j) {
      const auto* weight = weights.GetDescriptor()->field(j);
      if (weight->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_INT32) continue;
      const int32_t value = weights.GetReflection()->GetInt32(weights, weight);
      const int id = IdOf({message->number(), weight->number()});
      weights.GetReflection()->SetInt32(&weights, weight, value * kIds + id);
    }
  }
  // These are added to another weight, or would count one twice.
  auto& names = *probe.file.mutable_first_names();
  names.set_more_initials(model.file.first_names().more_initials() * kIds);
  probe.file.set_names_swapped(model.file.names_swapped() * kIds);
  for (auto* values : {probe.file.mutable_phone(), probe.file.mutable_email(),
                       probe.file.mutable_device()}) {
    values->clear_personal();
  }
  const int same = format::NameWeights::kSameFieldNumber;
  for (auto* table : {&probe.surnames, &probe.first_names}) {
    for (auto& [name, weight] : *table) weight = weight * kIds + same;
  }
  probe.population_bits *= kIds;
  return probe;
}

Levels LevelsOf(const Model& probe, const Person& a, const Person& b) {
  std::vector<FieldScore> scores;
  Compare(probe, a, b, &scores);
  Levels levels{};
  for (const FieldScore& score : scores) {
    const int id = ((score.bits % kIds) + kIds) % kIds;
    for (size_t field = 0; field < kComparedFields; ++field) {
      const ComparedField& known = ComparedFields()[field];
      if (known.evidence != score.field) continue;
      for (size_t level = 0; level < known.levels.size(); ++level) {
        if (IdOf(known.levels[level]) == id) levels[field] = static_cast<uint8_t>(level + 1);
      }
    }
  }
  return levels;
}

// --- What is read of the store.

absl::Status ReadClaims(const Reader& rows, Statement& statement) {
  KB_ASSIGN_OR_RETURN(const auto claims, ClaimsWith(rows, statement.id));
  std::set<v1::Channel> channels;
  for (const std::string& claim : claims) {
    KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ClaimRow>(rows, Family::kClaim,
                                                                  ClaimKey(claim, kClaimRecord)));
    if (!row) return absl::DataLossError("claim: one of its content is not there");
    statement.citizen = row->citizen_id();
    for (const auto& count : row->channel_counts()) channels.insert(count.channel());
  }
  if (channels.size() == 1) statement.channel = *channels.begin();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Statement>> ReadStatements(const Keys& keys, const Reader& rows) {
  std::vector<Statement> statements;
  KB_RETURN_IF_ERROR(rows.Scan(Family::kClaim, "", "", [&](absl::string_view key, absl::string_view) {
    if (key[16] == kClaimCompared) statements.emplace_back().id = std::string(key.substr(0, 16));
    return statements.size() < kObservedMax;
  }));
  for (Statement& statement : statements) {
    KB_RETURN_IF_ERROR(ReadClaims(rows, statement));
    KB_ASSIGN_OR_RETURN(statement.person, ReadPerson(keys, rows, statement.id));
  }
  return statements;
}

class PairReader {
 public:
  PairReader(const Keys& keys, const Reader& rows, const Model& model,
             const std::vector<Statement>& statements)
      : keys_(keys), rows_(rows), model_(model), probe_(MakeProbe(model)), statements_(statements) {
    for (size_t i = 0; i < statements.size(); ++i) at_[statements[i].id] = i;
  }

  // Whom statement `low` shares an open value with, and comes before.
  absl::Status AddPairsOf(size_t low, Observations& seen) const {
    const Person& person = statements_[low].person;
    const auto keys = BlockKeysOf(person);
    const auto index = CandidateKeys(keys_, person);
    std::map<size_t, std::set<FieldMask>> found;
    for (size_t i = 0; i < keys.size(); ++i) {
      KB_ASSIGN_OR_RETURN(const auto with, ContentsAt(rows_, index[i].index, model_.candidates_max + 1));
      if (with.size() > model_.candidates_max) continue;
      for (const std::string& other : with) {
        const auto at = at_.find(other);
        if (at != at_.end() && at->second > low) found[at->second].insert(MaskOf(keys[i].rule));
      }
    }
    for (const auto& [high, ways] : found) AddPair(statements_[low], statements_[high], ways, seen);
    seen.pairs += found.size();
    return absl::OkStatus();
  }

  // How pairs agree that have nothing to do with each other: by field and
  // level, how many.
  auto AtRandom() const {
    constexpr size_t kWindow = 16;
    std::array<std::vector<double>, kComparedFields> counts;
    for (size_t field = 0; field < kComparedFields; ++field) {
      counts[field].resize(ComparedFields()[field].levels.size());
    }
    for (size_t high = 1; high < statements_.size(); ++high) {
      for (size_t low = high - std::min(high, kWindow); low < high; ++low) {
        const Statement &a = statements_[low], &b = statements_[high];
        if (a.citizen == b.citizen) continue;
        // They may be one.
        if (Compare(model_, a.person, b.person).bits >= model_.suggest) continue;
        const Levels levels = LevelsOf(probe_, a.person, b.person);
        for (size_t field = 0; field < kComparedFields; ++field) {
          if (levels[field] != 0) ++counts[field][levels[field] - 1u];
        }
      }
    }
    return counts;
  }

 private:
  void AddPair(const Statement& low, const Statement& high, const std::set<FieldMask>& ways,
               Observations& seen) const {
    const Levels levels = LevelsOf(probe_, low.person, high.person);
    const double bits = Compare(model_, low.person, high.person).bits / 100.0;
    const double guess = 1 / (1 + std::exp2(-bits));
    for (const FieldMask way : ways) {
      AlikeTally& tally = seen.alike[{way, levels, low.channel, high.channel}];
      ++tally.pairs;
      tally.guesses += guess;
    }
  }

  const Keys& keys_;
  const Reader& rows_;
  const Model& model_;
  const Model probe_;
  const std::vector<Statement>& statements_;
  std::unordered_map<std::string, size_t> at_;  // Looked up only: its order is nobody's.
};

}  // namespace

const std::array<ComparedField, kComparedFields>& ComparedFields() {
  using format::AddressWeights, format::BirthDateWeights, format::FirstNameWeights,
      format::NameWeights, format::ValueWeights;
  const auto values = [](int message, bool close) {
    std::vector<WeightAt> levels = {{message, ValueWeights::kSameFieldNumber}};
    if (close) levels.push_back({message, ValueWeights::kCloseFieldNumber});
    levels.push_back({message, ValueWeights::kDifferentFieldNumber});
    return levels;
  };
  constexpr int kName = File::kFirstNameFieldNumber, kNames = File::kFirstNamesFieldNumber,
                kBirth = File::kBirthDateFieldNumber, kAddress = File::kAddressFieldNumber;
  static const auto* const fields = new std::array<ComparedField, kComparedFields>{
      ComparedField{v1::EVIDENCE_FIELD_SURNAME, false,
                    {{File::kSurnameFieldNumber, NameWeights::kSameFieldNumber},
                     {File::kSurnameFieldNumber, NameWeights::kCloseFieldNumber},
                     {File::kSurnameFieldNumber, NameWeights::kSimilarFieldNumber},
                     {File::kSurnameFieldNumber, NameWeights::kDifferentFieldNumber}}},
      ComparedField{v1::EVIDENCE_FIELD_FIRST_NAMES, true,
                    {{kName, NameWeights::kSameFieldNumber},
                     {kName, NameWeights::kCloseFieldNumber},
                     {kName, NameWeights::kSimilarFieldNumber},
                     {kName, NameWeights::kDifferentFieldNumber},
                     {kNames, FirstNameWeights::kPartlyFieldNumber},
                     {kNames, FirstNameWeights::kOtherFieldNumber}}},
      ComparedField{v1::EVIDENCE_FIELD_FIRST_NAMES, true,
                    {{kNames, FirstNameWeights::kInitialSameFieldNumber},
                     {kNames, FirstNameWeights::kInitialNicknameFieldNumber},
                     {kNames, FirstNameWeights::kInitialDifferentFieldNumber}}},
      ComparedField{v1::EVIDENCE_FIELD_BIRTH_DATE, true,
                    {{kBirth, BirthDateWeights::kSameFieldNumber},
                     {kBirth, BirthDateWeights::kSameNewYearFieldNumber},
                     {kBirth, BirthDateWeights::kCloseFieldNumber},
                     {kBirth, BirthDateWeights::kFarFieldNumber},
                     {kBirth, BirthDateWeights::kDifferentFieldNumber}}},
      ComparedField{v1::EVIDENCE_FIELD_ADDRESS, false,
                    {{kAddress, AddressWeights::kSameFieldNumber},
                     {kAddress, AddressWeights::kCloseFieldNumber},
                     {kAddress, AddressWeights::kOtherNumberFieldNumber},
                     {kAddress, AddressWeights::kNearFieldNumber},
                     {kAddress, AddressWeights::kDifferentFieldNumber}}},
      ComparedField{v1::EVIDENCE_FIELD_PHONE, false, values(File::kPhoneFieldNumber, false)},
      ComparedField{v1::EVIDENCE_FIELD_EMAIL, false, values(File::kEmailFieldNumber, true)},
      ComparedField{v1::EVIDENCE_FIELD_DEVICE, false, values(File::kDeviceFieldNumber, false)},
      ComparedField{v1::EVIDENCE_FIELD_SEX, true, values(File::kSexFieldNumber, false)},
      ComparedField{v1::EVIDENCE_FIELD_BIRTH_PLACE, false, values(File::kBirthPlaceFieldNumber, true)},
  };
  return *fields;
}

absl::StatusOr<Observations> Observe(const Keys& keys, const Reader& rows, const Model& model,
                                     const Progress& progress) {
  Observations seen;
  KB_ASSIGN_OR_RETURN(seen.statements, ReadStatements(keys, rows));
  const PairReader pairs(keys, rows, model, seen.statements);
  const size_t all = seen.statements.size();
  for (size_t i = 0; i < all; ++i) {
    KB_RETURN_IF_ERROR(pairs.AddPairsOf(i, seen));
    if (progress && (i + 1 == all || i % 1000 == 0)) progress(i + 1, all);
  }
  seen.at_random = pairs.AtRandom();
  return seen;
}

}  // namespace klantbeeld::store
