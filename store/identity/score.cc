#include "store/identity/score.h"

#include <algorithm>
#include <string>

#include "absl/strings/string_view.h"
#include "store/identity/compare.h"
#include "store/identity/names.h"

namespace klantbeeld::store {
namespace {

Evidence CompareBirth(const Model& model, const Person::Date& a, const Person::Date& b) {
  const auto& weights = model.file.birth_date();
  switch (CompareDates(a, b)) {
    case DateAgreement::kUnknown:
      return {};
    case DateAgreement::kSame:
      return Evidence::Same(a.month == 1 && a.day == 1 ? weights.same_new_year() : weights.same());
    case DateAgreement::kSameYearMonth:
      return Evidence::Partly(weights.year_month());
    case DateAgreement::kSameYear:
      return Evidence::Partly(weights.year());
    case DateAgreement::kClose:
      return Evidence::Close(weights.close());
    case DateAgreement::kFar:
      return Evidence::Different(weights.far());
    case DateAgreement::kDifferent:
      return Evidence::Different(weights.different());
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
      return Evidence::Partly(weights.city());
    case v1::AGREEMENT_DIFFERENT:
      return Evidence::Different(weights.other_city());
    default:
      return {};
  }
}

bool OneMayBeShorter(const std::string& a, const std::string& b) {
  return a == b || a.empty() || b.empty();
}

// A postcode of digits only is that of a town or quarter. One with letters is a
// street's, or a part of one, so it says all that street and town say.
bool IsOfStreet(const std::string& postcode) {
  return std::any_of(postcode.begin(), postcode.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// How two addresses agree, by street and number, and what town and quarter say
// beside it: together no more than the same address does.
struct Address {
  Evidence street;
  Evidence area;
  Centibits bits() const { return street.bits + area.bits; }
};

Centibits Beside(v1::Agreement part, Centibits agrees, Centibits differs) {
  if (part == v1::AGREEMENT_UNSPECIFIED) return 0;
  return part == v1::AGREEMENT_DIFFERENT ? differs : agrees;
}

Address WithArea(const Model& model, const Person& a, const Person& b, const Evidence& agreement,
                 v1::Agreement street, v1::Agreement postcode) {
  const auto& weights = model.file.address();
  Address address{agreement, {}};
  if (postcode == v1::AGREEMENT_SAME && IsOfStreet(a.postcode)) return address;
  Centibits more =
      Beside(PlaceAgreement(a.city, b.city), weights.same_town(), weights.other_town());
  if (street == v1::AGREEMENT_DIFFERENT) {
    more += weights.other_street();
  } else if (street != v1::AGREEMENT_UNSPECIFIED) {
    more += Beside(postcode, weights.same_quarter(), weights.other_quarter());
  }
  more = std::min(more, weights.same() - agreement.bits);
  if (more > 0) address.area = Evidence::Same(more);
  if (more < 0) address.area = Evidence::Different(more);
  return address;
}

Address CompareAddress(const Model& model, const Person& a, const Person& b) {
  const auto& weights = model.file.address();
  const v1::Agreement postcode = PostcodeAgreement(a.postcode, b.postcode);
  const v1::Agreement street = PlaceAgreement(a.street, b.street);
  if (postcode == v1::AGREEMENT_UNSPECIFIED && street == v1::AGREEMENT_UNSPECIFIED) {
    return {CompareTown(model, a, b), {}};
  }
  const bool numbers = a.house_number != 0 && b.house_number != 0;
  const bool same_number =
      a.house_number == b.house_number && OneMayBeShorter(a.house_suffix, b.house_suffix);
  const auto with_area = [&](const Evidence& agreement) {
    return WithArea(model, a, b, agreement, street, postcode);
  };
  if (postcode == v1::AGREEMENT_SAME || street == v1::AGREEMENT_SAME) {
    if (!numbers) return with_area(Evidence::Partly(weights.area()));
    return with_area(same_number ? Evidence::Same(weights.same())
                                 : Evidence::Partly(weights.other_number()));
  }
  // In another street a postcode that differs by a digit is another postcode.
  const bool slip = postcode == v1::AGREEMENT_CLOSE && street != v1::AGREEMENT_DIFFERENT;
  if (slip || street == v1::AGREEMENT_CLOSE) {
    if (numbers && same_number) return with_area(Evidence::Close(weights.close()));
    return with_area(Evidence::Partly(numbers ? weights.near() : weights.other_number()));
  }
  const bool area = postcode != v1::AGREEMENT_UNSPECIFIED &&
                    AreaOf(a.postcode) == AreaOf(b.postcode);
  if (area || (!a.city.empty() && a.city == b.city)) return {Evidence::Partly(weights.near()), {}};
  return {Evidence::Different(weights.different()), {}};
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
    if (!IsGeneric(a, value)) return Evidence::Same(weights.same());
    share = true;
  }
  return share ? Evidence() : Evidence::Different(weights.different());
}

// Most addresses and many devices are one person's, whoever else may use them.
Evidence Personal(const format::ValueWeights& weights, const Evidence& evidence) {
  if (evidence.agreement != v1::AGREEMENT_SAME || weights.personal() == 0) return {};
  return Evidence::Same(weights.personal());
}

constexpr size_t kCloseEmailLength = 10;

Evidence CompareEmails(const format::ValueWeights& weights, const Person& a, const Person& b) {
  const Evidence exact = CompareValues(weights, a, b, &Person::emails);
  if (exact.agreement != v1::AGREEMENT_DIFFERENT) return exact;
  for (const std::string& x : a.emails) {
    for (const std::string& y : b.emails) {
      if (std::min(x.size(), y.size()) >= kCloseEmailLength && Edits(x, y, 2) <= 2) {
        return Evidence::Close(weights.close());
      }
    }
  }
  return exact;
}

Evidence CompareSex(const format::ValueWeights& weights, int a, int b) {
  if (a == 0 || b == 0) return {};
  return a == b ? Evidence::Same(weights.same()) : Evidence::Different(weights.different());
}

Evidence ComparePlace(const format::ValueWeights& weights, const std::string& a,
                      const std::string& b) {
  switch (PlaceAgreement(a, b)) {
    case v1::AGREEMENT_SAME:
      return Evidence::Same(weights.same());
    case v1::AGREEMENT_CLOSE:
      return Evidence::Close(weights.close());
    case v1::AGREEMENT_DIFFERENT:
      return Evidence::Different(weights.different());
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
      Evidence one = Evidence::Different(weights.different());
      if (same) {
        one = Evidence::Same(weights.same());
      } else if (!bsn && Edits(x.value, y.value, 1) <= 1) {
        one = Evidence::Close(weights.close());
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
  void Cap(v1::EvidenceField why, Centibits most) {
    if (bits_ <= most) return;
    if (fields_ != nullptr) fields_->push_back({why, v1::AGREEMENT_UNSPECIFIED, most - bits_});
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

// Whether these could as well be brothers or sisters: by two first names, or
// names no more than alike; or by a slip in the first name and another in the
// birth date. What is not known is no slip, nor is a short form.
bool MayBeSiblings(const Names& names, const Evidence& birth) {
  if (names.tie == NameTie::kAlike || names.tie == NameTie::kTwo) return true;
  if (names.first.same() || birth.same()) return false;
  const bool slip = birth.known() && birth.agreement != v1::AGREEMENT_PARTLY;
  if (!slip) return !names.first.agrees();
  return names.tie != NameTie::kOne || birth.agreement != v1::AGREEMENT_CLOSE;
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
  const Address address = CompareAddress(model, a, b);
  const bool other_surname = names.surname.agreement == v1::AGREEMENT_DIFFERENT;
  // What a household shares.
  if (!other_surname) sum.Add(v1::EVIDENCE_FIELD_SURNAME, names.surname);
  sum.Add(v1::EVIDENCE_FIELD_ADDRESS, address.street);
  sum.Add(v1::EVIDENCE_FIELD_ADDRESS, address.area);
  const Evidence phone = CompareValues(model.file.phone(), a, b, &Person::phones);
  const Evidence email = CompareEmails(model.file.email(), a, b);
  const Evidence device = CompareValues(model.file.device(), a, b, &Person::devices);
  sum.Add(v1::EVIDENCE_FIELD_PHONE, phone);
  sum.Add(v1::EVIDENCE_FIELD_EMAIL, email);
  sum.Add(v1::EVIDENCE_FIELD_DEVICE, device);
  const Evidence birth_place = ComparePlace(model.file.birth_place(), a.birth_place, b.birth_place);
  sum.Add(v1::EVIDENCE_FIELD_BIRTH_PLACE, birth_place);
  sum.Cap(v1::EVIDENCE_FIELD_HOUSEHOLD, model.population_bits - model.file.household_gap());
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
  const bool beside = address.bits() > 0 || phone.bits > 0 || email.bits > 0 || device.bits > 0 ||
                      birth_place.bits > 0 || birth.bits > 0 || numbers.evidence.bits > 0;
  sum.Prior(-model.population_bits - (beside ? 0 : model.file.names_alone()));
  score.compared = names.first.known() || birth.known() || numbers.evidence.known();
  score.typed_number = numbers.same_bsn && (birth.agrees() || (names.surname.agrees() &&
                                                               names.first.bits > 0));
  score.veto = numbers.other_bsn;
  // Who has the same number in a register is one person, whatever else was
  // written wrong; a BSN that was typed is checked by what comes with it.
  const bool one_household = names.surname.agrees() || address.street.agrees();
  score.twins = !numbers.same_register && names.tie == NameTie::kTwo && birth.same() && one_household;
  score.born_apart =
      !numbers.same_register && CompareDates(a.birth, b.birth) == DateAgreement::kDifferent;
  const bool named = names.surname.known() && names.first.known();
  const bool numbered = numbers.evidence.same() && !numbers.same_bsn;
  const bool held = !named || MayBeSiblings(names, birth) || score.twins || numbers.same_bsn;
  if (!score.typed_number && !numbered && held) {
    sum.Cap(v1::EVIDENCE_FIELD_SUGGESTION_ONLY, model.file.nameless_max());
  }
  score.bits = sum.bits();
  return score;
}

}  // namespace klantbeeld::store
