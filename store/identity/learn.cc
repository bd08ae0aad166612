#include "store/identity/learn.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "store/identity/estimate.h"
#include "store/identity/observe.h"
#include "store/status_macros.h"

namespace klantbeeld::store {
namespace {

using File = format::ModelFile;

// Shares of levels, as far as they have been found.
struct Shares {
  std::vector<double> counts;
  double all = 0;
  void Add(const std::vector<double>& shares, double pairs) {
    counts.resize(shares.size());
    for (size_t i = 0; i < shares.size(); ++i) counts[i] += shares[i] * pairs;
    all += pairs;
  }
  // One more of each: what was not seen is not impossible.
  double Of(size_t level) const {
    return (counts[level] + 1) / (all + static_cast<double>(counts.size()));
  }
};

struct Found {
  std::array<Shares, kComparedFields> m, u_random, u_household;
  std::map<v1::Channel, std::array<Shares, kComparedFields>> m_of;

  double U(size_t field, size_t level) const {
    const double random = u_random[field].Of(level);
    const bool household = ComparedFields()[field].of_person && u_household[field].all >= kEnoughPairs;
    return household ? std::max(random, u_household[field].Of(level)) : random;
  }
  bool Enough(size_t field) const {
    return m[field].all >= kEnoughPairs && u_random[field].all >= kEnoughPairs;
  }
};

// One way of finding pairs. What it goes by agrees of itself, so of that it
// says nothing.
class Way {
 public:
  explicit Way(FieldMask mask) : mask_(mask) {}

  void Add(const AlikeKind& alike, const AlikeTally& tally) {
    pairs_.push_back({{alike.levels.begin(), alike.levels.end()}, tally.pairs,
                      tally.guesses / tally.pairs});
    channels_.push_back({alike.low, alike.high});
  }

  void AddTo(Found& found) const {
    std::vector<size_t> levels;
    for (size_t field = 0; field < kComparedFields; ++field) {
      levels.push_back(Goes(field) ? 0 : ComparedFields()[field].levels.size());
    }
    const Estimate estimate = EstimateShares(levels, pairs_);
    if (!TellsApart(estimate)) return;
    for (size_t field = 0; field < kComparedFields; ++field) {
      if (Goes(field)) continue;
      found.m[field].Add(estimate.m[field], estimate.matches[field]);
      if (IsOfHousehold()) found.u_household[field].Add(estimate.u[field], estimate.others[field]);
    }
    for (size_t i = 0; i < pairs_.size(); ++i) {
      AddChannel(pairs_[i], channels_[i].first, estimate.belief[i], found);
      if (channels_[i].first == channels_[i].second) continue;
      AddChannel(pairs_[i], channels_[i].second, estimate.belief[i], found);
    }
  }

 private:
  static constexpr size_t kComparedFieldsMin = 3;  // Fewer cannot be told from chance.

  bool Goes(size_t field) const { return (mask_ >> field & 1) != 0; }
  // It finds those who live together, whether or not they are one.
  bool IsOfHousehold() const {
    for (size_t field = 0; field < kComparedFields; ++field) {
      if (Goes(field) && ComparedFields()[field].of_person) return false;
    }
    return mask_ != 0;
  }
  bool TellsApart(const Estimate& estimate) const {
    size_t known = 0;
    for (size_t field = 0; field < kComparedFields; ++field) {
      if (!Goes(field) && estimate.matches[field] >= kEnoughPairs) ++known;
    }
    return known >= kComparedFieldsMin && estimate.others_in_all >= kEnoughPairs;
  }
  void AddChannel(const AlikePairs& pairs, v1::Channel channel, double belief,
                  Found& found) const {
    if (channel == v1::CHANNEL_UNSPECIFIED) return;
    for (size_t field = 0; field < kComparedFields; ++field) {
      if (Goes(field) || pairs.levels[field] == 0) continue;
      std::vector<double> shares(ComparedFields()[field].levels.size());
      shares[pairs.levels[field] - 1u] = 1;
      found.m_of[channel][field].Add(shares, pairs.pairs * belief);
    }
  }

