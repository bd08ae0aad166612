#include "clients/cli/refine.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "clients/cli/view.h"

namespace klantbeeld::cli {
namespace {

// A part of a date is held against the day only where it is known.
bool SameDay(const v1::PartialDate& date, absl::CivilDay day) {
  return (!date.has_year() || date.year() == day.year()) &&
         (!date.has_month() || date.month() == day.month()) &&
         (!date.has_day() || date.day() == day.day());
}

std::string Packed(std::string postcode) {
  postcode.erase(std::remove(postcode.begin(), postcode.end(), ' '), postcode.end());
  return absl::AsciiStrToUpper(postcode);
}

absl::CivilDay DayOf(const v1::PartialDate& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

// True where nothing is known, or one of what is known fits.
template <class Has, class Fits>
bool AnyDetails(const v1::Citizen& citizen, const Has& has, const Fits& fits) {
  bool known = false;
  for (const auto& details : citizen.details()) {
    if (!has(details.details())) continue;
    known = true;
    if (fits(details.details())) return true;
  }
  return !known;
}

bool MayBeBorn(const v1::Citizen& citizen, absl::CivilDay day) {
  return AnyDetails(
      citizen, [](const auto& d) { return d.has_birth_date(); },
      [&](const auto& d) { return SameDay(d.birth_date(), day); });
}

// A BSN is masked in what was found; its last three digits must do.
bool SameNumber(const v1::Identifier& has, const v1::Identifier& want) {
  if (has.has_value()) return absl::EqualsIgnoreCase(has.value(), want.value());
  const auto end = [](const std::string& text) {
    return text.size() < 3 ? text : text.substr(text.size() - 3);
  };
  return end(has.masked()) == end(want.value());
}

bool MayHaveNumber(const v1::Citizen& citizen, const v1::Identifier& want) {
  bool known = false;
  for (const auto& found : citizen.identifiers()) {
    if (found.identifier().type() != want.type()) continue;
    known = true;
    if (SameNumber(found.identifier(), want)) return true;
  }
  return !known;
}

}  // namespace

bool MayHold(const v1::Citizen& citizen, const Key& key) {
  if (key.born && !MayBeBorn(citizen, *key.born)) return false;
  switch (key.request.key_case()) {
    case v1::FindCitizensRequest::kName:
      return MayBeBorn(citizen, DayOf(key.request.name().birth_date()));
    case v1::FindCitizensRequest::kStated:
      return MayBeBorn(citizen, DayOf(key.request.stated().details().birth_date()));
    case v1::FindCitizensRequest::kAddress: {
      const v1::PostcodeAndNumber& want = key.request.address();
      return AnyDetails(
          citizen, [](const auto& d) { return d.address().has_postcode(); },
          [&](const auto& d) {
            return Packed(d.address().postcode()) == want.postcode() &&
                   d.address().house_number() == want.house_number();
          });
    }
    case v1::FindCitizensRequest::kIdentifier:
      return MayHaveNumber(citizen, key.request.identifier());
    default:
      return true;
  }
}

Label NextKey(Label kind) {
  switch (kind) {
    case Label::kind_name:
      return Label::next_address;
    case Label::kind_address:
      return Label::next_name;
    default:
      return Label::next_name_or_address;
  }
}

Label NextKey(const Citizens& citizens) {
  std::set<std::string> births, addresses;
  for (const auto& citizen : citizens) {
    births.insert(BornOf(citizen));
    addresses.insert(AddressOf(citizen));
  }
  if (births.size() == 1 && addresses.size() == 1) return Label::next_number;
  return births.size() >= addresses.size() ? Label::next_born : Label::next_address;
}

}  // namespace klantbeeld::cli
