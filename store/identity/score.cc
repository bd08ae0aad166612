#include "store/identity/score.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "store/identity/compare.h"

namespace klantbeeld::store {
namespace {

// What a field says, or nothing where one side does not know it.
struct Evidence {
  Centibits bits = 0;
  v1::Agreement agreement = v1::AGREEMENT_UNSPECIFIED;
  bool known() const { return agreement != v1::AGREEMENT_UNSPECIFIED; }
  bool agrees() const {
    return agreement == v1::AGREEMENT_SAME || agreement == v1::AGREEMENT_CLOSE;
  }
  bool same() const { return agreement == v1::AGREEMENT_SAME; }
};

Evidence Same(Centibits bits) { return {bits, v1::AGREEMENT_SAME}; }
Evidence Close(Centibits bits) { return {bits, v1::AGREEMENT_CLOSE}; }
Evidence Partly(Centibits bits) { return {bits, v1::AGREEMENT_PARTLY}; }
Evidence Different(Centibits bits) { return {bits, v1::AGREEMENT_DIFFERENT}; }
Evidence Contradicts(Centibits bits) { return {bits, v1::AGREEMENT_CONTRADICTS}; }

// --- Names.

constexpr int kCloseName = 920;    // Jaro-Winkler, in thousandths.
constexpr int kSimilarName = 850;
constexpr int kCloseFirstName = 900;
constexpr int kSimilarFirstName = 800;
constexpr size_t kFormLength = 4;     // From here a slip leaves a form of a name recognisable,
constexpr size_t kOneEditLength = 5;  // and from here a name that is in no table.

Centibits WeightOf(const absl::flat_hash_map<std::string, int32_t>& common,
                   const std::string& name, Centibits otherwise) {
  const auto at = common.find(name);
  return at == common.end() ? otherwise : at->second;
}

// Too much alike to be two names, though it takes several slips.
bool MayBeSlips(absl::string_view a, absl::string_view b) {
  const size_t shorter = std::min(a.size(), b.size());
  return shorter >= 3 && Edits(a, b, 2) <= (shorter >= kOneEditLength ? 2 : 1);
}

bool OneSlip(absl::string_view a, absl::string_view b) {
  return std::min(a.size(), b.size()) >= kOneEditLength && Edits(a, b, 1) <= 1;
}

Evidence CompareSurname(const Model& model, const std::string& a, const std::string& b) {
  const auto& weights = model.file.surname();
  if (a == b) return Same(WeightOf(model.surnames, a, weights.same()));
  const int alike = JaroWinkler(a, b);
  if (alike >= kCloseName || OneSlip(a, b)) return Close(weights.close());
  if (alike >= kSimilarName || MayBeSlips(a, b)) return Partly(weights.similar());
  return Different(weights.different());
}

Evidence CompareSurnames(const Model& model, const std::vector<std::string>& a,
                         const std::vector<std::string>& b) {
  Evidence best;
  for (const std::string& x : a) {
    for (const std::string& y : b) {
      const Evidence one = CompareSurname(model, x, y);
      if (!best.known() || one.bits > best.bits) best = one;
    }
  }
  return best;
}

// "Robby" and "Robbie" are one form.
const Model::Forms* FormsOf(const Model& model, absl::string_view name) {
  auto at = model.nicknames.find(name);
  if (at != model.nicknames.end()) return &at->second;
  for (const absl::string_view ending : {"ie", "ey", "y", "i"}) {
    if (!absl::EndsWith(name, ending) || name.size() < ending.size() + 3) continue;
    for (const absl::string_view other : {"ie", "y"}) {
      at = model.nicknames.find(absl::StrCat(name.substr(0, name.size() - ending.size()), other));
      if (at != model.nicknames.end()) return &at->second;
    }
    break;
  }
  return nullptr;
}

bool AreForms(const Model::Forms* a, const Model::Forms* b) {
  return a != nullptr && b != nullptr &&
         std::find_first_of(a->groups.begin(), a->groups.end(), b->groups.begin(),
                            b->groups.end()) != a->groups.end();
}

bool HasInitial(const Model& model, const std::string& name, char initial) {
  const Model::Forms* forms = FormsOf(model, name);
  return forms != nullptr && initial >= 'a' && initial <= 'z' &&
         (forms->initials >> (initial - 'a') & 1) != 0;
}

// Whether `name` is a slip away from one of the forms.
bool IsNearly(const Model& model, const Model::Forms* forms, const std::string& name) {
  if (forms == nullptr || name.size() < kFormLength) return false;
  for (const uint16_t group : forms->groups) {
    for (const std::string& form : model.forms[group]) {
      if (form.size() >= kFormLength && Edits(form, name, 1) <= 1) return true;
    }
  }
  return false;
}

bool ShareWord(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::find_first_of(a.begin(), a.end(), b.begin(), b.end()) != a.end();
}

struct FirstNames {
  Evidence evidence;
  bool one = false;  // The same, or forms of one.
  bool two = false;  // Two names, however alike they are written: Johannes and Johanna.
};

FirstNames CompareFirstNames(const Model& model, const std::vector<std::string>& a,
                             const std::vector<std::string>& b) {
  const auto& weights = model.file.first_name();
  const auto& more = model.file.first_names();
  const std::string &x = a[0], &y = b[0];
  if (x == y) {
    return {.evidence = Same(WeightOf(model.first_names, x, weights.same())), .one = true};
  }
  if (x.size() == 1 || y.size() == 1) {  // "J. Willem".
    return {.evidence = x[0] == y[0] ? Same(more.initial_same())
                                     : Different(more.initial_different())};
  }
  const Model::Forms *forms_x = FormsOf(model, x), *forms_y = FormsOf(model, y);
  if (AreForms(forms_x, forms_y)) return {.evidence = Close(weights.close()), .one = true};
  const bool share = ShareWord(a, b);
  const bool known_x = forms_x != nullptr || model.first_names.contains(x);
  const bool known_y = forms_y != nullptr || model.first_names.contains(y);
  const bool two = !share && known_x && known_y;
  const int alike = JaroWinkler(x, y);
  if (alike >= kCloseFirstName || OneSlip(x, y)) {
    return {.evidence = Close(weights.close()), .two = two};
  }
  if (share) return {.evidence = Partly(more.partly())};
  // What is a name of its own is no slip of another's form.
  if (alike >= kSimilarFirstName || MayBeSlips(x, y) ||
      (!known_y && IsNearly(model, forms_x, y)) || (!known_x && IsNearly(model, forms_y, x))) {
    return {.evidence = Partly(weights.similar()), .two = two};
  }
  return {.evidence = Contradicts(x[0] == y[0] ? more.other() : weights.different()), .two = true};
}

// At least one side states initials only.
Evidence CompareInitials(const Model& model, const Person& a, const Person& b) {
  const auto& weights = model.file.first_names();
  const std::string &x = a.initials, &y = b.initials;
  if (x[0] == y[0]) {
    const bool more = x.size() > 1 && y.size() > 1;
    if (more && x[1] == y[1]) return Same(weights.initial_same() + weights.more_initials());
    if (more) return Partly(weights.initial_same() - weights.more_initials());
    return Same(weights.initial_same());
  }
  const bool form = (!a.first_names.empty() && HasInitial(model, a.first_names[0], y[0])) ||
                    (!b.first_names.empty() && HasInitial(model, b.first_names[0], x[0]));
  if (form) return Partly(weights.initial_nickname());
  return Different(weights.initial_different());
}

struct Names {
  Evidence surname;
  Evidence first;
  bool one = false;  // The first names, as of FirstNames.
  bool two = false;
  Centibits bits() const { return surname.bits + first.bits; }
};

Names CompareAsStated(const Model& model, const Person& a, const Person& b) {
  Names names;
  names.surname = CompareSurnames(model, a.surnames, b.surnames);
  if (!a.first_names.empty() && !b.first_names.empty()) {
    const FirstNames first = CompareFirstNames(model, a.first_names, b.first_names);
    names.first = first.evidence;
    names.one = first.one;
    names.two = first.two;
  } else if (!a.initials.empty() && !b.initials.empty()) {
    names.first = CompareInitials(model, a, b);
  }
  return names;
}

// As if one of the two wrote surname and first name in each other's place.
Names CompareSwapped(const Model& model, const Person& a, const Person& b) {
  Names names;
  if (!a.first_names.empty() && !b.surnames.empty()) {
    names.surname = CompareSurnames(model, {a.names_as_surname}, b.surnames);
  }
  if (!a.surnames.empty() && !b.first_names.empty()) {
    names.first = CompareFirstNames(model, {a.surnames[0]}, b.first_names).evidence;
  }
  return names;
}

Names CompareNames(const Model& model, const Person& a, const Person& b) {
  const Names stated = CompareAsStated(model, a, b);
  // Worth the trouble only where nothing agrees as it stands.
  if (stated.surname.agrees() || stated.first.agrees()) return stated;
  Names best = stated;
  Names there = CompareSwapped(model, a, b), back = CompareSwapped(model, b, a);
  // The two differ in which of the equal names is weighed as a surname.
  for (Names* swapped : {&there, &back}) {
    if (!swapped->surname.agrees() && !swapped->first.agrees()) continue;
    swapped->surname.bits += model.file.names_swapped();
    if (swapped->bits() > best.bits()) best = *swapped;
  }
  return best;
}

// --- Birth date, address and the rest.

Evidence CompareBirth(const Model& model, const Person::Date& a, const Person::Date& b) {
  const auto& weights = model.file.birth_date();
  switch (CompareDates(a, b)) {
    case DateAgreement::kUnknown:
      return {};
    case DateAgreement::kSame:
      return Same(a.month == 1 && a.day == 1 ? weights.same_new_year() : weights.same());
    case DateAgreement::kSameYearMonth:
      return Partly(weights.year_month());
    case DateAgreement::kSameYear:
      return Partly(weights.year());
    case DateAgreement::kClose:
      return Close(weights.close());
    case DateAgreement::kFar:
      return Different(weights.far());
    case DateAgreement::kDifferent:
      return Different(weights.different());
  }
  return {};
}

constexpr int kClosePlace = 900;

// How two texts for a place agree: unknown, the same, nearly, not.
v1::Agreement PlaceAgreement(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return v1::AGREEMENT_UNSPECIFIED;
  if (a == b) return v1::AGREEMENT_SAME;
  return JaroWinkler(a, b) >= kClosePlace ? v1::AGREEMENT_CLOSE : v1::AGREEMENT_DIFFERENT;
}

v1::Agreement PostcodeAgreement(const std::string& a, const std::string& b) {
  if (a.empty() || b.empty()) return v1::AGREEMENT_UNSPECIFIED;
  if (a == b) return v1::AGREEMENT_SAME;
  return Edits(a, b, 1) <= 1 ? v1::AGREEMENT_CLOSE : v1::AGREEMENT_DIFFERENT;
}

Evidence CompareTown(const Model& model, const Person& a, const Person& b) {
  const auto& weights = model.file.address();
  switch (PlaceAgreement(a.city, b.city)) {
    case v1::AGREEMENT_SAME:
    case v1::AGREEMENT_CLOSE:
      return Partly(weights.city());
    case v1::AGREEMENT_DIFFERENT:
      return Different(weights.other_city());
    default:
      return {};
  }
}

bool OneMayBeShorter(const std::string& a, const std::string& b) {
  return a == b || a.empty() || b.empty();
}

Evidence CompareAddress(const Model& model, const Person& a, const Person& b) {
  const auto& weights = model.file.address();
  const v1::Agreement postcode = PostcodeAgreement(a.postcode, b.postcode);
  const v1::Agreement street = PlaceAgreement(a.street, b.street);
  if (postcode == v1::AGREEMENT_UNSPECIFIED && street == v1::AGREEMENT_UNSPECIFIED) {
    return CompareTown(model, a, b);
  }
  const bool numbers = a.house_number != 0 && b.house_number != 0;
  const bool same_number =
      a.house_number == b.house_number && OneMayBeShorter(a.house_suffix, b.house_suffix);
  if (postcode == v1::AGREEMENT_SAME || street == v1::AGREEMENT_SAME) {
    if (!numbers) return Partly(weights.area());
    return same_number ? Same(weights.same()) : Partly(weights.other_number());
  }
  // In another street a postcode that differs by a digit is another postcode.
  const bool slip = postcode == v1::AGREEMENT_CLOSE && street != v1::AGREEMENT_DIFFERENT;
  if (slip || street == v1::AGREEMENT_CLOSE) {
    if (numbers && same_number) return Close(weights.close());
    return Partly(numbers ? weights.near() : weights.other_number());
  }
  const bool area = postcode != v1::AGREEMENT_UNSPECIFIED &&
                    AreaOf(a.postcode) == AreaOf(b.postcode);
  if (area || (!a.city.empty() && a.city == b.city)) return Partly(weights.near());
  return Different(weights.different());
}

bool IsGeneric(const Person& person, const std::string& value) {
  return std::find(person.generic.begin(), person.generic.end(), value) != person.generic.end();
}

using Values = std::vector<std::string> Person::*;

Evidence CompareValues(const format::ValueWeights& weights, const Person& a, const Person& b,
                       Values values) {
  if ((a.*values).empty() || (b.*values).empty()) return {};
  bool share = false;
  for (const std::string& value : a.*values) {
    if (std::find((b.*values).begin(), (b.*values).end(), value) == (b.*values).end()) continue;
    if (!IsGeneric(a, value)) return Same(weights.same());
    share = true;
  }
  return share ? Evidence() : Different(weights.different());
}

// Most addresses and many devices are one person's, whoever else may use them.
Evidence Personal(const format::ValueWeights& weights, const Evidence& evidence) {
  if (evidence.agreement != v1::AGREEMENT_SAME || weights.personal() == 0) return {};
  return Same(weights.personal());
}

constexpr size_t kCloseEmailLength = 10;

Evidence CompareEmails(const format::ValueWeights& weights, const Person& a, const Person& b) {
  const Evidence exact = CompareValues(weights, a, b, &Person::emails);
  if (exact.agreement != v1::AGREEMENT_DIFFERENT) return exact;
  for (const std::string& x : a.emails) {
    for (const std::string& y : b.emails) {
      if (std::min(x.size(), y.size()) >= kCloseEmailLength && Edits(x, y, 2) <= 2) {
        return Close(weights.close());
      }
    }
  }
  return exact;
}

Evidence CompareSex(const format::ValueWeights& weights, int a, int b) {
  if (a == 0 || b == 0) return {};
  return a == b ? Same(weights.same()) : Different(weights.different());
}

Evidence ComparePlace(const format::ValueWeights& weights, const std::string& a,
                      const std::string& b) {
  switch (PlaceAgreement(a, b)) {
    case v1::AGREEMENT_SAME:
      return Same(weights.same());
    case v1::AGREEMENT_CLOSE:
      return Close(weights.close());
    case v1::AGREEMENT_DIFFERENT:
      return Different(weights.different());
    default:
      return {};
  }
}

struct Numbers {
  Evidence evidence;
  bool same_bsn = false;
  bool other_bsn = false;
  bool same_register = false;  // Neither a BSN nor the municipality's own.
};

const format::ValueWeights& WeightsOf(const Model& model, v1::IdentifierType type) {
  if (type == v1::IDENTIFIER_TYPE_BSN) return model.file.bsn();
  if (type == v1::IDENTIFIER_TYPE_CUSTOMER) return model.file.customer();
  return model.file.number();
}

Numbers CompareNumbers(const Model& model, const Person& a, const Person& b) {
  Numbers numbers;
  for (const Person::Number& x : a.numbers) {
    for (const Person::Number& y : b.numbers) {
      if (x.type != y.type || x.of != y.of) continue;
      const auto& weights = WeightsOf(model, x.type);
      const bool bsn = x.type == v1::IDENTIFIER_TYPE_BSN;
      const bool same = x.value == y.value;
      if (same && IsGeneric(a, x.value)) continue;
      (same ? numbers.same_bsn : numbers.other_bsn) |= bsn;
      numbers.same_register |= same && !bsn && x.type != v1::IDENTIFIER_TYPE_CUSTOMER;
      Evidence one = Different(weights.different());
      if (same) {
        one = Same(weights.same());
      } else if (!bsn && Edits(x.value, y.value, 1) <= 1) {
        one = Close(weights.close());
      }
      if (!numbers.evidence.known() || one.bits > numbers.evidence.bits) numbers.evidence = one;
    }
  }
  return numbers;
}

class Sum {
 public:
  explicit Sum(std::vector<FieldScore>* fields) : fields_(fields) {}
  void Add(v1::EvidenceField field, const Evidence& evidence) {
    bits_ += evidence.bits;
    if (fields_ != nullptr && evidence.known()) {
      fields_->push_back({field, evidence.agreement, evidence.bits});
    }
  }
  // What is above `most` counts for nothing.
  void Cap(Centibits most) {
    if (bits_ <= most) return;
    if (fields_ != nullptr) {
      fields_->push_back(
          {v1::EVIDENCE_FIELD_HOUSEHOLD, v1::AGREEMENT_UNSPECIFIED, most - bits_});
    }
    bits_ = most;
  }
  void Prior(Centibits bits) {
    if (fields_ != nullptr) {
      fields_->push_back({v1::EVIDENCE_FIELD_POPULATION, v1::AGREEMENT_UNSPECIFIED, bits});
    }
    bits_ += bits;
  }
  Centibits bits() const { return bits_; }