  const FieldMask mask_;
  std::vector<AlikePairs> pairs_;
  std::vector<std::pair<v1::Channel, v1::Channel>> channels_;
};

Found FindShares(const Observations& seen) {
  Found found;
  std::map<FieldMask, Way> ways;
  for (const auto& [alike, tally] : seen.alike) {
    ways.try_emplace(alike.found_by, alike.found_by).first->second.Add(alike, tally);
  }
  for (const auto& [mask, way] : ways) way.AddTo(found);
  for (size_t field = 0; field < kComparedFields; ++field) {
    double all = 0;
    for (const double count : seen.at_random[field]) all += count;
    std::vector<double> shares;
    for (const double count : seen.at_random[field]) shares.push_back(all > 0 ? count / all : 0);
    found.u_random[field].Add(shares, all);
    // A field that no way has told of.
    for (auto* shares_of : {&found.m[field], &found.u_household[field]}) {
      shares_of->counts.resize(ComparedFields()[field].levels.size());
    }
  }
  return found;
}

// Centibits. More than this no field says; and by no more a weight moves at a
// time, since what is hardly ever seen of one person is not seen to be of one.
constexpr int32_t kMostBits = 1400;
constexpr int32_t kMostMoved = 300;

int32_t WeightOf(double m, double u) {
  const double bits = 100 * std::log2(m / u);
  return static_cast<int32_t>(std::lround(std::clamp<double>(bits, -kMostBits, kMostBits)));
}

// --- Names.

// Who has a name. One person whose contacts were not joined is several
// citizens, but was born once.
struct NameCount {
  uint64_t citizens = 0;
  uint64_t births = 0;  // Different birth dates.
  bool IsOfMany() const { return std::min(citizens, births) >= kNameCitizensMin; }
};
struct NameCounts {
  std::map<std::string, NameCount> names;
  uint64_t all = 0;     // Citizens with any.
};

NameCounts CountNames(const std::vector<Statement>& statements,
                      const std::function<std::vector<std::string>(const Person&)>& names_of) {
  std::set<std::pair<std::string, std::string>> of;  // Name, citizen.
  std::set<std::pair<std::string, std::array<int, 3>>> born;
  std::set<std::string> citizens;
  for (const Statement& statement : statements) {
    const auto& [year, month, day] = statement.person.birth;
    for (const std::string& name : names_of(statement.person)) {
      of.insert({name, statement.citizen});
      citizens.insert(statement.citizen);
      if (day != 0) born.insert({name, {year, month, day}});
    }
  }
  NameCounts counts;
  counts.all = citizens.size();
  for (const auto& [name, citizen] : of) ++counts.names[name].citizens;
  for (const auto& [name, birth] : born) ++counts.names[name].births;
  return counts;
}

// A name, and no number that somebody typed there.
bool IsName(absl::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c)) ||
           absl::ascii_isspace(static_cast<unsigned char>(c));
  });
}

// Fills the table of common names; how many there are. `m`: how often one
// person gives the same name; `most`: what the same name says at most.
size_t FillNames(const NameCounts& counts, double m, int32_t most, format::NameWeights& weights) {
  constexpr int32_t kStep = 20;
  const auto all = static_cast<double>(counts.all);
  const auto weigh = [&](double citizens) { return std::min(WeightOf(m, citizens / all), most); };
  // Of a name that is in no table it is known that fewer have it.
  weights.set_same(weigh(static_cast<double>(kNameCitizensMin)));
  std::map<int32_t, std::vector<std::string>> groups;
  size_t listed = 0;
  for (const auto& [name, count] : counts.names) {
    if (!count.IsOfMany() || !IsName(name)) continue;
    const int32_t weight = weigh(static_cast<double>(count.citizens)) / kStep * kStep;
    if (weight >= weights.same()) continue;
    groups[weight].push_back(name);
    ++listed;
  }
  weights.clear_common();
  for (const auto& [weight, names] : groups) {
    format::NamesOfWeight& group = *weights.add_common();
    group.set_same(weight);
    for (const std::string& name : names) {
      absl::StrAppend(group.mutable_names(), group.names().empty() ? "" : " ", name);
    }
  }
  return listed;
}

// --- The file.

class FileMaker {
 public:
  explicit FileMaker(const Model& from) : file_(from.file) {}

  int32_t Get(const WeightAt& at) const {
    const auto& message = file_.GetReflection()->GetMessage(file_, MessageAt(at));
    return message.GetReflection()->GetInt32(message, WeightIn(at));
  }
  void Set(const WeightAt& at, int32_t weight) {
    auto& message = *file_.GetReflection()->MutableMessage(&file_, MessageAt(at));
    message.GetReflection()->SetInt32(&message, WeightIn(at), weight);
  }
  static std::string NameOf(const WeightAt& at) {
    return absl::StrCat(MessageAt(at)->json_name(), ".", WeightIn(at)->json_name());
  }

  // What agrees better cannot say less, wherever the one was learnt and the
  // other was not.
  void MakeFalling() {
    const std::vector<std::pair<int, std::vector<int>>> orders = {
        {File::kSurnameFieldNumber, {1, 2, 3, 4}},   {File::kFirstNameFieldNumber, {1, 2, 3, 4}},
        {File::kBirthDateFieldNumber, {1, 5, 6, 7}}, {File::kAddressFieldNumber, {1, 2, 3, 4, 5, 8}},
        {File::kPhoneFieldNumber, {1, 2, 3}},        {File::kEmailFieldNumber, {1, 2, 3}},
        {File::kDeviceFieldNumber, {1, 2, 3}},       {File::kSexFieldNumber, {1, 2, 3}},
        {File::kBirthPlaceFieldNumber, {1, 2, 3}}};
    for (const auto& [message, weights] : orders) {
      for (size_t i = 1; i < weights.size(); ++i) {
        const WeightAt at{message, weights[i]};
        Set(at, std::min(Get(at), Get({message, weights[i - 1]})));
      }
    }
  }

