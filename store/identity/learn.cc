#include "store/identity/learn.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <set>
#include <unordered_map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "store/identity/candidates.h"
#include "store/identity/estimate.h"
#include "store/identity/identity.h"
#include "store/identity/score.h"
#include "store/record.h"
#include "store/rows.h"

namespace klantbeeld::store {
namespace {

using File = format::ModelFile;

// A weight of the file: its message's number in ModelFile, and its own.
struct WeightAt {
  int message = 0;
  int weight = 0;
};

// What is learnt together: weights of which exactly one is used of each pair,
// from the same to different.
struct Field {
  v1::EvidenceField evidence;
  bool of_person;  // Tells members of a household apart.
  std::vector<WeightAt> levels;
};
constexpr size_t kFields = 10;
constexpr size_t kSurname = 0, kFirstName = 1, kInitials = 2;

const std::array<Field, kFields>& Fields() {
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
  static const auto* const fields = new std::array<Field, kFields>{
      Field{v1::EVIDENCE_FIELD_SURNAME, false,
            {{File::kSurnameFieldNumber, NameWeights::kSameFieldNumber},
             {File::kSurnameFieldNumber, NameWeights::kCloseFieldNumber},
             {File::kSurnameFieldNumber, NameWeights::kSimilarFieldNumber},
             {File::kSurnameFieldNumber, NameWeights::kDifferentFieldNumber}}},
      Field{v1::EVIDENCE_FIELD_FIRST_NAMES, true,
            {{kName, NameWeights::kSameFieldNumber},
             {kName, NameWeights::kCloseFieldNumber},
             {kName, NameWeights::kSimilarFieldNumber},
             {kName, NameWeights::kDifferentFieldNumber},
             {kNames, FirstNameWeights::kPartlyFieldNumber},
             {kNames, FirstNameWeights::kOtherFieldNumber}}},
      Field{v1::EVIDENCE_FIELD_FIRST_NAMES, true,
            {{kNames, FirstNameWeights::kInitialSameFieldNumber},
             {kNames, FirstNameWeights::kInitialNicknameFieldNumber},
             {kNames, FirstNameWeights::kInitialDifferentFieldNumber}}},
      Field{v1::EVIDENCE_FIELD_BIRTH_DATE, true,
            {{kBirth, BirthDateWeights::kSameFieldNumber},
             {kBirth, BirthDateWeights::kSameNewYearFieldNumber},
             {kBirth, BirthDateWeights::kCloseFieldNumber},
             {kBirth, BirthDateWeights::kFarFieldNumber},
             {kBirth, BirthDateWeights::kDifferentFieldNumber}}},
      Field{v1::EVIDENCE_FIELD_ADDRESS, false,
            {{kAddress, AddressWeights::kSameFieldNumber},
             {kAddress, AddressWeights::kCloseFieldNumber},
             {kAddress, AddressWeights::kOtherNumberFieldNumber},
             {kAddress, AddressWeights::kNearFieldNumber},
             {kAddress, AddressWeights::kDifferentFieldNumber}}},
      Field{v1::EVIDENCE_FIELD_PHONE, false, values(File::kPhoneFieldNumber, false)},
      Field{v1::EVIDENCE_FIELD_EMAIL, false, values(File::kEmailFieldNumber, true)},
      Field{v1::EVIDENCE_FIELD_DEVICE, false, values(File::kDeviceFieldNumber, false)},
      Field{v1::EVIDENCE_FIELD_SEX, true, values(File::kSexFieldNumber, false)},
      Field{v1::EVIDENCE_FIELD_BIRTH_PLACE, false, values(File::kBirthPlaceFieldNumber, true)},
  };
  return *fields;
}

using Levels = std::array<uint8_t, kFields>;  // Counted from 1; 0: not known.
using Mask = uint16_t;                        // Of fields.

Mask MaskOf(uint8_t rule) {
  Mask mask = 0;
  for (const v1::EvidenceField evidence : FieldsOf(rule)) {
    for (size_t field = 0; field < kFields; ++field) {
      if (Fields()[field].evidence == evidence) mask |= static_cast<Mask>(1u << field);
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
    for (size_t field = 0; field < kFields; ++field) {
      const Field& known = Fields()[field];
      if (known.evidence != score.field) continue;
      for (size_t level = 0; level < known.levels.size(); ++level) {
        if (IdOf(known.levels[level]) == id) levels[field] = static_cast<uint8_t>(level + 1);
      }
    }
  }
  return levels;
}

// --- What is read of the store.

struct Content {
  std::string id;
  std::string citizen;
  v1::Channel channel = v1::CHANNEL_UNSPECIFIED;  // The only one it was stated in; or none.
  Person person;
};

absl::Status ReadClaims(const Reader& rows, Content& content) {
  KB_ASSIGN_OR_RETURN(const auto claims, ClaimsWith(rows, content.id));
  std::set<v1::Channel> channels;
  for (const std::string& claim : claims) {
    KB_ASSIGN_OR_RETURN(const auto row, ReadRow<format::ClaimRow>(rows, Family::kClaim,
                                                                  ClaimKey(claim, kClaimRecord)));
    if (!row) return absl::DataLossError("claim: one of its content is not there");
    content.citizen = row->citizen_id();
    for (const auto& count : row->channel_counts()) channels.insert(count.channel());
  }
  if (channels.size() == 1) content.channel = *channels.begin();
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Content>> ReadContents(const Keys& keys, const Reader& rows) {
  std::vector<Content> contents;
  KB_RETURN_IF_ERROR(rows.Scan(Family::kClaim, "", "", [&](absl::string_view key, absl::string_view) {
    if (key[16] == kClaimCompared) contents.emplace_back().id = std::string(key.substr(0, 16));
    return contents.size() < kLearnContentsMax;
  }));
  for (Content& content : contents) {
    KB_RETURN_IF_ERROR(ReadClaims(rows, content));
    KB_ASSIGN_OR_RETURN(content.person, ReadPerson(keys, rows, content.id));
  }
  return contents;
}

// Pairs found in one way that agree alike, between such channels.
struct Alike {
  Mask found_by;
  Levels levels;
  v1::Channel low, high;
  friend auto operator<=>(const Alike&, const Alike&) = default;
};
struct Tally {
  double pairs = 0;
  double guesses = 0;
};

class PairReader {
 public:
  PairReader(const Keys& keys, const Reader& rows, const Model& model,
             const std::vector<Content>& contents)
      : keys_(keys), rows_(rows), model_(model), probe_(MakeProbe(model)), contents_(contents) {
    for (size_t i = 0; i < contents.size(); ++i) at_[contents[i].id] = i;
  }

  // Whom content `low` shares an open value with, and comes before.
  absl::Status AddPairsOf(size_t low) {
    const Person& person = contents_[low].person;
    const auto keys = BlockKeysOf(person);
    const auto index = CandidateKeys(keys_, person);
    std::map<size_t, std::set<Mask>> found;
    for (size_t i = 0; i < keys.size(); ++i) {
      KB_ASSIGN_OR_RETURN(const auto with, ContentsAt(rows_, index[i], model_.candidates_max + 1));
      if (with.size() > model_.candidates_max) continue;
      for (const std::string& other : with) {
        const auto at = at_.find(other);
        if (at != at_.end() && at->second > low) found[at->second].insert(MaskOf(keys[i].rule));
      }
    }
    for (const auto& [high, ways] : found) AddPair(contents_[low], contents_[high], ways);
    pairs_ += found.size();
    return absl::OkStatus();
  }

  const std::map<Alike, Tally>& alike() const { return alike_; }
  uint64_t pairs() const { return pairs_; }

  // How pairs agree that have nothing to do with each other: by field and
  // level, how many.
  std::vector<std::vector<double>> AtRandom() const {
    constexpr size_t kWindow = 16;
    std::vector<std::vector<double>> counts;
    for (const Field& field : Fields()) counts.emplace_back(field.levels.size());
    for (size_t high = 1; high < contents_.size(); ++high) {
      for (size_t low = high - std::min(high, kWindow); low < high; ++low) {
        const Content &a = contents_[low], &b = contents_[high];
        if (a.citizen == b.citizen) continue;
        // They may be one.
        if (Compare(model_, a.person, b.person).bits >= model_.suggest) continue;
        const Levels levels = LevelsOf(probe_, a.person, b.person);
        for (size_t field = 0; field < kFields; ++field) {
          if (levels[field] != 0) ++counts[field][levels[field] - 1u];
        }
      }
    }
    return counts;
  }

 private:
  void AddPair(const Content& low, const Content& high, const std::set<Mask>& ways) {
    const Levels levels = LevelsOf(probe_, low.person, high.person);
    const double bits = Compare(model_, low.person, high.person).bits / 100.0;
    const double guess = 1 / (1 + std::exp2(-bits));
    for (const Mask way : ways) {
      Tally& tally = alike_[{way, levels, low.channel, high.channel}];
      ++tally.pairs;
      tally.guesses += guess;
    }
  }

  const Keys& keys_;
  const Reader& rows_;
  const Model& model_;
  const Model probe_;
  const std::vector<Content>& contents_;
  std::unordered_map<std::string, size_t> at_;  // Looked up only: its order is nobody's.
  std::map<Alike, Tally> alike_;
  uint64_t pairs_ = 0;
};

// --- What follows from it.

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
  std::array<Shares, kFields> m, u_random, u_household;
  std::map<v1::Channel, std::array<Shares, kFields>> m_of;

  double U(size_t field, size_t level) const {
    const double random = u_random[field].Of(level);
    const bool household = Fields()[field].of_person && u_household[field].all >= kEnoughPairs;
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
  explicit Way(Mask mask) : mask_(mask) {}

  void Add(const Alike& alike, const Tally& tally) {
    pairs_.push_back({{alike.levels.begin(), alike.levels.end()}, tally.pairs,
                      tally.guesses / tally.pairs});
    channels_.push_back({alike.low, alike.high});
  }

  void AddTo(Found& found) const {
    std::vector<size_t> levels;
    for (size_t field = 0; field < kFields; ++field) {
      levels.push_back(Goes(field) ? 0 : Fields()[field].levels.size());
    }
    const Estimate estimate = EstimateShares(levels, pairs_);
    if (!TellsApart(estimate)) return;
    for (size_t field = 0; field < kFields; ++field) {
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
  static constexpr size_t kFieldsMin = 3;  // Fewer cannot be told from chance.

  bool Goes(size_t field) const { return (mask_ >> field & 1) != 0; }
  // It finds those who live together, whether or not they are one.
  bool IsOfHousehold() const {
    for (size_t field = 0; field < kFields; ++field) {
      if (Goes(field) && Fields()[field].of_person) return false;
    }
    return mask_ != 0;
  }
  bool TellsApart(const Estimate& estimate) const {
    size_t known = 0;
    for (size_t field = 0; field < kFields; ++field) {
      if (!Goes(field) && estimate.matches[field] >= kEnoughPairs) ++known;
    }
    return known >= kFieldsMin && estimate.others_in_all >= kEnoughPairs;
  }
  void AddChannel(const AlikePairs& pairs, v1::Channel channel, double belief,
                  Found& found) const {
    if (channel == v1::CHANNEL_UNSPECIFIED) return;
    for (size_t field = 0; field < kFields; ++field) {
      if (Goes(field) || pairs.levels[field] == 0) continue;
      std::vector<double> shares(Fields()[field].levels.size());
      shares[pairs.levels[field] - 1u] = 1;
      found.m_of[channel][field].Add(shares, pairs.pairs * belief);
    }
  }

  const Mask mask_;
  std::vector<AlikePairs> pairs_;
  std::vector<std::pair<v1::Channel, v1::Channel>> channels_;
};

Found FindShares(const PairReader& pairs) {
  Found found;
  std::map<Mask, Way> ways;
  for (const auto& [alike, tally] : pairs.alike()) {
    ways.try_emplace(alike.found_by, alike.found_by).first->second.Add(alike, tally);
  }
  for (const auto& [mask, way] : ways) way.AddTo(found);
  const auto random = pairs.AtRandom();
  for (size_t field = 0; field < kFields; ++field) {
    double all = 0;
    for (const double count : random[field]) all += count;
    std::vector<double> shares;
    for (const double count : random[field]) shares.push_back(all > 0 ? count / all : 0);
    found.u_random[field].Add(shares, all);
    // A field that no way has told of.
    for (auto* shares_of : {&found.m[field], &found.u_household[field]}) {
      shares_of->counts.resize(Fields()[field].levels.size());
    }
  }
  return found;
}

constexpr int32_t kMostBits = 1400;  // Centibits; more than this no field says.

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

NameCounts CountNames(const std::vector<Content>& contents,
                      const std::function<std::vector<std::string>(const Person&)>& names_of) {
  std::set<std::pair<std::string, std::string>> of;  // Name, citizen.
  std::set<std::pair<std::string, std::array<int, 3>>> born;
  std::set<std::string> citizens;
  for (const Content& content : contents) {
    const auto& [year, month, day] = content.person.birth;
    for (const std::string& name : names_of(content.person)) {
      of.insert({name, content.citizen});
      citizens.insert(content.citizen);
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
  for (size_t field = 0; field < kFields; ++field) {
    if (!found.Enough(field)) continue;
    const auto& levels = Fields()[field].levels;
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
      const bool of_name = level == 0 && (field == kSurname || field == kFirstName);
      if (!of_name) maker.Set(levels[level], WeightOf(weight.m, weight.u));
      learnt.weights.push_back(std::move(weight));
      set.push_back(levels[level]);
    }
  }
  return set;
}

void SetNames(const std::vector<Content>& contents, const Found& found, File& file,
              Learnt& learnt) {
  const NameCounts surnames =
      CountNames(contents, [](const Person& person) { return person.surnames; });
  if (surnames.all >= kEnoughCitizens && found.Enough(kSurname)) {
    learnt.surnames = FillNames(surnames, found.m[kSurname].Of(0), kMostBits,
                                *file.mutable_surname());
  }
  const NameCounts first_names = CountNames(contents, [](const Person& person) {
    return person.first_names.empty() ? std::vector<std::string>()
                                      : std::vector<std::string>{person.first_names[0]};
  });
  if (first_names.all >= kEnoughCitizens && found.Enough(kFirstName)) {
    // Fathers and sons: within a household a rare name says no more than this.
    const double m = found.m[kFirstName].Of(0);
    const int32_t most = WeightOf(m, found.U(kFirstName, 0));
    learnt.first_names = FillNames(first_names, m, most, *file.mutable_first_name());
  }
}

}  // namespace

absl::StatusOr<Learnt> LearnModel(const Keys& keys, const Reader& rows, const Model& from,
                                  absl::string_view name, const Progress& progress) {
  KB_ASSIGN_OR_RETURN(const std::vector<Content> contents, ReadContents(keys, rows));
  PairReader pairs(keys, rows, from, contents);
  for (size_t i = 0; i < contents.size(); ++i) {
    KB_RETURN_IF_ERROR(pairs.AddPairsOf(i));
    if (progress && (i + 1 == contents.size() || i % 1000 == 0)) progress(i + 1, contents.size());
  }
  const Found found = FindShares(pairs);
  Learnt learnt;
  learnt.contents = contents.size();
  learnt.pairs = pairs.pairs();
  FileMaker maker(from);
  const std::vector<WeightAt> set = SetWeights(found, maker, learnt);
  if (learnt.weights.empty()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "too little to learn from: ", contents.size(), " different statements of who somebody is, ",
        pairs.pairs(), " pairs of them that share a value. Nothing was written; keep the model that "
        "is in effect."));
  }
  SetNames(contents, found, maker.file(), learnt);
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
