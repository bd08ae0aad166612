#include "store/identity/names.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "store/identity/compare.h"

namespace klantbeeld::store {
namespace {

constexpr int kCloseName = 920;  // Jaro-Winkler, in thousandths.
constexpr int kSimilarName = 850;
constexpr int kCloseFirstName = 900;
constexpr int kSimilarFirstName = 800;
constexpr size_t kFormLength = 4;     // From here a slip leaves a form of a name recognisable,
constexpr size_t kOneEditLength = 5;  // and from here a name that is in no table.

Centibits WeightOf(const absl::flat_hash_map<std::string, int32_t>& common, const std::string& name,
                   Centibits otherwise) {
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
  if (a == b) return Evidence::Same(WeightOf(model.surnames, a, weights.same()));
  const int alike = JaroWinkler(a, b);
  if (alike >= kCloseName || OneSlip(a, b)) return Evidence::Close(weights.close());
  if (alike >= kSimilarName || MayBeSlips(a, b)) return Evidence::Partly(weights.similar());
  return Evidence::Different(weights.different());
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
  NameTie tie = NameTie::kUnclear;
};

FirstNames CompareFirstNames(const Model& model, const std::vector<std::string>& a,
                             const std::vector<std::string>& b) {
  const auto& weights = model.file.first_name();
  const auto& more = model.file.first_names();
  const std::string &x = a[0], &y = b[0];
  if (x == y) {
    return {.evidence = Evidence::Same(WeightOf(model.first_names, x, weights.same())),
            .tie = NameTie::kOne};
  }
  if (x.size() == 1 || y.size() == 1) {  // "J. Willem".
    return {.evidence = x[0] == y[0] ? Evidence::Same(more.initial_same())
                                     : Evidence::Different(more.initial_different())};
  }
  const Model::Forms *forms_x = FormsOf(model, x), *forms_y = FormsOf(model, y);
  if (AreForms(forms_x, forms_y)) {
    return {.evidence = Evidence::Close(weights.close()), .tie = NameTie::kOne};
  }
  const bool share = ShareWord(a, b);
  const bool known_x = forms_x != nullptr || model.first_names.contains(x);
  const bool known_y = forms_y != nullptr || model.first_names.contains(y);
  const bool two = !share && known_x && known_y;
  const int alike = JaroWinkler(x, y);
  if (alike >= kCloseFirstName || OneSlip(x, y)) {
    return {.evidence = Evidence::Close(weights.close()),
            .tie = two ? NameTie::kTwo : NameTie::kUnclear};
  }
  if (share) return {.evidence = Evidence::Partly(more.partly())};
  // What is a name of its own is no slip of another's form.
  if (alike >= kSimilarFirstName || MayBeSlips(x, y) || (!known_y && IsNearly(model, forms_x, y)) ||
      (!known_x && IsNearly(model, forms_y, x))) {
    return {.evidence = Evidence::Partly(weights.similar()),
            .tie = two ? NameTie::kTwo : NameTie::kAlike};
  }
  return {.evidence = Evidence::Contradicts(x[0] == y[0] ? more.other() : weights.different()),
          .tie = NameTie::kTwo};
}

// At least one side states initials only.
Evidence CompareInitials(const Model& model, const Person& a, const Person& b) {
  const auto& weights = model.file.first_names();
  const std::string &x = a.initials, &y = b.initials;
  if (x[0] == y[0]) {
    const bool more = x.size() > 1 && y.size() > 1;
    if (more && x[1] == y[1]) {
      return Evidence::Same(weights.initial_same() + weights.more_initials());
    }
    if (more) return Evidence::Partly(weights.initial_same() - weights.more_initials());
    return Evidence::Same(weights.initial_same());
  }
  const bool form = (!a.first_names.empty() && HasInitial(model, a.first_names[0], y[0])) ||
                    (!b.first_names.empty() && HasInitial(model, b.first_names[0], x[0]));
  if (form) return Evidence::Partly(weights.initial_nickname());
  return Evidence::Different(weights.initial_different());
}

Names CompareAsStated(const Model& model, const Person& a, const Person& b) {
  Names names;
  names.surname = CompareSurnames(model, a.surnames, b.surnames);
  if (!a.first_names.empty() && !b.first_names.empty()) {
    const FirstNames first = CompareFirstNames(model, a.first_names, b.first_names);
    names.first = first.evidence;
    names.tie = first.tie;
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

}  // namespace

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

}  // namespace klantbeeld::store