 private:
  Centibits bits_ = 0;
  std::vector<FieldScore>* fields_;
};

// Whether first name and birth date could as well be a brother's or sister's:
// a slip in one and another in the other. What is not known is no slip, nor is
// a short form.
bool MayBeSiblings(const Names& names, const Evidence& birth) {
  if (names.first.same() || birth.same()) return false;
  const bool slip = birth.known() && birth.agreement != v1::AGREEMENT_PARTLY;
  if (!slip) return !names.first.agrees();
  return !names.one || birth.agreement != v1::AGREEMENT_CLOSE;
}

}  // namespace

Score Compare(const Model& model, const Person& a, const Person& b,
              std::vector<FieldScore>* fields) {
  Sum sum(fields);
  Score score;
  if (a.organisation || b.organisation) {
    sum.Prior(-model.population_bits);
    score.bits = sum.bits();
    score.veto = a.organisation != b.organisation;
    return score;
  }
  const Names names = CompareNames(model, a, b);
  const Evidence address = CompareAddress(model, a, b);
  const bool other_surname = names.surname.agreement == v1::AGREEMENT_DIFFERENT;
  // What a household shares.
  if (!other_surname) sum.Add(v1::EVIDENCE_FIELD_SURNAME, names.surname);
  sum.Add(v1::EVIDENCE_FIELD_ADDRESS, address);
  const Evidence phone = CompareValues(model.file.phone(), a, b, &Person::phones);
  const Evidence email = CompareEmails(model.file.email(), a, b);
  const Evidence device = CompareValues(model.file.device(), a, b, &Person::devices);
  sum.Add(v1::EVIDENCE_FIELD_PHONE, phone);
  sum.Add(v1::EVIDENCE_FIELD_EMAIL, email);
  sum.Add(v1::EVIDENCE_FIELD_DEVICE, device);
  const Evidence birth_place = ComparePlace(model.file.birth_place(), a.birth_place, b.birth_place);
  sum.Add(v1::EVIDENCE_FIELD_BIRTH_PLACE, birth_place);
  sum.Cap(model.population_bits - model.file.household_gap());
  // What tells its members apart; no address makes up for another surname.
  if (other_surname) sum.Add(v1::EVIDENCE_FIELD_SURNAME, names.surname);
  sum.Add(v1::EVIDENCE_FIELD_PHONE, Personal(model.file.phone(), phone));
  sum.Add(v1::EVIDENCE_FIELD_EMAIL, Personal(model.file.email(), email));
  sum.Add(v1::EVIDENCE_FIELD_DEVICE, Personal(model.file.device(), device));
  const Evidence birth = CompareBirth(model, a.birth, b.birth);
  const Numbers numbers = CompareNumbers(model, a, b);
  sum.Add(v1::EVIDENCE_FIELD_FIRST_NAMES, names.first);
  sum.Add(v1::EVIDENCE_FIELD_BIRTH_DATE, birth);
  sum.Add(v1::EVIDENCE_FIELD_SEX, CompareSex(model.file.sex(), a.sex, b.sex));
  sum.Add(v1::EVIDENCE_FIELD_NUMBER, numbers.evidence);
  // Whoever has nothing but the names may live anywhere.
  const bool beside = address.bits > 0 || phone.bits > 0 || email.bits > 0 || device.bits > 0 ||
                      birth_place.bits > 0 || birth.bits > 0 || numbers.evidence.bits > 0;
  sum.Prior(-model.population_bits - (beside ? 0 : model.file.names_alone()));
  score.bits = sum.bits();
  score.compared = names.first.known() || birth.known() || numbers.evidence.known();
  score.typed_number = numbers.same_bsn && (birth.agrees() || (names.surname.agrees() &&
                                                               names.first.bits > 0));
  score.veto = numbers.other_bsn;
  // Who has the same number in a register is one person, whatever else was
  // written wrong; a BSN that was typed is checked by what comes with it.
  const bool one_household = names.surname.agrees() || address.agrees();
  score.twins = !numbers.same_register && names.two && birth.same() && one_household;
  score.born_apart =
      !numbers.same_register && CompareDates(a.birth, b.birth) == DateAgreement::kDifferent;
  const bool named = names.surname.known() && names.first.known();
  const bool numbered = numbers.evidence.same() && !numbers.same_bsn;
  const bool held = !named || MayBeSiblings(names, birth) || score.twins || numbers.same_bsn;
  if (!score.typed_number && !numbered && held) {
    score.bits = std::min(score.bits, model.file.nameless_max());
  }
  return score;
}

}  // namespace klantbeeld::store