  File& file() { return file_; }

 private:
  static const google::protobuf::FieldDescriptor* MessageAt(const WeightAt& at) {
    return File::descriptor()->FindFieldByNumber(at.message);
  }
  static const google::protobuf::FieldDescriptor* WeightIn(const WeightAt& at) {
    return MessageAt(at)->message_type()->FindFieldByNumber(at.weight);
  }
  File file_;
};

// Weights of the levels that were seen. The same name's is made of how common
// it is.
std::vector<WeightAt> SetWeights(const Found& found, FileMaker& maker, Learnt& learnt) {
  constexpr double kSeen = 5;
  std::vector<WeightAt> set;
  for (size_t field = 0; field < kComparedFields; ++field) {
    if (!found.Enough(field)) continue;
    const auto& levels = ComparedFields()[field].levels;
    for (size_t level = 0; level < levels.size(); ++level) {
      const bool seen = found.m[field].counts[level] >= kSeen ||
                        found.u_random[field].counts[level] >= kSeen;
      if (!seen) continue;
      LearntWeight weight;
      weight.name = FileMaker::NameOf(levels[level]);
      weight.before = maker.Get(levels[level]);
      weight.m = found.m[field].Of(level);
      weight.u = found.U(field, level);
      for (const auto& [channel, shares] : found.m_of) {
        if (shares[field].all >= kEnoughPairs) weight.m_of[channel] = shares[field].Of(level);
      }
      const bool of_name = level == 0 && (field == kSurnameField || field == kFirstNameField);
      const int32_t learnt_bits = std::clamp(WeightOf(weight.m, weight.u),
                                             weight.before - kMostMoved, weight.before + kMostMoved);
      if (!of_name) maker.Set(levels[level], learnt_bits);
      learnt.weights.push_back(std::move(weight));
      set.push_back(levels[level]);
    }
  }
  return set;
}

void SetNames(const std::vector<Statement>& statements, const Found& found, File& file,
              Learnt& learnt) {
  const NameCounts surnames =
      CountNames(statements, [](const Person& person) { return person.surnames; });
  if (surnames.all >= kEnoughCitizens && found.Enough(kSurnameField)) {
    learnt.surnames = FillNames(surnames, found.m[kSurnameField].Of(0), kMostBits,
                                *file.mutable_surname());
  }
  const NameCounts first_names = CountNames(statements, [](const Person& person) {
    return person.first_names.empty() ? std::vector<std::string>()
                                      : std::vector<std::string>{person.first_names[0]};
  });
  if (first_names.all >= kEnoughCitizens && found.Enough(kFirstNameField)) {
    // Fathers and sons: within a household a rare name says no more than this.
    const double m = found.m[kFirstNameField].Of(0);
    const int32_t most = WeightOf(m, found.U(kFirstNameField, 0));
    learnt.first_names = FillNames(first_names, m, most, *file.mutable_first_name());
  }
}

}  // namespace

absl::StatusOr<Learnt> LearnModel(const Keys& keys, const Reader& rows, const Model& from,
                                  absl::string_view name, const Progress& progress) {
  KB_ASSIGN_OR_RETURN(const Observations seen, Observe(keys, rows, from, progress));
  const Found found = FindShares(seen);
  Learnt learnt;
  learnt.statements = seen.statements.size();
  learnt.pairs = seen.pairs;
  FileMaker maker(from);
  const std::vector<WeightAt> set = SetWeights(found, maker, learnt);
  if (learnt.weights.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "too little to learn from: ", learnt.statements, " different statements of who somebody is, ",
        learnt.pairs, " pairs of them that share a value. Nothing was written; keep the model that "
        "is in effect."));
  }
  SetNames(seen.statements, found, maker.file(), learnt);
  maker.MakeFalling();
  for (size_t i = 0; i < set.size(); ++i) learnt.weights[i].after = maker.Get(set[i]);
  maker.file().set_name(std::string(name));
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  const auto printed =
      google::protobuf::util::MessageToJsonString(maker.file(), &learnt.file, options);
  if (!printed.ok()) return absl::InternalError("model: cannot be printed");
  KB_RETURN_IF_ERROR(ParseModel(learnt.file).status());
  return learnt;
}

}  // namespace klantbeeld::store
